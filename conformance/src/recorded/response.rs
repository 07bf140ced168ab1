//! When two answers are the same.
//!
//! They are compared byte by byte, except for what a server may choose:
//!
//! - a void time: 0 must be 0, any other counts relative to the time of the answer, within [`TOLERANCE`];
//! - the order of a batch's rows, which are sorted by index, and of a query's records, which are sorted by digest;
//! - how messages are split into frames.

use std::fmt;

use spikelet_wire::{DecodeError, FieldType, FrameType, Header, Info3, Message};

use super::case::Kind;
use crate::frame_display::{DescribedFrame, DescribedMessage, split_frame};

/// By how many seconds two void times may differ.
pub const TOLERANCE: i64 = 2;

/// What a server did, in the form in which it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It answered with messages.
    Messages(Vec<Answered>),
    /// It answered with frames that are no messages, or are damaged.
    Frames(Vec<Vec<u8>>),
    /// It closed the connection.
    Closed,
    /// It answered nothing in time.
    Silent,
}

/// A message of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Its bytes, with a void time of 0.
    bytes: Vec<u8>,
    /// Its void time, in seconds from the time of the answer; nothing for a record that never expires.
    expires_in: Option<i64>,
    /// Where it stands among the others, when their order is free.
    place: (bool, u32, Vec<u8>),
}

impl Answer {
    /// Takes frames apart that were received at `at`, in seconds since 2010-01-01T00:00:00Z.
    #[must_use]
    pub fn new(frames: Vec<Vec<u8>>, kind: Kind, at: u32) -> Self {
        let mut messages = Vec::new();
        for frame in &frames {
            match messages_of(frame) {
                Ok(found) => messages.extend(found.into_iter().map(|bytes| Answered::new(bytes, at))),
                Err(_) => return Self::Frames(frames),
            }
        }
        if matches!(kind, Kind::Batch | Kind::Query) {
            messages.sort_by(|a, b| a.place.cmp(&b.place));
        }
        Self::Messages(messages)
    }

    /// Whether the two are the same, but for what a server may choose.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Messages(ours), Self::Messages(theirs)) => {
                ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| a.agrees(b))
            }
            _ => self == other,
        }
    }
}

impl Answered {
    fn new(message: &[u8], at: u32) -> Self {
        let mut bytes = message.to_vec();
        let mut expires_in = None;
        let mut place = (false, 0, Vec::new());
        if let Ok(message) = Message::decode(message) {
            let Header {
                record_ttl,
                info3,
                transaction_ttl,
                ..
            } = message.header;
            expires_in = (record_ttl != 0).then(|| i64::from(record_ttl) - i64::from(at));
            let digest = message.field(FieldType::DIGEST).unwrap_or_default();
            place = (info3.contains(Info3::LAST), transaction_ttl, digest.to_vec());
        }
        if let Some(void_time) = bytes.get_mut(VOID_TIME) {
            void_time.fill(0);
        }
        Self {
            bytes,
            expires_in,
            place,
        }
    }

    fn agrees(&self, other: &Self) -> bool {
        let expires = match (self.expires_in, other.expires_in) {
            (Some(ours), Some(theirs)) => (ours - theirs).abs() <= TOLERANCE,
            (None, None) => true,
            _ => false,
        };
        expires && self.bytes == other.bytes
    }
}

const VOID_TIME: std::ops::Range<usize> = 10..14;

/// Whether a frame ends the answer to a request of a kind.
#[must_use]
pub(super) fn ends(frame: &[u8], kind: Kind) -> bool {
    if !matches!(kind, Kind::Batch | Kind::Query) {
        return true;
    }
    let Ok(messages) = messages_of(frame) else { return true };
    let last = messages.last().and_then(|last| Message::decode(last).ok());
    last.is_none_or(|message| {
        let Header { info3, result_code, .. } = message.header;
        // A query that is refused is one message with its error and no `LAST`.
        let refused = result_code != 0 && !info3.contains(Info3::PARTITION_DONE) && message.field_count() == 0;
        info3.contains(Info3::LAST) || (kind == Kind::Query && refused)
    })
}

/// The messages in a frame, each as its bytes.
fn messages_of(frame: &[u8]) -> Result<Vec<&[u8]>, DecodeError> {
    let (header, mut body) = split_frame(frame).ok_or(DecodeError::new("a frame cut short", 0))?;
    if header.frame_type != FrameType::MESSAGE {
        return Err(DecodeError::new("a frame that holds no message", 0));
    }
    let mut messages = Vec::new();
    while !body.is_empty() {
        let (_, rest) = Message::decode_first(body)?;
        messages.push(&body[..body.len() - rest.len()]);
        body = rest;
    }
    Ok(messages)
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Messages(messages) => messages.iter().enumerate().try_for_each(|(i, message)| {
                f.write_str(if i == 0 { "" } else { "\n           " })?;
                message.fmt(f)
            }),
            Self::Frames(frames) => frames.iter().enumerate().try_for_each(|(i, frame)| {
                f.write_str(if i == 0 { "" } else { "\n           " })?;
                DescribedFrame(frame).fmt(f)
            }),
            Self::Closed => f.write_str("the connection was closed"),
            Self::Silent => f.write_str("nothing was answered"),
        }
    }
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        DescribedMessage(&self.bytes).fmt(f)?;
        self.expires_in
            .map_or(Ok(()), |seconds| write!(f, " expires in {seconds} s"))
    }
}
