//! Loading fixtures into a running server, and saving its contents.

use std::fs;
use std::path::Path;

use super::Server;
use crate::fixture::{self, Fixture, FixtureError, Loaded};
use crate::net::Shared;

impl Server {
    /// Returns the contents of the server as a fixture, without expired records. Void times and last update times are kept
    /// relative to now.
    #[must_use]
    pub fn fixture(&self) -> Fixture {
        fixture::take(self.state(), self.now())
    }

    /// Loads a fixture. If there is an error, nothing is loaded.
    ///
    /// Records of the fixture replace records with the same digest and have the generation that the fixture gives. Modules
    /// replace modules with the same name. Everything else stays.
    ///
    /// # Errors
    /// [`FixtureError::Refused`] if the server refuses any of it: an unknown namespace, a record that is too big, a TTL in a
    /// namespace that allows none, an index name that is in use for another index, a module that does not compile. If the
    /// fixture was read from a file, this is inside [`FixtureError::InFile`].
    pub fn load(&self, fixture: &Fixture) -> Result<Loaded, FixtureError> {
        load(self.shared(), fixture)
    }

    /// Loads a file of JSON, or a file or directory written by `asbackup`. The format is detected.
    ///
    /// # Errors
    /// Those of [`Fixture::from_file`], and [`FixtureError::InFile`] with any error of [`load`](Self::load).
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Loaded, FixtureError> {
        load_file(self.shared(), path.as_ref())
    }

    /// Saves the contents of the server as JSON, [without last update times](Fixture::without_last_updates).
    ///
    /// To keep those, write [`to_json`](Fixture::to_json) of [`fixture`](Self::fixture) to a file.
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
    /// [`FixtureError::File`] if the file cannot be written.
    pub fn save_json(&self, path: impl AsRef<Path>) -> Result<(), FixtureError> {
        save_json(self.shared(), path.as_ref(), false)
    }

    /// Saves a namespace and all UDF modules as a backup, which `asrestore` can load into a real cluster.
    ///
    /// # Errors
    /// Those of [`Fixture::to_backup`], and [`FixtureError::File`] if the file cannot be written.
    pub fn save_backup(&self, namespace: &str, path: impl AsRef<Path>) -> Result<(), FixtureError> {
        save_backup(self.shared(), namespace, path.as_ref())
    }
}

pub(crate) fn load(shared: &Shared, fixture: &Fixture) -> Result<Loaded, FixtureError> {
    fixture::apply(fixture, &shared.state, shared.clock.now())
}

pub(crate) fn load_file(shared: &Shared, path: &Path) -> Result<Loaded, FixtureError> {
    load(shared, &Fixture::from_file(path)?)
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
