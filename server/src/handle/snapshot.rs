//! Keeping aside what a server holds, and putting it back.

use super::Server;
use crate::state::{RestoreError, Snapshot};

impl Server {
    /// Keeps aside what it holds: records, sets, secondary indexes, truncations, UDF modules, changed settings.
    ///
    /// It takes microseconds, however many records there are: they are copied when they are written next, one small part of
    /// them at a time. The snapshot is of one moment, also while clients write: every command is in it with all that it did,
    /// or not at all. The clock is no part of it, nor are the counts of commands.
    ///
    /// ```
    /// let server = spikelet::Server::start()?;
    /// server.insert("test", "demo", "user1", [("name", "Alice")])?;
    /// let prepared = server.snapshot();
    ///
    /// // What every test does first:
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

    /// Has it hold what a snapshot holds, and nothing else. The snapshot may be another server's.
    ///
    /// Connections stay. Long queries that run are aborted, and get result code 210.
    ///
    /// # Errors
    /// [`RestoreError::Namespaces`] where the names of the namespaces are not the same; then nothing changes.
    pub fn restore(&self, snapshot: &Snapshot) -> Result<(), RestoreError> {
        self.shared().split.restore(self.now(), snapshot)
    }

    /// Has it hold nothing, as when it was started: no records, sets, indexes or UDF modules, and the settings that it was
    /// configured with.
    ///
    /// Connections stay, and so do the clock and the counts of commands.
    ///
    /// ```
    /// let server = spikelet::Server::start()?;
    /// server.insert("test", "demo", "user1", [("name", "Alice")])?;
    /// server.reset();
    /// assert_eq!(server.count(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reset(&self) {
        self.shared().split.reset();
    }
}
