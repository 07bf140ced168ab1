//! The open transactions of a server.

use std::time::SystemTime;

use spikelet_wire::Digest;

use super::Server;
use crate::clock::Now;
use crate::net::Shared;
use crate::state::State;

/// A multi-record transaction that has written something, and has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transaction {
    /// The id that the client has chosen.
    pub id: u64,
    /// The namespace.
    pub namespace: String,
    /// When the server ends it, unless the client does before.
    pub deadline: SystemTime,
    /// The digests of the records that it writes, in order.
    pub records: Vec<Digest>,
    /// Whether it is committed, and its records are still to be rolled forward.
    pub is_committed: bool,
}

impl Server {
    /// Returns the open transactions, by namespace. Only namespaces of the Enterprise Edition with `strong-consistency` have
    /// transactions.
    ///
    /// ```
    /// use spikelet::{Edition, NamespaceConfig, Server};
    ///
    /// let mut namespace = NamespaceConfig::new("test");
    /// namespace.set("strong-consistency", "true")?;
    /// let server = Server::builder().edition(Edition::Enterprise).namespace(namespace).start()?;
    /// assert!(server.transactions().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn transactions(&self) -> Vec<Transaction> {
        transactions(self.state())
    }

    /// Ends the open transactions now, as if their deadlines had passed: those that are committed are rolled forward, and all
    /// others are rolled back. Returns how many there were. The clock does not move.
    pub fn expire_transactions(&self) -> usize {
        let count = self.transactions().len();
        expire_transactions(self.shared());
        count
    }
}

/// The open transactions of a state.
pub(crate) fn transactions(state: &State) -> Vec<Transaction> {
    let of = state.namespaces().iter().flat_map(|namespace| {
        let monitors = namespace.transactions.monitors().into_iter();
        monitors.map(|(_, monitor)| Transaction {
            id: monitor.transaction,
            namespace: namespace.name.clone(),
            deadline: Now(u64::from(monitor.deadline) * 1000).into(),
            records: monitor.keys,
            is_committed: monitor.is_committed,
        })
    });
    of.collect()
}

/// Ends the open transactions of all subclusters.
pub(crate) fn expire_transactions(shared: &Shared) {
    let end = Now(u64::from(u32::MAX) * 1000);
    let states = shared.split.all();
    states.iter().for_each(|state| state.end_due_transactions(end));
}
