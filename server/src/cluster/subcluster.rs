//! A side of the cluster: nodes that see one another.

use spikelet_wire::{PARTITIONS, PartitionId};

use super::node::{Node, NodeId};
use super::table::{Migrations, Table, bit, mix};
use super::{Lost, all};
use crate::clock::Now;

/// Nodes that see one another, and what they agree on: the cluster, as far as they know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Subcluster {
    /// Their positions, a bit each.
    members: u64,
    /// Whether there never was another node: it has all there is, and needs no table.
    is_alone: bool,
    /// One for each replication factor among the namespaces.
    tables: Vec<Table>,
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

    /// Whether a node is on it.
    #[must_use]
    pub(crate) const fn has(&self, node: usize) -> bool {
        node < u64::BITS as usize && self.members & bit(node) != 0
    }

    /// How many nodes there are.
    #[must_use]
    pub(crate) const fn size(&self) -> usize {
        self.members.count_ones() as usize
    }

    /// What all nodes agree on as long as none comes or goes: 48 bits, never 0.
    #[must_use]
    pub(crate) const fn key(&self) -> u64 {
        self.key
    }

    /// The node with the highest id, which decides for the others.
    #[must_use]
    pub(crate) const fn principal(&self) -> NodeId {
        self.principal
    }

    /// When the partitions were last dealt.
    #[must_use]
    pub(crate) const fn rebalanced(&self) -> Now {
        self.rebalanced
    }

    /// How many copies of a record there are, where `replication_factor` are wished for and every migration is done.
    #[must_use]
    pub(crate) fn replicas(&self, replication_factor: u32) -> usize {
        match self.spread(replication_factor) {
            Some(table) => table.replicas(),
            None => 1,
        }
    }

    /// Whether a node has a full copy of a partition.
    #[must_use]
    pub(crate) fn is_full(&self, node: usize, replication_factor: u32, partition: PartitionId) -> bool {
        self.spread(replication_factor)
            .is_none_or(|table| table.is_full(node, partition))
    }

    /// The node that writes a partition: the first in its succession that has a full copy.
    #[must_use]
    pub(crate) fn working_master(&self, replication_factor: u32, partition: PartitionId) -> Option<usize> {
        match self.spread(replication_factor) {
            Some(table) => table.working_master(partition),
            None => (self.size() > 0).then_some(0),
        }
    }

    /// The place of a node in a partition's succession: 0 is the final master.
    #[must_use]
    pub(crate) fn place(&self, node: usize, replication_factor: u32, partition: PartitionId) -> Option<usize> {
        match self.spread(replication_factor) {
            Some(table) => table
                .succession(partition)
                .iter()
                .position(|at| usize::from(*at) == node),
            None => (self.size() > 0).then_some(0),
        }
    }

    /// The place of a node among those that are to keep a partition.
    #[must_use]
    pub(crate) fn replica(&self, node: usize, replication_factor: u32, partition: PartitionId) -> Option<usize> {
        match self.spread(replication_factor) {
            Some(table) => table.replica(node, partition),
            None => (self.size() > 0).then_some(0),
        }
    }

    /// The migrations of a partition that wait for a node.
    #[must_use]
    pub(crate) fn pending(&self, node: usize, replication_factor: u32, partition: PartitionId) -> Migrations {
        let table = self.spread(replication_factor);
        table.map_or_else(Migrations::default, |table| table.pending(node, partition))
    }

    /// The migrations that wait for a node, and those that waited when the partitions were last dealt.
    #[must_use]
    pub(crate) fn migrations(&self, node: usize, replication_factor: u32) -> (Migrations, Migrations) {
        let table = self.spread(replication_factor);
        table.map_or_else(Default::default, |table| (table.migrations(node), table.initial(node)))
    }

    /// The partitions for whose place clients are to ask a node, one bit each, the first in the highest bit.
    #[must_use]
    pub(crate) fn bitmap(&self, node: usize, replication_factor: u32, place: usize) -> [u8; PARTITIONS as usize / 8] {
        let mut map = [0; PARTITIONS as usize / 8];
        for id in PartitionId::all() {
            let claims = match self.spread(replication_factor) {
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

    /// Has there be a table for each of these replication factors.
    pub(super) fn start(&mut self, replication_factors: impl IntoIterator<Item = u32>) {
        self.tables.clear();
        for factor in replication_factors {
            if self.table(factor).is_none() {
                self.tables.push(Table::new(factor));
            }
        }
    }

    /// Notes that the node that was alone, if it is up, has all there is, as there is another one now.
    pub(super) fn end_solitude(&mut self) {
        if std::mem::take(&mut self.is_alone) {
            let members = self.members;
            self.tables.iter_mut().for_each(|table| table.fill(members));
        }
    }

    /// The side that nodes make that were on others: they keep what they had.
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

    /// The partitions of which none of these nodes has a copy, or had when they were on this side.
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

    /// Deals the partitions anew, as with the so-manieth change.
    pub(super) fn balance(&mut self, nodes: &mut [Node], changes: u64, now: Now) {
        self.rebalanced = now;
        let (mut key, mut principal) = (changes, NodeId::default());
        for (_, node) in nodes.iter_mut().enumerate().filter(|(at, _)| self.has(*at)) {
            node.note_rebalance();
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

    /// Finishes the migrations of up to so many partitions, for each replication factor, and gives how many were left in
    /// need of some.
    pub(super) fn migrate(&mut self, partitions: usize, nodes: &mut [Node]) -> usize {
        if self.is_alone {
            return 0;
        }
        self.tables
            .iter_mut()
            .map(|table| table.migrate(partitions, nodes))
            .sum()
    }

    fn table(&self, replication_factor: u32) -> Option<&Table> {
        let mut tables = self.tables.iter();
        tables.find(|table| table.factor() == replication_factor)
    }

    /// The table of a replication factor, where there is more than one node to spread over.
    fn spread(&self, replication_factor: u32) -> Option<&Table> {
        if self.is_alone {
            return None;
        }
        self.table(replication_factor)
    }
}
