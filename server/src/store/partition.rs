//! Partitions: records by digest.

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
/// They are found by hash, so that finding one costs the same among a thousand and among ten million; only a query has
/// need of their order, and sorts what little one partition holds.
///
/// A copy of a partition blocks its records until one of the two is changed.
#[derive(Debug, Clone, Default)]
pub struct Partition {
    /// None where there is no record: most partitions of a test's server stay empty.
    records: Option<Arc<Records>>,
}

/// A table has room for up to twice as many as it holds; what lies elsewhere takes none of that, and is shared by a copy of
/// the table until it is changed.
#[derive(Debug, Clone, Default)]
struct Records(HashTable<Arc<Entry>>);

#[derive(Debug, Clone)]
struct Entry {
    digest: Digest,
    record: Record,
}

/// A record as it was when it was found. It stays the same while commands change the record.
#[derive(Debug, Clone)]
pub struct HeldRecord(Arc<Entry>);

impl Deref for HeldRecord {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.0.record
    }
}

impl Partition {
    /// How many records it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.as_ref().map_or(0, |records| records.0.len())
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A record.
    #[must_use]
    pub fn get(&self, digest: &Digest) -> Option<&Record> {
        Some(&self.find(digest)?.record)
    }

    /// A record, to be used without the partition's lock.
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

    fn find(&self, digest: &Digest) -> Option<&Arc<Entry>> {
        let records = &self.records.as_ref()?.0;
        records.find(hash(digest), |entry| entry.digest == *digest)
    }

    /// A record, to be changed.
    pub fn get_mut(&mut self, digest: &Digest) -> Option<&mut Record> {
        let records = &mut self.records_mut()?.0;
        let found = records.find_mut(hash(digest), |entry| entry.digest == *digest)?;
        Some(&mut Arc::make_mut(found).record)
    }

    /// Puts a record in, and gives the one that was there.
    pub fn insert(&mut self, digest: Digest, record: Record) -> Option<Record> {
        let records = Arc::make_mut(self.records.get_or_insert_with(Arc::default));
        let is_it = |entry: &Arc<Entry>| entry.digest == digest;
        match records.0.entry(hash(&digest), is_it, |entry| hash(&entry.digest)) {
            hash_table::Entry::Occupied(mut found) => {
                let entry = std::mem::replace(found.get_mut(), Arc::new(Entry { digest, record }));
                Some(Arc::unwrap_or_clone(entry).record)
            }
            hash_table::Entry::Vacant(place) => {
                place.insert(Arc::new(Entry { digest, record }));
                None
            }
        }
    }

    /// Takes a record out.
    pub fn remove(&mut self, digest: &Digest) -> Option<Record> {
        let records = &mut self.records_mut()?.0;
        let found = records.find_entry(hash(digest), |entry| entry.digest == *digest);
        found.ok().map(|found| Arc::unwrap_or_clone(found.remove().0).record)
    }

    /// Gives back what it took for its records, where none is left.
    pub fn shrink(&mut self) {
        if self.is_empty() {
            self.records = None;
        }
    }

    /// Its records, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Digest, &Record)> {
        let entries = self.records.iter().flat_map(|records| records.0.iter());
        entries.map(|entry| (&entry.digest, &entry.record))
    }

    /// Its records, but for those that it blocks with another.
    pub(super) fn unlike<'p>(&'p self, other: &'p Self) -> impl Iterator<Item = (&'p Digest, &'p Record)> {
        let records = |of: &'p Self| of.records.as_ref().map(|records| &records.0);
        let entries = records(self).into_iter().flatten();
        let unlike = entries.filter(move |entry| {
            let is_it = |found: &Arc<Entry>| found.digest == entry.digest;
            let found = records(other).and_then(|records| records.find(hash(&entry.digest), is_it));
            found.is_none_or(|found| !Arc::ptr_eq(found, entry))
        });
        unlike.map(|entry| (&entry.digest, &entry.record))
    }

    fn records_mut(&mut self) -> Option<&mut Records> {
        self.records.as_mut().map(Arc::make_mut)
    }

    /// The records behind a digest, or all of them, in the order of the real server's index: the greatest digest first.
    #[must_use]
    pub fn behind(&self, digest: Option<&Digest>) -> Vec<(&Digest, &Record)> {
        // The sort compares what the first look took along: to look at each record only when it is compared is to wait for
        // each alone.
        let beginning = |digest: &Digest| digest.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let keyed = self.iter().map(|record| (beginning(record.0), record));
        let mut records: Vec<_> = match digest {
            Some(digest) => keyed.filter(|(_, (other, _))| *other < digest).collect(),
            None => keyed.collect(),
        };
        records.sort_unstable_by(|(a, (x, _)), (b, (y, _))| b.cmp(a).then_with(|| y.cmp(x)));
        records.into_iter().map(|(_, record)| record).collect()
    }
}

/// Hashes a digest by its own bytes: it is a hash already.
///
/// A client may send any digest it likes, so the bytes are mixed with what it cannot know.
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
    fn records_are_ordered_for_those_who_ask() {
        let mut partition = Partition::default();
        for n in [3, 1, 4, 2, 5] {
            assert_eq!(partition.insert(digest(n), record(u16::from(n))), None);
        }
        let order = |behind: Option<Digest>, partition: &Partition| -> Vec<u16> {
            let records = partition.behind(behind.as_ref());
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
    fn a_copy_and_its_original_change_apart() {
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
    fn digests_that_differ_anywhere_hash_apart() {
        let hashes: std::collections::HashSet<u64> = (0..Digest::SIZE)
            .flat_map(|at| (0..=255).map(move |byte| (at, byte)))
            .map(|(at, byte)| {
                let mut digest = Digest([7; Digest::SIZE]);
                digest.0[at] = byte;
                hash(&digest)
            })
            .collect();
        // Each byte's own value is counted once for every place.
        assert_eq!(hashes.len(), Digest::SIZE * 255 + 1);
    }
}
