//! A node: its name, its address and its connections.

use std::sync::Arc;

use tokio::time::Instant;

use super::config::Config;
use super::connection::Receive;
use super::endpoint::Endpoint;
use super::failure::{Failure, FailureCause};
use super::pipeline::Pipelines;
use super::pool::Pool;
use crate::clock;

/// A node of the cluster.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) name: Arc<str>,
    pub(super) endpoint: Endpoint,
    pub(super) pool: Pool,
    pub(super) pipelines: Pipelines,
}

impl Node {
    pub(super) fn new(name: &str, endpoint: Endpoint, config: &Config) -> Self {
        Self {
            name: Arc::from(name),
            endpoint,
            pool: Pool::new(config.max_connections, config.max_idle),
            pipelines: Pipelines::new(config.pipelines),
        }
    }

    /// Sends a frame on a pooled connection and receives the whole reply.
    ///
    /// The connection goes back to the pool only if that succeeds. Otherwise, and when this future is dropped, it is
    /// closed.
    pub(crate) async fn exchange<R: Receive>(
        &self,
        frame: &[u8],
        deadline: Option<Instant>,
        receive: R,
    ) -> Result<R::Reply, Failure> {
        let mut sent = false;
        let exchange = async {
            let mut slot = self.pool.take().await;
            let mut connection = match slot.connection.take() {
                Some(connection) => connection,
                None => self.endpoint.connect().await.map_err(Failure::before_sending)?,
            };
            let send = connection.send(frame, &mut sent).await;
            send.map_err(|error| Failure::before_sending(error.into()))?;
            let reply = receive.receive(&mut connection).await?;
            slot.connection = Some(connection);
            self.pool.give_back(slot);
            Ok(reply)
        };
        let result = clock::until(deadline, exchange).await;
        result.unwrap_or(Err(Failure {
            cause: FailureCause::Timeout,
            sent,
        }))
    }

    /// Closes the connections that no command uses, since the node no longer accepts commands on them. New ones log in again.
    pub(crate) fn log_out(&self) {
        self.pool.clear();
        self.pipelines.close();
    }

    #[cfg(test)]
    pub(crate) fn for_test(name: &str) -> Self {
        Self {
            name: Arc::from(name),
            endpoint: Endpoint::for_test(),
            pool: Pool::new(1, std::time::Duration::ZERO),
            pipelines: Pipelines::new(0),
        }
    }
}
