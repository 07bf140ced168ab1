//! The configuration of a set.

use super::{ConfigError, ConfigParameterError, ParameterValues};
use crate::config_parameters::{self as parameters, SET};

/// The parameters of a set, in [`NamespaceConfig::sets`](super::NamespaceConfig::sets).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetConfig {
    /// Its name, up to 63 bytes.
    pub name: String,
    /// Its parameters, which [`set`](Self::set) sets. The others are those of the namespace.
    pub parameters: ParameterValues,
}

impl SetConfig {
    /// A set without parameters of its own.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            parameters: ParameterValues::default(),
        }
    }

    /// Sets a parameter by Aerospike's name for it, from the text of its value: `default-ttl`, `default-read-touch-ttl-pct`,
    /// `disable-eviction`, `enable-index`, `stop-writes-count` or `stop-writes-size`.
    ///
    /// ```
    /// use spikelet::{NamespaceConfig, SetConfig};
    ///
    /// let mut sessions = SetConfig::new("sessions");
    /// sessions.set("default-ttl", "20m")?;
    /// let namespace = NamespaceConfig { sets: vec![sessions], ..NamespaceConfig::new("test") };
    /// # Ok::<(), spikelet::ConfigParameterError>(())
    /// ```
    ///
    /// # Errors
    /// - [`ConfigParameterError::Unknown`] if no set has such a parameter
    /// - [`ConfigParameterError::Value`] if the parameter does not take the value
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigParameterError> {
        let parameter = parameters::find(&[SET], name)
            .ok_or_else(|| ConfigParameterError::unknown(name, SET.iter().map(|parameter| parameter.name)))?;
        self.parameters.set(parameter.name, parameter.read(value)?);
        Ok(())
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        // The real server's limit. The other characters separate names in the info protocol.
        let separates = |c: char| c.is_whitespace() || c.is_control() || ":;,=/{}".contains(c);
        if self.name.is_empty() || self.name.len() > 63 || self.name.contains(separates) {
            return Err(ConfigError::SetName(self.name.clone()));
        }
        Ok(())
    }
}

impl From<&str> for SetConfig {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_set_by_name() {
        let mut set = SetConfig::new("a");
        set.set("default-ttl", "-1").unwrap();
        set.set("stop-writes-size", "1M").unwrap();
        assert_eq!(set.parameters.get("default-ttl"), Some("4294967295"));
        assert_eq!(set.parameters.get("stop-writes-size"), Some("1048576"));
        let error = |set: &mut SetConfig, name, value| set.set(name, value).unwrap_err().to_string();
        assert_eq!(
            error(&mut set, "default-ttl", "11000d"),
            "default-ttl must be at most 315360000 seconds, or -1 for never, not 950400000"
        );
        assert_eq!(error(&mut set, "nsup-period", "1"), "unknown parameter \"nsup-period\"");
        assert_eq!(set.check(), Ok(()));
        assert_eq!(
            SetConfig::new("a:b").check(),
            Err(ConfigError::SetName("a:b".to_owned()))
        );
    }
}
