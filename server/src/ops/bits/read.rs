//! Executes the bit operations that read.

use spikelet_wire::bits::{BitIntegerFlags, BitOperation};
use spikelet_wire::{ParticleType, ResultCode};

use super::integer::Integer;
use super::range::{Failure, Range};
use crate::ops::Particle;

/// Executes a bit operation that reads.
pub(super) fn read(blob: &[u8], operation: &BitOperation<'_>) -> Result<Particle, ResultCode> {
    let range = |offset, size| {
        Range::check(blob.len(), offset, size, false).map_err(|(Failure::Refused(code) | Failure::Invalid(code))| code)
    };
    Ok(match *operation {
        BitOperation::Get { offset, size } => {
            let bits = range(offset, size)?.get(blob);
            Particle::bytes(ParticleType::BLOB, &bits)
        }
        BitOperation::Count { offset, size } => {
            let bits = range(offset, size)?.get(blob);
            Particle::Int(bits.iter().map(|byte| i64::from(byte.count_ones())).sum())
        }
        BitOperation::LeftScan { offset, size, value } => {
            let range = range(offset, size)?;
            let found = (0..range.size).find(|&i| range.is_set(blob, i) == value);
            Particle::Int(found.map_or(-1, |i| i as i64))
        }
        BitOperation::RightScan { offset, size, value } => {
            let range = range(offset, size)?;
            // The server continues to the start of the byte. A bit found there has a negative position.
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
            let range = range(offset, size)?;
            let integer = Integer::from_front(&range.get(blob), range.size as u32);
            Particle::Int(match integer_flags.contains(BitIntegerFlags::SIGNED) {
                true => integer.signed(),
                false => integer.bits as i64,
            })
        }
        _ => return Err(ResultCode::PARAMETER),
    })
}
