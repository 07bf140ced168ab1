//! A node's address, and how a connection to it is opened.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::config::Config;
use super::connection::{Connection, ConnectionError};
use super::host::Host;
use super::login::NodeSession;
use super::tls::Tls;
use super::transport::Connector;

/// An address to connect to.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    host: Host,
    connect_timeout: Duration,
    connector: Option<Connector>,
    tls: Option<Tls>,
    /// The name that the certificate of the server must have, if there is TLS.
    tls_name: String,
    /// The client's session with the node, where the client has credentials.
    session: Option<Arc<NodeSession>>,
    /// The address at which the client logs in, if it is another one.
    login: Option<Arc<Endpoint>>,
}

impl Endpoint {
    pub(crate) fn new(host: Host, config: &Config) -> Self {
        let tls_name = host.tls_name.as_ref().or(config.cluster_name.as_ref());
        Self {
            tls: config.tls.clone(),
            tls_name: tls_name.unwrap_or(&host.name).clone(),
            host,
            connect_timeout: config.connect_timeout,
            connector: config.connector.clone(),
            session: config.credentials.as_ref().map(NodeSession::new).map(Arc::new),
            login: None,
        }
    }

    /// Whether the client only logs in here, and has to ask for the address at which it sends commands.
    pub(crate) fn is_for_login_only(&self) -> bool {
        self.session.is_some() && self.tls.as_ref().is_some_and(Tls::is_for_login_only)
    }

    /// The same node at an address without TLS, while the client logs in here.
    pub(crate) fn without_tls(self, host: Host) -> Self {
        Self {
            host,
            connect_timeout: self.connect_timeout,
            connector: self.connector.clone(),
            tls: None,
            tls_name: String::new(),
            session: self.session.clone(),
            login: Some(Arc::new(self)),
        }
    }

    /// Opens a connection within the connect timeout, and logs in.
    pub(crate) async fn connect(&self) -> Result<Connection, ConnectionError> {
        let mut connection = self.open().await?;
        if let Some(session) = &self.session {
            let login = self.login.as_deref();
            session.authenticate(&mut connection, login).await?;
        }
        Ok(connection)
    }

    /// Opens a connection, and does not log in.
    pub(super) async fn open(&self) -> io::Result<Connection> {
        let tls = self.tls.as_ref().map(|tls| (tls, &*self.tls_name));
        let open = Connection::open(&self.host, self.connector.as_ref(), tls);
        match self.connect_timeout.is_zero() {
            true => open.await,
            false => tokio::time::timeout(self.connect_timeout, open)
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
        }
    }

    #[cfg(test)]
    pub(crate) fn for_test() -> Self {
        Self {
            host: Host {
                name: "127.0.0.1".into(),
                tls_name: None,
                port: 1,
            },
            connect_timeout: Duration::ZERO,
            connector: None,
            tls: None,
            tls_name: String::new(),
            session: None,
            login: None,
        }
    }
}
