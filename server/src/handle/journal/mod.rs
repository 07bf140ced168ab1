//! A server's journal, as a test reads it.

mod assertion;
mod wait;

use std::fmt;

use self::assertion::off;
pub use self::wait::{Unmet, Wait};
use super::Server;
pub use crate::request_log::{
    Ended, Entry, Filter, GenerationCheck, IndexRange, Operation, Outcome, Policies, Request, Row,
};
use crate::request_log::{Log, narrowing};
pub use spikelet_wire::ExistsAction;
pub use spikelet_wire::context::{Context, Step};

/// The journal of a [`Server`], or the entries of it that are meant: what was asked of it, and how that ended.
///
/// A server keeps one when it is built with [`Builder::journal`](crate::Builder::journal). When a client has an answer, the
/// journal has its entry. Info commands are left aside unless they are asked for, and so are connections that were
/// [refused](crate::fault::Reaction::RefuseConnections), as [`Filter`] says.
///
/// ```
/// use std::time::Duration;
/// use spikelet::{Command, ResultCode, Server};
/// # fn run_what_is_tested(_: std::net::SocketAddr) {}
///
/// let server = Server::builder().journal(1000).start()?;
/// run_what_is_tested(server.addr());
///
/// server.journal().deletes().assert_count(0);
/// server.journal().set("demo").assert_sequence::<Command>([]);
/// for entry in server.journal().writes().set("demo").outcome(ResultCode::OK).iter() {
///     println!("{entry}");
/// }
/// # let waited = server.journal().wait_for(0).writes().set("demo").within(Duration::from_secs(1));
/// # assert!(waited.is_ok());
/// # Ok::<(), spikelet::StartError>(())
/// ```
#[derive(Clone)]
#[must_use = "a journal is to be asked"]
pub struct Journal<'s> {
    pub(super) log: &'s Log,
    pub(super) filter: Filter,
}

impl<'s> Journal<'s> {
    pub(crate) const fn new(log: &'s Log, filter: Filter) -> Self {
        Self { log, filter }
    }

    narrowing!(.filter);

    /// Whether requests are noted.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.log.is_on()
    }

    /// Whether requests are noted, or were.
    pub(crate) fn is_kept(&self) -> bool {
        self.is_on() || self.next_number() > 1
    }

    /// The entries as they are now, the oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let state = self.log.state();
        state.matching(&self.filter).map(|noted| noted.entry()).collect()
    }

    /// The entries as they are now, the oldest first.
    pub fn iter(&self) -> std::vec::IntoIter<Entry> {
        self.entries().into_iter()
    }

    /// The last entry.
    #[must_use]
    pub fn last(&self) -> Option<Entry> {
        self.last_of(1).pop()
    }

    /// The last so many entries, the oldest first.
    #[must_use]
    pub fn last_of(&self, n: usize) -> Vec<Entry> {
        let state = self.log.state();
        let mut entries: Vec<Entry> = state
            .matching(&self.filter)
            .rev()
            .take(n)
            .map(|noted| noted.entry())
            .collect();
        entries.reverse();
        entries
    }

    /// How many entries there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.log.state().matching(&self.filter).count()
    }

    /// How many requests, of all, had to make room for later ones.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.log.state().dropped()
    }

    /// The number that the next request will have: for [`since`](Self::since), to mean only what comes from now on.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.log.state().next_number()
    }

    /// Forgets all entries, not only those that are meant. Numbers go on.
    pub fn clear(&self) {
        self.log.clear();
    }

    /// Waits until there are so many entries, those that are there already counted.
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

/// Its entries, a line each.
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
    /// Its journal: what was asked, and how that ended. Empty unless it was built with
    /// [`Builder::journal`](crate::Builder::journal).
    pub fn journal(&self) -> Journal<'_> {
        Journal::new(&self.shared().journal, Filter::new())
    }
}
