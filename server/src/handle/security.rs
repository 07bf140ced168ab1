//! Security: users, and their sessions.

use std::collections::BTreeMap;

use super::Server;
use crate::net::Shared;

/// A user of a server with security.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserInfo {
    /// The name.
    pub name: String,
    /// The names of the user's roles, in order.
    pub roles: Vec<String>,
    /// The number of connections that are logged in as this user, on all nodes.
    pub connections: u32,
}

/// # Security
///
/// [`Builder::user`](crate::Builder::user) and [`Builder::security`](crate::Builder::security) start a server with security. Clients
/// then have to log in. What a test does through this handle needs no login, and neither do controls under `spikelet/`.
///
/// ```
/// use spikelet::{Edition, Server};
///
/// let server = Server::builder()
///     .edition(Edition::Enterprise)
///     .role("orders", ["read-write.test.orders"])
///     .user("app", "secret", ["orders"])
///     .start()?;
/// let app = server.users().into_iter().find(|user| user.name == "app").unwrap();
/// assert_eq!((app.roles, app.connections), (vec!["orders".to_owned()], 0));
/// # Ok::<(), spikelet::StartError>(())
/// ```
impl Server {
    /// Makes all session tokens expire, as if their time to live were over. Connections that are open stay logged in, as on the
    /// real server. When a client opens another connection, its token is refused with
    /// [`EXPIRED_SESSION`](crate::ResultCode::EXPIRED_SESSION), and it has to log in again. Without security nothing happens.
    ///
    /// To let only some of the time pass, [advance the clock](Self::clock).
    pub fn expire_sessions(&self) {
        self.shared().expire_sessions();
    }

    /// Makes all session tokens expire, and logs all connections out: their next command fails with
    /// [`NOT_AUTHENTICATED`](crate::ResultCode::NOT_AUTHENTICATED). Without security nothing happens.
    pub fn end_sessions(&self) {
        self.shared().end_sessions();
    }

    /// Returns the users with their roles and connections, in the order of their names; none without security.
    #[must_use]
    pub fn users(&self) -> Vec<UserInfo> {
        self.shared().users()
    }
}

impl Shared {
    pub(crate) fn expire_sessions(&self) {
        if let Some(security) = self.state.security() {
            security.expire_tokens();
        }
    }

    pub(crate) fn end_sessions(&self) {
        for state in self.split.all() {
            if let Some(security) = state.security() {
                security.end_sessions();
            }
        }
    }

    pub(crate) fn users(&self) -> Vec<UserInfo> {
        let Some(security) = self.state.security() else {
            return Vec::new();
        };
        let nodes = self.state.cluster().nodes().len();
        let mut connections: BTreeMap<String, u32> = BTreeMap::new();
        for node in 0..nodes {
            for (user, usage) in self.state.stats(node).users.all() {
                *connections.entry(user.to_string()).or_default() += usage.connections();
            }
        }
        let accounts = security.accounts();
        let users = accounts.users().map(|(name, user)| UserInfo {
            name: name.to_string(),
            roles: user.roles.iter().map(ToString::to_string).collect(),
            connections: connections.get(&**name).copied().unwrap_or(0),
        });
        users.collect()
    }
}
