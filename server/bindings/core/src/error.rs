//! Errors, with the kind by which a binding chooses an exception.

use std::fmt;

use spikelet::journal::{Mismatch, WaitError};
use spikelet::{ConfigError, FixtureError, RestoreError, ResultCode, StartError, TlsError, TopologyError};

/// What kind of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// There is no such option or parameter, or its value has the wrong type.
    Type,
    /// The value is not one that the option or the parameter takes.
    Value,
    /// The server did not start: the address is in use, or the system has no thread or file descriptor left.
    Start,
    /// The server was closed.
    Closed,
    /// The process was forked after the server started, and only the process that started it has the server.
    Forked,
    /// The cluster has no such node, or the node is not in the required state.
    Node,
    /// A fixture was refused, or its file cannot be read or written.
    Fixture,
    /// A snapshot does not fit the server.
    Snapshot,
    /// The server refused a record, with the result code that a client would get.
    Refused(u8),
    /// An assertion of the test failed.
    Assertion,
    /// The expected requests did not arrive in time.
    Timeout,
    /// The binding cancelled a wait.
    Cancelled,
}

/// An error: its kind, and a message for the reader of the test's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The kind.
    pub kind: Kind,
    /// The message: what was wrong, what was given, what was expected.
    pub message: String,
}

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// An error and its causes on one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::new(Kind::Value, error.to_string())
    }
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Config(error) => error.into(),
            StartError::Fixture(error) => error.into(),
            StartError::Tls(error) => error.into(),
            error => Self::new(Kind::Start, with_causes(&error)),
        }
    }
}

impl From<TlsError> for Error {
    fn from(error: TlsError) -> Self {
        match error {
            TlsError::Off => Self::new(Kind::Value, "this server has no TLS: start it with the option tls"),
            error => Self::new(Kind::Value, with_causes(&error)),
        }
    }
}

impl From<TopologyError> for Error {
    fn from(error: TopologyError) -> Self {
        Self::new(Kind::Node, with_causes(&error))
    }
}

impl From<FixtureError> for Error {
    fn from(error: FixtureError) -> Self {
        Self::new(Kind::Fixture, with_causes(&error))
    }
}

impl From<RestoreError> for Error {
    fn from(error: RestoreError) -> Self {
        Self::new(Kind::Snapshot, error.to_string())
    }
}

impl From<ResultCode> for Error {
    fn from(code: ResultCode) -> Self {
        Self::new(Kind::Refused(code.0), code.to_string())
    }
}

impl From<Mismatch> for Error {
    fn from(mismatch: Mismatch) -> Self {
        Self::new(Kind::Assertion, mismatch.to_string())
    }
}

impl From<WaitError> for Error {
    fn from(error: WaitError) -> Self {
        Self::new(Kind::Timeout, error.to_string())
    }
}
