//! What a server is configured with, in Aerospike's own parameters.

use std::str::FromStr;

use crate::version::{self, Edition};

/// The configuration of a server.
#[derive(Debug, Clone)]
pub struct Config {
    /// The namespaces, in the order in which they are reported.
    pub namespaces: Vec<NamespaceConfig>,
    /// The version that the server says it is.
    pub version: String,
    /// The edition that the server says it is, and whose limits it has.
    pub edition: Edition,
    /// The directory that the server says it works in (`work-directory`): the errors of UDFs name it. Nothing is read from
    /// it or written to it.
    pub work_directory: String,
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
    /// Which of two records is kept where a network was cut and both sides wrote.
    pub conflict_resolution_policy: ConflictResolutionPolicy,
}

/// Which of two records of one key is kept, where nodes that did not see one another wrote both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConflictResolutionPolicy {
    /// The one that was written more often, by its generation; of two of the same, the one that was written last.
    #[default]
    Generation,
    /// The one that was written last.
    LastUpdateTime,
}

impl ConflictResolutionPolicy {
    /// Its name in the real server's configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Generation => "generation",
            Self::LastUpdateTime => "last-update-time",
        }
    }

    /// Whether it is the time that decides, and not how often a record was written.
    pub(crate) const fn keeps_last_written(self) -> bool {
        matches!(self, Self::LastUpdateTime)
    }
}

impl FromStr for ConflictResolutionPolicy {
    type Err = UnknownPolicy;

    fn from_str(name: &str) -> Result<Self, UnknownPolicy> {
        let policies = [Self::Generation, Self::LastUpdateTime];
        policies
            .into_iter()
            .find(|policy| policy.name() == name)
            .ok_or(UnknownPolicy)
    }
}

/// There is no conflict resolution policy of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are the policies generation and last-update-time")]
pub struct UnknownPolicy;

impl NamespaceConfig {
    /// A namespace whose records never expire by default, where expired ones are removed every second, with one copy of
    /// each record.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            default_ttl: 0,
            nsup_period: 1,
            allow_ttl_without_nsup: true,
            replication_factor: 1,
            conflict_resolution_policy: ConflictResolutionPolicy::default(),
        }
    }
}

impl From<&str> for NamespaceConfig {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for NamespaceConfig {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

/// The longest TTL that the real server takes, in seconds: ten years.
pub(crate) const MAX_TTL: u32 = 10 * 365 * 24 * 3600;
/// The most namespaces that the real server takes.
pub(crate) const MAX_NAMESPACES: usize = 32;
/// The most nodes, and so the highest replication factor, that the real server takes.
pub(crate) const MAX_NODES: u32 = 256;

impl Config {
    /// The real server's `work-directory` where it is installed as a package.
    pub const WORK_DIRECTORY: &str = "/opt/aerospike";

    /// Checks what the real server checks before it starts.
    ///
    /// # Errors
    /// The first fault found.
    pub fn check(&self) -> Result<(), ConfigError> {
        if !(1..=MAX_NAMESPACES).contains(&self.namespaces.len()) {
            return Err(ConfigError::NamespaceCount(self.namespaces.len()));
        }
        for (at, namespace) in self.namespaces.iter().enumerate() {
            namespace.check()?;
            if self
                .namespaces
                .iter()
                .take(at)
                .any(|other| other.name == namespace.name)
            {
                return Err(ConfigError::NamespaceTwice(namespace.name.clone()));
            }
        }
        Ok(())
    }
}

impl NamespaceConfig {
    fn check(&self) -> Result<(), ConfigError> {
        let name = self.name.clone();
        // What separates names in the info protocol cannot be part of one.
        let separates = |c: char| c.is_whitespace() || c.is_control() || ":;,=/{}".contains(c);
        if self.name.is_empty() || self.name.len() > 31 || self.name.contains(separates) {
            return Err(ConfigError::NamespaceName(name));
        }
        if self.default_ttl > MAX_TTL {
            return Err(ConfigError::DefaultTtl(name));
        }
        if self.default_ttl != 0 && self.nsup_period == 0 && !self.allow_ttl_without_nsup {
            return Err(ConfigError::TtlWithoutNsup(name));
        }
        if !(1..=MAX_NODES).contains(&self.replication_factor) {
            return Err(ConfigError::ReplicationFactor(name));
        }
        Ok(())
    }
}

/// Whether a cluster can have this name: 1 to 63 bytes without what separates names in the info protocol.
pub(crate) fn is_cluster_name(name: &str) -> bool {
    (1..64).contains(&name.len()) && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == ';')
}

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// There are none, or too many.
    #[error("a server has 1 to {MAX_NAMESPACES} namespaces, not {0}")]
    NamespaceCount(usize),
    /// Two have one name.
    #[error("the namespace {0} is there twice")]
    NamespaceTwice(String),
    /// The name is empty, too long, or has a character that separates names.
    #[error("{0:?} is no name for a namespace: 1 to 31 bytes without spaces and without any of : ; , = / {{ }}")]
    NamespaceName(String),
    /// It is over ten years.
    #[error("the default-ttl of namespace {0} is over {MAX_TTL} seconds, which is ten years")]
    DefaultTtl(String),
    /// Records would expire and never be removed.
    #[error("namespace {0} has a default-ttl; it needs an nsup-period over 0 or allow-ttl-without-nsup")]
    TtlWithoutNsup(String),
    /// It is 0 or over the size of a cluster.
    #[error("the replication-factor of namespace {0} is not within 1 to {MAX_NODES}")]
    ReplicationFactor(String),
    /// It is 0.
    #[error("a node's id is not 0")]
    NodeId,
    /// There are none, or too many.
    #[error("a server has 1 to {max} nodes, not {0}", max = crate::cluster::Cluster::MAX_NODES)]
    NodeCount(usize),
    /// The name is empty, too long, or has a character that separates names.
    #[error("{0:?} is no name for a cluster: 1 to 63 bytes without spaces or semicolons")]
    ClusterName(String),
}

impl Default for Config {
    fn default() -> Self {
        Self {
            namespaces: vec![NamespaceConfig::new("test"), NamespaceConfig::new("bar")],
            version: version::DEFAULT.to_owned(),
            edition: Edition::default(),
            work_directory: Self::WORK_DIRECTORY.to_owned(),
        }
    }
}
