//! Sessions: what the state knows of a connection.

use std::net::SocketAddr;
use std::sync::Arc;

use spikelet_wire::ResultCode;
use spikelet_wire::certificate::CertificateNames;

use super::State;
use super::controls::Controls;
use super::node_stats::{Stats, add};
use super::usage::Usage;
use crate::access::Rights;

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
    /// The user that is logged in; `None` for none, and in a server without security.
    pub(crate) login: Option<Login>,
    /// Whether it is the server's own, which needs no login.
    pub(crate) is_own: bool,
}

/// The user of a session.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) rights: Arc<Rights>,
    /// The generation of the accounts from which the rights are.
    pub(super) generation: u64,
    /// The epoch in which the session logged in.
    pub(super) epoch: u64,
    /// What the user does on the node.
    pub(crate) usage: Arc<Usage>,
}

impl Session {
    /// A session of the server itself: what a test does without a client needs no login.
    pub(crate) fn own() -> Self {
        Self {
            is_own: true,
            ..Self::default()
        }
    }

    /// The name of the user that is logged in.
    pub(crate) fn user(&self) -> Option<&Arc<str>> {
        self.login.as_ref().map(|login| &login.rights.user)
    }

    /// Replaces the login by one with these rights, from a generation of the accounts, and of an epoch. Counts the connections of
    /// the users.
    pub(super) fn set_login(&mut self, login: Option<(Arc<Rights>, u64, u64)>) {
        let before = self.login.take();
        self.login = login.map(|(rights, generation, epoch)| {
            let usage = match &before {
                Some(before) if before.rights.user == rights.user => Arc::clone(&before.usage),
                _ => self.stats.users.of(&rights.user),
            };
            usage.connect();
            Login {
                rights,
                generation,
                epoch,
                usage,
            }
        });
        if let Some(before) = before {
            before.usage.disconnect();
        }
    }
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
            login: None,
            is_own: false,
        }
    }

    /// Ends a session.
    pub fn disconnect(&self, mut session: Session) {
        session.set_login(None);
        add(&session.stats.client_connections_closed, 1);
        if let Some(agent) = session.user_agent {
            session.stats.agents.change(Some(&agent), None);
        }
    }
}
