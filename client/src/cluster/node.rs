//! A node: where it is, its connections, and one exchange with it.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::host::Host;
use super::pipeline::Pipelines;
use super::pool::Pool;
use crate::connection::{Broken, Connection};
use crate::retry::{Failure, FailureCause};
use crate::transport::Connector;

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) name: Arc<str>,
    pub(crate) host: Host,
    pub(crate) pool: Pool,
    pub(crate) pipelines: Pipelines,
    connect_timeout: Duration,
    connector: Option<Connector>,
}

impl Node {
    pub(crate) fn new(name: &str, host: Host, config: &super::Config) -> Self {
        Self {
            name: Arc::from(name),
            host,
            pool: Pool::new(config.max_connections, config.max_idle),
            pipelines: Pipelines::new(config.pipelines),
            connect_timeout: config.connect_timeout,
            connector: config.connector.clone(),
        }
    }

    /// Sends a frame on one of the node's connections and receives all of what answers it.
    ///
    /// The connection is used again only if that succeeds; in every other case, and when this future is dropped, it is
    /// closed.
    pub(crate) async fn exchange<R: Receive>(
        &self,
        frame: &[u8],
        deadline: Option<Instant>,
        receive: R,
    ) -> Result<R::Answer, Failure> {
        let mut sent = false;
        let exchange = async {
            let mut slot = self.pool.take().await;
            let mut connection = match slot.connection.take() {
                Some(connection) => connection,
                None => self.connect().await.map_err(not_sent)?,
            };
            connection.send(frame, &mut sent).await.map_err(not_sent)?;
            let answer = receive.from(&mut connection).await.map_err(Broken::into_failure)?;
            slot.connection = Some(connection);
            self.pool.give_back(slot);
            Ok(answer)
        };
        let result = until(deadline, exchange).await;
        result.unwrap_or(Err(Failure {
            cause: FailureCause::Timeout,
            sent,
        }))
    }

    pub(super) async fn connect(&self) -> io::Result<Connection> {
        connect(&self.host, self.connector.as_ref(), self.connect_timeout).await
    }

    #[cfg(test)]
    pub(crate) fn for_test(name: &str) -> Self {
        Self {
            name: Arc::from(name),
            host: Host {
                name: "127.0.0.1".into(),
                port: 1,
            },
            pool: Pool::new(1, Duration::ZERO),
            pipelines: Pipelines::new(0),
            connect_timeout: Duration::ZERO,
            connector: None,
        }
    }
}

/// How the answer to a frame is received, whole.
pub(crate) trait Receive: Send {
    /// What it becomes.
    type Answer: Send;

    fn from(self, connection: &mut Connection) -> impl Future<Output = Result<Self::Answer, Broken>> + Send;
}

/// Opens a connection within a time; zero for no limit.
pub(super) async fn connect(host: &Host, connector: Option<&Connector>, limit: Duration) -> io::Result<Connection> {
    match limit.is_zero() {
        true => Connection::open(host, connector).await,
        false => tokio::time::timeout(limit, Connection::open(host, connector))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
    }
}

fn not_sent(error: io::Error) -> Failure {
    Failure {
        cause: FailureCause::Io(error),
        sent: false,
    }
}

/// Waits for a future up to a deadline, if there is one.
pub(super) async fn until<T>(deadline: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => timeout_at(deadline, future).await.ok(),
        None => Some(future.await),
    }
}
