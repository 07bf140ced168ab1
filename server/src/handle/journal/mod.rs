//! The journal: the requests that a server received, with their outcomes.

mod assertion;
mod wait;

use std::fmt;

pub use self::assertion::Mismatch;
use self::assertion::{last_entries, off};
pub use self::wait::{Wait, WaitError};
use super::Server;
pub use crate::request_log::{
    Ended, Entry, Filter, GenerationCheck, IndexRange, Operation, Outcome, Policies, Request, Row, SecurityRequest,
};
use crate::request_log::{Log, narrowing};
pub use spikelet_wire::ExistsAction;
pub use spikelet_wire::context::{Context, Step};

/// The journal of a [`Server`]: the requests that it received, with their outcomes. Filters narrow it to matching entries.
///
/// A server keeps a journal if it is built with [`Builder::journal`](crate::Builder::journal). An entry is in the journal
/// before the client has the reply. Info commands, and connections that were
/// [refused](crate::fault::Reaction::RefuseConnections), count only if the [`Filter`] asks for them.
///
/// ```
/// use std::time::Duration;
/// use spikelet::{Command, ResultCode, Server};
/// # fn run_code_under_test(_: std::net::SocketAddr) {}
///
/// let server = Server::builder().journal(1000).start()?;
/// run_code_under_test(server.addr());
///
/// server.journal().deletes().assert_count(0);
/// server.journal().set("demo").assert_sequence::<Command>([]);
/// for entry in server.journal().writes().set("demo").outcome(ResultCode::OK).iter() {
///     println!("{entry}");
/// }
/// # let waited = server.journal().wait_for(0).writes().set("demo").timeout(Duration::from_secs(1));
/// # assert!(waited.is_ok());
/// # Ok::<(), spikelet::StartError>(())
/// ```
#[derive(Clone)]
#[must_use = "a journal does nothing unless it is read"]
pub struct Journal<'s> {
    pub(super) log: &'s Log,
    pub(super) filter: Filter,
}

impl<'s> Journal<'s> {
    pub(crate) const fn new(log: &'s Log, filter: Filter) -> Self {
        Self { log, filter }
    }

    narrowing!(.filter);

    /// Replaces the filter.
    pub fn matching(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// Makes the threads in [`Wait::timeout_unless`] look at once whether they are cancelled. Other waits go on.
    pub fn interrupt(&self) {
        self.log.interrupt();
    }

    /// Whether requests are being recorded.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.log.is_on()
    }

    /// Whether requests are being recorded, or were at some time.
    pub(crate) fn is_kept(&self) -> bool {
        self.is_on() || self.next_number() > 1
    }

    /// Returns the matching entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let state = self.log.state();
        state.matching(&self.filter).map(|recorded| recorded.entry()).collect()
    }

    /// Iterates over the entries that match now, oldest first.
    pub fn iter(&self) -> std::vec::IntoIter<Entry> {
        self.entries().into_iter()
    }

    /// Returns the last matching entry.
    #[must_use]
    pub fn last(&self) -> Option<Entry> {
        self.last_of(1).pop()
    }

    /// Returns the last `n` matching entries, oldest first.
    #[must_use]
    pub fn last_of(&self, n: usize) -> Vec<Entry> {
        let state = self.log.state();
        let mut entries: Vec<Entry> = state
            .matching(&self.filter)
            .rev()
            .take(n)
            .map(|recorded| recorded.entry())
            .collect();
        entries.reverse();
        entries
    }

    /// Describes the last entries, for the report of a failed test.
    pub(super) fn tail(&self) -> String {
        last_entries(self)
    }

    /// Returns the number of matching entries.
    #[must_use]
    pub fn count(&self) -> usize {
        self.log.state().matching(&self.filter).count()
    }

    /// Returns how many entries were dropped to make room for later ones, matching or not.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.log.state().dropped()
    }

    /// Returns the number of the next request. Pass it to [`since`](Self::since) to select only requests from now on.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.log.state().next_number()
    }

    /// Removes all entries, matching or not. Numbering continues.
    pub fn clear(&self) {
        self.log.clear();
    }

    /// Waits until there are `n` matching entries, including those already there.
    pub const fn wait_for(self, n: usize) -> Wait<'s> {
        Wait::new(self, n)
    }
}

impl IntoIterator for &Journal<'_> {
    type Item = Entry;
    type IntoIter = std::vec::IntoIter<Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The matching entries, one per line.
impl fmt::Display for Journal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_kept() {
            return writeln!(f, "{}", off());
        }
        self.iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}

impl fmt::Debug for Journal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("filter", &self.filter)
            .field("entries", &self.entries())
            .finish()
    }
}

impl Server {
    /// Returns the journal of this server. It is empty unless the server was built with
    /// [`Builder::journal`](crate::Builder::journal).
    pub fn journal(&self) -> Journal<'_> {
        Journal::new(&self.shared().journal, Filter::new())
    }
}
