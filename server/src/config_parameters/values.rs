//! The values of parameters that a configuration sets.

use std::collections::BTreeMap;

/// The values of parameters, by their names in `get-config`.
///
/// Those that [`NamespaceConfig::set`](crate::NamespaceConfig::set) has set, and that are no field of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParameterValues(BTreeMap<&'static str, String>);

impl ParameterValues {
    /// Returns the value of a parameter as `get-config` shows it, or `None` if it is not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns the parameters and their values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Whether none is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn set(&mut self, name: &'static str, value: String) {
        self.0.insert(name, value);
    }
}
