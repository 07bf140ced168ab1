//! Waiting until something was asked.

use std::fmt;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use super::assertion::{last_entries, off};
use super::{Entry, Journal};
use crate::request_log::narrowing;

/// Until how many entries there are, and of which kind.
///
/// What a fault [delays](crate::fault::Reaction::Delay) is there from when it arrives, and a query from its beginning; with
/// [`outcome`](Self::outcome) only what is over counts.
///
/// ```
/// use std::time::Duration;
/// use spikelet::Server;
///
/// let server = Server::builder().journal(1000).start()?;
/// let unmet = server.journal().wait_for(2).writes().set("demo").within(Duration::from_millis(10)).unwrap_err();
/// assert!(unmet.to_string().starts_with("expected 2 × write set demo within 10ms, found 0"));
/// # Ok::<(), spikelet::StartError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is waited for before `within`"]
pub struct Wait<'s> {
    journal: Journal<'s>,
    n: usize,
}

/// What was waited for did not come in time. It shows as text what was expected, and what came.
#[derive(Clone, thiserror::Error)]
#[error("{0}")]
pub struct Unmet(String);

impl fmt::Debug for Unmet {
    // What `unwrap` shows is to be read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'s> Wait<'s> {
    pub(super) const fn new(journal: Journal<'s>, n: usize) -> Self {
        Self { journal, n }
    }

    narrowing!(.journal.filter);

    /// Blocks until there are so many, and gives them. Real time is waited, whatever the server's clock shows.
    ///
    /// On the thread that itself serves an in-process connection nothing would come; use
    /// [`within_async`](Self::within_async) there.
    ///
    /// # Errors
    /// When that takes longer than the limit, and at once when the server keeps no journal.
    pub fn within(self, limit: Duration) -> Result<Vec<Entry>, Unmet> {
        let Self { journal, n } = self;
        journal.check_on()?;
        let met = journal
            .log
            .wait(limit, |state| state.matching(&journal.filter).count() >= n);
        if met {
            Ok(journal.entries())
        } else {
            Err(unmet(&journal, n, limit))
        }
    }

    /// Waits until there are so many, and gives them. The limit is of tokio's time, which a test can pause.
    ///
    /// # Errors
    /// When that takes longer than the limit, and at once when the server keeps no journal.
    ///
    /// # Panics
    /// Outside of a tokio runtime with time.
    pub async fn within_async(self, limit: Duration) -> Result<Vec<Entry>, Unmet> {
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
            Err(_) => Err(unmet(&journal, n, limit)),
        }
    }
}

impl Journal<'_> {
    fn check_on(&self) -> Result<(), Unmet> {
        match self.is_kept() {
            true => Ok(()),
            false => Err(Unmet(off().to_owned())),
        }
    }
}

fn unmet(journal: &Journal<'_>, n: usize, limit: Duration) -> Unmet {
    let found = journal.count();
    Unmet(format!(
        "expected {n} × {} within {limit:?}, found {found}\n{}",
        journal.filter,
        last_entries(journal)
    ))
}
