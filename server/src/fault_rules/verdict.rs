//! What the rules decided about a frame or a connection.

use std::time::Duration;

use bytes::{BufMut, BytesMut};
use spikelet_wire::admin::AdminWriter;
use spikelet_wire::frame::OpenFrame;
use spikelet_wire::{FrameType, Header, Info3, ResultCode, info, message};

use super::random::SplitMix64;
use super::reaction::Reaction;
use super::requested::Requested;
use crate::selector::Command;

/// What happens to a frame or a connection: first the delay, then the rest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Verdict {
    pub(crate) delay: Duration,
    /// The id of the rule that fired last.
    pub(crate) by: Option<u64>,
    /// The rows of a batch that get a result code instead of being executed, by position.
    pub(crate) rows: Vec<(usize, ResultCode)>,
    pub(crate) action: Action,
}

/// What happens to a whole frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Action {
    /// It is executed.
    #[default]
    Execute,
    /// It is not executed, and the reply is a result code.
    Refuse(ErrorReply),
    /// It is not executed, and there is no reply.
    Drop(Then),
    /// It is executed, but its reply is cut short or changed.
    DamageReply {
        /// How many bytes of the reply are sent.
        sent: usize,
        /// The noise that changes them, if any.
        noise: Option<Noise>,
        then: Then,
    },
}

/// What the connection does after the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It continues to be served.
    Serve,
    /// It stays open, and is no longer served.
    Silence,
    /// It is closed.
    Close,
    /// It is reset, where that is possible, and closed otherwise.
    Reset,
}

/// An error reply, in the form that the protocol of the request demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ErrorReply {
    code: ResultCode,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Message,
    /// A message marked as the last one, as the reply to a batch ends.
    Batch,
    Info,
    Security,
}

/// A random sequence of bytes with random access, used to change a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Noise(u64);

impl Verdict {
    /// Whether no rule fired.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn row(&self, position: usize) -> Option<ResultCode> {
        let found = self.rows.iter().find(|(other, _)| *other == position);
        found.map(|(_, code)| *code)
    }
}

impl Action {
    pub(super) fn of(reaction: Reaction, requested: &Requested<'_>, random: &mut SplitMix64) -> Self {
        let damaged = |sent, then| Self::DamageReply {
            sent,
            noise: None,
            then,
        };
        match reaction {
            Reaction::Delay(_) => Self::Execute,
            Reaction::Answer(code) => match requested {
                Requested::One(subject) if subject.kind.command == Command::Connect => Self::Drop(Then::Close),
                Requested::One(subject) if subject.kind.command == Command::Info => Self::refused(code, Form::Info),
                Requested::One(subject) if subject.kind.command == Command::Security => {
                    Self::refused(code, Form::Security)
                }
                Requested::One(_) => Self::refused(code, Form::Message),
                Requested::Batch(_) => Self::refused(code, Form::Batch),
            },
            Reaction::Ignore => Self::Drop(Then::Silence),
            Reaction::CutBefore => Self::Drop(Then::Close),
            Reaction::RefuseConnections => Self::Drop(Then::Reset),
            Reaction::CutAfter => damaged(0, Then::Close),
            Reaction::SilenceAfter => damaged(0, Then::Silence),
            Reaction::Truncate(bytes) => damaged(bytes, Then::Close),
            Reaction::Stall(bytes) => damaged(bytes, Then::Silence),
            Reaction::Corrupt => Self::DamageReply {
                sent: usize::MAX,
                noise: Some(Noise(random.next())),
                then: Then::Serve,
            },
        }
    }

    const fn refused(code: ResultCode, form: Form) -> Self {
        Self::Refuse(ErrorReply { code, form })
    }

    /// What happens to a new connection, which has no command to execute.
    pub(crate) const fn then(self) -> Then {
        match self {
            Self::Execute => Then::Serve,
            Self::Refuse(_) => Then::Close,
            Self::Drop(then) | Self::DamageReply { then, .. } => match then {
                Then::Serve => Then::Close,
                then => then,
            },
        }
    }
}

impl ErrorReply {
    /// Appends the reply to a frame.
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
            Form::Security => AdminWriter::reply(out, self.code).finish(),
        }
    }
}

impl Noise {
    /// Changes the bytes at this offset of a reply: every one except the size in the frame header. With another size, a
    /// client would wait for bytes that never arrive.
    pub(crate) fn corrupt(self, at: usize, bytes: &mut [u8]) {
        for (at, byte) in (at..).zip(bytes) {
            if !(2..8).contains(&at) {
                let word = SplitMix64::new(self.0.wrapping_add(at as u64)).next();
                // No valid protocol version or frame type has the highest bit set.
                *byte ^= word as u8 | 0x80;
            }
        }
    }
}
