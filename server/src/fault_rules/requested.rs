//! What a frame asks, as far as faults are aimed at it.

use spikelet_wire::batch::BatchRequest;
use spikelet_wire::{FrameHeader, FrameType, Message, frame, info};

use crate::selector::{Command, Kind, Subject, is_control, rows};

/// What a whole frame asks.
#[derive(Debug)]
pub(super) enum Requested<'a> {
    One(Subject<'a>),
    /// The rows up to the first that is damaged, in their order.
    Batch(Vec<Subject<'a>>),
}

/// Calls `judge` with what a frame asks. Frames that ask nothing are not judged: what is damaged or of another protocol, and
/// info requests for controls, without which no fault could be removed.
pub(super) fn with<R: Default>(header: FrameHeader, body: &[u8], judge: impl FnOnce(&Requested<'_>) -> R) -> R {
    let requested = match header.frame_type {
        FrameType::INFO if !is_for_controls(body) => Some(Requested::One(Subject::of_kind(Command::Info))),
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
    requested.as_ref().map_or_else(R::default, judge)
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
