//! The entries of a record in all secondary indexes, which change with the record.

use std::sync::Arc;

use spikelet_wire::Digest;

use super::Sindex;
use crate::store::bin::Bin;
use crate::store::set::SetId;

/// The entries that a record has, or is about to have, in all secondary indexes of its namespace.
///
/// The partition of the record must stay locked until one of its methods is called.
#[derive(Debug)]
pub(crate) struct RecordEntries {
    sindexes: Arc<[Arc<Sindex>]>,
    /// Sorted.
    keys: Vec<IndexKey>,
}

/// The position of an index among all indexes, and a sort key in it.
type IndexKey = (usize, u64);

impl RecordEntries {
    pub(super) fn of(sindexes: Arc<[Arc<Sindex>]>, digest: &Digest, set: Option<SetId>, bins: &[Bin]) -> Self {
        let keys = index_keys(&sindexes, digest, set, bins);
        Self { sindexes, keys }
    }

    /// Adds the entries, after the record was inserted.
    pub(crate) fn insert(self, digest: &Digest) {
        self.change(digest, &[], &self.keys);
    }

    /// Removes the entries, after the record was removed.
    pub(crate) fn remove(self, digest: &Digest) {
        self.change(digest, &self.keys, &[]);
    }

    /// Replaces the entries, after the bins of the record were changed.
    pub(crate) fn update(self, digest: &Digest, set: Option<SetId>, bins: &[Bin]) {
        let new = index_keys(&self.sindexes, digest, set, bins);
        self.change(digest, &self.keys, &new);
    }

    fn change(&self, digest: &Digest, old: &[IndexKey], new: &[IndexKey]) {
        if old == new {
            return;
        }
        for (at, sindex) in self.sindexes.iter().enumerate() {
            let (old, new) = (keys_in(old, at), keys_in(new, at));
            if old == new {
                continue;
            }
            let removed = old.iter().filter(|key| new.binary_search(key).is_err());
            let added = new.iter().filter(|key| old.binary_search(key).is_err());
            let changes = removed.map(|key| (key.1, false)).chain(added.map(|key| (key.1, true)));
            sindex.tree.change(digest, changes);
        }
    }
}

/// The keys of a record in all indexes, sorted and without duplicates.
fn index_keys(sindexes: &[Arc<Sindex>], digest: &Digest, set: Option<SetId>, bins: &[Bin]) -> Vec<IndexKey> {
    let mut keys = Vec::new();
    for (at, sindex) in sindexes.iter().enumerate() {
        sindex.for_each_sort_key(digest, set, bins, |sort_key| keys.push((at, sort_key)));
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The keys in one index, by its position.
fn keys_in(keys: &[IndexKey], at: usize) -> &[IndexKey] {
    let from = keys.partition_point(|key| key.0 < at);
    let to = keys.partition_point(|key| key.0 <= at);
    keys.get(from..to).unwrap_or_default()
}
