//! The configuration of a server, in Aerospike's own parameters.

mod error;
mod namespace;
mod security;

mod set;
mod tls;

pub use self::error::ConfigError;
pub use self::namespace::{ConflictResolutionPolicy, NamespaceConfig};
pub use self::security::{Authentication, RoleConfig, SecurityConfig, UserConfig};
pub use self::set::SetConfig;
pub use self::tls::{AuthenticateClient, TlsConfig};
pub use crate::config_parameters::{ConfigParameterError, ParameterValues};
pub(crate) use crate::config_parameters::{MAX_NODES, MAX_TTL};
pub(crate) use crate::config_parameters::{
    NETWORK, OF_NAMESPACE, OF_NAMESPACE_CHANGED, Parameter, SECURITY, SERVICE, SET,
};
use crate::version::{self, Edition};

/// The configuration of a server.
#[derive(Debug, Clone)]
pub struct Config {
    /// The namespaces, in the order in which they are reported.
    pub namespaces: Vec<NamespaceConfig>,
    /// The version that the server reports.
    pub version: String,
    /// The edition that the server reports, and whose limits it has.
    pub edition: Edition,
    /// The `work-directory`, which the errors of UDFs name. Nothing is read from it or written to it.
    pub work_directory: String,
    /// TLS, if there is any.
    pub tls: Option<TlsConfig>,
    /// Security; `None` for none.
    pub security: Option<SecurityConfig>,
    /// The other parameters of `service`.
    pub service: ParameterValues,
    /// The other parameters of `network`.
    pub network: ParameterValues,
}

/// The real server's maximum of namespaces.
pub(crate) const MAX_NAMESPACES: usize = 32;

impl Config {
    /// The `work-directory` of a real server that is installed as a package.
    pub const WORK_DIRECTORY: &str = "/opt/aerospike";

    /// Checks the configuration as the real server does at its start.
    ///
    /// # Errors
    /// The first error found.
    pub fn check(&self) -> Result<(), ConfigError> {
        if !(1..=MAX_NAMESPACES).contains(&self.namespaces.len()) {
            return Err(ConfigError::NamespaceCount(self.namespaces.len()));
        }
        for (at, namespace) in self.namespaces.iter().enumerate() {
            namespace.check(self.edition)?;
            if self
                .namespaces
                .iter()
                .take(at)
                .any(|other| other.name == namespace.name)
            {
                return Err(ConfigError::NamespaceTwice(namespace.name.clone()));
            }
        }
        match &self.security {
            Some(_) if self.edition == Edition::Community => Err(ConfigError::SecurityEdition),
            Some(security) => security.check(self.has_masking()),
            None => Ok(()),
        }
    }

    /// Whether there are privileges for masked bins.
    pub(crate) fn has_masking(&self) -> bool {
        version::is_at_least(&self.version, [8, 1, 1])
    }
}

/// Whether a name is valid for a cluster: 1 to 63 bytes without whitespace, control characters and semicolons.
pub(crate) fn is_cluster_name(name: &str) -> bool {
    (1..64).contains(&name.len()) && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == ';')
}

impl Default for Config {
    fn default() -> Self {
        Self {
            namespaces: vec![NamespaceConfig::new("test"), NamespaceConfig::new("bar")],
            version: version::DEFAULT.to_owned(),
            edition: Edition::default(),
            work_directory: Self::WORK_DIRECTORY.to_owned(),
            tls: None,
            security: None,
            service: ParameterValues::default(),
            network: ParameterValues::default(),
        }
    }
}
