//! What becomes of a command that a fault strikes.

use std::fmt;
use std::time::Duration;

use spikelet_wire::ResultCode;

/// What becomes of a command that a fault strikes.
///
/// On a connection that is being made ([`Command::Connect`](crate::Command::Connect)) there is nothing to apply or to answer:
/// a [`Delay`](Self::Delay) lets it wait, [`RefuseConnections`](Self::RefuseConnections) resets it, what is silent otherwise
/// ([`Ignore`](Self::Ignore), [`SilenceAfter`](Self::SilenceAfter), [`Stall`](Self::Stall)) keeps it open without serving it,
/// and the others close it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reaction {
    /// It is answered with this result code, and not applied. A command of the info protocol is answered `ERROR:code:fault`.
    Answer(ResultCode),
    /// It waits, and what is behind it on its connection does too; then it is handled as usual. Other connections do not
    /// wait. This is real time, whatever the server's clock says.
    Delay(Duration),
    /// It is not applied and not answered, and neither is what is behind it on its connection, which stays open.
    Ignore,
    /// Its connection is closed, and it is not applied.
    CutBefore,
    /// It is applied, and then its connection is closed without an answer: the client cannot know.
    CutAfter,
    /// It is applied and never answered: the reply is lost, and with it what is behind it on its connection, which stays
    /// open and is not served any more.
    SilenceAfter,
    /// It is applied, so many bytes of the reply are sent, the 8 of the frame's header among them, and the connection is
    /// closed.
    Truncate(usize),
    /// It is applied, so many bytes of the reply are sent, and the connection stays open and is not served any more.
    Stall(usize),
    /// It is applied, and every byte of the reply is changed but for the six that say how long it is: no client can take it
    /// for an answer. The same seed changes the same replies in the same way.
    Corrupt,
    /// Connections are reset when they are made. Clients see that the node accepts and then breaks them; those that are
    /// open remain. A command of another kind has its connection closed, as by [`CutBefore`](Self::CutBefore).
    RefuseConnections,
}

/// How the info protocol names the reactions that need no more than a name.
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
    /// The reaction of a name, if that is all it needs.
    pub(crate) fn named(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(other, _)| *other == name)
            .map(|(_, reaction)| *reaction)
    }

    /// All names, to be told to someone who used another.
    pub(crate) fn names() -> String {
        let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
        format!("{}, truncate, stall", names.join(", "))
    }
}

/// As the parameters of the control that arms it, with a colon between them.
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
