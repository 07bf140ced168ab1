//! Parameters that are given by name, with their values as text: by controls, and by the packages for other languages.

use std::fmt;
use std::str::FromStr;

/// Why a parameter that was given by name was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterError {
    /// There is no parameter of this name.
    Unknown {
        /// The name.
        name: String,
    },
    /// The parameter does not take this value.
    Value {
        /// The name of the parameter.
        name: &'static str,
        /// The value.
        value: String,
        /// What the parameter takes, if more can be said than the name says.
        expected: String,
    },
    /// The parameter is required.
    Missing(&'static str),
    /// The parameter excludes another one that was given: a sentence.
    Conflict(&'static str),
}

impl ParameterError {
    pub(crate) fn unknown(name: &str) -> Self {
        Self::Unknown { name: name.to_owned() }
    }

    pub(crate) fn value(name: &'static str, value: &str, expected: impl Into<String>) -> Self {
        Self::Value {
            name,
            value: value.to_owned(),
            expected: expected.into(),
        }
    }
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(f, "unexpected parameter '{name}'"),
            Self::Value { name, value, expected } if expected.is_empty() => write!(f, "bad {name} '{value}'"),
            Self::Value { name, value, expected } => write!(f, "bad {name} '{value}', expected {expected}"),
            Self::Missing(name) => write!(f, "missing '{name}'"),
            Self::Conflict(sentence) => f.write_str(sentence),
        }
    }
}

impl std::error::Error for ParameterError {}

/// Parses the value of a parameter.
pub(crate) fn parsed<T: FromStr>(name: &'static str, value: &str, expected: &str) -> Result<T, ParameterError> {
    value.parse().map_err(|_| ParameterError::value(name, value, expected))
}
