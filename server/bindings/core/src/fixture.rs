//! Fixtures.

use spikelet::Value;

use crate::argument::Argument;
use crate::error::Error;
use crate::options;
use crate::plain::{self, Plain};
use crate::server::Server;

/// # Fixtures
///
/// Errors are [`Kind::Fixture`](crate::Kind::Fixture), [`Kind::Closed`](crate::Kind::Closed) and
/// [`Kind::Forked`](crate::Kind::Forked).
impl Server {
    /// Loads a fixture: the path of a JSON file or of a backup as text, or the contents of a file as bytes. If there is an
    /// error, nothing is loaded.
    ///
    /// # Errors
    /// See above, and [`Kind::Type`](crate::Kind::Type).
    pub fn load(&self, fixture: &Value) -> Result<Plain, Error> {
        let fixture = options::fixture(Argument::new("fixture", fixture))?;
        self.with(|server| Ok(plain::loaded(server.load(&fixture)?)))
    }

    /// Returns the contents of the server as JSON.
    ///
    /// # Errors
    /// See above.
    pub fn to_json(&self) -> Result<String, Error> {
        self.with(|server| Ok(server.fixture().without_last_updates().to_json()))
    }

    /// Saves the contents of the server as a JSON file.
    ///
    /// # Errors
    /// See above.
    pub fn save_json(&self, path: &str) -> Result<(), Error> {
        self.with(|server| Ok(server.save_json(path)?))
    }

    /// Saves a namespace and all UDF modules as a backup, which `asrestore` can load.
    ///
    /// # Errors
    /// See above.
    pub fn save_backup(&self, namespace: &str, path: &str) -> Result<(), Error> {
        self.with(|server| Ok(server.save_backup(namespace, path)?))
    }
}
