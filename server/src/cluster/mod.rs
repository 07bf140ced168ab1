//! The cluster as a table: the nodes, their addresses, which of them see one another, and which of them keep a partition.
//!
//! There are no processes behind it. Every node is a listener over a store that it shares with all nodes of its
//! [`Subcluster`], and it serves the partitions that its [`PartitionTable`](partition_table::PartitionTable) gives it. Records
//! of a partition that has no full copy left are lost, as in a cluster of processes.

mod balance;
mod change;
mod consistency;
#[cfg(test)]
mod consistency_tests;
mod error;
mod formation;
mod migrate;
mod node;
mod node_bits;
mod origin;
mod partition_table;
mod roster;
mod subcluster;
mod table_id;
#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr};

pub(crate) use self::consistency::Availability;
pub use self::consistency::Outage;
pub use self::error::ClusterError;
pub use self::node::{Node, NodeId, NodeState};
pub(crate) use self::node_bits::positions;
pub(crate) use self::origin::{Lost, Origin};
pub(crate) use self::partition_table::LostPartition;
pub(crate) use self::roster::{Roster, RosterError, RosterNode};
pub(crate) use self::subcluster::Subcluster;
pub(crate) use self::table_id::TableId;
use crate::clock::Now;

/// The nodes of a cluster, and the partitions that each of them keeps.
///
/// A node is identified by its position among all nodes that ever joined, which it keeps when it leaves.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    name: String,
    nodes: Vec<Node>,
    /// The subclusters that have a node that is up; one empty subcluster if no node is up.
    subclusters: Vec<Subcluster>,
    /// Subclusters of namespaces with strong consistency whose nodes went down: which of their partitions were available later
    /// than those of others counts again when one of the nodes is up.
    vanished: Vec<Subcluster>,
    /// The subcluster of the nodes that are down.
    down: Subcluster,
    has_slow_migrations: bool,
    /// Whether the first nodes are on the rosters of namespaces with strong consistency.
    has_rosters: bool,
    /// The rosters at the start.
    initial_roster: Roster,
    /// The number of changes to the nodes.
    changes: u64,
    origins: Vec<Vec<Origin>>,
}

impl Cluster {
    /// The default name. The real server has none, and does not start without a name.
    pub(crate) const DEFAULT_NAME: &str = "spikelet";
    /// The largest number of nodes, those that have left included.
    pub(crate) const MAX_NODES: usize = 64;

    /// A cluster of these nodes. Nodes beyond [`MAX_NODES`](Self::MAX_NODES) are dropped.
    #[must_use]
    pub(crate) fn new(name: String, mut nodes: Vec<Node>) -> Self {
        nodes.truncate(Self::MAX_NODES);
        let mut cluster = Self {
            name,
            nodes,
            subclusters: Vec::new(),
            vanished: Vec::new(),
            down: Subcluster::default(),
            has_slow_migrations: false,
            has_rosters: true,
            initial_roster: Roster::default(),
            changes: 0,
            origins: Vec::new(),
        };
        let members = formation::subclusters(&cluster.nodes).first().copied().unwrap_or(0);
        cluster
            .subclusters
            .push(Subcluster::new(members, cluster.nodes.len() == 1));
        cluster.introduce(&[]);
        cluster
    }

    /// A cluster of one node, A1, at `address`.
    #[must_use]
    pub(crate) fn single(address: SocketAddr) -> Self {
        Self::new(Self::DEFAULT_NAME.to_owned(), vec![Node::new(NodeId(0xA1), address)])
    }

    /// The same cluster, whose migrations are finished by [`migrate`](Self::migrate) only.
    #[must_use]
    pub(crate) const fn with_slow_migrations(mut self, slow: bool) -> Self {
        self.has_slow_migrations = slow;
        self
    }

    /// The same cluster, whose rosters are empty until they are set.
    #[must_use]
    pub(crate) const fn without_rosters(mut self, without: bool) -> Self {
        self.has_rosters = !without;
        self
    }

    /// Balances the partitions for the first time, with the tables of the namespaces, each with whether dead partitions are
    /// revived by themselves (`auto-revive`).
    pub(crate) fn start(&mut self, tables: impl Iterator<Item = (TableId, bool)> + Clone, now: Now) {
        if self.has_rosters {
            self.initial_roster = consistency::observed(&self.nodes, u64::MAX);
        }
        for subcluster in &mut self.subclusters {
            subcluster.start(tables.clone(), &self.initial_roster);
        }
        self.balance(now);
    }

    /// Its name.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// All nodes that ever joined, by position.
    #[must_use]
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A node by its position.
    #[must_use]
    pub(crate) fn node(&self, at: usize) -> Option<&Node> {
        self.nodes.get(at)
    }

    /// The position of a node.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`].
    pub(crate) fn position(&self, id: NodeId) -> Result<usize, ClusterError> {
        let found = self.nodes.iter().position(|node| node.id == id);
        found.ok_or(ClusterError::Unknown(id))
    }

    /// The subclusters, in the order of their first nodes: one if the network is whole. A subcluster is identified by its
    /// index in this slice.
    #[must_use]
    pub(crate) fn subclusters(&self) -> &[Subcluster] {
        &self.subclusters
    }

    /// The index of a node's subcluster, by the node's position; none for a node that is down.
    #[must_use]
    pub(crate) fn subcluster_of(&self, node: usize) -> Option<usize> {
        self.subclusters.iter().position(|subcluster| subcluster.has(node))
    }

    /// The subcluster of a node, by the node's position: the cluster as that node sees it.
    #[must_use]
    pub(crate) fn subcluster(&self, node: usize) -> &Subcluster {
        let subcluster = self.subclusters.iter().find(|subcluster| subcluster.has(node));
        subcluster.unwrap_or(&self.down)
    }

    /// The nodes in the subcluster of a node, as a roster.
    #[must_use]
    pub(crate) fn observed(&self, node: usize) -> Roster {
        consistency::observed(&self.nodes, self.subcluster(node).members())
    }

    /// The first node of each subcluster.
    pub(crate) fn first_of_each(&self) -> Vec<usize> {
        let firsts = self.subclusters.iter();
        firsts
            .filter_map(|subcluster| positions(subcluster.members()).next())
            .collect()
    }

    /// Takes the origins of each subcluster in the last change to the nodes; none if they were taken before.
    pub(crate) fn take_origins(&mut self) -> Vec<Vec<Origin>> {
        std::mem::take(&mut self.origins)
    }

    /// The position of a node that is part of the cluster.
    pub(crate) fn up(&self, id: NodeId) -> Result<usize, ClusterError> {
        let at = self.position(id)?;
        match self.node(at) {
            Some(node) if node.is_up() => Ok(at),
            _ => Err(ClusterError::Down(id)),
        }
    }
}

impl Default for Cluster {
    fn default() -> Self {
        Self::single(SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)))
    }
}
