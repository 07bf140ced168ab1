//! The handle of a running server.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::clock::Now;
use crate::net::{Running, Shared};
use crate::state::State;

/// A running server. Dropping it stops it, closes its connections and frees its port.
///
/// The server runs on its own thread, so it works in `#[test]` and `#[tokio::test]` alike. Thousands of servers fit in one
/// process.
///
/// ```
/// let server = spikelet::Server::start()?;
/// println!("clients connect to {}", server.hosts());
/// # Ok::<(), spikelet::StartError>(())
/// ```
#[must_use = "dropping a server stops it"]
pub struct Server {
    // Declared first, so that sockets close before the state is dropped. `None` if there are no sockets.
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

    /// Returns the address of the first node.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        // A server has at least one node.
        let cluster = self.state().cluster();
        cluster
            .node(0)
            .map_or(SocketAddr::from(([127, 0, 0, 1], 0)), |node| node.address)
    }

    /// Returns the addresses of the nodes that are up, separated by commas, as clients take seed hosts:
    /// `127.0.0.1:40123,127.0.0.1:40124`.
    #[must_use]
    pub fn hosts(&self) -> String {
        let cluster = self.state().cluster();
        let up = cluster.nodes().iter().filter(|node| node.is_up());
        let hosts: Vec<String> = up.map(|node| node.address.to_string()).collect();
        hosts.join(",")
    }

    /// Returns the names of the namespaces, in the order of the configuration.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.state()
            .namespaces()
            .iter()
            .map(|namespace| namespace.name.as_str())
    }

    /// Returns the server's time.
    #[must_use]
    pub fn now(&self) -> Now {
        self.shared.clock.now()
    }

    /// The contents of the server.
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

/// Shows where the server listens and the names of its namespaces, not what they hold.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespaces = self.state().namespaces().iter().map(|namespace| &namespace.name);
        f.debug_struct("Server")
            .field("hosts", &self.hosts())
            .field("namespaces", &namespaces.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // In-process connections are served by other runtimes, so they do not end with the server's own.
        self.shared.nodes.pipes.close();
    }
}
