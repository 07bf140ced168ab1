//! The configuration of a namespace.

use std::fmt;
use std::str::FromStr;

use super::{ConfigError, MAX_NODES, MAX_TTL};

/// The configuration of a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceConfig {
    /// Its name, up to 31 bytes.
    pub name: String,
    /// The TTL of records that are written without one, in seconds; 0 means that they never expire.
    pub default_ttl: u32,
    /// How often nsup removes expired records in the background, in seconds; 0 means never.
    pub nsup_period: u32,
    /// Whether records may have a TTL although `nsup-period` is 0.
    pub allow_ttl_without_nsup: bool,
    /// The number of nodes that keep a copy of each record.
    pub replication_factor: u32,
    /// Which of two records with the same digest is kept when subclusters merge.
    pub conflict_resolution_policy: ConflictResolutionPolicy,
}

/// Which of two records with the same digest is kept, if both were written while the network between nodes was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConflictResolutionPolicy {
    /// The record with the higher generation; of equal generations, the record that was updated last.
    #[default]
    Generation,
    /// The record that was updated last.
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

    /// Whether the last update time decides.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownPolicy;

impl fmt::Display for UnknownPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are the policies generation and last-update-time")
    }
}

impl std::error::Error for UnknownPolicy {}

impl NamespaceConfig {
    /// A namespace with one copy of each record, whose records do not expire by default, and where nsup runs every second.
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

impl NamespaceConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let name = self.name.clone();
        // These characters separate names in the info protocol.
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
