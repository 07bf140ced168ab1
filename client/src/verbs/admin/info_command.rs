//! The text of administrative info commands, and of their replies.

use spikelet_wire::ResultCode;
use spikelet_wire::info::parameters;

use crate::error::{Cause, Error};

/// The text of an info command with parameters: `command:name=value;name=value`.
#[derive(Debug, Clone)]
pub(super) struct InfoCommand {
    text: String,
    /// Whether a value contains a separator.
    is_bad: bool,
}

impl InfoCommand {
    pub(super) fn new(command: &str) -> Self {
        Self {
            text: format!("{command}:"),
            is_bad: false,
        }
    }

    pub(super) fn parameter(mut self, name: &str, value: &str) -> Self {
        self.is_bad |= value.contains([';', '\n']);
        if !self.text.ends_with(':') {
            self.text.push(';');
        }
        self.text.push_str(name);
        self.text.push('=');
        self.text.push_str(value);
        self
    }

    /// Adds a parameter unless its value is empty.
    pub(super) fn optional(self, name: &str, value: &str) -> Self {
        match value {
            "" => self,
            value => self.parameter(name, value),
        }
    }

    pub(super) fn finish(self) -> Result<String, Error> {
        match self.is_bad {
            false => Ok(self.text),
            true => Err(Error::argument("a name cannot contain a semicolon or a line break")),
        }
    }
}

/// The value of a parameter in a text whose parameters are separated by `separator`.
pub(super) fn parameter_value<'t>(text: &'t str, separator: char, name: &str) -> Option<&'t str> {
    let mut pairs = text.split(separator).flat_map(parameters);
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The error of an info command that the server refused.
pub(super) fn refused(code: ResultCode, text: impl Into<String>) -> Error {
    Error::new(Cause::Info(code, text.into()))
}
