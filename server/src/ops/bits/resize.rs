//! The operations that change the size of a blob: resize, insert and remove.

use spikelet_wire::ResultCode;
use spikelet_wire::bits::BitResizeFlags;

use super::range::{Failure, start};
use super::validate::MAX_BYTES;

pub(super) fn resize(old: &[u8], byte_size: i64, flags: BitResizeFlags) -> Result<Option<Vec<u8>>, Failure> {
    let refused = Err(Failure::Refused(ResultCode::PARAMETER));
    let size = byte_size as usize;
    let from_front = flags.contains(BitResizeFlags::FROM_FRONT);
    if let Some(removed) = old.len().checked_sub(size) {
        return match removed {
            0 => Ok(None),
            _ if flags.contains(BitResizeFlags::GROW_ONLY) => refused,
            _ if from_front => Ok(Some(old[removed..].to_vec())),
            _ => Ok(Some(old[..size].to_vec())),
        };
    }
    if flags.contains(BitResizeFlags::SHRINK_ONLY) {
        return refused;
    }
    let mut blob = zeros(size)?;
    let at = if from_front { size - old.len() } else { 0 };
    blob[at..at + old.len()].copy_from_slice(old);
    Ok(Some(blob))
}

pub(super) fn insert(old: &[u8], byte_offset: i64, value: &[u8]) -> Result<Vec<u8>, Failure> {
    let at = start(old.len(), byte_offset)?;
    let (head, tail) = old.split_at(at.min(old.len()));
    let mut blob = zeros(at + value.len() + tail.len())?;
    blob[..head.len()].copy_from_slice(head);
    blob[at..at + value.len()].copy_from_slice(value);
    blob[at + value.len()..].copy_from_slice(tail);
    Ok(blob)
}

pub(super) fn remove(old: &[u8], byte_offset: i64, byte_size: i64, partial: bool) -> Result<Vec<u8>, Failure> {
    let refused = Failure::Refused(ResultCode::PARAMETER);
    let from = start(old.len(), byte_offset)?;
    let to = match from.saturating_add(byte_size as usize) {
        _ if from >= old.len() => return Err(refused),
        to if to <= old.len() => to,
        _ if partial => old.len(),
        _ => return Err(refused),
    };
    Ok([&old[..from], &old[to..]].concat())
}

/// A blob of zeros, unless it is longer than the server allows.
///
/// Zeroed pages that are never written cost no memory, so a request for many of them is harmless.
fn zeros(size: usize) -> Result<Vec<u8>, Failure> {
    match size < MAX_BYTES as usize {
        true => Ok(vec![0; size]),
        false => Err(Failure::Invalid(ResultCode::PARAMETER)),
    }
}
