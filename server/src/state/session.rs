//! Sessions: what the state knows of a connection.

use std::net::SocketAddr;
use std::sync::Arc;

use spikelet_wire::ResultCode;
use spikelet_wire::certificate::CertificateNames;

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
    /// The names in the peer's certificate, if it has one: they were checked by TLS.
    pub certificate: Option<Arc<CertificateNames>>,
    /// The peer's user agent, in base64.
    pub user_agent: Option<String>,
    /// Executes its info commands under `spikelet/`; `None` without controls.
    pub controls: Option<Arc<dyn Controls>>,
    /// The rows of the next batch that a fault replaces, by position, with their result codes.
    pub refused_rows: Vec<(usize, ResultCode)>,
    /// What a truncation without a time does with records of the current millisecond.
    pub current_millisecond: CurrentMillisecond,
    /// The counters of the node.
    pub stats: Arc<Stats>,
}

/// What a truncation without a time does with records that were written in the current millisecond. Last update times are in
/// milliseconds, so that they do not tell whether a record was written before the truncation or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CurrentMillisecond {
    /// Removes those that are there: what is written later in this millisecond stays.
    #[default]
    Included,
    /// There are none: the connection has waited until a new millisecond began.
    Over,
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
            certificate: None,
            user_agent: None,
            controls: None,
            refused_rows: Vec::new(),
            current_millisecond: CurrentMillisecond::default(),
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
