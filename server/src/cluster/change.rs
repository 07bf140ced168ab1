//! Changes to the cluster: nodes that come and go, and networks that are cut and healed.

use super::node_bits::{bit, positions};
use super::{Cluster, ClusterError, Node, NodeId, NodeState, Origin, Roster, Subcluster, TableId, formation};
use crate::clock::Now;

impl Cluster {
    /// Removes nodes, and with them their copies of partitions. No copies are made between the first and the last.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Down`]; no node is removed then.
    pub(crate) fn kill(&mut self, ids: &[NodeId], now: Now) -> Result<Vec<usize>, ClusterError> {
        let nodes: Result<Vec<usize>, _> = ids.iter().map(|id| self.up(*id)).collect();
        let nodes = nodes?;
        nodes.iter().for_each(|at| self.set_state(*at, NodeState::Down));
        self.regroup(None, now);
        Ok(nodes)
    }

    /// Sets the roster that the namespace at a position in the configuration has in a node's subcluster from the next balance on.
    pub(crate) fn set_roster(&mut self, node: usize, namespace: usize, roster: &Roster) {
        let changes = self.changes;
        if let Some(at) = self.subcluster_of(node)
            && let Some(subcluster) = self.subclusters.get_mut(at)
        {
            subcluster.change_consistency(namespace, |known| known.set_pending(roster.clone(), changes + 1));
        }
    }

    /// Gives the namespaces with strong consistency their first rosters again, with all partitions as in a new cluster.
    pub(crate) fn reset_rosters(&mut self, now: Now) {
        self.vanished.clear();
        let roster = self.initial_roster.clone();
        for subcluster in &mut self.subclusters {
            subcluster.restart_consistency(&roster);
        }
        for node in self.first_of_each() {
            self.recluster(node, now);
        }
    }

    /// Has the next balance revive the dead partitions of which a node is to keep a copy, in the namespace at a position in the
    /// configuration.
    pub(crate) fn revive(&mut self, node: usize, namespace: usize) {
        if let Some(at) = self.subcluster_of(node)
            && let Some(subcluster) = self.subclusters.get_mut(at)
        {
            subcluster.change_consistency(namespace, |known| known.revive(node));
        }
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
        self.prepare(at, |node| node.pending_quiesce = Some(quiesce));
        self.regroup(Some(at), now);
        Ok(())
    }

    /// Quiesces a node, by its position, when the partitions are balanced the next time; or undoes that.
    pub(crate) fn prepare_quiesce(&mut self, node: usize, quiesce: bool) {
        self.prepare(node, |node| node.pending_quiesce = Some(quiesce));
    }

    /// Moves a node, by its position, to another rack when the partitions are balanced the next time.
    pub(crate) fn prepare_rack(&mut self, node: usize, rack: u32) {
        self.prepare(node, |node| node.pending_rack = Some(rack));
    }

    fn prepare(&mut self, node: usize, change: impl FnOnce(&mut Node)) {
        if let Some(node) = self.nodes.get_mut(node).filter(|node| node.is_up()) {
            change(node);
        }
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

    /// Prepares namespaces for other tables, each given with the present one. The copies stay where they are until the partitions
    /// are balanced.
    pub(crate) fn keep_copies(&mut self, tables: &[(TableId, TableId)]) {
        for subcluster in &mut self.subclusters {
            tables.iter().for_each(|(from, to)| subcluster.keep_copies(*from, *to));
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
        // Without any node the first subcluster goes on.
        let kept = usize::from(groups == [0]);
        let is_gone = |members: u64| groups.iter().all(|group| group & members == 0);
        let gone = former.iter().skip(kept).filter(|former| is_gone(former.members()));
        self.vanished.extend(gone.filter_map(Subcluster::without_copies));
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
            let others: &[&Subcluster] = if subclusters.len() > 1 { &subclusters } else { &[] };
            let origins = ancestors.iter().zip(&subclusters).map(|(at, subcluster)| Origin {
                subcluster: *at,
                nodes: subcluster.members(),
                lost: subcluster.lacking(members, others),
            });
            self.origins.push(origins.collect());
            let vanished: Vec<Subcluster> = self
                .vanished
                .extract_if(.., |vanished| vanished.members() & members != 0)
                .collect();
            let is_same = vanished.is_empty() && matches!(*subclusters, [one] if one.members() == members);
            let mut subcluster = if is_same {
                subclusters.into_iter().next().cloned().unwrap_or_default()
            } else {
                let ancestors: Vec<&Subcluster> = subclusters.into_iter().chain(&vanished).collect();
                Subcluster::of(members, &ancestors)
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
