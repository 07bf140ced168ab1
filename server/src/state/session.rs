//! What the state knows of a connection.

use std::net::SocketAddr;
use std::sync::Arc;

use spikelet_wire::ResultCode;

use super::State;
use super::controls::Controls;
use super::stats::{Stats, add};

/// What the state knows of a connection.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// Which node of the cluster the connection is to, from 0.
    pub node: usize,
    /// The address under which the peer reached the node; `None` where there is no socket.
    pub local: Option<SocketAddr>,
    /// The address of the peer; `None` where there is no socket.
    pub peer: Option<SocketAddr>,
    /// What the peer says it is, in base64.
    pub user_agent: Option<String>,
    /// What answers its info commands under `spikelet/`; `None` where there are none.
    pub controls: Option<Arc<dyn Controls>>,
    /// The rows of the next batch that a fault strikes: by their positions, the result codes that they are answered with
    /// instead of being carried out.
    pub struck_rows: Vec<(usize, ResultCode)>,
    /// What the node counts.
    pub stats: Arc<Stats>,
}

impl State {
    /// Opens a session, for a connection to a node.
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
            struck_rows: Vec::new(),
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
