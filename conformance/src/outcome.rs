//! How a scenario ends: it passes, fails, or is skipped.

use std::fmt;
use std::panic::Location;

/// The outcome of a scenario: `Ok` if it passed, otherwise the failure or the reason for skipping it.
pub type Outcome = Result<(), NotPassed>;

/// Why a scenario did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotPassed {
    /// The server did not behave as the real one does.
    Failed(String),
    /// The scenario does not apply to this server; the text is the reason.
    Skipped(String),
}

impl NotPassed {
    /// Creates a failure that names the caller's file and line.
    #[must_use]
    #[track_caller]
    pub fn failed(what: impl fmt::Display) -> Self {
        let location = Location::caller();
        Self::Failed(format!("{what} (at {}:{})", location.file(), location.line()))
    }
}

impl fmt::Display for NotPassed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(what) => f.write_str(what),
            Self::Skipped(why) => write!(f, "skipped: {why}"),
        }
    }
}

impl From<spikelet_client::Error> for NotPassed {
    #[track_caller]
    fn from(error: spikelet_client::Error) -> Self {
        Self::failed(error)
    }
}

impl From<std::io::Error> for NotPassed {
    #[track_caller]
    fn from(error: std::io::Error) -> Self {
        Self::failed(error)
    }
}

impl From<spikelet_wire::DecodeError> for NotPassed {
    #[track_caller]
    fn from(error: spikelet_wire::DecodeError) -> Self {
        Self::failed(format_args!("a response that does not decode: {error}"))
    }
}
