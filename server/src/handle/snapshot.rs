//! Snapshots and resets of a server.

use super::Server;
use crate::state::{RestoreError, Snapshot};

impl Server {
    /// Takes a snapshot of the server: records, sets, secondary indexes, truncations, UDF modules and changed settings.
    ///
    /// This takes microseconds, however many records there are: records are copied on write, a few at a time. A snapshot is
    /// consistent: it holds every command that runs at the same time either completely or not at all. The clock and the
    /// statistics are not part of it.
    ///
    /// ```
    /// let server = spikelet::Server::start()?;
    /// server.insert("test", "demo", "user1", [("name", "Alice")])?;
    /// let prepared = server.snapshot();
    ///
    /// // At the start of every test:
    /// server.restore(&prepared)?;
    /// server.insert("test", "demo", "user1", [("name", "Bob")])?;
    ///
    /// server.restore(&prepared)?;
    /// assert_eq!(server.record("test", "demo", "user1").unwrap().bins["name"], "Alice".into());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.state().snapshot()
    }

    /// Replaces the contents of the server with those of a snapshot. The snapshot may be of another server.
    ///
    /// Connections stay open. Long queries that are running are aborted with result code 210.
    ///
    /// # Errors
    /// [`RestoreError::Namespaces`] if the snapshot has other namespaces; nothing changes then.
    pub fn restore(&self, snapshot: &Snapshot) -> Result<(), RestoreError> {
        self.shared().split.restore(self.now(), snapshot)
    }

    /// Empties the server: no records, sets, indexes or UDF modules, and the settings and rosters with which it was built.
    ///
    /// Connections stay open. The clock and the statistics do not change.
    ///
    /// ```
    /// let server = spikelet::Server::start()?;
    /// server.insert("test", "demo", "user1", [("name", "Alice")])?;
    /// server.reset();
    /// assert_eq!(server.count(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reset(&self) {
        self.shared().split.reset(self.shared().clock.now());
    }
}
