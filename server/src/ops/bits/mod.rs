//! Bit operations on a blob.
//!
//! `validate.rs` checks the parameters, `range.rs` checks offset and size against the blob, and `read.rs`, `modify.rs` and
//! `resize.rs` execute the operations.

mod integer;
mod modify;
mod range;
mod read;
mod resize;
mod shift;
mod validate;

use spikelet_wire::bits::{BitOperation, BitWriteFlags};
use spikelet_wire::{ParticleType, ResultCode};

use self::range::Failure;
use self::validate::Rules;
use super::Particle;

/// Executes a bit operation that reads. `None` if there is no bin.
///
/// # Errors
/// - [`ResultCode::PARAMETER`]: no such operation, or a parameter out of range.
/// - [`ResultCode::INCOMPATIBLE_TYPE`]: the bin is not a blob.
/// - [`ResultCode::OP_NOT_APPLICABLE`]: the bits extend beyond the end of the blob.
pub(crate) fn read(bin: Option<&Particle>, argument: &[u8]) -> Result<Option<Particle>, ResultCode> {
    let Some(bin) = bin else {
        return Ok(None);
    };
    let operation = decode(argument, true)?;
    let blob = bin.bytes_of(ParticleType::BLOB).ok_or(ResultCode::INCOMPATIBLE_TYPE)?;
    read::read(blob, &operation).map(Some)
}

/// Executes a bit operation that modifies. It has no result.
///
/// # Errors
/// - [`ResultCode::PARAMETER`]: no such operation, a parameter out of range, or a size that the flags do not allow.
/// - [`ResultCode::BIN_EXISTS`], [`ResultCode::BIN_NOT_FOUND`]: the flags require a missing or an existing bin; only
///   [`Resize`](BitOperation::Resize) and [`Insert`](BitOperation::Insert) create one.
/// - [`ResultCode::INCOMPATIBLE_TYPE`]: the bin is not a blob.
/// - [`ResultCode::OP_NOT_APPLICABLE`]: the bits extend beyond the end of the blob, or an integer overflows.
///
/// [`BitWriteFlags::NO_FAIL`] turns every error except a wrong type and a parameter out of range into a success that
/// changes nothing.
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
    match modify::modify(blob, &operation) {
        Ok(Some(modified)) => {
            *bin = Some(Particle::bytes(ParticleType::BLOB, &modified));
            Ok(None)
        }
        Ok(None) => Ok(None),
        Err(Failure::Refused(code)) => forbidden(code),
        Err(Failure::Invalid(code)) => Err(code),
    }
}

/// Decodes an argument, and checks its parameters as far as that needs no blob.
fn decode(argument: &[u8], read: bool) -> Result<BitOperation<'_>, ResultCode> {
    let operation = BitOperation::decode(argument).map_err(|_| ResultCode::PARAMETER)?;
    let fits = operation.is_read() == read && operation.has_valid_parameters();
    fits.then_some(operation).ok_or(ResultCode::PARAMETER)
}

#[cfg(test)]
mod tests {
    use spikelet_wire::bits::{BitResizeFlags, BitWriteFlags as Flags};

    use super::validate::MAX_BYTES;
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
    fn partial_cuts_the_range_at_the_end_of_the_blob() {
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
    fn a_value_must_hold_all_bits() {
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
    fn a_resize_obeys_its_flags() {
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
    fn a_right_scan_continues_to_the_start_of_its_byte() {
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
    fn a_read_refuses_the_code_of_a_modification() {
        let blob = Particle::bytes(ParticleType::BLOB, &[1][..]);
        assert_eq!(read(Some(&blob), &[0x93, 7, 0, 1]), Err(ResultCode::PARAMETER));
        assert_eq!(read(None, &[]), Ok(None));
        let mut bin = Some(blob);
        assert_eq!(modify(&mut bin, &[0x93, 51, 0, 1]), Err(ResultCode::PARAMETER));
    }
}
