//! Errors for JavaScript: their code chooses a class in `lib/errors.js`.

use spikelet_bindings::{Error, Kind};

/// The code of an error.
pub struct Code(String);

/// The result of a function that JavaScript calls.
pub type Result<T> = std::result::Result<T, napi::Error<Code>>;

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// What napi itself refuses, such as an argument of another type.
impl From<napi::Status> for Code {
    fn from(_: napi::Status) -> Self {
        Self(code(Kind::Type))
    }
}

/// Converts an error of the server.
pub(crate) fn thrown(error: Error) -> napi::Error<Code> {
    napi::Error::new(Code(code(error.kind)), error.message)
}

/// The error for an argument.
pub(crate) fn argument(message: &str) -> napi::Error<Code> {
    napi::Error::new(Code(code(Kind::Type)), message)
}

/// The code, for a refusal with the result code.
pub(crate) fn code(kind: Kind) -> String {
    let name = match kind {
        Kind::Type | Kind::Value => "ARGUMENT",
        Kind::Start => "START",
        Kind::Closed | Kind::Forked | Kind::Cancelled => "CLOSED",
        Kind::Node => "TOPOLOGY",
        Kind::Fixture => "FIXTURE",
        Kind::Snapshot => "RESTORE",
        Kind::Refused(code) => return format!("ERR_SPIKELET_REFUSED:{code}"),
        Kind::Assertion => "ASSERTION",
        Kind::Timeout => "TIMEOUT",
        _ => return "ERR_SPIKELET".to_owned(),
    };
    format!("ERR_SPIKELET_{name}")
}
