//! The parameters of the real server's configuration: one table for `get-config`, `set-config`, `aerospike.conf`, and
//! [`NamespaceConfig::set`](crate::NamespaceConfig::set).
//!
//! Most of them configure what this server does not have: threads, disks, other nodes. They are remembered and have no effect.

mod enterprise;
mod error;
mod kind;
mod namespace;
mod network;
mod service;
mod value;
mod values;

pub(crate) use self::enterprise::{SECURITY, TLS, XDR};
pub use self::error::ConfigParameterError;
use self::kind::Kind;
pub(crate) use self::namespace::{GEO2DSPHERE_WITHIN, INDEX_TYPES, NAMESPACE, SET, STORAGE_ENGINE};
pub(crate) use self::network::NETWORK;
pub(crate) use self::service::SERVICE;
pub use self::values::ParameterValues;
use crate::version::Edition;

/// The real server's maximum of TTLs, in seconds: ten years.
pub(crate) const MAX_TTL: u32 = 10 * 365 * 24 * 3600;
/// The real server's maximum of nodes, and of the replication factor.
pub(crate) const MAX_NODES: u32 = 256;

/// The tables of a namespace, in the order in which `get-config` shows them.
pub(crate) const OF_NAMESPACE: &[&[Parameter]] = &[NAMESPACE, GEO2DSPHERE_WITHIN, INDEX_TYPES, STORAGE_ENGINE];
/// The tables of a namespace, in the order in which `set-config` looks for a parameter.
pub(crate) const OF_NAMESPACE_CHANGED: &[&[Parameter]] = &[NAMESPACE, INDEX_TYPES, STORAGE_ENGINE, GEO2DSPHERE_WITHIN];

/// A parameter.
#[derive(Debug)]
pub(crate) struct Parameter {
    /// Its name in `get-config`, which begins with the stanza that it is in: `storage-engine.data-size`.
    pub(crate) name: &'static str,
    /// Its value in `get-config` if nothing has set it; `None` if `get-config` does not show it then.
    pub(crate) default: Option<&'static str>,
    /// Its name in `set-config`.
    pub(crate) changed_as: &'static str,
    configured: Kind,
    /// `None` for a parameter that `set-config` does not know.
    changed: Option<Kind>,
    /// Whether only the Enterprise Edition takes it.
    pub(crate) is_enterprise: bool,
    /// Whether it changes what this server does.
    pub(crate) has_effect: bool,
    /// Whether it can be changed only in a namespace with `strong-consistency`.
    needs_strong_consistency: bool,
}

/// A parameter that can be configured and changed.
const fn both(name: &'static str, default: &'static str, kind: Kind) -> Parameter {
    Parameter {
        name,
        default: Some(default),
        changed_as: name,
        configured: kind,
        changed: Some(kind),
        is_enterprise: false,
        has_effect: false,
        needs_strong_consistency: false,
    }
}

/// A parameter that can be configured and not changed.
const fn fixed(name: &'static str, default: &'static str, kind: Kind) -> Parameter {
    Parameter {
        changed: None,
        ..both(name, default, kind)
    }
}

/// A parameter that can be changed and not configured.
const fn changeable(name: &'static str, default: &'static str, kind: Kind) -> Parameter {
    both(name, default, kind).configured(Kind::Never)
}

/// A parameter that can be configured, and that `get-config` shows only then.
const fn unshown(name: &'static str, kind: Kind) -> Parameter {
    Parameter {
        default: None,
        ..fixed(name, "", kind)
    }
}

impl Parameter {
    const fn configured(mut self, kind: Kind) -> Self {
        self.configured = kind;
        self
    }

    const fn changed(mut self, kind: Kind) -> Self {
        self.changed = Some(kind);
        self
    }

    const fn changed_as(mut self, name: &'static str) -> Self {
        self.changed_as = name;
        self
    }

    /// Of the Enterprise Edition, and changed only with `strong-consistency`.
    const fn strongly_consistent(mut self) -> Self {
        self.needs_strong_consistency = true;
        self.enterprise()
    }

    const fn enterprise(mut self) -> Self {
        self.is_enterprise = true;
        self
    }

    const fn with_effect(mut self) -> Self {
        self.has_effect = true;
        self
    }

    /// Whether its value is any text.
    pub(crate) const fn is_text(&self) -> bool {
        matches!(self.configured, Kind::Text)
    }

    /// Whether `set-config` knows it, be it only to refuse every value.
    pub(crate) const fn is_changeable(&self) -> bool {
        self.changed.is_some()
    }

    /// Whether a configuration can set it.
    pub(crate) const fn is_configurable(&self) -> bool {
        !matches!(self.configured, Kind::Never)
    }

    /// Reads a value of `set-config`, and returns it as `get-config` shows it; `None` if the parameter does not take it.
    /// `is_consistent` tells whether it is for a namespace with `strong-consistency`.
    pub(crate) fn read_change(&self, text: &str, edition: Edition, is_consistent: bool) -> Option<String> {
        if self.is_enterprise && edition == Edition::Community || self.needs_strong_consistency && !is_consistent {
            return None;
        }
        self.changed?.read_change(text)
    }

    /// Reads a value of a configuration, and returns it as `get-config` shows it.
    ///
    /// # Errors
    /// If the parameter does not take the value. The error names the parameter.
    pub(crate) fn read(&self, text: &str) -> Result<String, ConfigParameterError> {
        self.configured
            .read(text)
            .map_err(|problem| ConfigParameterError::value(self.name, problem))
    }
}

/// Finds a parameter by its name in `get-config` or `set-config`.
pub(crate) fn find(tables: &'static [&'static [Parameter]], name: &str) -> Option<&'static Parameter> {
    let all = || {
        tables
            .iter()
            .copied()
            .flatten()
            .filter(|parameter| parameter.is_configurable())
    };
    all()
        .find(|parameter| parameter.name == name)
        .or_else(|| all().find(|parameter| parameter.changed_as == name))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_defaults_are_values_of_their_kind() {
        for tables in [OF_NAMESPACE, &[SERVICE], &[NETWORK], &[SET]] {
            let mut names = BTreeSet::new();
            for parameter in tables.iter().copied().flatten() {
                assert!(names.insert(parameter.name), "{} is there twice", parameter.name);
                let Some(default) = parameter.default.filter(|value| !["", "null", "mem"].contains(value)) else {
                    continue;
                };
                let is_off = default == "0";
                if parameter.is_configurable() && !is_off {
                    assert_eq!(parameter.read(default).as_deref(), Ok(default), "{}", parameter.name);
                }
            }
        }
    }

    #[test]
    fn both_tables_of_a_namespace_have_the_same_parameters() {
        let names = |tables: &'static [&'static [Parameter]]| -> BTreeSet<_> {
            tables
                .iter()
                .copied()
                .flatten()
                .map(|parameter| parameter.name)
                .collect()
        };
        assert_eq!(names(OF_NAMESPACE), names(OF_NAMESPACE_CHANGED));
        assert_eq!(find(OF_NAMESPACE, "data-size").map(|found| found.name), None);
        let compression = find(OF_NAMESPACE, "compression").unwrap();
        assert_eq!(compression.name, "storage-engine.compression");
    }
}
