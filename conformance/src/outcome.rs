//! How a scenario ends: it passes, fails, or is skipped.

use std::fmt;
use std::panic::Location;

/// How a scenario ends: with what was not as expected, or with the reason why it could not run.
pub type Outcome = Result<(), End>;

/// Why a scenario did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The server did something else than the real one does.
    Failed(String),
    /// It does not apply to this server, for the reason given.
    Skipped(String),
}

impl End {
    /// A failure at the place of the caller.
    #[must_use]
    #[track_caller]
    pub fn failed(what: impl fmt::Display) -> Self {
        let place = Location::caller();
        Self::Failed(format!("{what} (at {}:{})", place.file(), place.line()))
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(what) => f.write_str(what),
            Self::Skipped(why) => write!(f, "skipped: {why}"),
        }
    }
}

impl From<spikelet_client::Error> for End {
    #[track_caller]
    fn from(error: spikelet_client::Error) -> Self {
        Self::failed(error)
    }
}

impl From<std::io::Error> for End {
    #[track_caller]
    fn from(error: std::io::Error) -> Self {
        Self::failed(error)
    }
}

impl From<spikelet_wire::DecodeError> for End {
    #[track_caller]
    fn from(error: spikelet_wire::DecodeError) -> Self {
        Self::failed(format_args!("an answer that does not decode: {error}"))
    }
}
