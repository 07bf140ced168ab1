//! Bit operations on a blob.

mod apply;
mod integer;
mod range;

use spikelet_wire::bits::{BitOperation, BitWriteFlags};
use spikelet_wire::{ParticleType, ResultCode};

use super::Particle;

/// The largest message that the server takes; no blob is as long, and no offset reaches further.
const MAX_BYTES: i64 = 128 * 1024 * 1024;

/// Reads bits of a bin; gives nothing where there is no bin.
///
/// # Errors
/// - [`ResultCode::PARAMETER`]: no such operation, or a parameter out of range.
/// - [`ResultCode::INCOMPATIBLE_TYPE`]: the bin is no blob.
/// - [`ResultCode::OP_NOT_APPLICABLE`]: the bits reach over the blob's end.
pub(crate) fn read(bin: Option<&Particle>, argument: &[u8]) -> Result<Option<Particle>, ResultCode> {
    let Some(bin) = bin else {
        return Ok(None);
    };
    let operation = decode(argument, true)?;
    let blob = bin.bytes_of(ParticleType::BLOB).ok_or(ResultCode::INCOMPATIBLE_TYPE)?;
    apply::read(blob, &operation).map(Some)
}

/// Modifies bits of a bin. There is no result.
///
/// # Errors
/// - [`ResultCode::PARAMETER`]: no such operation, a parameter out of range, or a size that the operation may not reach.
/// - [`ResultCode::BIN_EXISTS`], [`ResultCode::BIN_NOT_FOUND`]: the flags ask for another bin than there is; only
///   [`Resize`](BitOperation::Resize) and [`Insert`](BitOperation::Insert) create one.
/// - [`ResultCode::INCOMPATIBLE_TYPE`]: the bin is no blob.
/// - [`ResultCode::OP_NOT_APPLICABLE`]: the bits reach over the blob's end, or an integer overflows.
///
/// [`BitWriteFlags::NO_FAIL`] turns all but the wrong type and a parameter out of range into a success that changes
/// nothing.
pub(crate) fn modify(bin: &mut Option<Particle>, argument: &[u8]) -> Result<Option<Particle>, ResultCode> {
    let operation = decode(argument, false)?;
    let flags = operation.flags();
    let forbidden = |code| {
        if flags.contains(BitWriteFlags::NO_FAIL) {
            Ok(None)
        } else {
            Err(code)
        }
    };
    let blob = match bin {
        Some(_) if flags.contains(BitWriteFlags::CREATE_ONLY) => return forbidden(ResultCode::BIN_EXISTS),
        Some(particle) => Some(
            particle
                .bytes_of(ParticleType::BLOB)
                .ok_or(ResultCode::INCOMPATIBLE_TYPE)?,
        ),
        None if !operation.can_create() || flags.contains(BitWriteFlags::UPDATE_ONLY) => {
            return forbidden(ResultCode::BIN_NOT_FOUND);
        }
        None => None,
    };
    match apply::modify(blob, &operation) {
        Ok(Some(modified)) => {
            *bin = Some(Particle::bytes(ParticleType::BLOB, &modified));
            Ok(None)
        }
        Ok(None) => Ok(None),
        Err(apply::Failure::Refused(code)) => forbidden(code),
        Err(apply::Failure::Wrong(code)) => Err(code),
    }
}

/// Reads an argument and checks what of it can be checked without the blob.
fn decode(argument: &[u8], read: bool) -> Result<BitOperation<'_>, ResultCode> {
    let operation = BitOperation::decode(argument).map_err(|_| ResultCode::PARAMETER)?;
    let fits = operation.is_read() == read && operation.has_valid_parameters();
    fits.then_some(operation).ok_or(ResultCode::PARAMETER)
}

/// What the server knows of an operation beyond its parameters.
trait Rules {
    /// The flags, none for a read.
    fn flags(&self) -> BitWriteFlags;
    /// Whether it makes a bin where there is none.
    fn can_create(&self) -> bool;
    /// Whether the parameters are in their ranges.
    fn has_valid_parameters(&self) -> bool;
}

impl Rules for BitOperation<'_> {
    fn flags(&self) -> BitWriteFlags {
        match *self {
            Self::Resize { flags, .. }
            | Self::Insert { flags, .. }
            | Self::Remove { flags, .. }
            | Self::Set { flags, .. }
            | Self::Or { flags, .. }
            | Self::Xor { flags, .. }
            | Self::And { flags, .. }
            | Self::Not { flags, .. }
            | Self::LeftShift { flags, .. }
            | Self::RightShift { flags, .. }
            | Self::Add { flags, .. }
            | Self::Subtract { flags, .. }
            | Self::SetInt { flags, .. } => flags,
            Self::Get { .. }
            | Self::Count { .. }
            | Self::LeftScan { .. }
            | Self::RightScan { .. }
            | Self::GetInt { .. } => BitWriteFlags::empty(),
        }
    }

    fn can_create(&self) -> bool {
        matches!(self, Self::Resize { .. } | Self::Insert { .. })
    }

    fn has_valid_parameters(&self) -> bool {
        use spikelet_wire::bits::{BitIntegerFlags as Integer, BitResizeFlags as Resize};

        const BITS: i64 = 8 * MAX_BYTES;
        let offset = |n: i64| (-BITS..=BITS).contains(&n);
        let size = |n: i64| (1..=BITS).contains(&n);
        let value = |value: &[u8], size: i64| !value.is_empty() && 8 * value.len() as i64 >= size;
        let integer = |n: i64| (1..=64).contains(&n);
        let parameters = match *self {
            Self::Resize {
                byte_size,
                resize_flags,
                ..
            } => {
                (0..=MAX_BYTES).contains(&byte_size)
                    && Resize::all().contains(resize_flags)
                    && !resize_flags.contains(Resize::GROW_ONLY | Resize::SHRINK_ONLY)
            }
            Self::Insert { byte_offset, value, .. } => {
                (-MAX_BYTES..=MAX_BYTES).contains(&byte_offset) && !value.is_empty()
            }
            Self::Remove {
                byte_offset, byte_size, ..
            } => (-MAX_BYTES..=MAX_BYTES).contains(&byte_offset) && (1..=MAX_BYTES).contains(&byte_size),
            Self::Set {
                offset: at,
                size: n,
                value: bits,
                ..
            }
            | Self::Or {
                offset: at,
                size: n,
                value: bits,
                ..
            }
            | Self::Xor {
                offset: at,
                size: n,
                value: bits,
                ..
            }
            | Self::And {
                offset: at,
                size: n,
                value: bits,
                ..
            } => offset(at) && size(n) && value(bits, n),
            Self::LeftShift {
                offset: at,
                size: n,
                shift,
                ..
            }
            | Self::RightShift {
                offset: at,
                size: n,
                shift,
                ..
            } => offset(at) && size(n) && (0..=BITS).contains(&shift),
            Self::Not {
                offset: at, size: n, ..
            }
            | Self::Get { offset: at, size: n }
            | Self::Count { offset: at, size: n }
            | Self::LeftScan {
                offset: at, size: n, ..
            }
            | Self::RightScan {
                offset: at, size: n, ..
            } => offset(at) && size(n),
            Self::Add {
                offset: at,
                size: n,
                integer_flags,
                ..
            }
            | Self::Subtract {
                offset: at,
                size: n,
                integer_flags,
                ..
            } => {
                offset(at)
                    && integer(n)
                    && Integer::all().contains(integer_flags)
                    && !integer_flags.contains(Integer::SATURATE | Integer::WRAP)
            }
            Self::SetInt {
                offset: at, size: n, ..
            } => offset(at) && integer(n),
            Self::GetInt {
                offset: at,
                size: n,
                integer_flags,
            } => offset(at) && integer(n) && Integer::SIGNED.contains(integer_flags),
        };
        parameters && allowed_flags(self).contains(self.flags()) && !contradicts(self.flags())
    }
}

/// The flags that an operation knows; any other is an error.
fn allowed_flags(operation: &BitOperation<'_>) -> BitWriteFlags {
    const ALWAYS: BitWriteFlags = BitWriteFlags::UPDATE_ONLY.union(BitWriteFlags::NO_FAIL);
    match operation {
        BitOperation::Resize { .. } | BitOperation::Insert { .. } => ALWAYS | BitWriteFlags::CREATE_ONLY,
        BitOperation::Add { .. } | BitOperation::Subtract { .. } | BitOperation::SetInt { .. } => ALWAYS,
        _ => ALWAYS | BitWriteFlags::PARTIAL,
    }
}

fn contradicts(flags: BitWriteFlags) -> bool {
    flags.contains(BitWriteFlags::CREATE_ONLY | BitWriteFlags::UPDATE_ONLY)
}

#[cfg(test)]
mod tests {
    use spikelet_wire::bits::{BitResizeFlags, BitWriteFlags as Flags};

    use super::*;

    fn apply(blob: &[u8], operation: &BitOperation<'_>) -> Result<Vec<u8>, ResultCode> {
        let mut argument = Vec::new();
        operation.encode(&mut argument);
        let mut bin = Some(Particle::bytes(ParticleType::BLOB, blob));
        assert_eq!(modify(&mut bin, &argument)?, None, "a modification has no result");
        Ok(bin.unwrap().bytes_of(ParticleType::BLOB).unwrap().to_vec())
    }

    fn set(offset: i64, size: i64, value: &[u8], flags: Flags) -> BitOperation<'_> {
        BitOperation::Set {
            offset,
            size,
            value,
            flags,
        }
    }

    #[test]
    fn partial_takes_what_is_within_the_blob() {
        let over_the_end = |flags| apply(&[0, 0], &set(12, 8, &[0xff], flags));
        assert_eq!(over_the_end(Flags::empty()), Err(ResultCode::OP_NOT_APPLICABLE));
        assert_eq!(over_the_end(Flags::NO_FAIL), Ok(vec![0, 0]));
        assert_eq!(over_the_end(Flags::PARTIAL), Ok(vec![0, 0x0f]));
        let behind = |flags| apply(&[0, 0], &set(16, 8, &[0xff], flags));
        assert_eq!(behind(Flags::PARTIAL), Err(ResultCode::OP_NOT_APPLICABLE));
        assert_eq!(behind(Flags::PARTIAL | Flags::NO_FAIL), Ok(vec![0, 0]));
    }

    #[test]
    fn negative_offsets_count_from_the_end() {
        assert_eq!(apply(&[0, 0], &set(-4, 4, &[0xf0], Flags::empty())), Ok(vec![0, 0x0f]));
        let before_the_front = apply(&[0, 0], &set(-17, 4, &[0xf0], Flags::NO_FAIL));
        assert_eq!(before_the_front, Err(ResultCode::PARAMETER));
    }

    #[test]
    fn a_value_holds_all_its_bits() {
        let short = apply(&[0, 0], &set(0, 9, &[0xff], Flags::NO_FAIL));
        assert_eq!(short, Err(ResultCode::PARAMETER));
    }

    #[test]
    fn only_some_operations_create() {
        let mut argument = Vec::new();
        set(0, 8, &[1], Flags::empty()).encode(&mut argument);
        let mut bin = None;
        assert_eq!(modify(&mut bin, &argument), Err(ResultCode::BIN_NOT_FOUND));
        let insert = BitOperation::Insert {
            byte_offset: 2,
            value: &[7],
            flags: Flags::CREATE_ONLY,
        };
        argument.clear();
        insert.encode(&mut argument);
        assert_eq!(modify(&mut bin, &argument), Ok(None));
        let created = Some(Particle::bytes(ParticleType::BLOB, &[0, 0, 7][..]));
        assert_eq!(bin, created);
        assert_eq!(modify(&mut bin, &argument), Err(ResultCode::BIN_EXISTS));
        assert_eq!(bin, created);
    }

    #[test]
    fn a_resize_goes_no_other_way_than_told() {
        let resize = |byte_size, resize_flags| {
            let operation = BitOperation::Resize {
                byte_size,
                flags: Flags::empty(),
                resize_flags,
            };
            apply(&[1, 2], &operation)
        };
        assert_eq!(resize(3, BitResizeFlags::empty()), Ok(vec![1, 2, 0]));
        assert_eq!(resize(3, BitResizeFlags::FROM_FRONT), Ok(vec![0, 1, 2]));
        assert_eq!(resize(1, BitResizeFlags::FROM_FRONT), Ok(vec![2]));
        assert_eq!(resize(1, BitResizeFlags::GROW_ONLY), Err(ResultCode::PARAMETER));
        assert_eq!(resize(3, BitResizeFlags::SHRINK_ONLY), Err(ResultCode::PARAMETER));
        let both = BitResizeFlags::GROW_ONLY | BitResizeFlags::SHRINK_ONLY;
        assert_eq!(resize(2, both), Err(ResultCode::PARAMETER));
        assert_eq!(resize(MAX_BYTES, BitResizeFlags::empty()), Err(ResultCode::PARAMETER));
    }

    #[test]
    fn a_scan_to_the_front_goes_on_to_the_start_of_its_byte() {
        let scan = |blob: &[u8]| {
            let mut argument = Vec::new();
            let operation = BitOperation::RightScan {
                offset: 4,
                size: 4,
                value: true,
            };
            operation.encode(&mut argument);
            let bin = Particle::bytes(ParticleType::BLOB, blob);
            read(Some(&bin), &argument)
        };
        assert_eq!(scan(&[0b0000_0110]), Ok(Some(Particle::Int(2))));
        assert_eq!(scan(&[0b0010_0000]), Ok(Some(Particle::Int(-2))));
        assert_eq!(scan(&[0]), Ok(Some(Particle::Int(-1))));
    }

    #[test]
    fn a_read_takes_no_code_that_writes() {
        let blob = Particle::bytes(ParticleType::BLOB, &[1][..]);
        assert_eq!(read(Some(&blob), &[0x93, 7, 0, 1]), Err(ResultCode::PARAMETER));
        assert_eq!(read(None, &[]), Ok(None));
        let mut bin = Some(blob);
        assert_eq!(modify(&mut bin, &[0x93, 51, 0, 1]), Err(ResultCode::PARAMETER));
    }
}
