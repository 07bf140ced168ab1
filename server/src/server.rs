//! The embedded server.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::builder::{Builder, StartError};
use crate::clock::Now;
use crate::command::Engine;
use crate::net::{Running, Shared};

/// A running server. Dropping it stops it, closes its connections and frees its port.
///
/// It has a thread of its own, so it serves `#[test]` and `#[tokio::test]` alike, and thousands can live in one process.
///
/// ```
/// let server = spikelet::Server::start()?;
/// println!("clients connect to {}", server.hosts());
/// # Ok::<(), spikelet::StartError>(())
/// ```
#[derive(Debug)]
#[must_use = "dropping a server stops it"]
pub struct Server {
    // The sockets close before the engine goes. There are none, nor a thread, where all is in one process.
    _running: Option<Running>,
    shared: Arc<Shared>,
}

impl Server {
    /// Starts a server with the namespaces `test` and `bar` on a free port of 127.0.0.1.
    ///
    /// Clients can connect as soon as this returns.
    ///
    /// # Errors
    /// When the system has no port, thread or descriptors left.
    pub fn start() -> Result<Self, StartError> {
        Self::builder().start()
    }

    /// Configures a server first.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) const fn new(running: Option<Running>, shared: Arc<Shared>) -> Self {
        Self {
            _running: running,
            shared,
        }
    }

    /// Where it listens; its first node, where it has several.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        // A server is made of at least one node.
        let cluster = self.engine().cluster();
        cluster
            .node(0)
            .map_or(SocketAddr::from(([127, 0, 0, 1], 0)), |node| node.address)
    }

    /// Where its nodes listen that are up, in the form in which clients take their seed hosts: `127.0.0.1:40123`, with a
    /// comma between two of them.
    #[must_use]
    pub fn hosts(&self) -> String {
        let cluster = self.engine().cluster();
        let up = cluster.nodes().iter().filter(|node| node.is_up());
        let hosts: Vec<String> = up.map(|node| node.address.to_string()).collect();
        hosts.join(",")
    }

    /// The time, as the server knows it.
    #[must_use]
    pub fn now(&self) -> Now {
        self.shared.clock.now()
    }

    /// What it holds, to be asked without a connection.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.shared.engine
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) const fn shared_arc(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Other runtimes than its own serve these.
        self.shared.nodes.pipes.close();
    }
}
