//! Pipelines: connections that many commands share.
//!
//! Commands are written one behind the other without waiting for answers, many with one write; a node answers them in
//! order. A writer and a reader run as tasks: the writer passes each command's [`Job`] on to the reader before it writes
//! it, so that an answer always finds its job.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use spikelet_wire::FrameType;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::node::{Node, until};
use crate::clock;
use crate::connection::{Broken, FrameReader};
use crate::response::Answer;
use crate::retry::{Failure, FailureCause};
use crate::transport::Writer;

/// How many commands may wait to be written.
const QUEUE: usize = 1024;
/// How many bytes are written at once, unless one command has more.
const WRITE_CHUNK: usize = 64 * 1024;

/// The pipelines to one node; each connects when it is first used.
#[derive(Debug)]
pub(crate) struct Pipelines {
    pipelines: Vec<Mutex<Option<Arc<Pipeline>>>>,
    turn: AtomicUsize,
}

#[derive(Debug)]
struct Pipeline {
    jobs: mpsc::Sender<Job>,
    /// How many answers have come.
    answers: Arc<AtomicU64>,
    tasks: [AbortHandle; 2],
}

/// A command under way.
struct Job {
    frame: Bytes,
    state: Arc<State>,
    answer: oneshot::Sender<Result<Answer, Broken>>,
}

/// How far a command has got. The one who gives it up and the writer decide by this who comes first.
#[derive(Debug, Default)]
struct State(AtomicU8);

impl State {
    const WAITING: u8 = 0;
    const GIVEN_UP: u8 = 1;
    const WRITING: u8 = 2;
    const SENT: u8 = 3;

    /// Takes a waiting command to another state; gives whether it still waited.
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

    /// Whether commands are to go through pipelines.
    pub(crate) const fn is_empty(&self) -> bool {
        self.pipelines.is_empty()
    }

    /// Sends a frame through the next pipeline in turn and waits for the message that answers it.
    pub(crate) async fn ask(
        &self,
        node: &Node,
        frame: Bytes,
        deadline: Option<Instant>,
        socket_timeout: Duration,
    ) -> Result<Answer, Failure> {
        let silent = (!socket_timeout.is_zero()).then(|| clock::now().checked_add(socket_timeout));
        let deadline = [deadline, silent.flatten()].into_iter().flatten().min();
        let failed = |cause, sent| Err(Failure { cause, sent });
        let pipeline = match until(deadline, self.next(node)).await {
            Some(Ok(pipeline)) => pipeline,
            Some(Err(error)) => return failed(FailureCause::Io(error), false),
            None => return failed(FailureCause::Timeout, false),
        };
        let state = Arc::<State>::default();
        let (answer, mut answered) = oneshot::channel();
        let answers = pipeline.answers.load(Ordering::Acquire);
        let ask = async {
            let job = Job {
                frame,
                state: state.clone(),
                answer,
            };
            // A job that cannot be sent is dropped, and its answer with it.
            let _ = pipeline.jobs.send(job).await;
            (&mut answered).await
        };
        match until(deadline, ask).await {
            Some(Ok(Ok(answer))) => Ok(answer),
            Some(Ok(Err(broken))) => Err(broken.into_failure()),
            // Whoever had the job dropped it: the connection is gone.
            Some(Err(_)) => failed(FailureCause::Io(io::ErrorKind::ConnectionReset.into()), state.is_sent()),
            None => {
                let sent = !state.leave_waiting(State::GIVEN_UP);
                if sent && answers == pipeline.answers.load(Ordering::Acquire) {
                    // Nothing at all came in the meantime: the connection is dead rather than slow.
                    pipeline.close();
                }
                failed(FailureCause::Timeout, sent)
            }
        }
    }

    async fn next(&self, node: &Node) -> io::Result<Arc<Pipeline>> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let Some(slot) = self.pipelines.get(turn % self.pipelines.len().max(1)) else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let mut slot = slot.lock().await;
        match slot.as_ref().filter(|pipeline| !pipeline.jobs.is_closed()) {
            Some(pipeline) => Ok(pipeline.clone()),
            None => {
                let pipeline = Arc::new(Pipeline::open(node).await?);
                *slot = Some(pipeline.clone());
                Ok(pipeline)
            }
        }
    }
}

impl Pipeline {
    async fn open(node: &Node) -> io::Result<Self> {
        let (reader, writer) = node.connect().await?.into_split();
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let (written, unanswered) = mpsc::unbounded_channel();
        let answers = Arc::<AtomicU64>::default();
        let writer = tokio::spawn(write(writer, waiting, written)).abort_handle();
        let reader = tokio::spawn(read(reader, unanswered, answers.clone(), writer.clone())).abort_handle();
        Ok(Self {
            jobs,
            answers,
            tasks: [writer, reader],
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

/// Writes jobs until nobody has any more, or the connection breaks. What it has not written whole is not sent.
async fn write(mut stream: Writer, mut jobs: mpsc::Receiver<Job>, written: mpsc::UnboundedSender<Job>) {
    let mut buffer = BytesMut::new();
    // The states of the jobs in the buffer, each with where its frame ends.
    let mut states: Vec<(usize, Arc<State>)> = Vec::new();
    while let Some(first) = jobs.recv().await {
        let mut next = Some(first);
        while let Some(job) = next {
            if !job.answer.is_closed() && job.state.leave_waiting(State::WRITING) {
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
        buffer.clear();
    }
}

/// Reads answers until the connection ends or breaks, and stops the writer then.
async fn read(
    mut reader: FrameReader,
    mut unanswered: mpsc::UnboundedReceiver<Job>,
    answers: Arc<AtomicU64>,
    writer: AbortHandle,
) {
    while let Ok(body) = reader.receive(FrameType::MESSAGE, Duration::ZERO).await {
        // An answer without a command would shift all that follow it.
        let Ok(job) = unanswered.try_recv() else { break };
        answers.fetch_add(1, Ordering::AcqRel);
        let answer = Answer::new(body).map_err(Broken::from);
        let damaged = answer.is_err();
        // Who gave up waiting needs no answer.
        let _ = job.answer.send(answer);
        if damaged {
            break;
        }
    }
    writer.abort();
}
