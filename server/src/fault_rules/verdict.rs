//! What the rules decided, in terms of what is to be done.

use std::time::Duration;

use bytes::{BufMut, BytesMut};
use spikelet_wire::frame::OpenFrame;
use spikelet_wire::{FrameType, Header, Info3, ResultCode, info, message};

use super::random::SplitMix64;
use super::reaction::Reaction;
use super::requested::Requested;
use crate::selector::Command;

/// What becomes of a frame or of a connection: first the delay, then the rest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Verdict {
    pub(crate) delay: Duration,
    /// The id of the rule that struck last.
    pub(crate) by: Option<u64>,
    /// The rows of a batch that are answered with a result code instead of being carried out, by their positions.
    pub(crate) rows: Vec<(usize, ResultCode)>,
    pub(crate) fate: Fate,
}

/// What becomes of a whole frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Fate {
    /// It is handled.
    #[default]
    Handled,
    /// It is answered with a result code, and not handled.
    Refused(ErrorReply),
    /// It is not handled.
    Lost(Then),
    /// It is handled, but its reply suffers.
    Spoiled {
        /// How many bytes of the reply are sent.
        sent: usize,
        /// What they are changed by.
        noise: Option<Noise>,
        then: Then,
    },
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It is served on.
    Serve,
    /// It stays open, and is not served any more.
    Silence,
    /// It is closed.
    Close,
    /// It is reset, where that is possible, and closed otherwise.
    Reset,
}

/// How a frame is refused: each protocol has its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ErrorReply {
    code: ResultCode,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Message,
    /// Behind the answers to a batch's rows stands one that is marked as the last.
    Batch,
    Info,
}

/// Bytes that change others: a sequence of chance, of which any place can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Noise(u64);

impl Verdict {
    /// Whether all is as usual.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn row(&self, position: usize) -> Option<ResultCode> {
        let found = self.rows.iter().find(|(other, _)| *other == position);
        found.map(|(_, code)| *code)
    }
}

impl Fate {
    pub(super) fn of(reaction: Reaction, requested: &Requested<'_>, random: &mut SplitMix64) -> Self {
        let spoiled = |sent, then| Self::Spoiled {
            sent,
            noise: None,
            then,
        };
        match reaction {
            Reaction::Delay(_) => Self::Handled,
            Reaction::Answer(code) => match requested {
                Requested::One(subject) if subject.kind.command == Command::Connect => Self::Lost(Then::Close),
                Requested::One(subject) if subject.kind.command == Command::Info => Self::refused(code, Form::Info),
                Requested::One(_) => Self::refused(code, Form::Message),
                Requested::Batch(_) => Self::refused(code, Form::Batch),
            },
            Reaction::Ignore => Self::Lost(Then::Silence),
            Reaction::CutBefore => Self::Lost(Then::Close),
            Reaction::RefuseConnections => Self::Lost(Then::Reset),
            Reaction::CutAfter => spoiled(0, Then::Close),
            Reaction::SilenceAfter => spoiled(0, Then::Silence),
            Reaction::Truncate(bytes) => spoiled(bytes, Then::Close),
            Reaction::Stall(bytes) => spoiled(bytes, Then::Silence),
            Reaction::Corrupt => Self::Spoiled {
                sent: usize::MAX,
                noise: Some(Noise(random.next())),
                then: Then::Serve,
            },
        }
    }

    const fn refused(code: ResultCode, form: Form) -> Self {
        Self::Refused(ErrorReply { code, form })
    }

    /// What becomes of a connection that is being made, which has nothing to be handled.
    pub(crate) const fn then(self) -> Then {
        match self {
            Self::Handled => Then::Serve,
            Self::Refused(_) => Then::Close,
            Self::Lost(then) | Self::Spoiled { then, .. } => match then {
                Then::Serve => Then::Close,
                then => then,
            },
        }
    }
}

impl ErrorReply {
    /// Appends the answer to a frame.
    pub(crate) fn write(self, body: &[u8], out: &mut BytesMut) {
        let header = Header::result(self.code);
        match self.form {
            Form::Message => message::write_header_only(out, &header),
            Form::Batch => message::write_header_only(
                out,
                &Header {
                    info3: Info3::LAST,
                    ..header
                },
            ),
            Form::Info => {
                let frame = OpenFrame::begin(out);
                for name in info::names(body) {
                    out.put_slice(name);
                    out.put_slice(format!("\tERROR:{}:fault\n", self.code.0).as_bytes());
                }
                frame.finish(FrameType::INFO, out);
            }
        }
    }
}

impl Noise {
    /// Changes bytes that stand at this place of a reply; every one of them, but for the size that the frame announces: a
    /// client would wait for what never comes.
    pub(crate) fn spoil(self, at: usize, bytes: &mut [u8]) {
        for (at, byte) in (at..).zip(bytes) {
            if !(2..8).contains(&at) {
                let word = SplitMix64::new(self.0.wrapping_add(at as u64)).next();
                // No version and no type of a frame is far from what it was: the highest bit is in neither.
                *byte ^= word as u8 | 0x80;
            }
        }
    }
}
