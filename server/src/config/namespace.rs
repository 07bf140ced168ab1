//! The configuration of a namespace.

use std::fmt;
use std::str::FromStr;

use super::{ConfigError, ConfigParameterError, MAX_NODES, MAX_TTL, ParameterValues, SetConfig};
use crate::config_parameters::{self as parameters, OF_NAMESPACE, Parameter};
use crate::version::Edition;

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
    /// Its other parameters, which [`set`](Self::set) sets.
    pub parameters: ParameterValues,
    /// Its sets that have parameters of their own.
    pub sets: Vec<SetConfig>,
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
    /// Whether it has `strong-consistency`.
    pub(crate) fn is_strongly_consistent(&self) -> bool {
        self.parameters.get("strong-consistency") == Some("true")
    }

    /// Whether its dead partitions are revived by themselves (`auto-revive`).
    pub(crate) fn is_auto_reviving(&self) -> bool {
        self.parameters.get("auto-revive") == Some("true")
    }

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
            parameters: ParameterValues::default(),
            sets: Vec::new(),
        }
    }

    /// Sets a parameter by Aerospike's name for it, from the text of its value, as in `aerospike.conf`.
    ///
    /// The name may be that of `get-config`, such as `default-ttl` or `storage-engine.stop-writes-used-pct`, or that of
    /// `set-config`, such as `stop-writes-used-pct`. Times are in seconds, or have a unit: `90s`, `15m`, `12h`, `30d`. Sizes
    /// are in bytes, or have a unit of 1024 and so on: `K`, `M`, `G`, `T`, `P`.
    ///
    /// ```
    /// let mut namespace = spikelet::NamespaceConfig::new("orders");
    /// namespace.set("default-ttl", "30d")?;
    /// namespace.set("max-record-size", "256K")?;
    /// assert_eq!(namespace.default_ttl, 30 * 24 * 3600);
    /// assert_eq!(namespace.parameters.get("max-record-size"), Some("262144"));
    /// # Ok::<(), spikelet::ConfigParameterError>(())
    /// ```
    ///
    /// # Errors
    /// - [`ConfigParameterError::Unknown`] if no namespace has such a parameter
    /// - [`ConfigParameterError::Value`] if the parameter does not take the value
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigParameterError> {
        let parameter = parameters::find(OF_NAMESPACE, name)
            .ok_or_else(|| ConfigParameterError::unknown(name, Self::parameter_names()))?;
        let value = parameter.read(value)?;
        self.store(parameter, value);
        Ok(())
    }

    /// Stores a value that the parameter takes.
    pub(crate) fn store(&mut self, parameter: &Parameter, value: String) {
        let number = || value.parse().unwrap_or_default();
        match parameter.name {
            "default-ttl" => self.default_ttl = number(),
            "nsup-period" => self.nsup_period = number(),
            "allow-ttl-without-nsup" => self.allow_ttl_without_nsup = value == "true",
            "replication-factor" => self.replication_factor = number(),
            "conflict-resolution-policy" => {
                self.conflict_resolution_policy = value.parse().unwrap_or_default();
            }
            name => self.parameters.set(name, value),
        }
    }

    /// Returns the names of all parameters of a namespace, as in `get-config`.
    pub fn parameter_names() -> impl Iterator<Item = &'static str> {
        let all = OF_NAMESPACE.iter().copied().flatten();
        all.filter(|parameter| parameter.is_configurable())
            .map(|parameter| parameter.name)
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
    pub(crate) fn check(&self, edition: Edition) -> Result<(), ConfigError> {
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
        if edition == Edition::Community {
            let enterprise = |(parameter, _): &(&str, &str)| {
                parameters::find(OF_NAMESPACE, parameter).is_some_and(|parameter| parameter.is_enterprise)
            };
            if let Some((parameter, _)) = self.parameters.iter().find(enterprise) {
                return Err(ConfigError::EnterpriseOnly(parameter));
            }
        }
        for (at, set) in self.sets.iter().enumerate() {
            set.check()?;
            if self.sets.iter().take(at).any(|other| other.name == set.name) {
                return Err(ConfigError::SetTwice(set.name.clone()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_set_by_name() {
        let mut namespace = NamespaceConfig::new("a");
        let fields = [
            ("default-ttl", "30d"),
            ("nsup-period", "2m"),
            ("allow-ttl-without-nsup", "false"),
            ("replication-factor", "2"),
            ("conflict-resolution-policy", "last-update-time"),
        ];
        for (name, value) in fields {
            namespace.set(name, value).unwrap();
        }
        let expected = NamespaceConfig {
            default_ttl: 30 * 24 * 3600,
            nsup_period: 120,
            allow_ttl_without_nsup: false,
            replication_factor: 2,
            conflict_resolution_policy: ConflictResolutionPolicy::LastUpdateTime,
            ..NamespaceConfig::new("a")
        };
        assert_eq!(namespace, expected);
    }

    #[test]
    fn other_parameters_are_remembered_by_their_names_in_get_config() {
        let mut namespace = NamespaceConfig::new("a");
        namespace.set("stop-writes-used-pct", "90").unwrap();
        namespace.set("strong-consistency", "True").unwrap();
        let set: Vec<_> = namespace.parameters.iter().collect();
        assert_eq!(
            set,
            [
                ("storage-engine.stop-writes-used-pct", "90"),
                ("strong-consistency", "true")
            ]
        );
        assert_eq!(namespace.check(Edition::Enterprise), Ok(()));
        assert_eq!(
            namespace.check(Edition::Community),
            Err(ConfigError::EnterpriseOnly("strong-consistency"))
        );
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let mut namespace = NamespaceConfig::new("a");
        let mut error = |name: &str, value: &str| namespace.set(name, value).unwrap_err().to_string();
        assert_eq!(
            error("default-tll", "1"),
            "unknown parameter \"default-tll\"; there is a parameter default-ttl"
        );
        assert_eq!(error("memory", "1"), "unknown parameter \"memory\"");
        // Only `set-config` knows it.
        assert_eq!(
            error("force-long-queries", "true"),
            "unknown parameter \"force-long-queries\""
        );
        assert_eq!(
            error("default-ttl", "11y"),
            "default-ttl must be a number of seconds, or a number with a unit, such as 90s, 15m, 12h or 30d, not 11y"
        );
        assert_eq!(
            error("replication-factor", "0"),
            "replication-factor must be 1 to 256, not 0"
        );
        assert_eq!(
            error("allow-ttl-without-nsup", "1"),
            "allow-ttl-without-nsup must be true or false, not 1"
        );
    }
}
