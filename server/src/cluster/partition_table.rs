//! The partition table: which nodes keep which partitions.

use std::collections::BTreeMap;

use spikelet_wire::{PARTITIONS, PartitionId};

use super::consistency::{Availability, Consistency};
use super::migrate::Migrations;
use super::node_bits::bit;
use super::table_id::TableId;
use crate::clock::Now;

/// The nodes that keep each partition, by their positions in the cluster.
///
/// A partition's succession is the order in which nodes are to keep it: the first is its final master, the next ones keep
/// the replicas. After a change those of them that have no full copy get one by migration; until then the working master
/// is the first node in the succession that has one.
#[derive(Debug, Clone, Default)]
pub(super) struct PartitionTable {
    id: TableId,
    /// The replication factor.
    pub(super) factor: u32,
    /// The number of copies once every migration is finished.
    pub(super) replicas: usize,
    /// The number of nodes in a succession.
    pub(super) width: usize,
    /// The successions of all partitions, one after another.
    pub(super) successions: Vec<u8>,
    /// By partition, the nodes that have a full copy, one bit each.
    pub(super) full: Vec<u64>,
    /// By partition, the copies that are not full yet.
    pub(super) subsets: BTreeMap<PartitionId, Vec<Subset>>,
    /// The migrations after the last balance, by node.
    pub(super) initial: Vec<Migrations>,
    /// If the namespace has strong consistency.
    pub(super) consistency: Option<Box<Consistency>>,
}

/// A copy that holds what was written since its node is to keep the partition. Older records are still to be migrated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subset {
    pub(super) node: usize,
    pub(super) since: Now,
}

/// A partition of which no full copy is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LostPartition {
    /// Its number.
    pub id: PartitionId,
    /// Records last updated before this time are lost; all records if `None`.
    pub before: Option<Now>,
}

impl PartitionTable {
    pub(super) fn new(id: TableId, consistency: Option<Consistency>) -> Self {
        Self {
            id,
            factor: id.replication_factor,
            consistency: consistency.map(Box::new),
            ..Self::default()
        }
    }

    /// The table with another id, with the same copies.
    pub(super) fn with_id(&self, id: TableId) -> Self {
        Self {
            id,
            factor: id.replication_factor,
            ..self.clone()
        }
    }

    pub(super) const fn id(&self) -> TableId {
        self.id
    }

    /// Whether a partition can be read and written.
    pub(super) fn availability(&self, id: PartitionId) -> Availability {
        let consistency = self.consistency.as_ref();
        consistency.map_or(Availability::Available, |known| known.availability(id))
    }

    pub(super) const fn replicas(&self) -> usize {
        self.replicas
    }

    /// Gives these nodes, one bit each, a full copy of every partition.
    pub(super) fn fill(&mut self, nodes: u64) {
        self.full = vec![nodes; usize::from(PARTITIONS)];
    }

    /// Forgets all copies.
    pub(super) fn drop_copies(&mut self) {
        self.fill(0);
        self.subsets.clear();
    }

    /// Adds the copies that the nodes of another subcluster have.
    pub(super) fn join(&mut self, other: &Self) {
        self.full.resize(usize::from(PARTITIONS), 0);
        self.full
            .iter_mut()
            .zip(&other.full)
            .for_each(|(full, other)| *full |= other);
        for (id, subsets) in &other.subsets {
            self.subsets.entry(*id).or_default().extend(subsets);
        }
    }

    /// The partitions of which none of these nodes, one bit each, has a full copy.
    pub(super) fn lacking(&self, nodes: u64) -> Vec<LostPartition> {
        let lacking = PartitionId::all().filter(|id| self.full(*id) & nodes == 0);
        let lost = lacking.map(|id| LostPartition {
            id,
            before: self.subsets_on(id, nodes).map(|subset| subset.since).min(),
        });
        lost.collect()
    }

    /// The copies of a partition that are not full, on these nodes, one bit each.
    pub(super) fn subsets_on(&self, id: PartitionId, nodes: u64) -> impl Iterator<Item = &Subset> {
        let subsets = self.subsets.get(&id).into_iter().flatten();
        subsets.filter(move |subset| nodes & bit(subset.node) != 0)
    }

    /// The succession of a partition, by the positions of nodes; empty if the partition is not available.
    pub(super) fn succession(&self, id: PartitionId) -> &[u8] {
        if self.availability(id) != Availability::Available {
            return &[];
        }
        let start = usize::from(id.get()) * self.width;
        self.successions.get(start..start + self.width).unwrap_or_default()
    }

    /// The nodes that are to keep a partition, the final master first.
    pub(super) fn replicas_of(&self, id: PartitionId) -> &[u8] {
        let succession = self.succession(id);
        succession.get(..self.replicas).unwrap_or(succession)
    }

    pub(super) fn replica_bits(&self, id: PartitionId) -> u64 {
        let bits = self.replicas_of(id).iter();
        bits.fold(0, |bits, at| bits | bit(usize::from(*at)))
    }

    pub(super) fn full(&self, id: PartitionId) -> u64 {
        self.full.get(usize::from(id.get())).copied().unwrap_or_default()
    }

    /// Whether a node has a full copy of a partition.
    pub(super) fn is_full(&self, node: usize, id: PartitionId) -> bool {
        self.full(id) & bit(node) != 0
    }

    /// The working master of a partition.
    pub(super) fn working_master(&self, id: PartitionId) -> Option<usize> {
        let mut order = self.succession(id).iter().map(|at| usize::from(*at));
        order.find(|at| self.is_full(*at, id))
    }

    /// A node's place among the replicas of a partition; 0 is the final master.
    pub(super) fn replica(&self, node: usize, id: PartitionId) -> Option<usize> {
        let mut replicas = self.replicas_of(id).iter();
        replicas.position(|at| usize::from(*at) == node)
    }

    /// The places of a partition that this node serves, one bit each. The working master also serves the places of nodes
    /// that have no full copy yet.
    pub(super) fn claims(&self, node: usize, id: PartitionId) -> u64 {
        let replicas = self.replicas_of(id).iter().map(|at| usize::from(*at)).enumerate();
        if self.working_master(id) == Some(node) {
            let own = replicas.filter(|(place, at)| *place == 0 || *at == node || !self.is_full(*at, id));
            own.fold(0, |bits, (place, _)| bits | bit(place))
        } else if self.is_full(node, id) {
            let mut own = replicas.filter(|(place, at)| *place > 0 && *at == node);
            own.next().map_or(0, |(place, _)| bit(place))
        } else {
            0
        }
    }
}
