//! Arguments by name, and reading their values.

use std::ops::RangeInclusive;

use spikelet::{NodeId, ParameterError, UserKey, Value};

use crate::error::{Error, Kind};
use crate::naming::Naming;

/// Arguments by name, in the style of the language. [`Value::Nil`] counts as not given.
pub type Arguments = Vec<(String, Value)>;

/// An argument: its name as the language writes it, and its value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Argument<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a Value,
}

impl<'a> Argument<'a> {
    pub(crate) const fn new(name: &'a str, value: &'a Value) -> Self {
        Self { name, value }
    }

    pub(crate) fn is_given(self) -> bool {
        *self.value != Value::Nil
    }

    /// The error for a value of the wrong type.
    pub(crate) fn wrong_type(self, expected: &str) -> Error {
        let (name, value) = (self.name, described(self.value));
        Error::new(Kind::Type, format!("{name}: expected {expected}, got {value}"))
    }

    /// The error for a value of the right type that is not taken.
    pub(crate) fn wrong_value(self, expected: &str) -> Error {
        let (name, value) = (self.name, shown(self.value));
        Error::new(Kind::Value, format!("{name}: expected {expected}, got {value}"))
    }

    pub(crate) fn text(self) -> Result<&'a str, Error> {
        match self.value {
            Value::String(text) => Ok(text),
            _ => Err(self.wrong_type("a string")),
        }
    }

    pub(crate) fn flag(self) -> Result<bool, Error> {
        match self.value {
            Value::Bool(flag) => Ok(*flag),
            _ => Err(self.wrong_type("true or false")),
        }
    }

    pub(crate) fn integer<T: TryFrom<i64>>(self, range: RangeInclusive<i64>) -> Result<T, Error> {
        let (first, last) = (range.start(), range.end());
        let expected = match *last {
            i64::MAX => format!("an integer from {first}"),
            last => format!("an integer from {first} to {last}"),
        };
        match self.value {
            Value::Int(n) if range.contains(n) => T::try_from(*n).map_err(|_| self.wrong_value(&expected)),
            Value::Int(_) => Err(self.wrong_value(&expected)),
            _ => Err(self.wrong_type(&expected)),
        }
    }

    pub(crate) fn list(self, of: &str) -> Result<&'a [Value], Error> {
        match self.value {
            Value::List(items) => Ok(items),
            _ => Err(self.wrong_type(&format!("a list of {of}"))),
        }
    }

    pub(crate) fn key(self) -> Result<UserKey, Error> {
        match self.value {
            Value::String(text) => Ok(UserKey::String(text.clone())),
            Value::Int(n) => Ok(UserKey::Int(*n)),
            Value::Blob(bytes) => Ok(UserKey::Blob(bytes.clone())),
            _ => Err(self.wrong_type("a key: a string, an integer or bytes")),
        }
    }

    /// A node: its id as an integer, or as the hexadecimal text that clients show.
    pub(crate) fn node(self) -> Result<NodeId, Error> {
        const EXPECTED: &str = "the id of a node, as an integer or in hexadecimal such as 'B2'";
        match self.value {
            Value::Int(id) => u64::try_from(*id).map(NodeId).map_err(|_| self.wrong_value(EXPECTED)),
            Value::String(text) => text.parse().map_err(|_| self.wrong_value(EXPECTED)),
            _ => Err(self.wrong_type(EXPECTED)),
        }
    }

    /// A parameter whose value `spikelet` takes as text.
    pub(crate) fn parameter_text(self) -> Result<String, Error> {
        match self.value {
            Value::String(text) => Ok(text.clone()),
            Value::Int(n) => Ok(n.to_string()),
            Value::Float(x) => Ok(x.to_string()),
            Value::Bool(flag) => Ok(flag.to_string()),
            Value::Blob(bytes) => Ok(hex(bytes)),
            _ => Err(self.wrong_type("a string, a number, true or false, or bytes")),
        }
    }

    /// The error of a parameter that `spikelet` refused.
    pub(crate) fn refused(self, error: &ParameterError) -> Error {
        match error {
            ParameterError::Value { expected, .. } if !expected.is_empty() => self.wrong_value(expected),
            ParameterError::Value { .. } => {
                let (name, value) = (self.name, shown(self.value));
                Error::new(Kind::Value, format!("{name} cannot be {value}"))
            }
            error => Error::new(Kind::Value, error.to_string()),
        }
    }
}

/// The error for a name that is not known.
pub(crate) fn unknown(what: &str, given: &str, known: &[&str], naming: Naming) -> Error {
    let suggestion = naming.suggest(given, known);
    Error::new(Kind::Type, format!("unknown {what} '{given}': {suggestion}"))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A value, shortened if it is long.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => format!("'{text}'"),
        value => value.to_string(),
    };
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// A value and its type.
fn described(value: &Value) -> String {
    let kind = match value {
        Value::Nil => return "nothing".to_owned(),
        Value::Bool(_) => "a boolean",
        Value::Int(_) => "an integer",
        Value::Float(_) => "a float",
        Value::String(_) => "a string",
        Value::Blob(_) => "bytes",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        _ => "another type",
    };
    format!("{} ({kind})", shown(value))
}
