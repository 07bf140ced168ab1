//! Sessions: what the state knows of a connection.

use std::net::SocketAddr;
use std::sync::Arc;

use spikelet_wire::ResultCode;

use super::State;
use super::controls::Controls;
use super::node_stats::{Stats, add};

/// What the state knows of a connection.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// The position of the connection's node in the cluster.
    pub node: usize,
    /// The node's address of the connection; `None` without a socket.
    pub local: Option<SocketAddr>,
    /// The peer's address; `None` without a socket.
    pub peer: Option<SocketAddr>,
    /// The peer's user agent, in base64.
    pub user_agent: Option<String>,
    /// Executes its info commands under `spikelet/`; `None` without controls.
    pub controls: Option<Arc<dyn Controls>>,
    /// The rows of the next batch that a fault replaces, by position, with their result codes.
    pub refused_rows: Vec<(usize, ResultCode)>,
    /// The counters of the node.
    pub stats: Arc<Stats>,
}

impl State {
    /// Opens a session for a connection to a node.
    #[must_use]
    pub fn connect(&self, node: usize, local: Option<SocketAddr>) -> Session {
        let stats = self.stats(node);
        add(&stats.client_connections_opened, 1);
        Session {
            node,
            local,
            peer: None,
            user_agent: None,
            controls: None,
            refused_rows: Vec::new(),
            stats,
        }
    }

    /// Ends a session.
    pub fn disconnect(&self, session: Session) {
        add(&session.stats.client_connections_closed, 1);
        if let Some(agent) = session.user_agent {
            session.stats.agents.change(Some(&agent), None);
        }
    }
}
