//! The parameters of an info command.

use spikelet_wire::ResultCode;

use super::call::Call;
use super::error::{InfoError, code_of};
use crate::store::Namespace;

impl Call<'_> {
    /// The value of a parameter, if it is present.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        pairs(self.parameters)
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// Whether a parameter is present.
    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }
}

impl<'a> Call<'a> {
    /// The value of an optional parameter. An empty value, and one of `limit` bytes or more, are errors.
    pub(super) fn optional(&self, name: &str, limit: usize) -> Result<Option<&'a str>, InfoError> {
        let found = pairs(self.parameters).find(|(key, _)| *key == name);
        found.map(|(_, value)| checked(value, name, limit)).transpose()
    }

    /// The value of a required parameter.
    pub(super) fn required(&self, name: &str, limit: usize) -> Result<&'a str, InfoError> {
        self.optional(name, limit)?.ok_or_else(|| InfoError::missing(name))
    }

    /// The value of the first of these parameters that is present. Errors call it `namespace`, whichever it was.
    pub(super) fn namespace_name(&self, names: &[&str]) -> Result<Option<&'a str>, InfoError> {
        let parameters = |name| pairs(self.parameters).find(move |(key, _)| *key == name);
        let found = names.iter().copied().find_map(parameters);
        found.map(|(_, value)| checked(value, "namespace", 32)).transpose()
    }

    /// The value of the required parameter `namespace`. The node need not have such a namespace.
    pub(super) fn required_namespace_name(&self) -> Result<&'a str, InfoError> {
        self.namespace_name(&["namespace"])?
            .ok_or_else(|| InfoError::missing("namespace"))
    }

    /// The namespace with this name.
    pub(super) fn namespace(&self, name: &str) -> Result<&'a Namespace, InfoError> {
        let mut namespaces = self.state.namespaces().iter();
        let found = namespaces.find(|namespace| namespace.name == name);
        found.ok_or(InfoError::new(
            ResultCode::INVALID_NAMESPACE,
            "namespace not found on node",
        ))
    }

    /// The namespace that one of these parameters names. It must exist.
    pub(super) fn required_namespace(&self, names: &[&str]) -> Result<&'a Namespace, InfoError> {
        let name = self
            .namespace_name(names)?
            .ok_or_else(|| InfoError::missing("namespace"))?;
        self.namespace(name)
    }
}

/// Checks that a parameter's value is not empty and has fewer than `limit` bytes.
pub(super) fn checked<'v>(value: &'v str, name: &str, limit: usize) -> Result<&'v str, InfoError> {
    match value {
        "" => Err(InfoError::new(code_of(name), format!("missing '{name}' value"))),
        value if value.len() >= limit => Err(InfoError::new(code_of(name), format!("'{name}' value too long"))),
        value => Ok(value),
    }
}

/// The parameters of a command, separated by semicolons. Text without an equals sign is none.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(';').filter_map(|pair| pair.split_once('='))
}
