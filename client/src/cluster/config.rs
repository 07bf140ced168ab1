//! How a client reaches its cluster.

use std::sync::Arc;
use std::time::Duration;

use super::host::Host;
use super::login::Credentials;
use super::tls::Tls;
use super::transport::Connector;

/// The options of the connection to a cluster; a client's builder fills them in.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// The seed hosts.
    pub(crate) hosts: Vec<Host>,
    /// The expected name of the cluster, if it is to be checked.
    pub(crate) cluster_name: Option<String>,
    /// The application's name, sent to the nodes in the user agent.
    pub(crate) application: String,
    /// Whether nodes are reached by their alternate addresses.
    pub(crate) services_alternate: bool,
    /// The maximum number of pooled connections to a node.
    pub(crate) max_connections: usize,
    /// The number of pipelined connections to a node; 0 for none.
    pub(crate) pipelines: usize,
    /// How long a pooled connection may be idle before it is closed.
    pub(crate) max_idle: Duration,
    /// How long a connection attempt may take; zero for no limit.
    pub(crate) connect_timeout: Duration,
    /// The pause between two rounds of tending.
    pub(crate) tend_interval: Duration,
    /// How connections are made; over TCP where it is `None`.
    pub(crate) connector: Option<Connector>,
    /// TLS, if connections use it.
    pub(crate) tls: Option<Tls>,
    /// How the client logs in; `None` for a cluster without security.
    pub(crate) credentials: Option<Arc<Credentials>>,
}
