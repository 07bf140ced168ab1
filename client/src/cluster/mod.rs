//! The cluster as the client knows it: its nodes, and which node owns which partition.
//!
//! [`Cluster`] is the face that verbs use: it picks the node for a record ([`Cluster::node_for`]), sends a frame there and
//! sends it again where that is allowed (`retry`). It knows frames and result codes, not the verbs that use it.
//!
//! From the bottom up: `host`, `transport` (TCP or a custom stream), `tls` (over either), `connection` (frames), `login` (what a
//! new connection sends first), `endpoint` (opens connections), `pool` and `pipeline` (share connections), `node`,
//! `partition_map` and `peers` (what nodes report), `view`,
//! `tender` (keeps a view up to date), this file, then `retry` and `tend` (runs the tender). No file imports one above it.

mod config;
mod connection;
mod endpoint;
mod failure;
mod host;
mod info;
mod login;
mod node;
mod partition_map;
mod peers;
mod pipeline;
mod pool;
mod reply;
mod retry;
mod runtime;
mod tend;
mod tender;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "tls_disabled.rs"]
mod tls;
mod transport;
mod view;

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use tokio::sync::{Mutex, Notify};

use crate::error::Error;
use crate::key::Key;

pub(crate) use config::Config;
pub(crate) use connection::{Connection, ConnectionError, Receive};
pub(crate) use failure::{Failure, FailureCause, udf_failure};
pub(crate) use host::Host;
pub(crate) use info::{info_frame, info_value};
#[cfg(feature = "security")]
pub(crate) use login::{CredentialKind, Credentials, Secret};
pub(crate) use node::Node;
#[cfg(feature = "security")]
pub(crate) use reply::SecurityReply;
pub(crate) use reply::{OneMessage, Reply};
pub(crate) use retry::Attempts;
use tender::Tender;
#[cfg(feature = "tls")]
pub use tls::Tls;
pub(crate) use transport::Connector;
pub(crate) use view::View;

/// A cluster. A background task tends it until the last client of it is dropped.
// `pub` because the sealed trait behind the verbs takes it.
#[derive(Debug)]
pub struct Cluster {
    view: RwLock<Arc<View>>,
    tender: Mutex<Tender>,
    /// Whether the tending task runs; one of the states in `tend`.
    tending: AtomicU8,
    /// Notifies those who wait for a change of `tending`.
    tending_changed: Notify,
    /// Wakes the tending task before its interval ends.
    wake: Arc<Notify>,
    tend_interval: Duration,
    /// The number of nodes picked in turn.
    turn: AtomicUsize,
    /// How the client logs in.
    #[cfg(feature = "security")]
    pub(crate) credentials: Option<Arc<Credentials>>,
    /// This cluster, for the tending task.
    this: Weak<Self>,
}

impl Cluster {
    pub(crate) fn view(&self) -> Arc<View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_view(&self, view: View) {
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(view);
    }

    /// The node to which a command on a record is sent: the master of its partition first, then the replicas in turn.
    ///
    /// Where no node claims the namespace or the partition, it is any node: the server replies with the right error.
    pub(crate) fn node_for(&self, view: &View, key: &Key, attempt: u32) -> Result<Arc<Node>, Error> {
        self.owner(view, key, attempt).map_or_else(|| self.any_node(view), Ok)
    }

    /// The node that claims a record's partition.
    pub(crate) fn owner(&self, view: &View, key: &Key, attempt: u32) -> Option<Arc<Node>> {
        let partitions = view.partitions.namespace(key.namespace())?;
        partitions.owner(key.digest().partition_id(), attempt).cloned()
    }

    /// Any node, in turn.
    pub(crate) fn any_node(&self, view: &View) -> Result<Arc<Node>, Error> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let node = turn.checked_rem(view.nodes.len()).and_then(|at| view.nodes.get(at));
        node.cloned()
            .ok_or_else(|| Error::cluster("no node of the cluster can be reached"))
    }

    /// The node with a name.
    pub(crate) fn node(&self, name: &str) -> Result<Arc<Node>, Error> {
        let view = self.view();
        let node = view.nodes.iter().find(|node| &*node.name == name);
        node.cloned()
            .ok_or_else(|| Error::cluster(format!("the cluster has no node {name:?}")))
    }
}
