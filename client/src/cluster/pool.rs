//! The connection pool of one node: bounded in number, and trimmed when idle.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::connection::Connection;
use crate::clock;

/// The pooled connections to one node.
#[derive(Debug)]
pub(crate) struct Pool {
    /// One permit for each connection in use.
    permits: Arc<Semaphore>,
    /// The most recently used is last, so that those at the front grow old and are trimmed.
    idle: Mutex<Vec<(Instant, Connection)>>,
    max_idle: Duration,
}

/// The permit to use one connection, and the connection if an idle one was available.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) connection: Option<Connection>,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    pub(crate) fn new(max_connections: usize, max_idle: Duration) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(max_connections.clamp(1, Semaphore::MAX_PERMITS))),
            idle: Mutex::default(),
            max_idle,
        }
    }

    /// Waits for the permit to use a connection.
    ///
    /// An idle connection is returned only if it is not too old and the server has not closed it: a write on a closed
    /// connection would be in doubt needlessly.
    pub(crate) async fn take(&self) -> Slot {
        // The semaphore is never closed.
        let permit = loop {
            if let Ok(permit) = self.permits.clone().acquire_owned().await {
                break permit;
            }
        };
        let oldest = clock::now().checked_sub(self.max_idle);
        let connection = loop {
            let Some((since, mut connection)) = self.idle().pop() else {
                break None;
            };
            if oldest.is_none_or(|oldest| since >= oldest) && connection.is_quiet() {
                break Some(connection);
            }
        };
        Slot {
            connection,
            _permit: permit,
        }
    }

    /// Takes back a connection whose reply was received whole. One that is not given back is closed.
    pub(crate) fn give_back(&self, mut slot: Slot) {
        if let Some(connection) = slot.connection.take() {
            self.idle().push((clock::now(), connection));
        }
    }

    /// Closes the connections that have been idle for too long.
    pub(crate) fn trim(&self) {
        if let Some(oldest) = clock::now().checked_sub(self.max_idle) {
            self.idle().retain(|(since, _)| *since >= oldest);
        }
    }

    /// Closes all idle connections.
    pub(crate) fn clear(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Instant, Connection)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
