//! The real server's configuration file, `aerospike.conf`.

mod address;
mod error;
mod network;
mod obsolete;
mod stanzas;
#[cfg(feature = "tls")]
mod tls;
mod tree;

use std::fs::File;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;

pub use self::error::ConfigFileError;
use crate::config::{NamespaceConfig, ParameterValues};
use crate::version::Edition;

/// A configuration file of the real server, `aerospike.conf`.
///
/// Every name of server 8.1 is known. A parameter that has no meaning for a server in memory is accepted and has no effect:
/// [`ignored`](Self::ignored) lists these. Anything else is refused with the number of its line, as the real server refuses it:
/// an unknown or obsolete name, a value out of range, a stanza that is not closed, a missing `cluster-name`, namespace or port.
///
/// ```
/// use spikelet::{ConfigFile, Server};
///
/// let file = ConfigFile::parse(
///     "
///     service {
///         cluster-name staging
///     }
///     network {
///         service {
///             address any
///             port 3000
///         }
///         heartbeat {
///             mode mesh
///             port 3002
///         }
///         fabric {
///             port 3001
///         }
///     }
///     namespace orders {
///         default-ttl 30d
///         nsup-period 2m
///         storage-engine memory {
///             data-size 1G
///         }
///     }
///     ",
/// )?;
/// // A test takes a free port of 127.0.0.1 instead of that in the file.
/// let server = Server::builder().config_file(&file).listen(([127, 0, 0, 1], 0).into()).start()?;
/// assert_eq!(file.ignored(), ["namespace.storage-engine.data-size", "network.heartbeat.mode"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigFile {
    pub(crate) cluster_name: String,
    pub(crate) node_id: Option<u64>,
    pub(crate) work_directory: Option<String>,
    /// The address and port of clients.
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) access: Option<SocketAddr>,
    pub(crate) alternate: Option<SocketAddr>,
    /// The address and port of clients with TLS.
    pub(crate) tls_listen: Option<SocketAddr>,
    pub(crate) tls_access: Option<SocketAddr>,
    pub(crate) tls_alternate: Option<SocketAddr>,
    tls_service: TlsService,
    admin: Option<SocketAddr>,
    fabric: Option<SocketAddr>,
    heartbeat: Option<SocketAddr>,
    pub(crate) service: ParameterValues,
    pub(crate) network: ParameterValues,
    pub(crate) namespaces: Vec<NamespaceConfig>,
    /// The stanza `security`, if there is one.
    pub(crate) security: Option<Stanza>,
    /// The stanzas `tls` of `network`.
    pub(crate) tls: Vec<Stanza>,
    /// The first parameter that only the Enterprise Edition has.
    enterprise_only: Option<ConfigFileError>,
    /// What is wrong in a stanza that only the Enterprise Edition has. The real server's Community Edition does not read on there.
    in_enterprise_only: Option<ConfigFileError>,
    ignored: Vec<String>,
}

/// The TLS parameters of `service`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct TlsService {
    /// The `tls-name`.
    name: Option<String>,
    /// The values of `tls-authenticate-client`.
    authenticate_client: Vec<String>,
}

/// The parameters of a stanza that only the Enterprise Edition has, read and in range.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stanza {
    /// What follows the name of the stanza: the name of a `tls` stanza.
    pub(crate) name: String,
    /// The line on which it begins.
    pub(crate) line: usize,
    /// Each parameter, by its name in the tables, and its values. A parameter may be there several times.
    pub(crate) parameters: Vec<(&'static str, Vec<String>)>,
}

impl ConfigFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ConfigFileError`] if the file cannot be read, is over 16 MiB, or the real server would refuse what is in it.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ConfigFileError> {
        const LARGEST: u64 = 16 * 1024 * 1024;
        let path = path.as_ref();
        let failed = |error: std::io::Error| {
            ConfigFileError::new(format!("couldn't open configuration file {}: {error}", path.display()))
        };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(failed)?;
        // Not by the size that the system tells: a pipe or a device has none.
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > LARGEST {
            return Err(ConfigFileError::new("the file is over 16 MiB").in_file(path));
        }
        let text = String::from_utf8_lossy(&bytes);
        Self::parse(&text).map_err(|error| error.in_file(path))
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// [`ConfigFileError`] if the real server would refuse it.
    pub fn parse(text: &str) -> Result<Self, ConfigFileError> {
        stanzas::read(tree::parse(text)?)
    }

    /// Returns the parameters that are in the file and have no effect, sorted, each with the stanzas around it:
    /// `namespace.storage-engine.data-size`.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// Returns the namespaces.
    #[must_use]
    pub fn namespaces(&self) -> &[NamespaceConfig] {
        &self.namespaces
    }

    /// Returns the address and port for clients.
    #[must_use]
    pub fn listen(&self) -> Option<SocketAddr> {
        self.listen
    }

    /// Returns the addresses and ports of `admin`, `fabric` and `heartbeat`, those that the file has.
    #[must_use]
    pub fn other_ports(&self) -> OtherPorts {
        OtherPorts {
            admin: self.admin,
            fabric: self.fabric,
            heartbeat: self.heartbeat,
        }
    }

    /// Checks what depends on the edition.
    pub(crate) fn check(&self, edition: Edition) -> Result<(), ConfigFileError> {
        if edition == Edition::Community {
            return self.enterprise_only.clone().map_or(Ok(()), Err);
        }
        if let Some(error) = &self.in_enterprise_only {
            return Err(error.clone());
        }
        // To start without what these ask for would be worse than not to start.
        let password_file = |stanza: &&Stanza| {
            let mut names = stanza.parameters.iter().map(|(name, _)| *name);
            names.any(|name| name == "default-password-file")
        };
        if let Some(stanza) = self.security.as_ref().filter(password_file) {
            let problem =
                "'default-password-file' is not supported: give the user admin its password, as any other user";
            return Err(ConfigFileError::at(stanza.line, "security {", problem));
        }
        #[cfg(not(feature = "tls"))]
        if let Some(stanza) = self.tls.first() {
            let problem = "'tls' needs a server that is built with the cargo feature `tls`: nothing would be encrypted. \
                           Remove the stanza to start without it";
            return Err(ConfigFileError::at(
                stanza.line,
                &format!("tls {} {{", stanza.name),
                problem,
            ));
        }
        Ok(())
    }
}

/// The ports of a node beside that for clients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OtherPorts {
    /// For info commands.
    pub admin: Option<SocketAddr>,
    /// For replication between nodes, which are all in one process here.
    pub fabric: Option<SocketAddr>,
    /// For heartbeats between nodes.
    pub heartbeat: Option<SocketAddr>,
}
