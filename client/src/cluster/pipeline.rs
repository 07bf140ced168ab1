//! Pipelines: connections that many commands share.
//!
//! Requests are written one after the other without waiting for replies, many in one write; a node replies in order. Each
//! pipeline has a writer task and a reader task. The writer passes each request's [`Job`] to the reader before it writes
//! the request, so that every reply finds its job.
//!
//! The tasks end with their runtime, so each runtime has pipelines of its own.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use spikelet_wire::FrameType;
use tokio::io::AsyncWriteExt as _;
use tokio::runtime::Id;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::connection::{ConnectionError, FrameReader};
use super::endpoint::Endpoint;
use super::failure::{Failure, FailureCause};
use super::reply::Reply;
use super::runtime;
use super::transport::Writer;
use crate::clock;

/// How many requests may be queued for writing.
const QUEUE: usize = 1024;
/// How many bytes are written at once, unless a single request has more.
const WRITE_CHUNK: usize = 64 * 1024;

/// The pipelines to one node. Each connects when it is first used.
#[derive(Debug)]
pub(crate) struct Pipelines {
    /// By turn, one for each runtime.
    pipelines: Vec<Mutex<Vec<Arc<Pipeline>>>>,
    turn: AtomicUsize,
}

#[derive(Debug)]
struct Pipeline {
    jobs: mpsc::Sender<Job>,
    /// The number of replies received.
    replies: Arc<AtomicU64>,
    tasks: [AbortHandle; 2],
    runtime: Option<Id>,
}

/// A request whose reply is awaited.
struct Job {
    frame: Bytes,
    state: Arc<State>,
    reply: oneshot::Sender<Result<Reply, ConnectionError>>,
}

/// The state of a request. It decides the race between the caller that gives up waiting and the writer.
#[derive(Debug, Default)]
struct State(AtomicU8);

impl State {
    const WAITING: u8 = 0;
    const GIVEN_UP: u8 = 1;
    const WRITING: u8 = 2;
    const SENT: u8 = 3;

    /// Moves a waiting request to another state. Returns false if it was not waiting any more.
    fn leave_waiting(&self, to: u8) -> bool {
        let left = self
            .0
            .compare_exchange(Self::WAITING, to, Ordering::AcqRel, Ordering::Acquire);
        left.is_ok()
    }

    fn is_sent(&self) -> bool {
        self.0.load(Ordering::Acquire) == Self::SENT
    }
}

impl Pipelines {
    pub(super) fn new(count: usize) -> Self {
        Self {
            pipelines: (0..count).map(|_| Mutex::default()).collect(),
            turn: AtomicUsize::new(0),
        }
    }

    /// Whether pipelines are disabled.
    pub(crate) const fn is_empty(&self) -> bool {
        self.pipelines.is_empty()
    }

    /// Sends a frame through the next pipeline in turn and waits for its reply.
    pub(super) async fn exchange(
        &self,
        endpoint: &Endpoint,
        frame: Bytes,
        deadline: Option<Instant>,
        socket_timeout: Duration,
    ) -> Result<Reply, Failure> {
        let silent = (!socket_timeout.is_zero()).then(|| clock::now().checked_add(socket_timeout));
        let deadline = [deadline, silent.flatten()].into_iter().flatten().min();
        let failed = |cause, sent| Err(Failure { cause, sent });
        let pipeline = match clock::until(deadline, self.next(endpoint)).await {
            Some(Ok(pipeline)) => pipeline,
            Some(Err(error)) => return Err(Failure::before_sending(error)),
            None => return failed(FailureCause::Timeout, false),
        };
        let state = Arc::<State>::default();
        let (reply, mut replied) = oneshot::channel();
        let replies = pipeline.replies.load(Ordering::Acquire);
        let exchange = async {
            let job = Job {
                frame,
                state: state.clone(),
                reply,
            };
            // A job that cannot be sent is dropped, and with it the sender of its reply.
            let _ = pipeline.jobs.send(job).await;
            (&mut replied).await
        };
        match clock::until(deadline, exchange).await {
            Some(Ok(Ok(reply))) => Ok(reply),
            Some(Ok(Err(error))) => Err(error.into()),
            // The task that held the job has ended: the connection is closed.
            Some(Err(_)) => failed(FailureCause::Io(io::ErrorKind::ConnectionReset.into()), state.is_sent()),
            None => {
                let sent = !state.leave_waiting(State::GIVEN_UP);
                if sent && replies == pipeline.replies.load(Ordering::Acquire) {
                    // No reply at all arrived in the meantime: the connection is dead rather than slow.
                    pipeline.close();
                }
                failed(FailureCause::Timeout, sent)
            }
        }
    }

    /// Closes all pipelines. Requests that wait for replies fail.
    pub(super) fn close(&self) {
        for slot in &self.pipelines {
            // One that is locked is being opened.
            if let Ok(mut slot) = slot.try_lock() {
                slot.clear();
            }
        }
    }

    async fn next(&self, endpoint: &Endpoint) -> Result<Arc<Pipeline>, ConnectionError> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let Some(slot) = self.pipelines.get(turn % self.pipelines.len().max(1)) else {
            return Err(io::Error::from(io::ErrorKind::NotConnected).into());
        };
        let runtime = runtime::current();
        let mut slot = slot.lock().await;
        let open = slot.iter().find(|pipeline| pipeline.runtime == runtime);
        if let Some(pipeline) = open.filter(|pipeline| !pipeline.jobs.is_closed()) {
            return Ok(pipeline.clone());
        }
        slot.retain(|pipeline| !pipeline.jobs.is_closed());
        let pipeline = Arc::new(Pipeline::open(endpoint, runtime).await?);
        slot.push(pipeline.clone());
        Ok(pipeline)
    }
}

impl Pipeline {
    async fn open(endpoint: &Endpoint, runtime: Option<Id>) -> Result<Self, ConnectionError> {
        let (reader, writer) = endpoint.connect().await?.into_split();
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let (written, pending) = mpsc::unbounded_channel();
        let replies = Arc::<AtomicU64>::default();
        let writer = tokio::spawn(write(writer, waiting, written)).abort_handle();
        let reader = tokio::spawn(read(reader, pending, replies.clone(), writer.clone())).abort_handle();
        Ok(Self {
            jobs,
            replies,
            tasks: [writer, reader],
            runtime,
        })
    }

    fn close(&self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        self.close();
    }
}

/// Writes requests until all senders are gone or the connection breaks. One that is not written whole counts as not sent.
async fn write(mut stream: Writer, mut jobs: mpsc::Receiver<Job>, written: mpsc::UnboundedSender<Job>) {
    let mut buffer = BytesMut::new();
    // The state of each job in the buffer, with the offset at which its frame ends.
    let mut states: Vec<(usize, Arc<State>)> = Vec::new();
    while let Some(first) = jobs.recv().await {
        let mut next = Some(first);
        while let Some(job) = next {
            if !job.reply.is_closed() && job.state.leave_waiting(State::WRITING) {
                buffer.extend_from_slice(&job.frame);
                states.push((buffer.len(), job.state.clone()));
                if written.send(job).is_err() {
                    return;
                }
            }
            next = match buffer.len() < WRITE_CHUNK {
                true => jobs.try_recv().ok(),
                false => None,
            };
        }
        let mut sent = 0;
        let mut states = states.drain(..).peekable();
        while sent < buffer.len() {
            match stream.write(&buffer[sent..]).await {
                Ok(n) if n > 0 => sent += n,
                _ => return,
            }
            while let Some((_, state)) = states.next_if(|(end, _)| *end <= sent) {
                state.0.store(State::SENT, Ordering::Release);
            }
        }
        // TLS may keep the last bytes until then.
        if stream.flush().await.is_err() {
            return;
        }
        buffer.clear();
    }
}

/// Reads replies until the connection ends or breaks, then stops the writer.
async fn read(
    mut reader: FrameReader,
    mut pending: mpsc::UnboundedReceiver<Job>,
    replies: Arc<AtomicU64>,
    writer: AbortHandle,
) {
    while let Ok(body) = reader.receive(FrameType::MESSAGE, Duration::ZERO).await {
        // A reply without a request would shift all replies after it.
        let Ok(job) = pending.try_recv() else { break };
        replies.fetch_add(1, Ordering::AcqRel);
        let reply = Reply::new(body).map_err(ConnectionError::from);
        let damaged = reply.is_err();
        // The caller may have given up waiting.
        let _ = job.reply.send(reply);
        if damaged {
            break;
        }
    }
    writer.abort();
}
