//! Bit operations applied to the bytes of a blob.

use spikelet_wire::bits::{BitIntegerFlags, BitOperation, BitResizeFlags, BitWriteFlags};
use spikelet_wire::{ParticleType, ResultCode};

use super::MAX_BYTES;
use super::integer::Integer;
use super::range::{Range, shift_left, shift_right};
use crate::ops::Particle;

/// Why an operation was not applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// It cannot be applied to this blob; `NO_FAIL` makes that a success.
    Refused(ResultCode),
    /// It makes no sense; an error in any case.
    Wrong(ResultCode),
}

/// Applies an operation that reads.
pub(super) fn read(blob: &[u8], operation: &BitOperation<'_>) -> Result<Particle, ResultCode> {
    let within = |offset, size| {
        range(blob.len(), offset, size, false).map_err(|(Failure::Refused(code) | Failure::Wrong(code))| code)
    };
    Ok(match *operation {
        BitOperation::Get { offset, size } => {
            let bits = within(offset, size)?.get(blob);
            Particle::bytes(ParticleType::BLOB, &bits)
        }
        BitOperation::Count { offset, size } => {
            let bits = within(offset, size)?.get(blob);
            Particle::Int(bits.iter().map(|byte| i64::from(byte.count_ones())).sum())
        }
        BitOperation::LeftScan { offset, size, value } => {
            let range = within(offset, size)?;
            let found = (0..range.size).find(|&i| range.is_set(blob, i) == value);
            Particle::Int(found.map_or(-1, |i| i as i64))
        }
        BitOperation::RightScan { offset, size, value } => {
            let range = within(offset, size)?;
            // The server goes on to the start of the byte, and gives a bit found there as one before the offset.
            let whole = Range {
                bit: 0,
                size: range.bit + range.size,
                ..range
            };
            let found = (0..whole.size).rfind(|&i| whole.is_set(blob, i) == value);
            Particle::Int(found.map_or(-1, |i| i as i64 - range.bit as i64))
        }
        BitOperation::GetInt {
            offset,
            size,
            integer_flags,
        } => {
            let range = within(offset, size)?;
            let integer = Integer::from_front(&range.get(blob), range.size as u32);
            Particle::Int(match integer_flags.contains(BitIntegerFlags::SIGNED) {
                true => integer.signed(),
                false => integer.bits as i64,
            })
        }
        _ => return Err(ResultCode::PARAMETER),
    })
}

/// Applies an operation that modifies. `None` if it changes nothing.
pub(super) fn modify(blob: Option<&[u8]>, operation: &BitOperation<'_>) -> Result<Option<Vec<u8>>, Failure> {
    let old = blob.unwrap_or_default();
    let partial = |flags: BitWriteFlags| flags.contains(BitWriteFlags::PARTIAL);
    let combine = |offset, size, flags, bits: &[u8], with: fn(u8, u8) -> u8| {
        change(old, range(old.len(), offset, size, partial(flags))?, |own| {
            own.iter().zip(bits).map(|(&own, &bits)| with(own, bits)).collect()
        })
    };
    let arithmetic = |offset, size, result: &dyn Fn(Integer) -> Option<Integer>| {
        let range = range(old.len(), offset, size, false)?;
        let result = result(Integer::from_front(&range.get(old), range.size as u32));
        let result = result.ok_or(Failure::Refused(ResultCode::OP_NOT_APPLICABLE))?;
        change(old, range, |_| result.to_front().to_vec())
    };
    match *operation {
        BitOperation::Resize {
            byte_size,
            resize_flags,
            ..
        } => resize(old, byte_size, resize_flags),
        BitOperation::Insert { byte_offset, value, .. } => insert(old, byte_offset, value).map(Some),
        BitOperation::Remove {
            byte_offset,
            byte_size,
            flags,
        } => remove(old, byte_offset, byte_size, partial(flags)).map(Some),
        BitOperation::Set {
            offset,
            size,
            value,
            flags,
        } => combine(offset, size, flags, value, |_, bits| bits),
        BitOperation::Or {
            offset,
            size,
            value,
            flags,
        } => combine(offset, size, flags, value, |own, bits| own | bits),
        BitOperation::Xor {
            offset,
            size,
            value,
            flags,
        } => combine(offset, size, flags, value, |own, bits| own ^ bits),
        BitOperation::And {
            offset,
            size,
            value,
            flags,
        } => combine(offset, size, flags, value, |own, bits| own & bits),
        BitOperation::Not { offset, size, flags } => {
            change(old, range(old.len(), offset, size, partial(flags))?, |own| {
                own.iter().map(|byte| !byte).collect()
            })
        }
        BitOperation::LeftShift {
            offset,
            size,
            shift,
            flags,
        } => {
            let range = range(old.len(), offset, size, partial(flags))?;
            let (cut, shift) = (range.size < size as usize, shift as usize);
            change(old, range, |own| match cut && shift > range.size {
                true => left_over(old, range, shift),
                false => shift_left(own, shift),
            })
        }
        BitOperation::RightShift {
            offset,
            size,
            shift,
            flags,
        } => change(old, range(old.len(), offset, size, partial(flags))?, |own| {
            shift_right(own, shift as usize)
        }),
        BitOperation::Add {
            offset,
            size,
            value,
            integer_flags,
            ..
        } => arithmetic(offset, size, &|own| {
            own.add(Integer::low(value, own.size), integer_flags)
        }),
        BitOperation::Subtract {
            offset,
            size,
            value,
            integer_flags,
            ..
        } => arithmetic(offset, size, &|own| {
            own.subtract(Integer::low(value, own.size), integer_flags)
        }),
        BitOperation::SetInt {
            offset, size, value, ..
        } => arithmetic(offset, size, &|own| Some(Integer::low(value, own.size))),
        _ => Err(Failure::Wrong(ResultCode::PARAMETER)),
    }
}

/// The bits that offset and size name in a blob. With `partial`, those that reach over its end are left out.
fn range(blob_size: usize, offset: i64, size: i64, partial: bool) -> Result<Range, Failure> {
    let refused = Failure::Refused(ResultCode::OP_NOT_APPLICABLE);
    let bits = 8 * blob_size;
    let from = start(bits, offset)?;
    let size = usize::try_from(size).map_err(|_| refused)?;
    let size = match bits.checked_sub(from) {
        None | Some(0) => return Err(refused),
        Some(left) if size <= left => size,
        Some(left) if partial => left,
        Some(_) => return Err(refused),
    };
    Ok(Range {
        byte: from / 8,
        bit: from % 8,
        size,
    })
}

/// Where an offset points to; a negative one may not point before the front.
fn start(size: usize, offset: i64) -> Result<usize, Failure> {
    let distance = offset.unsigned_abs() as usize;
    match offset < 0 {
        true => size.checked_sub(distance).ok_or(Failure::Wrong(ResultCode::PARAMETER)),
        false => Ok(distance),
    }
}

/// Changes the bits of a range.
fn change(old: &[u8], range: Range, changed: impl FnOnce(&[u8]) -> Vec<u8>) -> Result<Option<Vec<u8>>, Failure> {
    let mut blob = old.to_vec();
    range.put(&mut blob, &changed(&range.get(old)));
    Ok(Some(blob))
}

/// What stands in a range that was cut at the blob's end, after a shift to the front by more bits than it has.
///
/// The server takes such a range to be as long as the whole blob. Where the shift is shorter than that, and not by whole
/// bytes, it leaves the end of the last byte in the first instead of zeros.
fn left_over(old: &[u8], range: Range, shift: usize) -> Vec<u8> {
    let taken_for = 8 * old.len() - range.bit;
    let mut bits = vec![0; range.size.div_ceil(8)];
    if let (Some(first), Some(last)) = (bits.first_mut(), old.last())
        && shift < taken_for
        && shift / 8 >= range.bytes().len()
        && !shift.is_multiple_of(8)
    {
        *first = (last << (shift % 8)) << range.bit;
    }
    bits
}

fn resize(old: &[u8], byte_size: i64, flags: BitResizeFlags) -> Result<Option<Vec<u8>>, Failure> {
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

fn insert(old: &[u8], byte_offset: i64, value: &[u8]) -> Result<Vec<u8>, Failure> {
    let at = start(old.len(), byte_offset)?;
    let (head, tail) = old.split_at(at.min(old.len()));
    let mut blob = zeros(at + value.len() + tail.len())?;
    blob[..head.len()].copy_from_slice(head);
    blob[at..at + value.len()].copy_from_slice(value);
    blob[at + value.len()..].copy_from_slice(tail);
    Ok(blob)
}

fn remove(old: &[u8], byte_offset: i64, byte_size: i64, partial: bool) -> Result<Vec<u8>, Failure> {
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

/// A blob of zeros, unless it is longer than the server makes one.
///
/// Zeros that nothing is written over cost no memory, so a request for many of them is harmless here.
fn zeros(size: usize) -> Result<Vec<u8>, Failure> {
    match size < MAX_BYTES as usize {
        true => Ok(vec![0; size]),
        false => Err(Failure::Wrong(ResultCode::PARAMETER)),
    }
}
