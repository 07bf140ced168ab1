//! The cluster as a table: nodes, their addresses, which of them see one another, and which of them keep a partition.
//!
//! There are no processes behind it. Every node is a listener over a store that it shares with all nodes that it sees, and
//! answers for the partitions that the table gives it. What has no full copy left is lost, as it is where nodes are
//! processes.

mod node;
mod split;
mod subcluster;
mod table;
#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr};

use spikelet_wire::PartitionId;

pub use self::node::{Node, NodeId, NodeState};
pub(crate) use self::subcluster::Subcluster;
pub(crate) use self::table::LostPartition;
use self::table::bit;
pub(crate) use self::table::positions;
use crate::clock::Now;

/// The cluster: its nodes, and by them the place of every partition.
///
/// Nodes are named by their position among all that there ever were, which they keep when they leave.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    name: String,
    nodes: Vec<Node>,
    /// Those of which nodes are up; where none is, one of none.
    subclusters: Vec<Subcluster>,
    /// The side of the nodes that are down.
    nowhere: Subcluster,
    has_slow_migrations: bool,
    /// How often the nodes have changed.
    changes: u64,
    origins: Vec<Vec<Origin>>,
}

/// A former side from which nodes of one came, with what they had there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The place that it had among the sides.
    pub subcluster: usize,
    /// The positions of the nodes that were on it, a bit each.
    pub nodes: u64,
    /// What none of those that came from there has.
    pub lost: Vec<Lost>,
}

/// Partitions of which no full copy is left, in all namespaces of a replication factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lost {
    /// The replication factor.
    pub replication_factor: u32,
    /// The partitions.
    pub partitions: Vec<LostPartition>,
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
    /// A network is cut between nodes, not through one.
    #[error("node {0} is on both sides")]
    Both(NodeId),
    /// There are too many.
    #[error("a cluster has at most {} nodes", Cluster::MAX_NODES)]
    TooMany,
}

impl Cluster {
    /// The name of a cluster that was given none; the real server does not start without one.
    pub(crate) const DEFAULT_NAME: &str = "spikelet";
    /// How many nodes there can ever be in a cluster.
    pub(crate) const MAX_NODES: usize = 64;

    /// A cluster of these nodes, of which those beyond [`MAX_NODES`](Self::MAX_NODES) take no part.
    #[must_use]
    pub(crate) fn new(name: String, mut nodes: Vec<Node>) -> Self {
        nodes.truncate(Self::MAX_NODES);
        let mut cluster = Self {
            name,
            nodes,
            subclusters: Vec::new(),
            nowhere: Subcluster::default(),
            has_slow_migrations: false,
            changes: 0,
            origins: Vec::new(),
        };
        let members = split::split(&cluster.nodes).first().copied().unwrap_or(0);
        cluster
            .subclusters
            .push(Subcluster::new(members, cluster.nodes.len() == 1));
        cluster.introduce(&[]);
        cluster
    }

    /// A single node at `address`, with an id of its own.
    #[must_use]
    pub(crate) fn single(address: SocketAddr) -> Self {
        Self::new(Self::DEFAULT_NAME.to_owned(), vec![Node::new(NodeId(0xA1), address)])
    }

    /// The same cluster, where migrations wait until they are [asked for](Self::migrate).
    #[must_use]
    pub(crate) const fn with_slow_migrations(mut self, slow: bool) -> Self {
        self.has_slow_migrations = slow;
        self
    }

    /// Deals the partitions for the first time, for namespaces of these replication factors.
    pub(crate) fn start(&mut self, replication_factors: impl Iterator<Item = u32> + Clone, now: Now) {
        for subcluster in &mut self.subclusters {
            subcluster.start(replication_factors.clone());
        }
        self.balance(now);
    }

    /// Its name.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// All nodes that there ever were. A session names its own by the position in here.
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

    /// The nodes that see one another, in sides: one where the network between them is whole. A side is named by its
    /// place in here; the first is that of the first node that is up.
    #[must_use]
    pub(crate) fn subclusters(&self) -> &[Subcluster] {
        &self.subclusters
    }

    /// The place of the side that a node is on, by the node's position; none for one that is down.
    #[must_use]
    pub(crate) fn subcluster_of(&self, node: usize) -> Option<usize> {
        self.subclusters.iter().position(|subcluster| subcluster.has(node))
    }

    /// The cluster as a node sees it, by the node's position.
    #[must_use]
    pub(crate) fn subcluster(&self, node: usize) -> &Subcluster {
        let subcluster = self.subclusters.iter().find(|subcluster| subcluster.has(node));
        subcluster.unwrap_or(&self.nowhere)
    }

    /// Takes a node out, and with it its copies.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Down`].
    pub(crate) fn kill(&mut self, id: NodeId, now: Now) -> Result<usize, ClusterError> {
        let at = self.up(id)?;
        self.set_state(at, NodeState::Down);
        self.regroup(None, now);
        Ok(at)
    }

    /// Has a node come back, without any copy.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Up`].
    pub(crate) fn restart(&mut self, id: NodeId, now: Now) -> Result<usize, ClusterError> {
        let at = self.position(id)?;
        let node = self.nodes.get_mut(at).ok_or(ClusterError::Unknown(id))?;
        if node.is_up() {
            return Err(ClusterError::Up(id));
        }
        node.start();
        self.regroup(None, now);
        Ok(at)
    }

    /// Adds a node, and gives its position.
    ///
    /// # Errors
    /// [`ClusterError::TooMany`], and [`ClusterError::Up`] where there is one of this id.
    pub(crate) fn add(&mut self, node: Node, now: Now) -> Result<usize, ClusterError> {
        if self.nodes.len() >= Self::MAX_NODES {
            return Err(ClusterError::TooMany);
        }
        if self.position(node.id).is_ok() {
            return Err(ClusterError::Up(node.id));
        }
        self.subclusters.iter_mut().for_each(Subcluster::end_solitude);
        let at = self.nodes.len();
        self.nodes.push(node);
        self.regroup(None, now);
        Ok(at)
    }

    /// Has a node hand over what it keeps, and serve on.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Down`].
    pub(crate) fn quiesce(&mut self, id: NodeId, quiesce: bool, now: Now) -> Result<(), ClusterError> {
        let at = self.up(id)?;
        self.set_state(at, if quiesce { NodeState::Quiesced } else { NodeState::Up });
        self.regroup(Some(at), now);
        Ok(())
    }

    /// Cuts the network between each of some nodes and each of some others, also of those that are down.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`], and [`ClusterError::Both`] for a node that is among both.
    pub(crate) fn partition(&mut self, a: &[NodeId], b: &[NodeId], now: Now) -> Result<(), ClusterError> {
        let bits = |cluster: &Self, ids: &[NodeId]| -> Result<u64, ClusterError> {
            ids.iter()
                .try_fold(0, |bits, id| Ok(bits | bit(cluster.position(*id)?)))
        };
        let (in_a, in_b) = (bits(self, a)?, bits(self, b)?);
        if let Some(at) = positions(in_a & in_b).next() {
            return Err(ClusterError::Both(self.node(at).map_or(NodeId(0), |node| node.id)));
        }
        for (at, node) in self.nodes.iter_mut().enumerate() {
            let is_in = |nodes: u64| nodes & bit(at) != 0;
            node.unseen |= if is_in(in_a) { in_b } else { 0 } | if is_in(in_b) { in_a } else { 0 };
        }
        self.regroup(None, now);
        Ok(())
    }

    /// Mends the network wherever it is cut.
    pub(crate) fn heal(&mut self, now: Now) {
        self.nodes.iter_mut().for_each(|node| node.unseen = 0);
        self.regroup(None, now);
    }

    /// Changes what a node says of itself to clients. Its peers tell it as a change.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`].
    pub(crate) fn advertise(&mut self, id: NodeId, change: impl FnOnce(&mut Node)) -> Result<(), ClusterError> {
        let at = self.position(id)?;
        let node = self.nodes.get_mut(at).ok_or(ClusterError::Unknown(id))?;
        change(node);
        let subcluster = self.subcluster(at).members();
        for other in positions(subcluster).filter(|other| *other != at) {
            if let Some(node) = self.nodes.get_mut(other) {
                node.note_peer(at, true);
            }
        }
        Ok(())
    }

    /// Finishes the migrations of up to so many partitions, for each replication factor, and gives how many were left in
    /// need of some.
    pub(crate) fn migrate(&mut self, partitions: usize) -> usize {
        let Self { subclusters, nodes, .. } = self;
        subclusters
            .iter_mut()
            .map(|subcluster| subcluster.migrate(partitions, nodes))
            .sum()
    }

    /// What each side was made of by the last change to the nodes, if this was not asked since.
    pub(crate) fn take_origins(&mut self) -> Vec<Vec<Origin>> {
        std::mem::take(&mut self.origins)
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

    /// Puts the nodes into sides by whom they see, and deals the partitions of each side that has changed, or that has the
    /// node that was `touched`.
    fn regroup(&mut self, touched: Option<usize>, now: Now) {
        self.origins.clear();
        let mut groups = split::split(&self.nodes);
        if groups.is_empty() {
            groups.push(0);
        }
        self.changes += 1;
        let former = std::mem::take(&mut self.subclusters);
        for members in groups {
            let mut ancestors: Vec<usize> = (0..former.len())
                .filter(|at| {
                    former
                        .get(*at)
                        .is_some_and(|subcluster| subcluster.members() & members != 0)
                })
                .collect();
            if ancestors.is_empty() {
                // What nodes keep across a restart is what all of them agreed on.
                ancestors.push(0);
            }
            let subclusters: Vec<&Subcluster> = ancestors.iter().filter_map(|at| former.get(*at)).collect();
            let origins = ancestors.iter().zip(&subclusters).map(|(at, subcluster)| Origin {
                subcluster: *at,
                nodes: subcluster.members(),
                lost: subcluster.lacking(members),
            });
            self.origins.push(origins.collect());
            let is_same = matches!(*subclusters, [one] if one.members() == members);
            let mut subcluster = if is_same {
                subclusters.into_iter().next().cloned().unwrap_or_default()
            } else {
                Subcluster::of(members, &subclusters)
            };
            if !is_same || touched.is_some_and(|node| subcluster.has(node)) {
                subcluster.balance(&mut self.nodes, self.changes, now);
                if !self.has_slow_migrations {
                    subcluster.migrate(usize::MAX, &mut self.nodes);
                }
            }
            self.subclusters.push(subcluster);
        }
        self.introduce(&former);
    }

    /// Has nodes that have come to see one another know each other, each as a peer and then its addresses, and nodes that
    /// no longer do so note it.
    fn introduce(&mut self, former: &[Subcluster]) {
        for at in 0..self.nodes.len() {
            let now = self.subcluster(at).members();
            let before = former
                .iter()
                .map(Subcluster::members)
                .find(|members| members & bit(at) != 0);
            let before = before.unwrap_or(bit(at));
            let Some(node) = self.nodes.get_mut(at).filter(|node| node.is_up()) else {
                continue;
            };
            positions(before & !now).for_each(|left| node.note_peer(left, false));
            for come in positions(now & !before).filter(|come| *come != at) {
                node.note_peer(come, true);
                node.note_peer(come, true);
            }
        }
    }

    /// Deals the partitions of all sides for the first time.
    fn balance(&mut self, now: Now) {
        let Self {
            subclusters,
            nodes,
            changes,
            ..
        } = self;
        for subcluster in subclusters {
            subcluster.balance(nodes, *changes, now);
            subcluster.migrate(usize::MAX, nodes);
        }
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
        partitions: PartitionId::all()
            .map(|id| LostPartition { id, before: None })
            .collect(),
    }
}
