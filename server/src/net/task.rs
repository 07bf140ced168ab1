//! Runs tasks step by step; the other connections are served between two steps.
//!
//! Work that takes long runs on threads of its own, which the runtime creates when they are first needed and ends when they
//! are idle. A connection without a socket is served by the runtime of the caller, whose time may be paused or simulated: its
//! work runs where it is, so that every run of a test is the same.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::{Instant, sleep, timeout};

use super::{Shared, compression};
use crate::access::ClearPassword;
use crate::command::{Compression, Step, Task};
use crate::request_log::Pending;
use crate::state::JobEnd;

/// How long the work of a background task may delay the reply to its request.
const FOREGROUND: Duration = Duration::from_millis(50);

/// Where work runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Workers {
    /// On threads of the runtime.
    Threads,
    /// On the thread that serves the connection.
    #[default]
    Inline,
}

/// A task that runs. Requests that wait for its records go on when it is dropped, on whatever thread that is.
struct Running {
    // Dropped first.
    task: Box<Task>,
    shared: Unlocks,
}

struct Unlocks(Arc<Shared>);

impl Drop for Unlocks {
    fn drop(&mut self) {
        self.0.unlocked.notify_waiters();
    }
}

impl Running {
    fn new(shared: &Arc<Shared>, task: Box<Task>) -> Self {
        Self {
            task,
            shared: Unlocks(Arc::clone(shared)),
        }
    }

    /// Does the work that the next step needs, if any.
    ///
    /// # Errors
    /// When the work panicked, or the runtime ends.
    async fn run_blocking(mut self, workers: Workers) -> io::Result<Self> {
        if workers == Workers::Inline || !self.task.has_blocking_work() {
            return Ok(self);
        }
        // Not the state of the moment: while that is held, subclusters cannot change.
        let state = self.shared.0.split.state_of(self.task.node());
        let now = self.shared.0.clock.now();
        let work = spawn_blocking(move || {
            self.task.run_blocking(&state, now);
            self
        });
        work.await.map_err(io::Error::other)
    }

    /// Runs a step, and waits until the next one may follow. `write` gets what the step appended to `out`.
    async fn step(&mut self, out: &mut BytesMut) -> Step {
        let shared = &self.shared.0;
        // Made before the step, so that no record is unlocked in between.
        let unlocked = shared.unlocked.notified();
        let step = self
            .task
            .step(&shared.split.of(self.task.node()), shared.clock.now(), out);
        shared.unlocked.notify_waiters();
        if step == Step::Locked && out.is_empty() {
            unlocked.await;
            return Step::More;
        }
        step
    }

    /// Waits until another step may follow.
    async fn pause(&self, step: Step) {
        match step {
            // The work gives others their turn.
            Step::More if self.task.has_blocking_work() => {}
            Step::More | Step::Locked => yield_now().await,
            Step::Wait(duration) => sleep(duration).await,
            Step::Done => {}
        }
    }
}

/// Runs a task on its connection, and sends the reply, compressed if so requested. `out` is empty before and after.
///
/// # Errors
/// When the stream fails, and when the peer leaves the reply unread for longer than the task allows.
pub(super) async fn answer<S: AsyncWrite + Unpin>(
    shared: &Arc<Shared>,
    workers: Workers,
    stream: &mut S,
    task: Box<Task>,
    out: &mut BytesMut,
    (mut pending, compression): (Option<Pending<'_>>, Option<Compression>),
) -> io::Result<()> {
    let mut running = Running::new(shared, task);
    loop {
        running = running.run_blocking(workers).await?;
        let step = running.step(out).await;
        if let Some(mut recorded) = pending.take() {
            recorded.answered(out);
            // Before the client has the last of the reply, so that it finds the request in the journal.
            match step {
                Step::Done => recorded.end(),
                _ => pending = Some(recorded),
            }
        }
        if let Some(compression) = &compression {
            compression::compress(workers, compression, out, 0).await;
        }
        if let Err(error) = write_all(stream, out, running.task.socket_timeout()).await {
            let end = match error.kind() {
                io::ErrorKind::TimedOut => JobEnd::ResponseTimeout,
                _ => JobEnd::ResponseError,
            };
            (*running.task).abandon(&shared.state, end);
            return Err(error);
        }
        if step == Step::Done {
            return Ok(());
        }
        running.pause(step).await;
    }
}

/// Begins a task that sends no reply of its own. Returns it if it goes on in the [background](run).
///
/// # Errors
/// As [`answer`], but for those of a stream.
pub(super) async fn begin(shared: &Arc<Shared>, workers: Workers, task: Box<Task>) -> io::Result<Option<Background>> {
    let mut running = Running::new(shared, task);
    let end = Instant::now() + FOREGROUND;
    let mut nothing = BytesMut::new();
    for _ in 0..running.task.foreground_steps() {
        running = running.run_blocking(workers).await?;
        match running.step(&mut nothing).await {
            Step::Done => return Ok(None),
            Step::More if !running.task.has_blocking_work() || Instant::now() < end => running.pause(Step::More).await,
            _ => break,
        }
    }
    Ok(Some(Background(running)))
}

/// A task that goes on in the background.
pub(super) struct Background(Running);

/// Runs a task that sends no reply, for as long as the runtime runs.
pub(super) fn run(background: Background, workers: Workers) {
    tokio::spawn(async move {
        let mut running = background.0;
        let mut nothing = BytesMut::new();
        loop {
            running = running.run_blocking(workers).await?;
            match running.step(&mut nothing).await {
                Step::Done => return Ok::<_, io::Error>(()),
                step => running.pause(step).await,
            }
        }
    });
}

/// Hashes a password, which takes long.
///
/// # Errors
/// When the runtime ends.
pub(super) async fn hash(workers: Workers, password: Arc<ClearPassword>) -> io::Result<()> {
    match workers {
        Workers::Threads => spawn_blocking(move || password.hash()).await.map_err(io::Error::other),
        Workers::Inline => {
            password.hash();
            Ok(())
        }
    }
}

/// Frees a buffer. To return many megabytes to the system takes milliseconds.
pub(super) fn free(buffer: BytesMut, workers: Workers) {
    if workers == Workers::Threads {
        drop(spawn_blocking(move || drop(buffer)));
    }
}

/// Writes all of a buffer and empties it. Within `limit` the peer has to read some of it, not all.
async fn write_all<S: AsyncWrite + Unpin>(
    stream: &mut S,
    out: &mut BytesMut,
    limit: Option<Duration>,
) -> io::Result<()> {
    while out.has_remaining() {
        let written = match limit {
            Some(limit) => timeout(limit, stream.write(out)).await??,
            None => stream.write(out).await?,
        };
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        out.advance(written);
    }
    match limit {
        Some(limit) => timeout(limit, stream.flush()).await?,
        None => stream.flush().await,
    }
}
