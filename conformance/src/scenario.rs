//! What a scenario is, and what can become of it.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;

use crate::context::Context;

/// A scenario: an async function over a [`Context`] that asks a server, asserts, and leaves a transcript.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// What it belongs to: the name of its file.
    pub subject: &'static str,
    /// Its name among those of its subject.
    pub name: &'static str,
    /// What runs it.
    pub run: for<'c> fn(&'c mut Context) -> Running<'c>,
}

/// A scenario that runs.
pub type Running<'c> = Pin<Box<dyn Future<Output = Outcome> + Send + 'c>>;

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

impl Scenario {
    /// Subject and name.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}", self.subject, self.name)
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scenario({})", self.id())
    }
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

/// The scenarios of a file, by the names of its functions. One that is left out is dead code, so the compiler tells.
macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        /// The scenarios of this file.
        pub(super) const SCENARIOS: &[$crate::scenario::Scenario] = &[$($crate::scenario::Scenario {
            subject: $crate::scenario::subject(module_path!()),
            name: stringify!($name),
            run: |t| Box::pin($name(t)),
        }),*];
    };
}

/// The last part of a module's path.
pub(crate) const fn subject(path: &'static str) -> &'static str {
    let mut rest = path.as_bytes();
    let mut start = 0;
    let mut at = 0;
    while let [byte, more @ ..] = rest {
        at += 1;
        if *byte == b':' {
            start = at;
        }
        rest = more;
    }
    path.split_at(start).1
}

/// Asks through the client, writes request and answer into the transcript, and gives the answer.
///
/// `ask!(t, get(&key))?` is `t.client().get(&key).await?` with a transcript.
macro_rules! ask {
    ($t:ident, $($command:tt)+) => {{
        let answer = $t.client().$($command)+.await;
        $t.tell(stringify!($($command)+), &answer);
        answer
    }};
}

/// Fails the scenario unless the two are equal.
macro_rules! same {
    ($answered:expr, $expected:expr $(,)?) => {{
        let (answered, expected) = (&$answered, &$expected);
        if answered != expected {
            let what = stringify!($answered);
            return Err($crate::scenario::End::failed(format_args!(
                "{what} is {answered:?}, not {expected:?}"
            )));
        }
    }};
}

/// Fails the scenario unless the condition holds.
macro_rules! holds {
    ($condition:expr, $($shown:tt)+) => {
        if !$condition {
            return Err($crate::scenario::End::failed(format_args!($($shown)+)));
        }
    };
}

/// Fails the scenario unless the server refused with this result code.
macro_rules! refused {
    ($answer:expr, $code:ident) => {{
        let code = spikelet_wire::ResultCode::$code;
        match $answer {
            Err(error) if error.result_code() == Some(code) => {}
            Err(error) => return Err($crate::scenario::End::failed(format_args!("{error}, not {code:?}"))),
            Ok(answer) => return Err($crate::scenario::End::failed(format_args!("{answer:?}, not {code:?}"))),
        }
    }};
}

pub(crate) use {ask, holds, refused, same, scenarios};
