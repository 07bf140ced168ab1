//! The embedded server.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::clock::Now;
use crate::net::{Running, Shared};
use crate::state::State;

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
        let cluster = self.state().cluster();
        cluster
            .node(0)
            .map_or(SocketAddr::from(([127, 0, 0, 1], 0)), |node| node.address)
    }

    /// Where its nodes listen that are up, in the form in which clients take their seed hosts: `127.0.0.1:40123`, with a
    /// comma between two of them.
    #[must_use]
    pub fn hosts(&self) -> String {
        let cluster = self.state().cluster();
        let up = cluster.nodes().iter().filter(|node| node.is_up());
        let hosts: Vec<String> = up.map(|node| node.address.to_string()).collect();
        hosts.join(",")
    }

    /// The time, as the server knows it.
    #[must_use]
    pub fn now(&self) -> Now {
        self.shared.clock.now()
    }

    /// What the server holds.
    pub(crate) fn state(&self) -> &State {
        &self.shared.state
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
