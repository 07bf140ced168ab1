//! A call of a control: its parameters and their errors.

use std::str::FromStr;

use spikelet_wire::info;

use super::snapshot::Snapshots;
use crate::net::Shared;
use crate::parameter::ParameterError;
use crate::state::ControlError;

/// A call of a control.
pub(super) struct Call<'a> {
    pub(super) shared: &'a Shared,
    /// The snapshots that clients saved.
    pub(super) snapshots: &'a Snapshots,
    /// The position of the node that received the call.
    #[expect(dead_code, reason = "no control yet concerns one node")]
    pub(super) node: usize,
    parameters: &'a str,
}

/// The reply: the text after the tab.
pub(super) type Reply = Result<String, ControlError>;

/// The reply of a control without a result.
pub(super) fn done() -> Reply {
    Ok("ok".to_owned())
}

impl<'a> Call<'a> {
    pub(super) const fn new(shared: &'a Shared, snapshots: &'a Snapshots, node: usize, parameters: &'a str) -> Self {
        Self {
            shared,
            snapshots,
            node,
            parameters,
        }
    }

    /// Refuses parameters other than these, so that a misspelled one is not silently ignored.
    pub(super) fn check(&self, known: &[&str]) -> Result<(), ControlError> {
        match info::parameters(self.parameters).find(|(name, _)| !known.contains(name)) {
            Some((name, _)) if known.is_empty() => {
                Err(ControlError::parameter(format!("unexpected parameter '{name}'")))
            }
            Some((name, _)) => {
                let known = known.join(", ");
                Err(ControlError::parameter(format!(
                    "unexpected parameter '{name}', expected {known}"
                )))
            }
            None => Ok(()),
        }
    }

    /// Returns the value of a parameter, if it is given.
    pub(super) fn optional(&self, name: &str) -> Option<&'a str> {
        info::parameters(self.parameters)
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// Returns the value of a required parameter.
    pub(super) fn required(&self, name: &str) -> Result<&'a str, ControlError> {
        self.optional(name)
            .ok_or_else(|| ControlError::parameter(format!("missing '{name}'")))
    }

    /// Parses the value of a required parameter.
    pub(super) fn parsed<T: FromStr>(&self, name: &str) -> Result<T, ControlError> {
        let text = self.required(name)?;
        text.parse()
            .map_err(|_| ControlError::parameter(format!("bad {name} '{text}'")))
    }

    /// Passes each of these parameters that is given to `set`.
    pub(super) fn each<T>(
        &self,
        names: &[&str],
        start: T,
        set: impl Fn(T, &str, &str) -> Result<T, ParameterError>,
    ) -> Result<T, ControlError> {
        let mut given = info::parameters(self.parameters).filter(|(name, _)| names.contains(name));
        Ok(given.try_fold(start, |built, (name, value)| set(built, name, value))?)
    }

    /// Parses the value of an optional parameter.
    pub(super) fn parsed_if_given<T: FromStr>(&self, name: &str) -> Result<Option<T>, ControlError> {
        self.optional(name).map(|_| self.parsed(name)).transpose()
    }
}

impl From<ParameterError> for ControlError {
    fn from(error: ParameterError) -> Self {
        Self::parameter(error.to_string())
    }
}
