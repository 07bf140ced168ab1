//! Subclusters: nodes that see one another.

use spikelet_wire::{PARTITIONS, PartitionId};

use super::balance::mix;
use super::migrate::Migrations;
use super::node::{Node, NodeId};
use super::node_bits::bit;
use super::origin::{Lost, all};
use super::partition_table::PartitionTable;
use crate::clock::Now;

/// Nodes that see one another, and what they agree on. There is one subcluster unless the network is cut.
#[derive(Debug, Clone, Default)]
pub(crate) struct Subcluster {
    /// The positions of its nodes, one bit each.
    members: u64,
    /// Whether the cluster never had a second node. Then the node has every partition, and no table is needed.
    is_alone: bool,
    /// One for each replication factor of a namespace.
    tables: Vec<PartitionTable>,
    key: u64,
    principal: NodeId,
    rebalanced: Now,
}

impl Subcluster {
    pub(super) fn new(members: u64, is_alone: bool) -> Self {
        Self {
            members,
            is_alone,
            ..Self::default()
        }
    }

    /// Whether it contains a node.
    #[must_use]
    pub(crate) const fn has(&self, node: usize) -> bool {
        node < u64::BITS as usize && self.members & bit(node) != 0
    }

    /// The number of its nodes.
    #[must_use]
    pub(crate) const fn size(&self) -> usize {
        self.members.count_ones() as usize
    }

    /// The cluster key: 48 bits, never 0. It changes when a node comes or goes.
    #[must_use]
    pub(crate) const fn key(&self) -> u64 {
        self.key
    }

    /// The principal: the node with the highest id.
    #[must_use]
    pub(crate) const fn principal(&self) -> NodeId {
        self.principal
    }

    /// When the partitions were last balanced.
    #[must_use]
    pub(crate) const fn rebalanced(&self) -> Now {
        self.rebalanced
    }

    /// The number of copies of a record for a `replication_factor`, once every migration is finished.
    #[must_use]
    pub(crate) fn replicas(&self, replication_factor: u32) -> usize {
        match self.shared_table(replication_factor) {
            Some(table) => table.replicas(),
            None => 1,
        }
    }

    /// Whether a node has a full copy of a partition.
    #[must_use]
    pub(crate) fn is_full(&self, node: usize, replication_factor: u32, partition: PartitionId) -> bool {
        self.shared_table(replication_factor)
            .is_none_or(|table| table.is_full(node, partition))
    }

    /// The working master of a partition: the first node in its succession that has a full copy.
    #[must_use]
    pub(crate) fn working_master(&self, replication_factor: u32, partition: PartitionId) -> Option<usize> {
        match self.shared_table(replication_factor) {
            Some(table) => table.working_master(partition),
            None => (self.size() > 0).then_some(0),
        }
    }

    /// The place of a node in a partition's succession; 0 is the final master.
    #[must_use]
    pub(crate) fn place(&self, node: usize, replication_factor: u32, partition: PartitionId) -> Option<usize> {
        match self.shared_table(replication_factor) {
            Some(table) => table
                .succession(partition)
                .iter()
                .position(|at| usize::from(*at) == node),
            None => (self.size() > 0).then_some(0),
        }
    }

    /// The place of a node among the replicas of a partition; 0 is the final master.
    #[must_use]
    pub(crate) fn replica(&self, node: usize, replication_factor: u32, partition: PartitionId) -> Option<usize> {
        match self.shared_table(replication_factor) {
            Some(table) => table.replica(node, partition),
            None => (self.size() > 0).then_some(0),
        }
    }

    /// The pending migrations of a node's copy of a partition.
    #[must_use]
    pub(crate) fn pending(&self, node: usize, replication_factor: u32, partition: PartitionId) -> Migrations {
        let table = self.shared_table(replication_factor);
        table.map_or_else(Migrations::default, |table| table.pending(node, partition))
    }

    /// The pending migrations of a node, and the number after the last balance.
    #[must_use]
    pub(crate) fn migrations(&self, node: usize, replication_factor: u32) -> (Migrations, Migrations) {
        let table = self.shared_table(replication_factor);
        table.map_or_else(Default::default, |table| (table.migrations(node), table.initial(node)))
    }

    /// The partitions for which a node serves the replica at a place, one bit each, the first in the highest bit.
    #[must_use]
    pub(crate) fn bitmap(&self, node: usize, replication_factor: u32, place: usize) -> [u8; PARTITIONS as usize / 8] {
        let mut map = [0; PARTITIONS as usize / 8];
        for id in PartitionId::all() {
            let claims = match self.shared_table(replication_factor) {
                Some(table) => table.claims(node, id) >> place & 1 != 0,
                None => place == 0,
            };
            if let Some(byte) = map.get_mut(usize::from(id.get() / 8)) {
                *byte |= u8::from(claims) << (7 - id.get() % 8);
            }
        }
        map
    }

    pub(super) const fn members(&self) -> u64 {
        self.members
    }

    /// Creates a table for each of these replication factors.
    pub(super) fn start(&mut self, replication_factors: impl IntoIterator<Item = u32>) {
        self.tables.clear();
        for factor in replication_factors {
            if self.table(factor).is_none() {
                self.tables.push(PartitionTable::new(factor));
            }
        }
    }

    /// Creates the table of a replication factor, with the copies of another one.
    pub(super) fn keep_copies(&mut self, from: u32, to: u32) {
        if self.table(to).is_none() {
            let copy = self.table(from).map(|table| table.with_factor(to));
            self.tables.extend(copy);
        }
    }

    /// Records that the cluster gets a second node: the first one, if it is up, has every partition.
    pub(super) fn join_others(&mut self) {
        if std::mem::take(&mut self.is_alone) {
            let members = self.members;
            self.tables.iter_mut().for_each(|table| table.fill(members));
        }
    }

    /// A subcluster of nodes that were in other subclusters. They keep their copies.
    pub(super) fn of(members: u64, ancestors: &[&Self]) -> Self {
        let mut tables = ancestors.first().map_or_else(Vec::new, |first| first.tables.clone());
        for table in &mut tables {
            let factor = table.factor();
            let others = ancestors.iter().skip(1).filter_map(|other| other.table(factor));
            others.for_each(|other| table.join(other));
        }
        Self {
            members,
            is_alone: ancestors.iter().any(|ancestor| ancestor.is_alone),
            tables,
            ..Self::default()
        }
    }

    /// The partitions of which none of these nodes has a full copy.
    pub(super) fn lacking(&self, members: u64) -> Vec<Lost> {
        if self.is_alone {
            let is_lost = self.members & members == 0;
            return self
                .tables
                .iter()
                .filter(|_| is_lost)
                .map(|table| all(table.factor()))
                .collect();
        }
        let lost = self.tables.iter().map(|table| Lost {
            replication_factor: table.factor(),
            partitions: table.lacking(members),
        });
        lost.filter(|lost| !lost.partitions.is_empty()).collect()
    }

    /// Balances the partitions. The cluster key depends on `changes`, the number of changes to the cluster.
    pub(super) fn balance(&mut self, nodes: &mut [Node], changes: u64, now: Now) {
        self.rebalanced = now;
        let (mut key, mut principal) = (changes, NodeId::default());
        for (_, node) in nodes.iter_mut().enumerate().filter(|(at, _)| self.has(*at)) {
            node.count_rebalance();
            key = mix(key ^ node.id.0);
            principal = principal.max(node.id);
        }
        self.key = (mix(key) & 0xFFFF_FFFF_FFFF).max(1);
        self.principal = principal;
        if !self.is_alone {
            self.tables
                .iter_mut()
                .for_each(|table| table.balance(nodes, self.members, now));
        }
    }

    /// Finishes the migrations of up to `partitions` partitions for each replication factor, and returns the number of
    /// partitions that it finished.
    pub(super) fn migrate(&mut self, partitions: usize, nodes: &mut [Node]) -> usize {
        if self.is_alone {
            return 0;
        }
        self.tables
            .iter_mut()
            .map(|table| table.migrate(partitions, nodes))
            .sum()
    }

    fn table(&self, replication_factor: u32) -> Option<&PartitionTable> {
        let mut tables = self.tables.iter();
        tables.find(|table| table.factor() == replication_factor)
    }

    /// The table of a replication factor; none if there never was a second node.
    fn shared_table(&self, replication_factor: u32) -> Option<&PartitionTable> {
        if self.is_alone {
            return None;
        }
        self.table(replication_factor)
    }
}
