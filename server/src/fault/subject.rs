//! What a request is, as far as faults are aimed at it.

use spikelet_wire::batch::BatchRequest;
use spikelet_wire::{Digest, FieldType, FrameHeader, FrameType, Message, frame, info};

use crate::command::{Command, Kind, is_control};

/// A request, or the row of a batch.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Subject<'a> {
    pub(super) kind: Kind,
    pub(super) namespace: Option<&'a [u8]>,
    pub(super) set: Option<&'a [u8]>,
    pub(super) digest: Option<Digest>,
}

impl<'a> Subject<'a> {
    /// One that is of a kind and names nothing.
    pub(super) fn of_kind(command: Command) -> Self {
        Self {
            kind: Kind { command, writes: false },
            ..Self::default()
        }
    }

    fn of_message(kind: Kind, message: &Message<'a>, digest: Option<Digest>) -> Self {
        Self {
            kind,
            namespace: message.field(FieldType::NAMESPACE),
            set: message.field(FieldType::SET).filter(|set| !set.is_empty()),
            digest,
        }
    }
}

/// What a whole frame asks.
#[derive(Debug)]
pub(super) enum Asked<'a> {
    One(Subject<'a>),
    /// The rows up to the first that is damaged, in their order.
    Batch(Vec<Subject<'a>>),
}

/// Calls `judge` with what a frame asks. Frames that ask nothing are not judged: what is damaged or of another protocol, and
/// info requests for controls, without which no fault could be removed.
pub(super) fn with<R: Default>(header: FrameHeader, body: &[u8], judge: impl FnOnce(&Asked<'_>) -> R) -> R {
    let asked = match header.frame_type {
        FrameType::INFO if !asks_controls(body) => Some(Asked::One(Subject::of_kind(Command::Info))),
        FrameType::MESSAGE => of_message(body),
        FrameType::COMPRESSED => {
            let inner = frame::decompress(body).unwrap_or_default();
            return match inner.split_first_chunk() {
                Some((header, body)) if FrameHeader::decode(*header).frame_type == FrameType::MESSAGE => {
                    of_message(body).as_ref().map_or_else(R::default, judge)
                }
                _ => R::default(),
            };
        }
        _ => None,
    };
    asked.as_ref().map_or_else(R::default, judge)
}

fn asks_controls(body: &[u8]) -> bool {
    info::names(body).any(is_control)
}

fn of_message(body: &[u8]) -> Option<Asked<'_>> {
    let kind = Kind::of_frame(FrameHeader::new(FrameType::MESSAGE, body.len()), body);
    match kind.command {
        Command::Any => None,
        Command::Batch => Some(Asked::Batch(rows(&BatchRequest::decode(body).ok()?))),
        _ => {
            let message = Message::decode(body).ok()?;
            let digest = message.field(FieldType::DIGEST);
            let digest = digest.and_then(|digest| Digest::try_from(digest).ok());
            Some(Asked::One(Subject::of_message(kind, &message, digest)))
        }
    }
}

fn rows<'a>(request: &BatchRequest<'a>) -> Vec<Subject<'a>> {
    let mut previous = None;
    let rows = request.batch.rows().map_while(|row| {
        let row = row.ok()?;
        let message = row.content.or(previous)?.message;
        previous = row.content.or(previous);
        let kind = Kind::of_record(&message);
        Some(Subject::of_message(kind, &message, Some(row.digest)))
    });
    rows.collect()
}
