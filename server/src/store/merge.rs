//! Merging two subclusters when the network between them is restored.

use std::sync::atomic::Ordering;

use spikelet_wire::{Digest, PartitionId};

use super::bin::BinName;
use super::masking::Masking;
use super::partition_locks::PartitionGroup;
use super::set::{SetId, SetSnapshot};
use super::sindex::{Build, Created, Definition};
use super::snapshot::NamespaceSnapshot;
use super::sweep::is_lost;
use super::{Namespace, Partition, Record};
use crate::cluster::LostPartition;

impl Namespace {
    /// Merges the records and truncations of another subcluster, except for records of which no node has a copy. Of two records
    /// with the same digest the conflict resolution policy keeps one. A record that was deleted in one subcluster only exists
    /// again.
    pub(crate) fn merge(&self, other: &NamespaceSnapshot, lost: &[LostPartition]) {
        let [of_namespace, latest] = other.truncations;
        self.truncation.namespace.fetch_max(of_namespace, Ordering::Relaxed);
        self.truncation.latest.fetch_max(latest, Ordering::Relaxed);
        for set in other.sets.iter().filter(|set| set.truncate_lut > 0) {
            let own = self.sets.find_or_create(&set.name).and_then(|id| self.sets.get(id));
            if let Some(own) = own {
                own.truncate_lut.fetch_max(set.truncate_lut, Ordering::Relaxed);
            }
        }
        for (number, group) in &other.groups {
            // Neither subcluster has written to a group that they still share.
            if self.locks.shares_group(*number, group) {
                continue;
            }
            for (id, partition) in PartitionGroup::partitions(*number, group) {
                let found = lost.binary_search_by_key(&id, |lost| lost.id);
                let lost = found.ok().and_then(|at| lost.get(at));
                self.merge_partition((id, partition), lost, &other.sets);
            }
        }
        self.merge_transactions(&other.transactions, |set| self.own_set_id(set, &other.sets));
    }

    /// Takes the masking rule of a bin over from another subcluster, or that it has none.
    pub(crate) fn merge_masking(&self, set: &str, bin: BinName, other: &NamespaceSnapshot) {
        let rule = Masking::rule(&other.masking, set.as_bytes(), &bin);
        self.masking.change(set.as_bytes(), bin, rule);
    }

    fn merge_partition(
        &self,
        (id, other): (PartitionId, &Partition),
        lost: Option<&LostPartition>,
        sets: &[SetSnapshot],
    ) {
        if other.is_empty() {
            return;
        }
        let policy = self.settings.conflict_resolution_policy();
        let mut own = self.partition_or_create(id);
        let mut preferred: Vec<(Digest, Record)> = Vec::new();
        for (digest, record) in other.records_not_shared_with(&own) {
            if lost.is_some_and(|lost| is_lost(record, lost.before)) {
                continue;
            }
            let set = match own.get(digest) {
                Some(existing) if !policy.prefers(record, existing) => continue,
                Some(existing) => existing.set,
                None => record.set.and_then(|set| self.own_set_id(set, sets)),
            };
            let record = Record { set, ..record.clone() };
            if !self.is_truncated(&record) {
                preferred.push((*digest, record));
            }
        }
        for (digest, record) in preferred {
            self.track_void_time(record.void_time);
            self.insert(&mut own, digest, record);
        }
    }

    /// Replaces the secondary index of a name by that of another subcluster, or removes it if there is none. A new index is still
    /// to be built.
    pub(crate) fn merge_sindex(&self, name: &str, other: &NamespaceSnapshot) -> Option<Build> {
        self.sindexes.delete(name);
        if let Some(definition) = other.sindexes.definition(name) {
            let set = definition.set.map(|set| self.own_set_id(set, &other.sets));
            let definition = Definition {
                set: set.unwrap_or_default(),
                ..definition.clone()
            };
            return match self.sindexes.create(name, definition) {
                Created::New(build) => Some(build),
                Created::Renamed | Created::NameTaken | Created::TooMany => None,
            };
        }
        let set = other
            .sindexes
            .set_of(name)
            .and_then(|set| self.own_set_id(set, &other.sets));
        if let Some(set) = set {
            self.sindexes.create_for_set(name, set);
        }
        None
    }

    /// Translates a set id of the other subcluster.
    fn own_set_id(&self, id: SetId, sets: &[SetSnapshot]) -> Option<SetId> {
        let set = sets.get(id.position())?;
        self.sets.find_or_create(&set.name)
    }
}
