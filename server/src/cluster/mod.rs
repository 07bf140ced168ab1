//! The cluster as a table: nodes, their addresses, and which of them keep a partition.
//!
//! There are no processes behind it. Every node is a listener over the one store, and answers for the partitions that the
//! table gives it. What has no full copy left is lost, as it is where nodes are processes.

mod node;
mod table;
#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr};

use spikelet_wire::{PARTITIONS, PartitionId};

pub use self::node::{Node, NodeId, NodeState, Peer};
pub use self::table::Migrations;
use self::table::{Table, mix};
use crate::clock::Now;

/// The cluster: its nodes, and by them the place of every partition.
///
/// Nodes are named by their position among all that there ever were, which they keep when they leave.
#[derive(Debug, Clone)]
pub struct Cluster {
    name: String,
    nodes: Vec<Node>,
    /// One for each replication factor among the namespaces. A node that is alone needs none.
    tables: Vec<Table>,
    has_slow_migrations: bool,
    /// How often the nodes have changed.
    changes: u64,
    rebalanced: Now,
    lost: Vec<Lost>,
}

/// Partitions of which no copy is left, in all namespaces of a replication factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The replication factor.
    pub replication_factor: u32,
    /// The partitions.
    pub partitions: Vec<PartitionId>,
}

/// Why the cluster cannot change so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// There is no node of this id.
    #[error("no node {0}")]
    Unknown(NodeId),
    /// The node is not part of the cluster.
    #[error("node {0} is down")]
    Down(NodeId),
    /// The node is part of the cluster.
    #[error("node {0} is up")]
    Up(NodeId),
    /// There are too many.
    #[error("a cluster has at most {} nodes", Cluster::MAX_NODES)]
    TooMany,
}

impl Cluster {
    /// The name of a cluster that was given none; the real server does not start without one.
    pub const DEFAULT_NAME: &str = "spikelet";
    /// How many nodes there can ever be in a cluster.
    pub const MAX_NODES: usize = 64;

    /// A cluster of these nodes, of which those beyond [`MAX_NODES`](Self::MAX_NODES) take no part.
    #[must_use]
    pub fn new(name: String, mut nodes: Vec<Node>) -> Self {
        nodes.truncate(Self::MAX_NODES);
        let mut cluster = Self {
            name,
            nodes,
            tables: Vec::new(),
            has_slow_migrations: false,
            changes: 0,
            rebalanced: Now::default(),
            lost: Vec::new(),
        };
        for at in 0..cluster.nodes.len() {
            cluster.introduce(at, at);
        }
        cluster
    }

    /// A single node at `address`, with an id of its own.
    #[must_use]
    pub fn single(address: SocketAddr) -> Self {
        Self::new(Self::DEFAULT_NAME.to_owned(), vec![Node::new(NodeId(0xA1), address)])
    }

    /// The same cluster, where migrations wait until they are [asked for](Self::migrate).
    #[must_use]
    pub const fn with_slow_migrations(mut self, slow: bool) -> Self {
        self.has_slow_migrations = slow;
        self
    }

    /// Deals the partitions for the first time, for namespaces of these replication factors.
    pub fn start(&mut self, replication_factors: impl IntoIterator<Item = u32>, now: Now) {
        self.tables.clear();
        for factor in replication_factors {
            if self.table(factor).is_none() {
                self.tables.push(Table::new(factor));
            }
        }
        self.balance(now);
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All nodes that there ever were. A session names its own by the position in here.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A node by its position.
    #[must_use]
    pub fn node(&self, at: usize) -> Option<&Node> {
        self.nodes.get(at)
    }

    /// The position of a node.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`].
    pub fn position(&self, id: NodeId) -> Result<usize, ClusterError> {
        let found = self.nodes.iter().position(|node| node.id == id);
        found.ok_or(ClusterError::Unknown(id))
    }

    /// How many nodes there are now.
    #[must_use]
    pub fn size(&self) -> usize {
        self.nodes.iter().filter(|node| node.is_up()).count()
    }

    /// What all nodes agree on as long as none comes or goes: 48 bits, never 0.
    #[must_use]
    pub fn key(&self) -> u64 {
        let up = self.nodes.iter().filter(|node| node.is_up());
        let of_nodes = up.fold(self.changes, |key, node| mix(key ^ node.id.0));
        (mix(of_nodes) & 0xFFFF_FFFF_FFFF).max(1)
    }

    /// The node with the highest id, which decides for the cluster.
    #[must_use]
    pub fn principal(&self) -> NodeId {
        let up = self.nodes.iter().filter(|node| node.is_up());
        up.map(|node| node.id).max().unwrap_or(NodeId(0))
    }

    /// When the partitions were last dealt.
    #[must_use]
    pub const fn rebalanced(&self) -> Now {
        self.rebalanced
    }

    /// How many copies of a record there are, where `replication_factor` are wished for and every migration is done.
    #[must_use]
    pub fn replicas(&self, replication_factor: u32) -> usize {
        match self.spread(replication_factor) {
            Some(table) => table.replicas(),
            None => 1,
        }
    }

    /// Whether a node has a full copy of a partition.
    #[must_use]
    pub fn is_full(&self, node: usize, replication_factor: u32, partition: PartitionId) -> bool {
        self.spread(replication_factor)
            .is_none_or(|table| table.is_full(node, partition))
    }

    /// The node that writes a partition: the first in its succession that has a full copy.
    #[must_use]
    pub fn working_master(&self, replication_factor: u32, partition: PartitionId) -> Option<usize> {
        match self.spread(replication_factor) {
            Some(table) => table.working_master(partition),
            None => (self.size() > 0).then_some(0),
        }
    }

    /// The place of a node in a partition's succession: 0 is the final master.
    #[must_use]
    pub fn place(&self, node: usize, replication_factor: u32, partition: PartitionId) -> Option<usize> {
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
    pub fn replica(&self, node: usize, replication_factor: u32, partition: PartitionId) -> Option<usize> {
        match self.spread(replication_factor) {
            Some(table) => table.replica(node, partition),
            None => (self.size() > 0).then_some(0),
        }
    }

    /// The migrations of a partition that wait for a node.
    #[must_use]
    pub fn pending(&self, node: usize, replication_factor: u32, partition: PartitionId) -> Migrations {
        let table = self.spread(replication_factor);
        table.map_or_else(Migrations::default, |table| table.pending(node, partition))
    }

    /// The migrations that wait for a node, and those that waited when the partitions were last dealt.
    #[must_use]
    pub fn migrations(&self, node: usize, replication_factor: u32) -> (Migrations, Migrations) {
        let table = self.spread(replication_factor);
        table.map_or_else(Default::default, |table| (table.migrations(node), table.initial(node)))
    }

    /// The partitions for whose place clients are to ask a node, one bit each, the first in the highest bit.
    #[must_use]
    pub fn bitmap(&self, node: usize, replication_factor: u32, place: usize) -> [u8; PARTITIONS as usize / 8] {
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

    /// Takes a node out, and with it its copies.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Down`].
    pub fn kill(&mut self, id: NodeId, now: Now) -> Result<usize, ClusterError> {
        let at = self.up(id)?;
        self.set_state(at, NodeState::Down);
        let others = self.nodes.iter_mut().filter(|node| node.is_up());
        others.for_each(|node| node.note_peer(at, false));
        self.change(now);
        Ok(at)
    }

    /// Has a node come back, without any copy.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Up`].
    pub fn restart(&mut self, id: NodeId, now: Now) -> Result<usize, ClusterError> {
        let at = self.position(id)?;
        let node = self.nodes.get_mut(at).ok_or(ClusterError::Unknown(id))?;
        if node.is_up() {
            return Err(ClusterError::Up(id));
        }
        node.start();
        self.introduce(at, self.nodes.len());
        self.change(now);
        Ok(at)
    }

    /// Adds a node, and gives its position.
    ///
    /// # Errors
    /// [`ClusterError::TooMany`], and [`ClusterError::Up`] where there is one of this id.
    pub fn add(&mut self, node: Node, now: Now) -> Result<usize, ClusterError> {
        if self.nodes.len() >= Self::MAX_NODES {
            return Err(ClusterError::TooMany);
        }
        if self.position(node.id).is_ok() {
            return Err(ClusterError::Up(node.id));
        }
        if self.nodes.len() == 1 {
            // The one that was alone has all there is.
            let alone = u64::from(self.size() > 0);
            self.tables.iter_mut().for_each(|table| table.fill(alone));
        }
        let at = self.nodes.len();
        self.nodes.push(node);
        self.introduce(at, self.nodes.len());
        self.change(now);
        Ok(at)
    }

    /// Has a node hand over what it keeps, and serve on.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Down`].
    pub fn quiesce(&mut self, id: NodeId, quiesce: bool, now: Now) -> Result<(), ClusterError> {
        let at = self.up(id)?;
        self.set_state(at, if quiesce { NodeState::Quiesced } else { NodeState::Up });
        self.change(now);
        Ok(())
    }

    /// Changes what a node says of itself to clients. Its peers tell it as a change.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`].
    pub fn advertise(&mut self, id: NodeId, change: impl FnOnce(&mut Node)) -> Result<(), ClusterError> {
        let at = self.position(id)?;
        let node = self.nodes.get_mut(at).ok_or(ClusterError::Unknown(id))?;
        change(node);
        if node.is_up() {
            let others = self.nodes.iter_mut().enumerate();
            let others = others.filter(|(other, node)| *other != at && node.is_up());
            others.for_each(|(_, node)| node.note_peer(at, true));
        }
        Ok(())
    }

    /// Finishes the migrations of up to so many partitions, for each replication factor, and gives how many were left in
    /// need of some.
    pub fn migrate(&mut self, partitions: usize) -> usize {
        let Self { tables, nodes, .. } = self;
        tables.iter_mut().map(|table| table.migrate(partitions, nodes)).sum()
    }

    /// The partitions that were lost since this was last asked.
    pub fn take_lost(&mut self) -> Vec<Lost> {
        std::mem::take(&mut self.lost)
    }

    /// The position of a node that is part of the cluster.
    fn up(&self, id: NodeId) -> Result<usize, ClusterError> {
        let at = self.position(id)?;
        match self.node(at) {
            Some(node) if node.is_up() => Ok(at),
            _ => Err(ClusterError::Down(id)),
        }
    }

    fn set_state(&mut self, at: usize, state: NodeState) {
        if let Some(node) = self.nodes.get_mut(at) {
            node.state = state;
        }
    }

    /// Has a node that came, and those of the first `others` that are there, know one another: each as a peer, then its
    /// addresses.
    fn introduce(&mut self, new: usize, others: usize) {
        for at in 0..others {
            if at == new || !self.nodes.get(at).is_some_and(Node::is_up) {
                continue;
            }
            for (node, peer) in [(new, at), (at, new)] {
                if let Some(node) = self.nodes.get_mut(node) {
                    node.note_peer(peer, true);
                    node.note_peer(peer, true);
                }
            }
        }
    }

    fn change(&mut self, now: Now) {
        self.changes += 1;
        self.balance(now);
    }

    fn balance(&mut self, now: Now) {
        self.rebalanced = now;
        self.nodes
            .iter_mut()
            .filter(|node| node.is_up())
            .for_each(Node::note_rebalance);
        if self.nodes.len() == 1 {
            if self.size() == 0 {
                self.lost = self.tables.iter().map(|table| all(table.factor())).collect();
            }
            return;
        }
        let Self {
            tables, nodes, lost, ..
        } = self;
        for table in tables {
            let partitions = table.balance(nodes);
            if !partitions.is_empty() {
                lost.push(Lost {
                    replication_factor: table.factor(),
                    partitions,
                });
            }
        }
        if !self.has_slow_migrations {
            self.migrate(usize::MAX);
        }
    }

    fn table(&self, replication_factor: u32) -> Option<&Table> {
        let mut tables = self.tables.iter();
        tables.find(|table| table.factor() == replication_factor)
    }

    /// The table of a replication factor, where there is more than one node to spread over.
    fn spread(&self, replication_factor: u32) -> Option<&Table> {
        if self.nodes.len() == 1 {
            return None;
        }
        self.table(replication_factor)
    }
}

impl Default for Cluster {
    fn default() -> Self {
        Self::single(SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)))
    }
}

fn all(replication_factor: u32) -> Lost {
    Lost {
        replication_factor,
        partitions: PartitionId::all().collect(),
    }
}
