//! Looks up records that are about to be used, so that the processor fetches them from memory all at once.
//!
//! Among many records, each step from a partition to a record, to its bins and to their values waits for memory, which takes
//! longer than everything else in a command. The steps of one record depend on each other; those of several records do not. A
//! processor waits for independent loads at the same time if they follow closely, with no lock in between. When the commands
//! are executed afterwards, they find in the cache what they need.

use std::hint::black_box;

use spikelet_wire::Digest;

use super::Namespace;
use super::partition::Slot;
use super::partition_group::{GROUPS, group_of};
use super::partition_locks::GroupRef;
use crate::ops::{Particle, ParticleRef};

/// The size of a line of a processor's cache, in bytes.
const LINE: usize = 64;
/// How much of a record's values is fetched, in bytes. Those behind are fetched by the processor itself, which recognizes that
/// memory is read in order.
const FETCHED: usize = 512;

impl Namespace {
    /// How many records are looked up at a time. Processors wait for some tens of loads at once.
    pub const LOOK_UP: usize = 32;

    /// Looks up records. Changes nothing, and never waits for a lock: it leaves out the records of a group that is locked.
    pub fn look_up(&self, digests: &[Digest]) {
        let mut groups: [Option<GroupRef<'_>>; GROUPS] = [const { None }; GROUPS];
        for digest in digests {
            let number = group_of(digest.partition_id());
            if let Some(group @ None) = groups.get_mut(number) {
                *group = self.locks.try_read_group(number);
            }
        }
        let mut slots: [Option<Slot<'_>>; Self::LOOK_UP] = [None; Self::LOOK_UP];
        for (slot, digest) in slots.iter_mut().zip(digests) {
            let id = digest.partition_id();
            let group = groups.get(group_of(id)).and_then(|group| group.as_ref()?.as_ref());
            *slot = group.and_then(|group| group.partition(id).slot(digest));
        }
        // One step at a time, each for all records.
        let mut read = 0;
        for slot in slots.iter().flatten() {
            read ^= slot.read();
        }
        black_box(read);
        for slot in slots.iter().flatten() {
            for bin in slot.record().bins.iter().take(FETCHED / LINE) {
                read ^= u64::from(bin.name.as_bytes().first().copied().unwrap_or_default());
            }
        }
        black_box(read);
        for slot in slots.iter().flatten() {
            let mut left = FETCHED;
            for bin in slot.record().bins.iter().take(FETCHED / LINE) {
                left = left.saturating_sub(read_value(&bin.value, left, &mut read));
            }
        }
        black_box(read);
    }
}

/// Reads a byte of each line of a value, up to `most` bytes. Returns how many bytes it covered.
fn read_value(value: &Particle, most: usize, read: &mut u64) -> usize {
    let ParticleRef::Bytes(_, bytes) = value.view() else {
        return 0;
    };
    let bytes = bytes.get(..most).unwrap_or(bytes);
    for line in bytes.chunks(LINE) {
        *read ^= u64::from(line.first().copied().unwrap_or_default());
    }
    *read ^= u64::from(bytes.last().copied().unwrap_or_default());
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Now;
    use crate::config::Config;
    use crate::store::{Bin, BinName, Record};
    use crate::version::Edition;
    use spikelet_wire::ParticleType;

    #[test]
    fn it_waits_for_no_lock_and_changes_nothing() {
        let namespace = Namespace::new(0, &Config::default().namespaces[0], Edition::default());
        let digests: Vec<Digest> = (0..100).map(|n| Digest([n; Digest::SIZE])).collect();
        for digest in digests.iter().step_by(2) {
            let bin = |name: &[u8], value| Bin {
                name: BinName::new(name).unwrap(),
                value,
            };
            let long = Particle::bytes(ParticleType::BLOB, &[7; 3 * FETCHED]);
            let record = Record {
                generation: 1,
                set: None,
                void_time: 0,
                last_update: Now(1),
                key: None,
                bins: [bin(b"", Particle::Int(1)), bin(b"long", long.clone()), bin(b"b", long)].into(),
            };
            namespace.put(*digest, record);
        }
        namespace.look_up(&digests);
        // Locks the group of some of them.
        let mut partition = namespace.partition_or_create(digests[0].partition_id());
        namespace.look_up(&digests);
        assert!(partition.remove(&digests[0]).is_some());
        drop(partition);
        let found = digests.iter().filter(|digest| {
            let partition = namespace.partition(digest.partition_id());
            partition.is_some_and(|partition| partition.get(digest).is_some())
        });
        assert_eq!(found.count(), 49);
    }

    #[test]
    fn a_value_is_read_up_to_a_limit() {
        let mut read = 0;
        for (size, covered) in [(0, 0), (1, 1), (100, 100), (FETCHED + 1, FETCHED)] {
            let value = Particle::bytes(ParticleType::BLOB, &vec![7; size]);
            assert_eq!(read_value(&value, FETCHED, &mut read), covered, "{size}");
        }
        assert_eq!(read_value(&Particle::Int(1), FETCHED, &mut read), 0);
    }
}
