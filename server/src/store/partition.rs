//! Partitions: the records of one of the 4096 partitions, by digest.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::ops::Deref;
use std::sync::LazyLock;

use hashbrown::HashTable;
use hashbrown::hash_table;
use spikelet_wire::Digest;
use triomphe::Arc;

use super::record::Record;

/// The records of a partition.
///
/// They are in a hash table, so that finding one costs the same among a thousand and among ten million. Only queries need an
/// order, and sort the few records of one partition.
///
/// A clone shares the records with the original until one of the two is changed.
#[derive(Debug, Clone, Default)]
pub struct Partition {
    /// `None` if there is no record: on the server of a test most partitions stay empty.
    records: Option<Arc<Records>>,
}

/// A table has up to twice as many slots as entries. Entries are allocated outside of it: then an empty slot takes only a
/// pointer, and a clone of the table shares each entry until it is changed.
#[derive(Debug, Clone, Default)]
struct Records(HashTable<Arc<Entry>>);

#[derive(Debug, Clone)]
struct Entry {
    digest: Digest,
    record: Record,
}

/// A place in the table where the record of a digest should be. Nothing of the record itself was read to find it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot<'p>(&'p Arc<Entry>);

impl<'p> Slot<'p> {
    /// Reads both ends of the record in memory.
    pub(super) fn read(self) -> u64 {
        let (digest, record) = (&self.0.digest, &self.0.record);
        u64::from(digest.0[0]) ^ u64::from(record.generation) ^ record.bins.len() as u64 ^ record.last_update.0
    }

    /// The record, which in rare cases has another digest.
    pub(super) fn record(self) -> &'p Record {
        &self.0.record
    }
}

/// A record as it was when it was found. It stays the same when commands change the record.
#[derive(Debug, Clone)]
pub struct HeldRecord(Arc<Entry>);

impl Deref for HeldRecord {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.0.record
    }
}

impl Partition {
    /// A partition without records.
    pub(super) const EMPTY: Self = Self { records: None };

    /// The number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.as_ref().map_or(0, |records| records.0.len())
    }

    /// Whether it holds no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Finds a record.
    #[must_use]
    pub fn get(&self, digest: &Digest) -> Option<&Record> {
        Some(&self.find(digest)?.record)
    }

    /// Finds a record to use it without the lock of the partition.
    #[must_use]
    pub fn hold(&self, digest: &Digest) -> Option<HeldRecord> {
        self.find(digest).cloned().map(HeldRecord)
    }

    /// Whether a record was not written, removed or created since it was held.
    #[must_use]
    pub fn is_same(&self, digest: &Digest, held: Option<&HeldRecord>) -> bool {
        match (self.find(digest), held) {
            (Some(found), Some(held)) => Arc::ptr_eq(found, &held.0),
            (None, None) => true,
            _ => false,
        }
    }

    /// Finds where the record of a digest should be, without reading the record.
    pub(super) fn slot(&self, digest: &Digest) -> Option<Slot<'_>> {
        let records = &self.records.as_ref()?.0;
        records.find(hash(digest), |_| true).map(Slot)
    }

    fn find(&self, digest: &Digest) -> Option<&Arc<Entry>> {
        let records = &self.records.as_ref()?.0;
        records.find(hash(digest), |entry| entry.digest == *digest)
    }

    /// Finds a record to change it.
    pub fn get_mut(&mut self, digest: &Digest) -> Option<&mut Record> {
        let records = &mut self.records_mut()?.0;
        let found = records.find_mut(hash(digest), |entry| entry.digest == *digest)?;
        Some(&mut Arc::make_mut(found).record)
    }

    /// Inserts a record, and returns the one that it replaces.
    pub fn insert(&mut self, digest: Digest, record: Record) -> Option<Record> {
        let records = Arc::make_mut(self.records.get_or_insert_with(Arc::default));
        let is_same = |entry: &Arc<Entry>| entry.digest == digest;
        match records.0.entry(hash(&digest), is_same, |entry| hash(&entry.digest)) {
            hash_table::Entry::Occupied(mut found) => {
                let entry = std::mem::replace(found.get_mut(), Arc::new(Entry { digest, record }));
                Some(Arc::unwrap_or_clone(entry).record)
            }
            hash_table::Entry::Vacant(slot) => {
                slot.insert(Arc::new(Entry { digest, record }));
                None
            }
        }
    }

    /// Removes a record, and returns it.
    pub fn remove(&mut self, digest: &Digest) -> Option<Record> {
        let records = &mut self.records_mut()?.0;
        let found = records.find_entry(hash(digest), |entry| entry.digest == *digest);
        found.ok().map(|found| Arc::unwrap_or_clone(found.remove().0).record)
    }

    /// Frees the table if no record is left.
    pub fn shrink(&mut self) {
        if self.is_empty() {
            self.records = None;
        }
    }

    /// The records, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&Digest, &Record)> {
        let entries = self.records.iter().flat_map(|records| records.0.iter());
        entries.map(|entry| (&entry.digest, &entry.record))
    }

    /// The records, except for those that it shares with another partition.
    pub(super) fn records_not_shared_with<'p>(
        &'p self,
        other: &'p Self,
    ) -> impl Iterator<Item = (&'p Digest, &'p Record)> {
        let records = |of: &'p Self| of.records.as_ref().map(|records| &records.0);
        let entries = records(self).into_iter().flatten();
        let unshared = entries.filter(move |entry| {
            let is_same = |found: &Arc<Entry>| found.digest == entry.digest;
            let found = records(other).and_then(|records| records.find(hash(&entry.digest), is_same));
            found.is_none_or(|found| !Arc::ptr_eq(found, entry))
        });
        unshared.map(|entry| (&entry.digest, &entry.record))
    }

    fn records_mut(&mut self) -> Option<&mut Records> {
        self.records.as_mut().map(Arc::make_mut)
    }

    /// The records after a digest, or all of them, in the order of the real server's primary index: the greatest digest first.
    #[must_use]
    pub fn records_after(&self, digest: Option<&Digest>) -> Vec<(&Digest, &Record)> {
        // The sort compares prefixes that are read beforehand. To read each record only when it is compared would mean a cache
        // miss for each comparison.
        let prefix = |digest: &Digest| digest.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let keyed = self.iter().map(|record| (prefix(record.0), record));
        let mut records: Vec<_> = match digest {
            Some(digest) => keyed.filter(|(_, (other, _))| *other < digest).collect(),
            None => keyed.collect(),
        };
        records.sort_unstable_by(|(a, (x, _)), (b, (y, _))| b.cmp(a).then_with(|| y.cmp(x)));
        records.into_iter().map(|(_, record)| record).collect()
    }
}

/// Hashes a digest. It is a hash already, but clients can send any digest, so its bytes are mixed with a random seed that they
/// do not know.
fn hash(digest: &Digest) -> u64 {
    static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().build_hasher().finish());
    digest.0.chunks(8).fold(*SEED, |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        let product = u128::from(hash ^ u64::from_le_bytes(word)) * 0x9e37_79b9_7f4a_7c15;
        (product >> 64) as u64 ^ product as u64
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Now;

    fn digest(n: u8) -> Digest {
        Digest([n; Digest::SIZE])
    }

    fn record(generation: u16) -> Record {
        Record {
            generation,
            set: None,
            void_time: 0,
            last_update: Now::default(),
            key: None,
            bins: Box::default(),
        }
    }

    #[test]
    fn records_after_a_digest_are_in_descending_order() {
        let mut partition = Partition::default();
        for n in [3, 1, 4, 2, 5] {
            assert_eq!(partition.insert(digest(n), record(u16::from(n))), None);
        }
        let order = |after: Option<Digest>, partition: &Partition| -> Vec<u16> {
            let records = partition.records_after(after.as_ref());
            records.into_iter().map(|(_, record)| record.generation).collect()
        };
        assert_eq!(order(None, &partition), [5, 4, 3, 2, 1]);
        assert_eq!(order(Some(digest(3)), &partition), [2, 1]);
        assert_eq!(partition.remove(&digest(5)).unwrap().generation, 5);
        assert_eq!(order(Some(digest(9)), &partition), [4, 3, 2, 1]);
        assert_eq!((partition.len(), partition.get(&digest(5)).is_none()), (4, true));
    }

    #[test]
    fn a_held_record_stays_the_same() {
        let mut partition = Partition::default();
        partition.insert(digest(1), record(1));
        let held = partition.hold(&digest(1));
        assert!(partition.is_same(&digest(1), held.as_ref()) && !partition.is_same(&digest(1), None));
        assert!(partition.clone().is_same(&digest(1), held.as_ref()));
        partition.get_mut(&digest(1)).unwrap().generation = 2;
        assert!(!partition.is_same(&digest(1), held.as_ref()));
        assert_eq!(held.unwrap().generation, 1);
        assert!(partition.is_same(&digest(2), None));
    }

    #[test]
    fn a_clone_and_its_original_change_independently() {
        let mut partition = Partition::default();
        partition.insert(digest(1), record(1));
        let mut copy = partition.clone();
        copy.get_mut(&digest(1)).unwrap().generation = 2;
        partition.insert(digest(2), record(1));
        partition.remove(&digest(1));
        assert_eq!(copy.get(&digest(1)).unwrap().generation, 2);
        assert_eq!((copy.len(), partition.len()), (1, 1));
    }

    #[test]
    fn digests_that_differ_in_one_byte_have_different_hashes() {
        let hashes: std::collections::HashSet<u64> = (0..Digest::SIZE)
            .flat_map(|at| (0..=255).map(move |byte| (at, byte)))
            .map(|(at, byte)| {
                let mut digest = Digest([7; Digest::SIZE]);
                digest.0[at] = byte;
                hash(&digest)
            })
            .collect();
        // The digest of all sevens occurs once for each position.
        assert_eq!(hashes.len(), Digest::SIZE * 255 + 1);
    }
}
