//! A node's address, and how a connection to it is opened.

use std::io;
use std::time::Duration;

use super::config::Config;
use super::connection::Connection;
use super::host::Host;
use super::transport::Connector;

/// An address to connect to.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    host: Host,
    connect_timeout: Duration,
    connector: Option<Connector>,
}

impl Endpoint {
    pub(crate) fn new(host: Host, config: &Config) -> Self {
        Self {
            host,
            connect_timeout: config.connect_timeout,
            connector: config.connector.clone(),
        }
    }

    /// Opens a connection within the connect timeout.
    pub(crate) async fn connect(&self) -> io::Result<Connection> {
        let open = Connection::open(&self.host, self.connector.as_ref());
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
                port: 1,
            },
            connect_timeout: Duration::ZERO,
            connector: None,
        }
    }
}
