//! Rosters, and the partitions that strong consistency makes unavailable.

use super::{Server, TopologyError};
use crate::cluster::{Node, NodeId, Outage, Roster, RosterNode};
use crate::net::Shared;
use crate::store::Namespace;

/// # Strong consistency
///
/// A namespace with `strong-consistency` has a roster: the nodes that are expected to keep its partitions. Where too many of them are
/// missing, its partitions are unavailable, and commands on them fail with result code 11, `UNAVAILABLE`. Without
/// [`Builder::without_rosters`](crate::Builder::without_rosters) the first nodes of the server are on the roster.
///
/// ```
/// use spikelet::{Edition, NamespaceConfig, Server};
///
/// let mut namespace = NamespaceConfig::new("test");
/// namespace.set("strong-consistency", "true")?;
/// let builder = Server::builder().edition(Edition::Enterprise).namespace(namespace);
/// let server = builder.nodes(3).replication_factor(2).start()?;
///
/// server.partition(&[0xB1], &[0xB2, 0xB3])?;
/// assert!(server.outage(0xB1, "test")?.unavailable > 2000);
/// assert_eq!(server.outage(0xB2, "test")?.unavailable, 0); // the majority, with a copy of each partition
/// server.heal();
/// assert_eq!(server.outage(0xB1, "test")?.unavailable, 0);
///
/// server.kill_together(&[0xB1, 0xB2])?; // some records are lost
/// server.restart(0xB1)?;
/// server.restart(0xB2)?;
/// assert!(server.outage(0xB1, "test")?.dead > 1000);
/// server.revive("test")?;
/// assert_eq!(server.outage(0xB1, "test")?.dead, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Server {
    /// Returns the roster of a namespace, in descending order of the ids, as the first node that is up sees it.
    ///
    /// # Errors
    /// [`TopologyError::NotConsistent`].
    pub fn roster(&self, namespace: &str) -> Result<Vec<NodeId>, TopologyError> {
        let shared = self.shared();
        let (number, cluster) = (shared.consistent(namespace)?, shared.state.cluster());
        let subcluster = cluster.subclusters().first();
        let namespaces = shared.state.namespaces();
        let table = namespaces.get(number).map(Namespace::table);
        let rosters = subcluster
            .zip(table)
            .and_then(|(subcluster, table)| subcluster.rosters(table));
        let nodes = rosters.map_or(&[][..], |(roster, _)| roster.nodes());
        Ok(nodes.iter().map(|node| node.id).collect())
    }

    /// Sets the roster of a namespace in all subclusters, and balances the partitions, as `roster-set` and `recluster` do. The nodes
    /// keep their racks, and need not exist yet.
    ///
    /// # Errors
    /// [`TopologyError::NotConsistent`].
    pub fn set_roster<N: Into<NodeId> + Copy>(&self, namespace: &str, nodes: &[N]) -> Result<(), TopologyError> {
        let nodes: Vec<NodeId> = nodes.iter().map(|id| (*id).into()).collect();
        let shared = self.shared();
        let number = shared.consistent(namespace)?;
        shared.change(|cluster, now| {
            let rack = |id: NodeId| cluster.position(id).ok().and_then(|at| cluster.node(at));
            let nodes = nodes.iter().map(|id| RosterNode {
                id: *id,
                rack: rack(*id).map_or(0, Node::configured_rack),
            });
            let roster = Roster::new(nodes);
            for node in cluster.first_of_each() {
                cluster.set_roster(node, number, &roster);
                cluster.recluster(node, now);
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Revives the dead partitions of a namespace on all nodes that are up, and balances the partitions, as `revive` and `recluster`
    /// do. They are available with what is left of their records.
    ///
    /// # Errors
    /// [`TopologyError::NotConsistent`].
    pub fn revive(&self, namespace: &str) -> Result<(), TopologyError> {
        let shared = self.shared();
        let number = shared.consistent(namespace)?;
        shared.change(|cluster, now| {
            (0..cluster.nodes().len()).for_each(|node| cluster.revive(node, number));
            for node in cluster.first_of_each() {
                cluster.recluster(node, now);
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Returns the numbers of partitions of a namespace that cannot be used, as a node sees it. The nodes of a subcluster agree.
    ///
    /// # Errors
    /// [`TopologyError::NotConsistent`], and [`ClusterError::Unknown`](crate::ClusterError::Unknown) and
    /// [`ClusterError::Down`](crate::ClusterError::Down) for the node.
    pub fn outage(&self, node: impl Into<NodeId>, namespace: &str) -> Result<Outage, TopologyError> {
        let shared = self.shared();
        let (number, cluster) = (shared.consistent(namespace)?, shared.state.cluster());
        let at = cluster.up(node.into())?;
        let state = shared.split.of(at);
        let table = state.namespaces().get(number).map(Namespace::table);
        Ok(table.map_or_else(Outage::default, |table| cluster.subcluster(at).outage(table)))
    }
}

impl Shared {
    /// The position of a namespace with strong consistency.
    fn consistent(&self, name: &str) -> Result<usize, TopologyError> {
        let mut namespaces = self.state.namespaces().iter();
        let found = namespaces.find(|namespace| namespace.name == name && namespace.settings.strong_consistency);
        let found = found.ok_or_else(|| TopologyError::NotConsistent(name.to_owned()))?;
        Ok(found.number)
    }
}
