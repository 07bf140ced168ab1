//! Subclusters: nodes that see one another.

use spikelet_wire::{PARTITIONS, PartitionId};

use super::balance::mix;
use super::consistency::{Availability, Consistency, Outage};
use super::migrate::Migrations;
use super::node::{Node, NodeId};
use super::node_bits::bit;
use super::origin::{Lost, all};
use super::partition_table::{LostPartition, PartitionTable};
use super::roster::Roster;
use super::table_id::TableId;
use crate::clock::Now;

/// Nodes that see one another, and what they agree on. There is one subcluster unless the network is cut.
#[derive(Debug, Clone, Default)]
pub(crate) struct Subcluster {
    /// The positions of its nodes, one bit each.
    members: u64,
    /// Whether the cluster never had a second node. Then the node has every partition, and no table is needed.
    is_alone: bool,
    /// See [`TableId`].
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
    pub(crate) fn replicas(&self, table: impl Into<TableId>) -> usize {
        match self.shared_table(table) {
            Some(table) => table.replicas(),
            None => 1,
        }
    }

    /// Whether a node has a full copy of a partition.
    #[must_use]
    pub(crate) fn is_full(&self, node: usize, table: impl Into<TableId>, partition: PartitionId) -> bool {
        self.shared_table(table)
            .is_none_or(|table| table.is_full(node, partition))
    }

    /// The working master of a partition: the first node in its succession that has a full copy.
    #[must_use]
    pub(crate) fn working_master(&self, table: impl Into<TableId>, partition: PartitionId) -> Option<usize> {
        match self.shared_table(table) {
            Some(table) => table.working_master(partition),
            None => (self.size() > 0).then_some(0),
        }
    }

    /// The place of a node in a partition's succession; 0 is the final master.
    #[must_use]
    pub(crate) fn place(&self, node: usize, table: impl Into<TableId>, partition: PartitionId) -> Option<usize> {
        match self.shared_table(table) {
            Some(table) => table
                .succession(partition)
                .iter()
                .position(|at| usize::from(*at) == node),
            None => (self.size() > 0).then_some(0),
        }
    }

    /// The place of a node among the replicas of a partition; 0 is the final master.
    #[must_use]
    pub(crate) fn replica(&self, node: usize, table: impl Into<TableId>, partition: PartitionId) -> Option<usize> {
        match self.shared_table(table) {
            Some(table) => table.replica(node, partition),
            None => (self.size() > 0).then_some(0),
        }
    }

    /// The pending migrations of a node's copy of a partition.
    #[must_use]
    pub(crate) fn pending(&self, node: usize, table: impl Into<TableId>, partition: PartitionId) -> Migrations {
        let table = self.shared_table(table);
        table.map_or_else(Migrations::default, |table| table.pending(node, partition))
    }

    /// The pending migrations of a node, and the number after the last balance.
    #[must_use]
    pub(crate) fn migrations(&self, node: usize, table: impl Into<TableId>) -> (Migrations, Migrations) {
        let table = self.shared_table(table);
        table.map_or_else(Default::default, |table| (table.migrations(node), table.initial(node)))
    }

    /// The partitions for which a node serves the replica at a place, one bit each, the first in the highest bit.
    #[must_use]
    pub(crate) fn bitmap(&self, node: usize, table: impl Into<TableId>, place: usize) -> [u8; PARTITIONS as usize / 8] {
        let table = self.shared_table(table);
        let mut map = [0; PARTITIONS as usize / 8];
        for id in PartitionId::all() {
            let claims = match table {
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

    /// Creates these tables. The roster of a namespace with strong consistency is `roster`.
    pub(super) fn start(&mut self, tables: impl IntoIterator<Item = (TableId, bool)>, roster: &Roster) {
        self.tables.clear();
        for (id, auto_revive) in tables {
            if self.table(id).is_none() {
                let consistency = id.consistent.map(|_| Consistency::new(roster.clone(), auto_revive));
                self.tables.push(PartitionTable::new(id, consistency));
            }
        }
    }

    /// Starts the tables of namespaces with strong consistency anew.
    pub(super) fn restart_consistency(&mut self, roster: &Roster) {
        for table in &mut self.tables {
            if let Some(consistency) = &mut table.consistency {
                **consistency = Consistency::new(roster.clone(), consistency.is_auto_reviving());
                table.drop_copies();
            }
        }
    }

    /// Creates a table with the copies of another one.
    pub(super) fn keep_copies(&mut self, from: TableId, to: TableId) {
        if self.table(to).is_none() {
            let copy = self.table(from).map(|table| table.with_id(to));
            self.tables.extend(copy);
        }
    }

    /// Records that the cluster gets a second node: the first one, if it is up, has every partition.
    pub(super) fn join_others(&mut self) {
        if std::mem::take(&mut self.is_alone) {
            let members = self.members;
            let shared = self.tables.iter_mut().filter(|table| table.consistency.is_none());
            shared.for_each(|table| table.fill(members));
        }
    }

    /// A subcluster of nodes that were in other subclusters. They keep their copies.
    pub(super) fn of(members: u64, ancestors: &[&Self]) -> Self {
        let mut tables = ancestors.first().map_or_else(Vec::new, |first| first.tables.clone());
        for table in &mut tables {
            let id = table.id();
            let others = ancestors.iter().skip(1).filter_map(|other| other.table(id));
            others.for_each(|other| match &table.consistency {
                None => table.join(other),
                Some(_) => table.join_by_regime(other, members),
            });
        }
        Self {
            members,
            is_alone: ancestors.iter().any(|ancestor| ancestor.is_alone),
            tables,
            ..Self::default()
        }
    }

    /// What is left of the subcluster when its nodes are down: when the partitions with strong consistency were available.
    pub(super) fn without_copies(&self) -> Option<Self> {
        let consistent = self.tables.iter().filter(|table| table.consistency.is_some());
        let mut tables: Vec<_> = consistent.cloned().collect();
        tables.iter_mut().for_each(PartitionTable::drop_copies);
        (!tables.is_empty()).then_some(Self {
            members: self.members,
            tables,
            ..Self::default()
        })
    }

    /// The partitions of which none of these nodes has a full copy, or one of the `others` has later ones.
    pub(super) fn lacking(&self, members: u64, others: &[&Self]) -> Vec<Lost> {
        let lost = self.tables.iter().filter_map(|table| {
            let id = table.id();
            if self.is_alone && id.consistent.is_none() {
                return (self.members & members == 0).then(|| all(id));
            }
            let mut partitions = table.lacking(members);
            if id.consistent.is_some() && !others.is_empty() {
                let others: Vec<_> = others.iter().filter_map(|other| other.table(id)).collect();
                let superseded = PartitionId::all().filter(|id| table.is_superseded(*id, &others, members));
                let superseded: Vec<_> = superseded.collect();
                partitions.retain(|lost| superseded.binary_search(&lost.id).is_err());
                partitions.extend(superseded.into_iter().map(|id| LostPartition { id, before: None }));
                partitions.sort_unstable_by_key(|lost| lost.id);
            }
            (!partitions.is_empty()).then_some(Lost { table: id, partitions })
        });
        lost.collect()
    }

    /// Balances the partitions. The cluster key depends on `changes`, the number of changes to the cluster.
    pub(super) fn balance(&mut self, nodes: &mut [Node], changes: u64, now: Now) {
        self.rebalanced = now;
        let (mut key, mut principal) = (changes, NodeId::default());
        for (_, node) in nodes.iter_mut().enumerate().filter(|(at, _)| self.has(*at)) {
            node.count_rebalance();
            node.apply_pending();
            key = mix(key ^ node.id.0);
            principal = principal.max(node.id);
        }
        self.key = (mix(key) & 0xFFFF_FFFF_FFFF).max(1);
        self.principal = principal;
        for table in &mut self.tables {
            if table.consistency.is_some() {
                // Clients take a regime other than 0 for strong consistency.
                let regime = u32::try_from(changes).unwrap_or(u32::MAX).saturating_add(1);
                table.balance_by_roster(nodes, self.members, regime, now);
            } else if !self.is_alone {
                table.balance(nodes, self.members, now);
            }
        }
    }

    /// Finishes the migrations of up to `partitions` partitions for each replication factor, and returns the number of
    /// partitions that it finished.
    pub(super) fn migrate(&mut self, partitions: usize, nodes: &mut [Node]) -> usize {
        let is_alone = self.is_alone;
        let tables = self.tables.iter_mut();
        let tables = tables.filter(|table| !is_alone || table.consistency.is_some());
        tables.map(|table| table.migrate(partitions, nodes)).sum()
    }

    /// Whether a partition can be read and written.
    #[must_use]
    pub(crate) fn availability(&self, table: impl Into<TableId>, partition: PartitionId) -> Availability {
        let table = self.shared_table(table);
        table.map_or(Availability::Available, |table| table.availability(partition))
    }

    /// The numbers of partitions that cannot be used.
    #[must_use]
    pub(crate) fn outage(&self, table: TableId) -> Outage {
        self.consistency(table)
            .map_or_else(Outage::default, Consistency::outage)
    }

    /// The roster of a namespace with strong consistency, and the roster that takes effect when the partitions are balanced the
    /// next time.
    #[must_use]
    pub(crate) fn rosters(&self, table: TableId) -> Option<(&Roster, &Roster)> {
        let consistency = self.consistency(table)?;
        Some((&consistency.roster, &consistency.pending))
    }

    /// The regime of a namespace; 0 without strong consistency.
    #[must_use]
    pub(crate) fn regime(&self, table: TableId) -> u32 {
        self.consistency(table).map_or(0, |consistency| consistency.regime)
    }

    /// The regime in which a partition was last available; 0 without strong consistency.
    #[must_use]
    pub(crate) fn regime_of(&self, table: TableId, partition: PartitionId) -> u32 {
        self.consistency(table)
            .map_or(0, |consistency| consistency.regime_of(partition))
    }

    /// Changes what there is for strong consistency of the namespace at a position in the configuration.
    pub(super) fn change_consistency(&mut self, namespace: usize, mut change: impl FnMut(&mut Consistency)) {
        let tables = self.tables.iter_mut();
        let of_namespace = tables.filter(|table| table.id().consistent == Some(namespace));
        of_namespace
            .filter_map(|table| table.consistency.as_deref_mut())
            .for_each(&mut change);
    }

    fn consistency(&self, table: TableId) -> Option<&Consistency> {
        self.table(table)?.consistency.as_deref()
    }

    fn table(&self, id: TableId) -> Option<&PartitionTable> {
        self.tables.iter().find(|table| table.id() == id)
    }

    /// A table; none if there never was a second node, and the namespace needs none then.
    fn shared_table(&self, table: impl Into<TableId>) -> Option<&PartitionTable> {
        let id = table.into();
        if self.is_alone && id.consistent.is_none() {
            return None;
        }
        self.table(id)
    }
}
