//! What a server is configured with, in Aerospike's own parameters.

/// The configuration of a server.
#[derive(Debug, Clone)]
pub struct Config {
    /// The namespaces, in the order in which they are reported.
    pub namespaces: Vec<NamespaceConfig>,
    /// The version that the server says it is.
    pub version: String,
    /// The edition that the server says it is, and whose limits it has.
    pub edition: Edition,
}

/// The editions of the real server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Edition {
    /// Community Edition: Enterprise features answer with result code 25.
    #[default]
    Community,
    /// Enterprise Edition.
    Enterprise,
}

/// The configuration of a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceConfig {
    /// Its name, up to 31 bytes.
    pub name: String,
    /// The TTL of records written without one, in seconds; 0 means they never expire.
    pub default_ttl: u32,
    /// How often expired records are removed in the background, in seconds; 0 means never.
    pub nsup_period: u32,
    /// Whether records may have a TTL although the namespace has no nsup period.
    pub allow_ttl_without_nsup: bool,
    /// How many nodes keep a copy of each record.
    pub replication_factor: u32,
}

impl NamespaceConfig {
    /// A namespace with the real server's defaults, but for a TTL being allowed without an nsup period.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            default_ttl: 0,
            nsup_period: 0,
            allow_ttl_without_nsup: true,
            replication_factor: 1,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            namespaces: vec![NamespaceConfig::new("test"), NamespaceConfig::new("bar")],
            version: "8.1.2.0".to_owned(),
            edition: Edition::default(),
        }
    }
}
