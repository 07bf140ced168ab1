//! Partitions: records by digest.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, LazyLock};

use spikelet_wire::Digest;

use super::record::Record;

/// The records of a partition.
///
/// They are found by hash, so that finding one costs the same among a thousand and among ten million; only a query has
/// need of their order, and sorts what little one partition holds.
///
/// A copy of a partition shares its records until one of the two is changed.
#[derive(Debug, Clone, Default)]
pub struct Partition {
    /// None where there is no record: most partitions of a test's server stay empty.
    records: Option<Arc<Records>>,
}

type Records = HashMap<Digest, Record, DigestState>;

impl Partition {
    /// A partition without records.
    #[must_use]
    pub const fn new() -> Self {
        Self { records: None }
    }

    /// How many records it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.as_ref().map_or(0, |records| records.len())
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A record.
    #[must_use]
    pub fn get(&self, digest: &Digest) -> Option<&Record> {
        self.records.as_ref()?.get(digest)
    }

    /// A record, to be changed.
    pub fn get_mut(&mut self, digest: &Digest) -> Option<&mut Record> {
        self.records_mut()?.get_mut(digest)
    }

    /// Puts a record in, and gives the one that was there.
    pub fn insert(&mut self, digest: Digest, record: Record) -> Option<Record> {
        let records = self.records.get_or_insert_with(Arc::default);
        Arc::make_mut(records).insert(digest, record)
    }

    /// Takes a record out.
    pub fn remove(&mut self, digest: &Digest) -> Option<Record> {
        self.records_mut()?.remove(digest)
    }

    /// Gives back what it took for its records, where none is left.
    pub fn shrink(&mut self) {
        if self.is_empty() {
            self.records = None;
        }
    }

    /// Its records, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Digest, &Record)> {
        self.records.iter().flat_map(|records| records.iter())
    }

    fn records_mut(&mut self) -> Option<&mut Records> {
        self.records.as_mut().map(Arc::make_mut)
    }

    /// The records behind a digest, or all of them, in the order of the real server's index: the greatest digest first.
    #[must_use]
    pub fn behind(&self, digest: Option<&Digest>) -> Vec<(&Digest, &Record)> {
        let mut records: Vec<_> = match digest {
            Some(digest) => self.iter().filter(|(other, _)| *other < digest).collect(),
            None => self.iter().collect(),
        };
        records.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
        records
    }
}

/// Hashes digests by some of their own bytes: they are hashes already.
///
/// A client may send any digest it likes, so the bytes are mixed with what it cannot know.
#[derive(Debug, Clone)]
struct DigestState(u64);

impl Default for DigestState {
    fn default() -> Self {
        static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().build_hasher().finish());
        Self(*SEED)
    }
}

impl BuildHasher for DigestState {
    type Hasher = DigestHasher;

    fn build_hasher(&self) -> DigestHasher {
        DigestHasher(self.0)
    }
}

struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            let product = u128::from(self.0 ^ u64::from_le_bytes(word)) * 0x9e37_79b9_7f4a_7c15;
            self.0 = (product >> 64) as u64 ^ product as u64;
        }
    }

    // The length in front of the bytes, the same for every digest.
    fn write_usize(&mut self, _: usize) {}
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
        let state = DigestState::default();
        let hashes: std::collections::HashSet<u64> = (0..Digest::SIZE)
            .flat_map(|at| (0..=255).map(move |byte| (at, byte)))
            .map(|(at, byte)| {
                let mut digest = Digest([7; Digest::SIZE]);
                digest.0[at] = byte;
                state.hash_one(digest)
            })
            .collect();
        // Each byte's own value is counted once for every place.
        assert_eq!(hashes.len(), Digest::SIZE * 255 + 1);
    }
}
