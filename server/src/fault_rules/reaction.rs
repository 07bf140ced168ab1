//! What a fault does to a command.

use std::fmt;
use std::time::Duration;

use spikelet_wire::ResultCode;

use crate::parameter::{ParameterError, parsed};

/// What a fault does to a command.
///
/// A new connection ([`Command::Connect`](crate::Command::Connect)) has no command to execute and no reply. There,
/// [`Delay`](Self::Delay) delays the connection, [`RefuseConnections`](Self::RefuseConnections) resets it,
/// [`Ignore`](Self::Ignore), [`SilenceAfter`](Self::SilenceAfter) and [`Stall`](Self::Stall) keep it open without serving it,
/// and all other reactions close it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reaction {
    /// Replies with this result code and does not execute the command. An info command gets `ERROR:code:fault`.
    Answer(ResultCode),
    /// Delays the command and everything after it on the same connection, then executes it as usual. Other connections
    /// are not delayed. The delay is in real time, independent of the server's clock.
    Delay(Duration),
    /// Neither executes the command nor replies. The connection stays open, but nothing after it is served either.
    Ignore,
    /// Closes the connection without executing the command.
    CutBefore,
    /// Executes the command, then closes the connection without a reply. The client cannot know the outcome.
    CutAfter,
    /// Executes the command and never replies. The connection stays open, but nothing after the command is served.
    SilenceAfter,
    /// Executes the command, sends this many bytes of the reply, including the 8 bytes of the frame header, and closes the
    /// connection.
    Truncate(usize),
    /// Executes the command and sends this many bytes of the reply. The connection stays open, but is no longer served.
    Stall(usize),
    /// Executes the command and changes every byte of the reply except the six that hold its length, so that no client can
    /// parse it. The same seed changes the same replies in the same way.
    Corrupt,
    /// Resets connections right after they are accepted. Open connections are not affected. A command of another kind has
    /// its connection closed, as by [`CutBefore`](Self::CutBefore).
    RefuseConnections,
}

/// The names in the info protocol of reactions without parameters.
const NAMES: [(&str, Reaction); 8] = [
    ("ignore", Reaction::Ignore),
    ("cut-before", Reaction::CutBefore),
    ("cut-after", Reaction::CutAfter),
    ("silence-after", Reaction::SilenceAfter),
    ("corrupt", Reaction::Corrupt),
    ("refuse-connections", Reaction::RefuseConnections),
    ("device-overload", Reaction::Answer(ResultCode::DEVICE_OVERLOAD)),
    ("key-busy", Reaction::Answer(ResultCode::KEY_BUSY)),
];

impl Reaction {
    /// Creates a reaction from its name and its argument as text: for `result`, a result code such as `18` or
    /// `device-overload`; for `delay-ms`, milliseconds; for `truncate` and `stall`, bytes. The others take none: `ignore`,
    /// `cut-before`, `cut-after`, `silence-after`, `corrupt`, `refuse-connections`, `device-overload` and `key-busy`.
    ///
    /// ```
    /// use spikelet::{ResultCode, fault::Reaction};
    ///
    /// assert_eq!(Reaction::by_name("result", Some("18")), Ok(Reaction::Answer(ResultCode::DEVICE_OVERLOAD)));
    /// assert_eq!(Reaction::by_name("stall", Some("8")), Ok(Reaction::Stall(8)));
    /// ```
    ///
    /// # Errors
    /// [`ParameterError`] if there is no such reaction, or if its argument is missing or invalid.
    pub fn by_name(name: &str, argument: Option<&str>) -> Result<Self, ParameterError> {
        let bytes = || {
            parsed(
                "bytes",
                argument.ok_or(ParameterError::Missing("bytes"))?,
                "a number of bytes",
            )
        };
        match name {
            "result" => {
                let text = argument.ok_or(ParameterError::Missing("result"))?;
                parsed("result", text, "a result code such as 18 or device-overload").map(Self::Answer)
            }
            "delay-ms" => {
                let text = argument.ok_or(ParameterError::Missing("delay-ms"))?;
                parsed("delay-ms", text, "").map(|ms| Self::Delay(Duration::from_millis(ms)))
            }
            "truncate" => bytes().map(Self::Truncate),
            "stall" => bytes().map(Self::Stall),
            _ => match NAMES.iter().find(|(other, _)| *other == name) {
                Some((_, reaction)) => Ok(*reaction),
                None => {
                    let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
                    let expected = format!("one of {}, truncate, stall", names.join(", "));
                    Err(ParameterError::value("reaction", name, expected))
                }
            },
        }
    }
}

/// The parameters of the control that would arm it, separated by colons.
impl fmt::Display for Reaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(ResultCode(code)) => write!(f, "result={code}"),
            Self::Delay(time) => write!(f, "delay-ms={}", time.as_millis()),
            Self::Truncate(bytes) => write!(f, "reaction=truncate:bytes={bytes}"),
            Self::Stall(bytes) => write!(f, "reaction=stall:bytes={bytes}"),
            other => {
                let found = NAMES.iter().find(|(_, reaction)| reaction == other);
                write!(f, "reaction={}", found.map_or("", |(name, _)| name))
            }
        }
    }
}
