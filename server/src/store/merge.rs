//! Two sides of a cut network that see one another again: what each of them holds becomes one.

use std::sync::atomic::Ordering;

use spikelet_wire::{Digest, PartitionId};

use super::locks::Block;
use super::namespace::is_lost;
use super::set::{SetId, SetSnapshot};
use super::sindex::{Build, Created, Definition};
use super::snapshot::NamespaceSnapshot;
use super::{Namespace, Partition, Record};
use crate::cluster::LostPartition;
use crate::config::ConflictResolutionPolicy::{self, Generation, LastUpdateTime};

impl Namespace {
    /// Takes in the records and truncations of another side, but for what of it has no copy left. Of two records
    /// of one key the better one is kept. What was deleted on one side only is there again.
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
        for (number, block) in &other.locks {
            // What neither side has changed they still block.
            if self.locks.shares(*number, block) {
                continue;
            }
            for (id, partition) in Block::partitions(*number, block) {
                let found = lost.binary_search_by_key(&id, |lost| lost.id);
                let lost = found.ok().and_then(|at| lost.get(at));
                self.merge_partition((id, partition), lost, &other.sets);
            }
        }
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
        let policy = self.conflict_resolution_policy();
        let mut own = self.partition_or_create(id);
        let mut better: Vec<(Digest, Record)> = Vec::new();
        for (digest, record) in other.unlike(&own) {
            if lost.is_some_and(|lost| is_lost(record, lost.before)) {
                continue;
            }
            let set = match own.get(digest) {
                Some(existing) if !policy.prefers(record, existing) => continue,
                Some(existing) => existing.set,
                None => record.set.and_then(|set| self.set_of(set, sets)),
            };
            let record = Record { set, ..record.clone() };
            if !self.is_truncated(&record) {
                better.push((*digest, record));
            }
        }
        for (digest, record) in better {
            self.note_void_time(record.void_time);
            self.insert(&mut own, digest, record);
        }
    }

    /// Has an index be as on another side: there, or not. It may have to be built.
    pub(crate) fn merge_sindex(&self, name: &str, other: &NamespaceSnapshot) -> Option<Build> {
        self.sindexes.delete(name);
        if let Some(definition) = other.sindexes.definition(name) {
            let set = definition.set.map(|set| self.set_of(set, &other.sets));
            let definition = Definition {
                set: set.unwrap_or_default(),
                ..definition.clone()
            };
            return match self.sindexes.create(name, definition) {
                Created::New(build) => Some(build),
                Created::Known | Created::NameTaken | Created::TooMany => None,
            };
        }
        let set = other
            .sindexes
            .set_of(name)
            .and_then(|set| self.set_of(set, &other.sets));
        if let Some(set) = set {
            self.sindexes.create_for_set(name, set);
        }
        None
    }

    /// The number here of a set that has another one on the other side.
    fn set_of(&self, number: SetId, sets: &[SetSnapshot]) -> Option<SetId> {
        let set = sets.get(number.place())?;
        self.sets.find_or_create(&set.name)
    }
}

impl ConflictResolutionPolicy {
    /// Whether a record is to replace another one of its key.
    fn prefers(self, record: &Record, existing: &Record) -> bool {
        let (last_update, generation) = (record.last_update, record.generation);
        match self {
            // Generations are compared as they are, also where one of them has begun anew behind 65535.
            Generation => (generation, last_update) > (existing.generation, existing.last_update),
            LastUpdateTime if last_update == existing.last_update => {
                let ahead = generation.wrapping_sub(existing.generation);
                (1..0x8000).contains(&ahead)
            }
            LastUpdateTime => last_update > existing.last_update,
        }
    }
}
