//! Nodes that come and go, as a test wishes.

use std::net::{SocketAddr, TcpListener};
use std::sync::{MutexGuard, PoisonError};

use super::Server;
use crate::cluster::{self, Cluster, ClusterError, Node, NodeId};
use crate::net::{self, Shared};

/// Why the nodes of a server cannot change so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TopologyError {
    /// The cluster has no such node, or not in that state.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The node's address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

/// # Nodes
///
/// A server of several nodes is a cluster in one process: [`Builder::nodes`](crate::Builder::nodes). Nodes that see one
/// another share one store, so what has a copy left is there at once; what has none left is lost.
///
/// ```
/// use spikelet::{NodeState, Server};
///
/// let server = Server::builder().nodes(3).replication_factor(2).start()?;
/// server.insert("test", "demo", 1, [("a", 1)])?;
///
/// server.kill(0xB2)?; // its socket is closed, and its connections are cut
/// assert_eq!(server.nodes()[1].state, NodeState::Down);
/// assert_eq!(server.count(), 1); // there was a second copy
///
/// server.restart(0xB2)?; // at the same address
/// server.quiesce(0xB1)?;
/// let fourth = server.add_node()?;
/// assert_eq!(fourth.to_string(), "B4");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Server {
    /// All nodes that there ever were: where they are, and whether they are up.
    #[must_use]
    pub fn nodes(&self) -> Vec<Node> {
        self.state().cluster().nodes().to_vec()
    }

    /// Has a node die. When this returns its socket is closed, its connections are cut, and the others have taken over
    /// what it had. The records of partitions of which no copy is left are gone.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Down`].
    pub fn kill(&self, node: impl Into<NodeId>) -> Result<(), TopologyError> {
        self.settled(self.shared().kill(node.into()))
    }

    /// Has a node come back that was killed, at the same address and under the same id. It comes back empty, as a node does
    /// whose namespaces are in memory, and gets its copies by migration.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Up`]; [`TopologyError::Bind`] where its port was taken meanwhile.
    pub fn restart(&self, node: impl Into<NodeId>) -> Result<(), TopologyError> {
        self.settled(self.shared().restart(node.into()))
    }

    /// Adds a node, on a free port beside the first one's and with the id behind the highest, and gives its id.
    ///
    /// # Errors
    /// [`ClusterError::TooMany`] from the 65th on; [`TopologyError::Bind`] where the system has no port left.
    pub fn add_node(&self) -> Result<NodeId, TopologyError> {
        self.settled(self.shared().add_node())
    }

    /// Has a node hand over what it is the master of, and keep no more than is needed. It still serves, and passes
    /// commands on. The real server can do so only in its Enterprise Edition.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Down`].
    pub fn quiesce(&self, node: impl Into<NodeId>) -> Result<(), TopologyError> {
        self.shared().quiesce(node.into(), true)
    }

    /// Takes back what [`quiesce`](Self::quiesce) did.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Down`].
    pub fn quiesce_undo(&self, node: impl Into<NodeId>) -> Result<(), TopologyError> {
        self.shared().quiesce(node.into(), false)
    }

    /// Finishes the migrations of up to so many partitions of each namespace, where they are
    /// [slow](crate::Builder::slow_migrations), and gives for how many it did so: 0 where all were finished before.
    /// Namespaces of one replication factor go together, and count once.
    pub fn migrate(&self, partitions: usize) -> usize {
        self.shared().migrate(partitions)
    }

    /// Has a node tell clients that it is reached elsewhere (`access-address`), rightly or wrongly; with `None` again where
    /// it listens.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`].
    pub fn advertise(&self, node: impl Into<NodeId>, address: Option<SocketAddr>) -> Result<(), TopologyError> {
        self.shared().advertise(node.into(), |node| node.advertised = address)
    }

    /// Has a node tell clients that ask for alternate addresses where it is reached (`alternate-access-address`); with
    /// `None`, as at first, nowhere.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`].
    pub fn advertise_alternate(
        &self,
        node: impl Into<NodeId>,
        address: Option<SocketAddr>,
    ) -> Result<(), TopologyError> {
        self.shared().advertise(node.into(), |node| node.alternate = address)
    }

    /// Cuts the network between each of some nodes and each of some others. Clients still reach all of them.
    ///
    /// Nodes that see one another make a cluster of their own, at once: it deals the partitions anew, tells clients of no
    /// other nodes, and takes writes. Records of which none of its nodes has a copy it does not find. A node that sees two
    /// that do not see each other is with the one of the higher id.
    ///
    /// Networks can be cut further, and nodes that are down keep to it when they are back. What looks into the server or
    /// prepares what it holds, such as [`record`](Self::record), [`insert`](Self::insert) and
    /// [`snapshot`](Self::snapshot), is about the side of the first node that is up; for another one's there is
    /// [`record_at`](Self::record_at). [`restore`](Self::restore), [`reset`](Self::reset) and
    /// [`truncate`](Self::truncate) are about all sides.
    ///
    /// ```
    /// use spikelet::Server;
    ///
    /// let server = Server::builder().nodes(3).replication_factor(2).start()?;
    /// server.insert("test", "demo", 1, [("a", 1)])?;
    ///
    /// server.partition(&[0xB1], &[0xB2, 0xB3])?;
    /// assert_eq!(server.subclusters().len(), 2);
    /// // Clients write to both sides, and then:
    /// server.heal();
    /// assert_eq!(server.subclusters().len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ClusterError::Unknown`], and [`ClusterError::Both`] for a node that is among both.
    pub fn partition<A, B>(&self, a: &[A], b: &[B]) -> Result<(), TopologyError>
    where
        A: Into<NodeId> + Copy,
        B: Into<NodeId> + Copy,
    {
        let a: Vec<NodeId> = a.iter().map(|id| (*id).into()).collect();
        let b: Vec<NodeId> = b.iter().map(|id| (*id).into()).collect();
        self.shared().partition(&a, &b)
    }

    /// Mends the network wherever it is [cut](Self::partition).
    ///
    /// What was written on either side is there. Of two records of one key the one of the higher generation is kept, and of
    /// the same generation the one that was written last; or by the
    /// [`conflict_resolution_policy`](crate::NamespaceConfig::conflict_resolution_policy) of the namespace that one in any
    /// case. A record that was deleted on one side only is back. Of indexes and UDF modules what was changed last holds.
    /// Long queries to nodes that come to others end with result code 210.
    pub fn heal(&self) {
        self.shared().heal();
    }

    /// The nodes that are up, by whom they see: one side, or several where the network is [cut](Self::partition).
    #[must_use]
    pub fn subclusters(&self) -> Vec<Vec<NodeId>> {
        let cluster = self.state().cluster();
        let on = |subcluster: &cluster::Subcluster| {
            let nodes = cluster.nodes().iter().enumerate();
            nodes
                .filter(|(at, _)| subcluster.has(*at))
                .map(|(_, node)| node.id)
                .collect()
        };
        cluster.subclusters().iter().map(on).collect()
    }

    /// Waits until the sockets are as the cluster is.
    fn settled<T>(&self, changed: Result<T, TopologyError>) -> Result<T, TopologyError> {
        self.shared().nodes.wait();
        changed
    }
}

/// The same without waiting: the server's own thread cannot, and a connection waits before it answers.
impl Shared {
    pub(crate) fn kill(&self, id: NodeId) -> Result<(), TopologyError> {
        let _changing = self.changing();
        let at = self.change(|cluster, now| cluster.kill(id, now))?;
        self.nodes.stop(at);
        Ok(())
    }

    pub(crate) fn restart(&self, id: NodeId) -> Result<(), TopologyError> {
        let _changing = self.changing();
        let cluster = self.state.cluster();
        let node = cluster.position(id).map(|at| cluster.node(at))?;
        let Some(address) = node.filter(|node| !node.is_up()).map(|node| node.address) else {
            return Err(ClusterError::Up(id).into());
        };
        let listener = self.bind(address)?;
        let at = self.change(|cluster, now| cluster.restart(id, now))?;
        self.state.reset_stats(at, self.clock.now());
        self.serve(at, listener);
        Ok(())
    }

    pub(crate) fn add_node(&self) -> Result<NodeId, TopologyError> {
        let _changing = self.changing();
        let cluster = self.state.cluster();
        let id = cluster.nodes().iter().map(|node| node.id.0).max().unwrap_or(0);
        let id = NodeId(id.wrapping_add(1).max(1));
        let mut address = cluster
            .node(0)
            .map_or(SocketAddr::from(([127, 0, 0, 1], 0)), |node| node.address);
        let ports = cluster.nodes().iter().map(|node| node.address.port());
        let behind = ports.max().unwrap_or_default().wrapping_add(1);
        address.set_port(if self.nodes.have_sockets() { 0 } else { behind });
        let listener = self.bind(address)?;
        if let Some(listener) = &listener {
            address = listener
                .local_addr()
                .map_err(|source| TopologyError::Bind { address, source })?;
        }
        let at = self.change(|cluster, now| cluster.add(Node::new(id, address), now))?;
        self.state.reset_stats(at, self.clock.now());
        self.serve(at, listener);
        Ok(id)
    }

    pub(crate) fn quiesce(&self, id: NodeId, quiesce: bool) -> Result<(), TopologyError> {
        Ok(self.change(|cluster, now| cluster.quiesce(id, quiesce, now))?)
    }

    pub(crate) fn migrate(&self, partitions: usize) -> usize {
        let migrated = self.change(|cluster, _| Ok(cluster.migrate(partitions)));
        migrated.unwrap_or_default()
    }

    pub(crate) fn advertise(&self, id: NodeId, change: impl FnOnce(&mut Node)) -> Result<(), TopologyError> {
        Ok(self.change(|cluster, _| cluster.advertise(id, change))?)
    }

    pub(crate) fn partition(&self, a: &[NodeId], b: &[NodeId]) -> Result<(), TopologyError> {
        Ok(self.change(|cluster, now| cluster.partition(a, b, now))?)
    }

    pub(crate) fn heal(&self) {
        let healed = self.change(|cluster, now| {
            cluster.heal(now);
            Ok(())
        });
        debug_assert_eq!(healed, Ok(()));
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut Cluster, crate::clock::Now) -> Result<T, ClusterError>,
    ) -> Result<T, ClusterError> {
        let now = self.clock.now();
        self.split.change(now, |cluster| change(cluster, now))
    }

    /// Nothing where the nodes have no sockets.
    fn bind(&self, address: SocketAddr) -> Result<Option<TcpListener>, TopologyError> {
        let listener = self.nodes.have_sockets().then(|| net::bind(address)).transpose();
        listener.map_err(|source| TopologyError::Bind { address, source })
    }

    fn serve(&self, node: usize, listener: Option<TcpListener>) {
        if let Some(listener) = listener {
            self.nodes.serve(node, listener);
        }
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.nodes.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
