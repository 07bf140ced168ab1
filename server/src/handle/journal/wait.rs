//! Waiting for journal entries.

use std::fmt;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use super::assertion::{last_entries, off};
use super::{Entry, Journal};
use crate::request_log::{State, Waited, narrowing};

/// A wait for journal entries: for how many, and which.
///
/// Requests that a fault [delays](crate::fault::Reaction::Delay) count when they arrive, and queries when they start. With
/// [`outcome`](Self::outcome), only requests that have ended count.
///
/// ```
/// use std::time::Duration;
/// use spikelet::Server;
///
/// let server = Server::builder().journal(1000).start()?;
/// let error = server.journal().wait_for(2).writes().set("demo").timeout(Duration::from_millis(10)).unwrap_err();
/// assert!(error.to_string().starts_with("expected 2 × write set demo within 10ms, found 0"));
/// # Ok::<(), spikelet::StartError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a wait does nothing before `timeout` or `timeout_async`"]
pub struct Wait<'s> {
    journal: Journal<'s>,
    n: usize,
}

/// The expected entries did not arrive in time, or the server keeps no journal. The message shows the last entries.
#[derive(Clone)]
pub struct WaitError(String);

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WaitError {}

impl fmt::Debug for WaitError {
    // `unwrap` shows this, so it is readable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'s> Wait<'s> {
    pub(super) const fn new(journal: Journal<'s>, n: usize) -> Self {
        Self { journal, n }
    }

    narrowing!(.journal.filter);

    /// Blocks the thread until there are enough entries, and returns them. The timeout is real time, independent of the
    /// server's clock.
    ///
    /// Do not call this on a thread that serves an in-process connection: no entry can arrive while it is blocked. Use
    /// [`timeout_async`](Self::timeout_async) there.
    ///
    /// # Errors
    /// If the timeout expires, and at once if the server keeps no journal.
    pub fn timeout(self, limit: Duration) -> Result<Vec<Entry>, WaitError> {
        let found = self.timeout_unless(limit, || false)?;
        Ok(found.unwrap_or_default())
    }

    /// Like [`timeout`](Self::timeout), but calls `is_cancelled` at the start, every 50 milliseconds, and when
    /// [`Journal::interrupt`] is called, and returns `None` as soon as that returns `true`.
    ///
    /// # Errors
    /// If the timeout expires, and at once if the server keeps no journal.
    pub fn timeout_unless(
        self,
        limit: Duration,
        mut is_cancelled: impl FnMut() -> bool,
    ) -> Result<Option<Vec<Entry>>, WaitError> {
        const SLICE: Duration = Duration::from_millis(50);
        let Self { journal, n } = self;
        journal.check_on()?;
        let mut left = limit;
        loop {
            // Before `is_cancelled`, so that no interruption is missed after that.
            let interruptions = journal.log.state().interruptions();
            if is_cancelled() {
                return Ok(None);
            }
            let slice = left.min(SLICE);
            let has_enough = |state: &State| state.matching(&journal.filter).count() >= n;
            match journal.log.wait(slice, interruptions, has_enough) {
                Waited::Holds => return Ok(Some(journal.entries())),
                Waited::Interrupted => {}
                Waited::TimedOut => left -= slice,
            }
            if left.is_zero() {
                return Err(timed_out(&journal, n, limit));
            }
        }
    }

    /// Waits until there are enough entries, and returns them. The timeout is in tokio's time, which a test can pause.
    ///
    /// # Errors
    /// If the timeout expires, and at once if the server keeps no journal.
    ///
    /// # Panics
    /// Outside of a tokio runtime with time enabled.
    pub async fn timeout_async(self, limit: Duration) -> Result<Vec<Entry>, WaitError> {
        let Self { journal, n } = self;
        journal.check_on()?;
        let met = poll_fn(|context| {
            let mut state = journal.log.state();
            if state.matching(&journal.filter).count() >= n {
                return Poll::Ready(());
            }
            state.wait(context.waker());
            Poll::Pending
        });
        match tokio::time::timeout(limit, met).await {
            Ok(()) => Ok(journal.entries()),
            Err(_) => Err(timed_out(&journal, n, limit)),
        }
    }
}

impl Journal<'_> {
    fn check_on(&self) -> Result<(), WaitError> {
        match self.is_kept() {
            true => Ok(()),
            false => Err(WaitError(off().to_owned())),
        }
    }
}

fn timed_out(journal: &Journal<'_>, n: usize, limit: Duration) -> WaitError {
    let found = journal.count();
    WaitError(format!(
        "expected {n} × {} within {limit:?}, found {found}\n{}",
        journal.filter,
        last_entries(journal)
    ))
}
