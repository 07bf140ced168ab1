//! Faults: what goes wrong on purpose, and when.
//!
//! A fault is a rule: which commands it is aimed at, which of them it strikes, and what becomes of those. Rules are asked in
//! the order in which they were armed; the first that strikes decides, and the others do not count that command. Only
//! [delays](Reaction::Delay) let those behind them decide as well, and add up.
//!
//! ```
//! use std::time::Duration;
//!
//! use spikelet::{Command, Server};
//!
//! let server = Server::start()?;
//! // Two writes of this record find it busy; the third goes through.
//! let busy = server.faults().on(Command::Write).namespace("test").set("demo").key("user1").times(2).key_busy();
//! // A tenth of all reads is late, in every run the same tenth.
//! server.faults().on(Command::Read).probability(42, 0.1).delay(Duration::from_millis(50));
//! // The second write is applied, and the client does not get to know.
//! let lost = server.faults().on(Command::Write).nth(2).cut_after();
//!
//! assert_eq!((busy.fired(), lost.fired()), (0, 0));
//! server.faults().clear();
//! # Ok::<(), spikelet::StartError>(())
//! ```

mod builder;
mod handle;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

pub use self::builder::FaultBuilder;
pub use self::handle::{FaultHandle, MustFire};
use super::Server;
pub use crate::fault_rules::Reaction;
use crate::fault_rules::Table;
use crate::selector::{Command, Selector};

/// The faults of a [`Server`].
#[derive(Debug, Clone, Copy)]
pub struct Faults<'s>(&'s Arc<Table>);

impl<'s> Faults<'s> {
    pub(crate) const fn new(table: &'s Arc<Table>) -> Self {
        Self(table)
    }

    /// Describes a fault that is aimed at these commands, on records of all namespaces and on all nodes unless it is
    /// narrowed.
    ///
    /// The info protocol, by which clients watch the cluster, is struck where that is said: by [`Command::Info`] or
    /// [`Command::Everything`]. The controls under `spikelet/` are never struck.
    pub fn on(self, command: Command) -> FaultBuilder {
        self.with_selector(Selector {
            command,
            ..Selector::default()
        })
    }

    pub(crate) fn with_selector(self, selector: Selector) -> FaultBuilder {
        FaultBuilder::new(self.0, selector)
    }

    /// Removes the one of this [id](FaultHandle::id); whether there was one.
    pub fn remove(self, id: u64) -> bool {
        self.0.remove(id)
    }

    /// Removes all of them. Connections that were silenced stay silent.
    pub fn clear(self) {
        self.0.clear();
    }

    /// Those that have not been removed, in the order in which they were armed: used up ones too.
    #[must_use]
    pub fn list(self) -> Vec<ArmedFault> {
        let rules = self.0.rules().into_iter();
        rules
            .map(|rule| ArmedFault(rule.to_string(), FaultHandle::of(self.0, &rule)))
            .collect()
    }
}

/// A fault as [`Faults::list`] gives it; displayed it is `id=1:command=write:set=demo:result=18:matched=3:fired=2`.
#[derive(Debug, Clone)]
pub struct ArmedFault(String, FaultHandle);

impl std::ops::Deref for ArmedFault {
    type Target = FaultHandle;

    fn deref(&self) -> &FaultHandle {
        &self.1
    }
}

impl fmt::Display for ArmedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Server {
    /// Its faults.
    #[must_use]
    pub fn faults(&self) -> Faults<'_> {
        Faults::new(self.shared().faults())
    }
}
