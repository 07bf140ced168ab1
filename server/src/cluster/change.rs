//! Changes to the cluster: nodes that come and go, and networks that are cut and healed.

use super::node_bits::{bit, positions};
use super::{Cluster, ClusterError, Node, NodeId, NodeState, Origin, Subcluster, formation};
use crate::clock::Now;

impl Cluster {
    /// Removes a node, and with it its copies of partitions.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Down`].
    pub(crate) fn kill(&mut self, id: NodeId, now: Now) -> Result<usize, ClusterError> {
        let at = self.up(id)?;
        self.set_state(at, NodeState::Down);
        self.regroup(None, now);
        Ok(at)
    }

    /// Restarts a node that is down. It comes back without records.
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

    /// Adds a node, and returns its position.
    ///
    /// # Errors
    /// [`ClusterError::TooMany`], and [`ClusterError::Up`] if there is a node with this id.
    pub(crate) fn add(&mut self, node: Node, now: Now) -> Result<usize, ClusterError> {
        if self.nodes.len() >= Self::MAX_NODES {
            return Err(ClusterError::TooMany);
        }
        if self.position(node.id).is_ok() {
            return Err(ClusterError::Up(node.id));
        }
        self.subclusters.iter_mut().for_each(Subcluster::join_others);
        let at = self.nodes.len();
        self.nodes.push(node);
        self.regroup(None, now);
        Ok(at)
    }

    /// Quiesces a node: it gives its partitions to other nodes and keeps serving. Or undoes that.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Down`].
    pub(crate) fn quiesce(&mut self, id: NodeId, quiesce: bool, now: Now) -> Result<(), ClusterError> {
        let at = self.up(id)?;
        self.set_state(at, if quiesce { NodeState::Quiesced } else { NodeState::Up });
        self.regroup(Some(at), now);
        Ok(())
    }

    /// Cuts the network between every node of `a` and every node of `b`, those that are down included.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`], and [`ClusterError::Both`] for a node that is in both.
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

    /// Heals the network wherever it is cut.
    pub(crate) fn heal(&mut self, now: Now) {
        self.nodes.iter_mut().for_each(|node| node.unseen = 0);
        self.regroup(None, now);
    }

    /// Balances the partitions of a node's subcluster again, although nothing has changed.
    pub(crate) fn recluster(&mut self, node: usize, now: Now) {
        self.regroup(Some(node), now);
        // Every subcluster keeps its records.
        self.origins.clear();
    }

    /// Prepares namespaces for other replication factors, each given with the present one. The copies stay where they are until
    /// the partitions are balanced.
    pub(crate) fn keep_copies(&mut self, factors: &[(u32, u32)]) {
        for subcluster in &mut self.subclusters {
            factors.iter().for_each(|(from, to)| subcluster.keep_copies(*from, *to));
        }
    }

    /// The number of times that the partitions were balanced.
    pub(crate) const fn changes(&self) -> u64 {
        self.changes
    }

    /// Changes the name of the cluster.
    pub(crate) fn rename(&mut self, name: String) {
        self.name = name;
    }

    /// Changes the addresses that a node tells clients. Its peers report that as a change.
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
                node.record_peer(at, true);
            }
        }
        Ok(())
    }

    /// Finishes the migrations of up to `partitions` partitions for each replication factor, and returns the number of
    /// partitions that it finished.
    pub(crate) fn migrate(&mut self, partitions: usize) -> usize {
        let Self { subclusters, nodes, .. } = self;
        subclusters
            .iter_mut()
            .map(|subcluster| subcluster.migrate(partitions, nodes))
            .sum()
    }

    fn set_state(&mut self, at: usize, state: NodeState) {
        if let Some(node) = self.nodes.get_mut(at) {
            node.state = state;
        }
    }

    /// Forms the subclusters anew, and balances the partitions of each subcluster that has changed or contains the node
    /// `touched`.
    fn regroup(&mut self, touched: Option<usize>, now: Now) {
        self.origins.clear();
        let mut groups = formation::subclusters(&self.nodes);
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
                // Nodes keep their system metadata across a restart.
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

    /// Records the peers that each node has gained and lost. A new peer is two changes: the node, then its addresses.
    pub(super) fn introduce(&mut self, former: &[Subcluster]) {
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
            positions(before & !now).for_each(|left| node.record_peer(left, false));
            for joined in positions(now & !before).filter(|joined| *joined != at) {
                node.record_peer(joined, true);
                node.record_peer(joined, true);
            }
        }
    }

    /// Balances the partitions of all subclusters.
    pub(super) fn balance(&mut self, now: Now) {
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
