//! The cluster as the client knows it: its nodes, and which of them has which partition.

mod host;
mod node;
mod partitions;
mod peers;
mod pipeline;
mod pool;
mod tend;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Notify;

use crate::error::Error;
use crate::key::Key;
use crate::policy::Policy;
use crate::transport::Connector;

pub(crate) use host::Host;
pub(crate) use node::{Node, Receive};
use partitions::PartitionTables;

/// What a client is set up with.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) hosts: Vec<Host>,
    pub(crate) cluster_name: Option<String>,
    pub(crate) application: String,
    pub(crate) services_alternate: bool,
    pub(crate) max_connections: usize,
    pub(crate) pipelines: usize,
    pub(crate) max_idle: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) tend_interval: Duration,
    pub(crate) policy: Policy,
    pub(crate) send_key: bool,
    pub(crate) connector: Option<Connector>,
}

/// A cluster; it is tended in the background until the last client of it is dropped.
// `pub` for the sake of a trait that only this crate can use.
#[derive(Debug)]
pub struct Cluster {
    pub(crate) config: Config,
    view: RwLock<Arc<View>>,
    /// Asks for tending before its time.
    wake: Arc<Notify>,
    turn: AtomicUsize,
}

/// What is known at one time.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) nodes: Vec<Arc<Node>>,
    pub(crate) partitions: PartitionTables,
}

impl Cluster {
    pub(crate) async fn connect(config: Config) -> Result<Arc<Self>, Error> {
        let cluster = Arc::new(Self {
            config,
            view: RwLock::default(),
            wake: Arc::default(),
            turn: AtomicUsize::new(0),
        });
        let tender = tend::Tender::start(&cluster).await?;
        tokio::spawn(tender.run(Arc::downgrade(&cluster), cluster.wake.clone()));
        Ok(cluster)
    }

    pub(crate) fn view(&self) -> Arc<View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_view(&self, view: View) {
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(view);
    }

    /// Asks for tending soon: something suggests that the cluster has changed.
    pub(crate) fn suspect_change(&self) {
        self.wake.notify_one();
    }

    /// The node to ask for a record: its partition's master first, then its replicas in turn.
    ///
    /// A namespace or partition that no node claims is left to any node: the server knows what is wrong with it.
    pub(crate) fn node_for(&self, view: &View, key: &Key, attempt: u32) -> Result<Arc<Node>, Error> {
        self.owner(view, key, attempt).map_or_else(|| self.any_node(view), Ok)
    }

    /// The node that claims a record's partition.
    pub(crate) fn owner(&self, view: &View, key: &Key, attempt: u32) -> Option<Arc<Node>> {
        let table = view.partitions.get(key.namespace())?;
        table.owner(key.digest().partition_id(), attempt).cloned()
    }

    /// Any node, the next in turn.
    pub(crate) fn any_node(&self, view: &View) -> Result<Arc<Node>, Error> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let node = turn.checked_rem(view.nodes.len()).and_then(|at| view.nodes.get(at));
        node.cloned()
            .ok_or_else(|| Error::cluster("no node of the cluster can be reached"))
    }

    /// The node of a name.
    pub(crate) fn node(&self, name: &str) -> Result<Arc<Node>, Error> {
        let view = self.view();
        let node = view.nodes.iter().find(|node| &*node.name == name);
        node.cloned()
            .ok_or_else(|| Error::cluster(format!("the cluster has no node {name:?}")))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Whoever tends it wakes up and finds it gone.
        self.wake.notify_one();
    }
}
