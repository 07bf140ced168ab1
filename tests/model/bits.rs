//! A model of bit operations. A blob is a list of `bool`, starting with the highest bit of the first byte.

use spikelet_wire::bits::{BitIntegerFlags, BitOperation as Op, BitResizeFlags, BitWriteFlags as Flags};
use spikelet_wire::{ResultCode, Value};

/// Why an operation is rejected, and whether `NO_FAIL` suppresses the error.
enum Rejection {
    Suppressible(ResultCode),
    Fatal(ResultCode),
}

use Rejection::{Fatal, Suppressible};

const OUT_OF_BOUNDS: Rejection = Suppressible(ResultCode::OP_NOT_APPLICABLE);

/// Applies a read operation.
///
/// # Errors
/// The expected result code.
pub fn read(blob: &[u8], op: &Op<'_>) -> Result<Value, ResultCode> {
    let bits = bits_of(blob);
    let part = |offset, size| match range(&bits, offset, size, false) {
        Ok((from, n)) => Ok((from, &bits[from..from + n])),
        Err(Suppressible(code) | Fatal(code)) => Err(code),
    };
    let index = |found: Option<usize>| Value::Int(found.map_or(-1, |i| i as i64));
    Ok(match *op {
        Op::Get { offset, size } => Value::Blob(blob_of(part(offset, size)?.1)),
        Op::Count { offset, size } => Value::Int(part(offset, size)?.1.iter().filter(|bit| **bit).count() as i64),
        Op::LeftScan { offset, size, value } => index(part(offset, size)?.1.iter().position(|bit| *bit == value)),
        Op::RightScan { offset, size, value } => {
            let (from, part) = part(offset, size)?;
            // The server does not stop at the offset but at the start of its byte, and returns negative positions
            // there.
            let before = &bits[from / 8 * 8..from];
            match part.iter().rposition(|bit| *bit == value) {
                Some(i) => Value::Int(i as i64),
                None => match before.iter().rposition(|bit| *bit == value) {
                    Some(i) => Value::Int(i as i64 - before.len() as i64),
                    None => Value::Int(-1),
                },
            }
        }
        Op::GetInt {
            offset,
            size,
            integer_flags,
        } => {
            let part = part(offset, size)?.1;
            let number = number(part);
            let is_negative = part[0] && integer_flags.contains(BitIntegerFlags::SIGNED);
            Value::Int((if is_negative { number - (1 << size) } else { number }) as i64)
        }
        _ => unreachable!("not an operation that reads"),
    })
}

/// Applies an operation that modifies or creates a blob, and returns the new blob, or `None` if it is unknown.
///
/// # Errors
/// The expected result code.
pub fn modify(blob: Option<&[u8]>, op: &Op<'_>) -> Result<Option<Option<Vec<u8>>>, ResultCode> {
    let flags = flags_of(op);
    let creates = matches!(op, Op::Resize { .. } | Op::Insert { .. });
    // A missing blob has no bytes, so that resizing it to 0 bytes does not create it.
    let is_nothing = blob.is_none() && matches!(op, Op::Resize { byte_size: 0, .. });
    let changed = match blob {
        Some(_) if flags.contains(Flags::CREATE_ONLY) => Err(Suppressible(ResultCode::BIN_EXISTS)),
        None if !creates || flags.contains(Flags::UPDATE_ONLY) => Err(Suppressible(ResultCode::BIN_NOT_FOUND)),
        _ => change(blob.unwrap_or_default(), op),
    };
    match changed {
        Ok(None) => Ok(None),
        Ok(Some(_)) if is_nothing => Ok(Some(None)),
        Ok(Some(changed)) => Ok(Some(Some(changed))),
        Err(Suppressible(_)) if flags.contains(Flags::NO_FAIL) => Ok(Some(blob.map(<[u8]>::to_vec))),
        Err(Suppressible(code) | Fatal(code)) => Err(code),
    }
}

fn change(blob: &[u8], op: &Op<'_>) -> Result<Option<Vec<u8>>, Rejection> {
    let mut bits = bits_of(blob);
    let flags = flags_of(op);
    let partial = flags.contains(Flags::PARTIAL);
    let combine = |bits: &mut Vec<bool>, offset, size, value: &[u8], with: fn(bool, bool) -> bool| {
        let (from, n) = range(bits, offset, size, partial)?;
        for (i, bit) in bits_of(value).into_iter().take(n).enumerate() {
            bits[from + i] = with(bits[from + i], bit);
        }
        Ok(())
    };
    match *op {
        Op::Resize {
            byte_size,
            resize_flags,
            ..
        } => {
            let (old, new) = (blob.len(), byte_size as usize);
            let forbidden = match new > old {
                true => BitResizeFlags::SHRINK_ONLY,
                false => BitResizeFlags::GROW_ONLY,
            };
            if new != old && resize_flags.contains(forbidden) {
                return Err(Suppressible(ResultCode::PARAMETER));
            }
            let mut bytes = blob.to_vec();
            let from_front = resize_flags.contains(BitResizeFlags::FROM_FRONT);
            if from_front {
                bytes.reverse();
            }
            bytes.resize(new, 0);
            if from_front {
                bytes.reverse();
            }
            return Ok(Some(bytes));
        }
        Op::Insert { byte_offset, value, .. } => {
            let at = start(blob.len(), byte_offset)?;
            let mut bytes = blob.to_vec();
            bytes.resize(bytes.len().max(at), 0);
            bytes.splice(at..at, value.iter().copied());
            return Ok(Some(bytes));
        }
        Op::Remove {
            byte_offset, byte_size, ..
        } => {
            let at = start(blob.len(), byte_offset)?;
            let end = at + byte_size as usize;
            if at >= blob.len() || (end > blob.len() && !partial) {
                return Err(Suppressible(ResultCode::PARAMETER));
            }
            let mut bytes = blob.to_vec();
            bytes.drain(at..end.min(blob.len()));
            return Ok(Some(bytes));
        }
        Op::Set {
            offset, size, value, ..
        } => combine(&mut bits, offset, size, value, |_, new| new)?,
        Op::Or {
            offset, size, value, ..
        } => combine(&mut bits, offset, size, value, |old, new| old || new)?,
        Op::Xor {
            offset, size, value, ..
        } => combine(&mut bits, offset, size, value, |old, new| old != new)?,
        Op::And {
            offset, size, value, ..
        } => combine(&mut bits, offset, size, value, |old, new| old && new)?,
        Op::Not { offset, size, .. } => {
            let (from, n) = range(&bits, offset, size, partial)?;
            bits[from..from + n].iter_mut().for_each(|bit| *bit = !*bit);
        }
        Op::LeftShift {
            offset, size, shift, ..
        } => {
            let (from, n) = range(&bits, offset, size, partial)?;
            let shift = shift as usize;
            // If a range was truncated at the end, the server may leave bits that are not part of it.
            if n < size as usize && shift > n {
                return Ok(None);
            }
            let old = bits[from..from + n].to_vec();
            (0..n).for_each(|i| bits[from + i] = old.get(i + shift).copied().unwrap_or_default());
        }
        Op::RightShift {
            offset, size, shift, ..
        } => {
            let (from, n) = range(&bits, offset, size, partial)?;
            let old = bits[from..from + n].to_vec();
            for i in 0..n {
                bits[from + i] = i.checked_sub(shift as usize).is_some_and(|i| old[i]);
            }
        }
        Op::Add {
            offset,
            size,
            value,
            integer_flags,
            ..
        } => arithmetic(&mut bits, (offset, size), integer_flags, i128::from(value))?,
        Op::Subtract {
            offset,
            size,
            value,
            integer_flags,
            ..
        } => arithmetic(&mut bits, (offset, size), integer_flags, -i128::from(value))?,
        Op::SetInt {
            offset, size, value, ..
        } => {
            let (from, _) = range(&bits, offset, size, false)?;
            put(&mut bits, from, size, i128::from(value));
        }
        _ => unreachable!("not an operation that modifies"),
    }
    Ok(Some(blob_of(&bits)))
}

/// Adds to the integer in some bits. The strategies only use summands that fit into it.
fn arithmetic(
    bits: &mut [bool],
    (offset, size): (i64, i64),
    flags: BitIntegerFlags,
    by: i128,
) -> Result<(), Rejection> {
    let (from, n) = range(bits, offset, size, false)?;
    let unsigned = number(&bits[from..from + n]);
    let is_signed = flags.contains(BitIntegerFlags::SIGNED);
    let (least, most) = match is_signed {
        true => (-(1_i128 << (size - 1)), (1_i128 << (size - 1)) - 1),
        false => (0, (1_i128 << size) - 1),
    };
    let old = if is_signed && bits[from] {
        unsigned - (1 << size)
    } else {
        unsigned
    };
    let sum = old + by;
    let result = match (least..=most).contains(&sum) {
        true => sum,
        false if flags.contains(BitIntegerFlags::WRAP) => sum,
        // The server does not treat a sum of two negative integers that wraps to exactly 0 as an overflow.
        false if is_signed && sum == 2 * least => sum,
        false if flags.contains(BitIntegerFlags::SATURATE) => sum.clamp(least, most),
        false => return Err(OUT_OF_BOUNDS),
    };
    put(bits, from, size, result);
    Ok(())
}

fn put(bits: &mut [bool], from: usize, size: i64, number: i128) {
    for i in 0..size {
        bits[from + i as usize] = number >> (size - 1 - i) & 1 == 1;
    }
}

fn number(bits: &[bool]) -> i128 {
    bits.iter().fold(0, |number, bit| number * 2 + i128::from(*bit))
}

/// The start and the number of bits.
fn range(bits: &[bool], offset: i64, size: i64, partial: bool) -> Result<(usize, usize), Rejection> {
    let from = start(bits.len(), offset)?;
    let size = size as usize;
    match bits.len().saturating_sub(from) {
        0 => Err(OUT_OF_BOUNDS),
        left if size > left && !partial => Err(OUT_OF_BOUNDS),
        left => Ok((from, size.min(left))),
    }
}

fn start(len: usize, offset: i64) -> Result<usize, Rejection> {
    let from = if offset < 0 { offset + len as i64 } else { offset };
    usize::try_from(from).map_err(|_| Fatal(ResultCode::PARAMETER))
}

fn bits_of(blob: &[u8]) -> Vec<bool> {
    let bits = blob
        .iter()
        .flat_map(|byte| (0..8).map(move |i| byte >> (7 - i) & 1 == 1));
    bits.collect()
}

fn blob_of(bits: &[bool]) -> Vec<u8> {
    let byte = |bits: &[bool]| (0..8).map(|i| u8::from(bits.get(i) == Some(&true)) << (7 - i)).sum();
    bits.chunks(8).map(byte).collect()
}

fn flags_of(op: &Op<'_>) -> Flags {
    match *op {
        Op::Resize { flags, .. }
        | Op::Insert { flags, .. }
        | Op::Remove { flags, .. }
        | Op::Set { flags, .. }
        | Op::Or { flags, .. }
        | Op::Xor { flags, .. }
        | Op::And { flags, .. }
        | Op::Not { flags, .. }
        | Op::LeftShift { flags, .. }
        | Op::RightShift { flags, .. }
        | Op::Add { flags, .. }
        | Op::Subtract { flags, .. }
        | Op::SetInt { flags, .. } => flags,
        _ => Flags::empty(),
    }
}

/// Whether an operation does nothing because the bin exists.
#[must_use]
pub fn is_forbidden_by_existence(op: &Op<'_>) -> bool {
    flags_of(op).contains(Flags::CREATE_ONLY | Flags::NO_FAIL)
}
