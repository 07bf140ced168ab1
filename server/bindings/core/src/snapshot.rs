//! Snapshots.

use spikelet::Snapshot;

use crate::error::Error;
use crate::server::Server;

/// # Snapshots
///
/// Errors are [`Kind::Closed`](crate::Kind::Closed) and [`Kind::Forked`](crate::Kind::Forked), and those given.
impl Server {
    /// Takes a snapshot of the server's contents, which costs microseconds.
    ///
    /// # Errors
    /// See above.
    pub fn snapshot(&self) -> Result<Snapshot, Error> {
        self.with(|server| Ok(server.snapshot()))
    }

    /// Replaces the contents of the server with those of a snapshot, which may be of another server.
    ///
    /// # Errors
    /// [`Kind::Snapshot`](crate::Kind::Snapshot) if the snapshot has other namespaces.
    pub fn restore(&self, snapshot: &Snapshot) -> Result<(), Error> {
        self.with(|server| Ok(server.restore(snapshot)?))
    }

    /// Empties the server. The clock, faults, nodes and the journal stay as they are; see [`reset_all`](Self::reset_all).
    ///
    /// # Errors
    /// See above.
    pub fn reset(&self) -> Result<(), Error> {
        self.with(|server| {
            server.reset();
            Ok(())
        })
    }
}
