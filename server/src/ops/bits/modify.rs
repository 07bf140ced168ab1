//! Executes the bit operations that modify.

use spikelet_wire::ResultCode;
use spikelet_wire::bits::{BitOperation, BitWriteFlags};

use super::integer::Integer;
use super::range::{Failure, Range};
use super::resize::{insert, remove, resize};
use super::shift::{left_over, shift_left, shift_right};

/// Executes a bit operation that modifies. `None` if the blob is unchanged.
pub(super) fn modify(blob: Option<&[u8]>, operation: &BitOperation<'_>) -> Result<Option<Vec<u8>>, Failure> {
    let old = blob.unwrap_or_default();
    let partial = |flags: BitWriteFlags| flags.contains(BitWriteFlags::PARTIAL);
    let combine = |offset, size, flags, bits: &[u8], with: fn(u8, u8) -> u8| {
        change(old, Range::check(old.len(), offset, size, partial(flags))?, |own| {
            own.iter().zip(bits).map(|(&own, &bits)| with(own, bits)).collect()
        })
    };
    let arithmetic = |offset, size, result: &dyn Fn(Integer) -> Option<Integer>| {
        let range = Range::check(old.len(), offset, size, false)?;
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
            change(old, Range::check(old.len(), offset, size, partial(flags))?, |own| {
                own.iter().map(|byte| !byte).collect()
            })
        }
        BitOperation::LeftShift {
            offset,
            size,
            shift,
            flags,
        } => {
            let range = Range::check(old.len(), offset, size, partial(flags))?;
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
        } => change(old, Range::check(old.len(), offset, size, partial(flags))?, |own| {
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
        _ => Err(Failure::Invalid(ResultCode::PARAMETER)),
    }
}

/// Changes the bits of a range.
fn change(old: &[u8], range: Range, changed: impl FnOnce(&[u8]) -> Vec<u8>) -> Result<Option<Vec<u8>>, Failure> {
    let mut blob = old.to_vec();
    range.put(&mut blob, &changed(&range.get(old)));
    Ok(Some(blob))
}
