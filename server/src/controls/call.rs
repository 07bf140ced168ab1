//! A control while it is answered: its parameters, and what is wrong with them.

use std::str::FromStr;

use spikelet_wire::info;

use super::snapshot::Snapshots;
use crate::net::Shared;
use crate::state::ControlError;

/// A control that is asked for.
pub(super) struct Call<'a> {
    pub(super) shared: &'a Shared,
    /// The snapshots that clients saved.
    pub(super) snapshots: &'a Snapshots,
    /// The position of the node that was asked.
    #[expect(dead_code, reason = "no control yet concerns one node")]
    pub(super) node: usize,
    parameters: &'a str,
}

/// What it answers: the text behind the tab.
pub(super) type Answered = Result<String, ControlError>;

/// The answer of a control that has nothing to tell.
pub(super) fn done() -> Answered {
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

    /// Checks that nothing is given but these parameters: a misspelled one would be ignored without a word.
    pub(super) fn check(&self, known: &[&str]) -> Result<(), ControlError> {
        match info::parameters(self.parameters).find(|(name, _)| !known.contains(name)) {
            Some((name, _)) if known.is_empty() => {
                Err(ControlError::parameter(format!("unexpected parameter '{name}'")))
            }
            Some((name, _)) => {
                let known = known.join(", ");
                Err(ControlError::parameter(format!(
                    "unexpected parameter '{name}', there are {known}"
                )))
            }
            None => Ok(()),
        }
    }

    /// The value of a parameter, if it is given.
    pub(super) fn optional(&self, name: &str) -> Option<&'a str> {
        info::parameters(self.parameters)
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// The value of a parameter that must be given.
    pub(super) fn required(&self, name: &str) -> Result<&'a str, ControlError> {
        self.optional(name)
            .ok_or_else(|| ControlError::parameter(format!("missing '{name}'")))
    }

    /// The value of a parameter that must be given, as a number or whatever else is read from text.
    pub(super) fn parsed<T: FromStr>(&self, name: &str) -> Result<T, ControlError> {
        let text = self.required(name)?;
        text.parse()
            .map_err(|_| ControlError::parameter(format!("bad {name} '{text}'")))
    }

    /// The same of a parameter that may be missing.
    pub(super) fn parsed_if_given<T: FromStr>(&self, name: &str) -> Result<Option<T>, ControlError> {
        self.optional(name).map(|_| self.parsed(name)).transpose()
    }
}
