//! Fault injection: errors, delays and broken connections, for the commands that a test selects.
//!
//! A fault is a rule. It selects commands, decides on which of those it fires, and has a [`Reaction`]. Rules are evaluated
//! in the order in which they were armed. The first one that fires decides, and later ones do not count that command.
//! Only [delays](Reaction::Delay) are different: they add up, and later rules are still evaluated.
//!
//! ```
//! use std::time::Duration;
//!
//! use spikelet::{Command, Server};
//!
//! let server = Server::start()?;
//! // The first two writes of this record get KEY_BUSY. The third succeeds.
//! let busy = server.faults().on(Command::Write).namespace("test").set("demo").key("user1").times(2).key_busy();
//! // A tenth of all reads is delayed, in every run the same tenth.
//! server.faults().on(Command::Read).probability(42, 0.1).delay(Duration::from_millis(50));
//! // The second write is executed, but the client gets no reply.
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

    /// Builds a fault for these commands, by default in all namespaces and on all nodes.
    ///
    /// Clients watch the cluster through the info protocol. Only [`Command::Info`] and [`Command::Everything`] select it. The
    /// controls under `spikelet/` cannot be selected.
    pub fn on(self, command: Command) -> FaultBuilder {
        let selector = Selector {
            command,
            ..Selector::default()
        };
        FaultBuilder::new(self.0, selector)
    }

    /// Removes the fault with this [id](FaultHandle::id), and returns whether there was one.
    pub fn remove(self, id: u64) -> bool {
        self.0.remove(id)
    }

    /// Removes all faults. Connections that they have silenced stay silent.
    pub fn clear(self) {
        self.0.clear();
    }

    /// Returns the faults that have not been removed, including those that will not fire again, in the order in which they
    /// were armed.
    #[must_use]
    pub fn list(self) -> Vec<ArmedFault> {
        let rules = self.0.rules().into_iter();
        rules
            .map(|rule| ArmedFault(rule.to_string(), FaultHandle::of(self.0, &rule)))
            .collect()
    }
}

/// A fault returned by [`Faults::list`]. Its `Display` is `id=1:command=write:set=demo:result=18:matched=3:fired=2`.
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
    /// Returns the faults of this server.
    #[must_use]
    pub fn faults(&self) -> Faults<'_> {
        Faults::new(self.shared().faults())
    }
}
