//! Fixtures in and out of a running server.

use std::fs;
use std::path::Path;

use super::Server;
use crate::fixture::{self, Fixture, FixtureError, Loaded};
use crate::net::Shared;

impl Server {
    /// Everything that it holds, but for records that have expired. Void times and last update times are kept as how far they
    /// lie from now.
    #[must_use]
    pub fn fixture(&self) -> Fixture {
        fixture::take(self.state(), self.now())
    }

    /// Loads a fixture: all of it, or nothing where there is an error.
    ///
    /// Its records come in place of those with the same digests, whatever those are, with the generations of the fixture;
    /// everything else stays. Its modules come in place of those with the same names.
    ///
    /// # Errors
    /// [`FixtureError::Refused`] for what the server does not take: a namespace that it does not have, a record that is too
    /// big, a TTL where there can be none, an index whose name stands for another, a module that cannot be compiled.
    pub fn load(&self, fixture: &Fixture) -> Result<Loaded, FixtureError> {
        load(self.shared(), fixture)
    }

    /// Loads a file, JSON or a backup of the real server, or the directory of such a backup, whichever it is.
    ///
    /// # Errors
    /// As [`Fixture::from_file`], and [`FixtureError::InFile`] for what [`load`](Self::load) refuses.
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Loaded, FixtureError> {
        load_file(self.shared(), path.as_ref())
    }

    /// Saves everything that it holds as JSON, [without last update times](Fixture::without_last_updates).
    ///
    /// [`fixture`](Self::fixture) has them; write its [`to_json`](Fixture::to_json) to a file to keep them.
    ///
    /// ```
    /// # let path = std::env::temp_dir().join(format!("spikelet-doc-{}.json", std::process::id()));
    /// let server = spikelet::Server::start()?;
    /// server.insert("test", "users", "alice", [("age", 30)])?;
    /// server.save_json(&path)?;
    ///
    /// let other = spikelet::Server::start()?;
    /// assert_eq!(other.load_file(&path)?.records, 1);
    /// assert_eq!(other.record("test", "users", "alice").unwrap().bins["age"], 30.into());
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`FixtureError::File`] where it cannot be written.
    pub fn save_json(&self, path: impl AsRef<Path>) -> Result<(), FixtureError> {
        save_json(self.shared(), path.as_ref(), false)
    }

    /// Saves a namespace and the modules as a backup that `asrestore` takes to a real cluster.
    ///
    /// # Errors
    /// As [`Fixture::to_backup`], and [`FixtureError::File`] where it cannot be written.
    pub fn save_backup(&self, namespace: &str, path: impl AsRef<Path>) -> Result<(), FixtureError> {
        save_backup(self.shared(), namespace, path.as_ref())
    }
}

pub(crate) fn load(shared: &Shared, fixture: &Fixture) -> Result<Loaded, FixtureError> {
    fixture::apply(fixture, &shared.state, shared.clock.now())
}

pub(crate) fn load_file(shared: &Shared, path: &Path) -> Result<Loaded, FixtureError> {
    load(shared, &Fixture::from_file(path)?).map_err(|error| FixtureError::in_file(path, error))
}

pub(crate) fn save_json(shared: &Shared, path: &Path, with_last_updates: bool) -> Result<(), FixtureError> {
    let mut fixture = fixture::take(&shared.state, shared.clock.now());
    if !with_last_updates {
        fixture = fixture.without_last_updates();
    }
    write(path, fixture.to_json().as_bytes())
}

pub(crate) fn save_backup(shared: &Shared, namespace: &str, path: &Path) -> Result<(), FixtureError> {
    let now = shared.clock.now();
    let fixture = fixture::take(&shared.state, now);
    write(path, &fixture.to_backup(namespace, now)?)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), FixtureError> {
    fs::write(path, bytes).map_err(|source| FixtureError::file(path, source))
}
