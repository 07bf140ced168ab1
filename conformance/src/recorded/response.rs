//! Responses, and when two are equal.
//!
//! They are compared byte by byte, except for what may differ between servers:
//!
//! - void times: 0 must be 0; any other is relative to the time of the response, within [`VOID_TIME_TOLERANCE`];
//! - the order of batch rows, which are sorted by index, and of query records, which are sorted by digest;
//! - the distribution of messages over frames.

use std::fmt;

use spikelet_wire::{DecodeError, FieldType, FrameType, Header, Info3, Message};

use super::case::RequestKind;
use crate::frame_display::{DisplayFrame, DisplayMessage, split_frame};

/// The number of seconds by which two void times may differ.
pub const VOID_TIME_TOLERANCE: i64 = 2;

/// The behaviour of a server on a request, in a form that can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// It responded with messages.
    Messages(Vec<ResponseMessage>),
    /// It responded with frames that are not messages, or are damaged.
    Frames(Vec<Vec<u8>>),
    /// It closed the connection.
    Closed,
    /// It did not respond in time.
    Silent,
}

/// A message of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseMessage {
    /// The bytes, with the void time set to 0.
    bytes: Vec<u8>,
    /// The void time, in seconds from the time of the response; `None` for a record that never expires.
    expires_in: Option<i64>,
    /// The sort key among the other messages, if their order is free.
    sort_key: (bool, u32, Vec<u8>),
}

impl Response {
    /// Decodes frames that were received at `at`, in seconds since 2010-01-01T00:00:00Z.
    #[must_use]
    pub fn new(frames: Vec<Vec<u8>>, kind: RequestKind, at: u32) -> Self {
        let mut messages = Vec::new();
        for frame in &frames {
            match messages_of(frame) {
                Ok(found) => messages.extend(found.into_iter().map(|bytes| ResponseMessage::new(bytes, at))),
                Err(_) => return Self::Frames(frames),
            }
        }
        if matches!(kind, RequestKind::Batch | RequestKind::Query) {
            messages.sort_by(|a, b| a.sort_key.cmp(&b.sort_key));
        }
        Self::Messages(messages)
    }

    /// Whether the two are equal, except for what may differ between servers.
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

impl ResponseMessage {
    fn new(message: &[u8], at: u32) -> Self {
        let mut bytes = message.to_vec();
        let mut expires_in = None;
        let mut sort_key = (false, 0, Vec::new());
        if let Ok(message) = Message::decode(message) {
            let Header {
                record_ttl,
                info3,
                transaction_ttl,
                ..
            } = message.header;
            expires_in = (record_ttl != 0).then(|| i64::from(record_ttl) - i64::from(at));
            let digest = message.field(FieldType::DIGEST).unwrap_or_default();
            sort_key = (info3.contains(Info3::LAST), transaction_ttl, digest.to_vec());
        }
        if let Some(void_time) = bytes.get_mut(VOID_TIME) {
            void_time.fill(0);
        }
        Self {
            bytes,
            expires_in,
            sort_key,
        }
    }

    fn agrees(&self, other: &Self) -> bool {
        let expires = match (self.expires_in, other.expires_in) {
            (Some(ours), Some(theirs)) => (ours - theirs).abs() <= VOID_TIME_TOLERANCE,
            (None, None) => true,
            _ => false,
        };
        expires && self.bytes == other.bytes
    }
}

const VOID_TIME: std::ops::Range<usize> = 10..14;

/// Whether a frame is the last of the response to a request of a kind.
#[must_use]
pub(super) fn is_last(frame: &[u8], kind: RequestKind) -> bool {
    if !matches!(kind, RequestKind::Batch | RequestKind::Query) {
        return true;
    }
    let Ok(messages) = messages_of(frame) else { return true };
    let last = messages.last().and_then(|last| Message::decode(last).ok());
    last.is_none_or(|message| {
        let Header { info3, result_code, .. } = message.header;
        // The response to a rejected query is one message with its error and without `LAST`.
        let rejected = result_code != 0 && !info3.contains(Info3::PARTITION_DONE) && message.field_count() == 0;
        info3.contains(Info3::LAST) || (kind == RequestKind::Query && rejected)
    })
}

/// The bytes of each message in a frame.
fn messages_of(frame: &[u8]) -> Result<Vec<&[u8]>, DecodeError> {
    let (header, mut body) = split_frame(frame).ok_or(DecodeError::new("a truncated frame", 0))?;
    if header.frame_type != FrameType::MESSAGE {
        return Err(DecodeError::new("a frame without a message", 0));
    }
    let mut messages = Vec::new();
    while !body.is_empty() {
        let (_, rest) = Message::decode_first(body)?;
        messages.push(&body[..body.len() - rest.len()]);
        body = rest;
    }
    Ok(messages)
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Messages(messages) => messages.iter().enumerate().try_for_each(|(i, message)| {
                f.write_str(if i == 0 { "" } else { "\n           " })?;
                message.fmt(f)
            }),
            Self::Frames(frames) => frames.iter().enumerate().try_for_each(|(i, frame)| {
                f.write_str(if i == 0 { "" } else { "\n           " })?;
                DisplayFrame(frame).fmt(f)
            }),
            Self::Closed => f.write_str("the connection was closed"),
            Self::Silent => f.write_str("there was no response"),
        }
    }
}

impl fmt::Display for ResponseMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        DisplayMessage(&self.bytes).fmt(f)?;
        self.expires_in
            .map_or(Ok(()), |seconds| write!(f, " expires in {seconds} s"))
    }
}
