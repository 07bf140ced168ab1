//! Records: bins and metadata.

use spikelet_wire::ParticleType;

use super::bin::Bin;
use super::set::SetId;
use crate::clock::Now;
use crate::ops::{Particle, ParticleRef, SharedBytes};

/// A record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The number of writes, from 1. It wraps around from 65535 to 1.
    pub generation: u16,
    /// Its set; `None` if it is in no set.
    pub set: Option<SetId>,
    /// When it expires, in seconds since 2010; 0 if never.
    pub void_time: u32,
    /// When it was last written.
    pub last_update: Now,
    /// The user key, if it was sent to be stored: one byte of particle type, then the value.
    pub key: Option<SharedBytes>,
    /// Its bins. Only a tombstone has none: see [`is_live`](Self::is_live).
    pub bins: Box<[Bin]>,
}

/// The size of the end mark after a stored record, in bytes. It counts against the size limit.
pub(crate) const END_MARK: usize = 4;

impl Record {
    /// The default size limit of a record (`max-record-size`), in bytes of its stored form.
    pub const MAX_SIZE: usize = 1024 * 1024;
    /// The maximum number of bins in a record.
    pub const MAX_BINS: usize = 0x7fff;

    /// The size of its values that are kept as bytes: what a filter or an operation goes through at most.
    #[must_use]
    pub(crate) fn value_bytes(&self) -> usize {
        let size = |value: &Particle| match value {
            Particle::Bytes(bytes) => bytes.len(),
            _ => 0,
        };
        self.bins.iter().map(|bin| size(&bin.value)).sum()
    }

    /// Whether it is a record for commands, and not a tombstone. A durable delete leaves a tombstone, which has the metadata of
    /// the record but no bins, so that older copies of the record cannot return.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        !self.bins.is_empty()
    }

    /// Whether it has expired: its void time is before the current second.
    #[must_use]
    pub const fn is_expired(&self, now: Now) -> bool {
        self.void_time != 0 && self.void_time < now.seconds()
    }
}

/// The size of the stored form of a record in bytes, which size limits apply to. `set_name` and `key` are sizes.
///
/// The stored form is a fixed header of 35 bytes; the void time (4), the set name (1 and the name) and the key (its size as a
/// varint, and the key), each only if the record has one; the number of bins as a varint; and for each bin its name (1 and the
/// name) and its particle.
#[must_use]
pub(crate) fn stored_size(void_time: u32, set_name: Option<usize>, key: Option<usize>, bins: &[Bin]) -> usize {
    const HEADER: usize = 35;
    let void_time = if void_time == 0 { 0 } else { 4 };
    let set = set_name.map_or(0, |name| 1 + name);
    let key = key.map_or(0, |key| varint_size(key) + key);
    let count = if bins.is_empty() { 0 } else { varint_size(bins.len()) };
    let bins: usize = bins
        .iter()
        .map(|bin| 1 + bin.name.as_bytes().len() + particle_size(&bin.value))
        .sum();
    HEADER + void_time + set + key + count + bins
}

/// The size of a stored form of so many bytes on its device: with the end mark, rounded up to blocks of 16.
pub(super) const fn taken_up(stored_size: usize) -> u32 {
    let size = (stored_size + END_MARK).next_multiple_of(16);
    if size < u32::MAX as usize {
        size as u32
    } else {
        u32::MAX
    }
}

/// The size of the stored form of a record on its device, in bytes.
#[must_use]
pub(crate) fn rounded_stored_size(void_time: u32, set_name: Option<usize>, key: Option<usize>, bins: &[Bin]) -> u32 {
    taken_up(stored_size(void_time, set_name, key, bins))
}

/// The size of a particle's stored form: its type (1); for an integer a size (1) and the fewest of 1, 2, 4 or 8 bytes that hold
/// it as an unsigned number; for blobs, strings, lists and the like a size (4) and the bytes.
fn particle_size(particle: &Particle) -> usize {
    match particle.view() {
        ParticleRef::Int(n) => match n as u64 {
            0..=0xff => 3,
            0x100..=0xffff => 4,
            0x1_0000..=0xffff_ffff => 6,
            _ => 10,
        },
        ParticleRef::Float(_) => 9,
        ParticleRef::Bool(_) => 2,
        ParticleRef::Bytes(ParticleType::NULL, _) => 1,
        ParticleRef::Bytes(_, bytes) => 5 + bytes.len(),
    }
}

/// The size of a number as a varint: 7 bits in each byte.
const fn varint_size(n: usize) -> usize {
    match n {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        0x4000..0x20_0000 => 3,
        0x20_0000..0x1000_0000 => 4,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::BinName;

    #[test]
    fn the_stored_size_counts_only_present_parts() {
        let bins = |value| {
            vec![Bin {
                name: BinName::new(b"ab").unwrap(),
                value,
            }]
        };
        let int = bins(Particle::Int(1));
        assert_eq!(stored_size(0, None, None, &int), 35 + 1 + 3 + 3);
        assert_eq!(stored_size(1, Some(4), Some(200), &int), 35 + 4 + 5 + 202 + 1 + 6);
        assert_eq!(stored_size(0, None, None, &bins(Particle::Int(-1))), 35 + 1 + 3 + 10);
        let blob = Particle::bytes(ParticleType::BLOB, &vec![0; 300]);
        assert_eq!(stored_size(0, None, None, &bins(blob)), 35 + 1 + 3 + 305);
    }
}
