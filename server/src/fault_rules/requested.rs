//! What a frame requests, as far as rules can select it.

use spikelet_wire::batch::BatchRequest;
use spikelet_wire::{FrameHeader, FrameType, Message, frame, info};

use crate::selector::{Command, Kind, Subject, is_control, rows};

/// The commands in a frame.
#[derive(Debug)]
pub(super) enum Requested<'a> {
    One(Subject<'a>),
    /// The rows up to the first damaged one, in order.
    Batch(Vec<Subject<'a>>),
}

/// Calls `evaluate` with the commands in a frame. Skips damaged frames, frames of other protocols, and info requests for
/// controls: a fault on those could never be removed.
pub(super) fn with<R: Default>(header: FrameHeader, body: &[u8], evaluate: impl FnOnce(&Requested<'_>) -> R) -> R {
    let requested = match header.frame_type {
        FrameType::INFO if !is_for_controls(body) => Some(Requested::One(Subject::of_kind(Command::Info))),
        FrameType::SECURITY => Some(Requested::One(Subject::of_kind(Command::Security))),
        FrameType::MESSAGE => of_message(body),
        FrameType::COMPRESSED => {
            let inner = frame::decompress(body).unwrap_or_default();
            return match inner.split_first_chunk() {
                Some((header, body)) if FrameHeader::decode(*header).frame_type == FrameType::MESSAGE => {
                    of_message(body).as_ref().map_or_else(R::default, evaluate)
                }
                _ => R::default(),
            };
        }
        _ => None,
    };
    requested.as_ref().map_or_else(R::default, evaluate)
}

fn is_for_controls(body: &[u8]) -> bool {
    info::names(body).any(is_control)
}

fn of_message(body: &[u8]) -> Option<Requested<'_>> {
    let kind = Kind::of_frame(FrameHeader::new(FrameType::MESSAGE, body.len()), body);
    match kind.command {
        Command::Any => None,
        Command::Batch => {
            let subjects = rows(&BatchRequest::decode(body).ok()?);
            Some(Requested::Batch(subjects.map(|row| row.subject).collect()))
        }
        _ => Some(Requested::One(Subject::of_message(kind, &Message::decode(body).ok()?))),
    }
}
