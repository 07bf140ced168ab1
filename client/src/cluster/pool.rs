//! The connection pool of one node: bounded in number, and trimmed when idle.
//!
//! Several runtimes can share it; each uses only the connections that were opened in it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Id;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::connection::Connection;
use super::runtime;
use crate::clock;

/// The pooled connections to one node.
#[derive(Debug)]
pub(crate) struct Pool {
    max_connections: usize,
    /// One permit for each connection in use.
    permits: Arc<Semaphore>,
    /// The most recently used is last, so that those at the front grow old and are trimmed.
    idle: Mutex<Vec<Idle>>,
    max_idle: Duration,
}

/// A connection that is not in use.
#[derive(Debug)]
struct Idle {
    connection: Connection,
    since: Instant,
    /// Where it was opened.
    runtime: Option<Id>,
}

/// The permit to use one connection, and the connection if an idle one was available.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) connection: Option<Connection>,
    runtime: Option<Id>,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    pub(crate) fn new(max_connections: usize, max_idle: Duration) -> Self {
        let max_connections = max_connections.min(Semaphore::MAX_PERMITS);
        Self {
            max_connections,
            permits: Arc::new(Semaphore::new(max_connections)),
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
        let runtime = runtime::current();
        let oldest = clock::now().checked_sub(self.max_idle);
        let connection = loop {
            let Some(mut idle) = self.pop(runtime) else {
                self.make_room();
                break None;
            };
            if oldest.is_none_or(|oldest| idle.since >= oldest) && idle.connection.is_quiet() {
                break Some(idle.connection);
            }
        };
        Slot {
            connection,
            runtime,
            _permit: permit,
        }
    }

    /// Takes back a connection whose reply was received whole. One that is not given back is closed.
    pub(crate) fn give_back(&self, mut slot: Slot) {
        if let Some(connection) = slot.connection.take() {
            self.idle().push(Idle {
                connection,
                since: clock::now(),
                runtime: slot.runtime,
            });
        }
    }

    /// Closes the connections that have been idle for too long.
    pub(crate) fn trim(&self) {
        if let Some(oldest) = clock::now().checked_sub(self.max_idle) {
            self.idle().retain(|idle| idle.since >= oldest);
        }
    }

    /// Takes out the most recently used connection of a runtime.
    fn pop(&self, runtime: Option<Id>) -> Option<Idle> {
        let mut idle = self.idle();
        let at = idle.iter().rposition(|idle| idle.runtime == runtime)?;
        Some(idle.remove(at))
    }

    /// Makes room for a new connection, where those that are left belong to other runtimes: closes those whose runtime has
    /// ended, and the longest idle ones beyond the maximum.
    fn make_room(&self) {
        let mut idle = self.idle();
        idle.retain_mut(|idle| idle.connection.is_usable());
        let in_use = self.max_connections - self.permits.available_permits();
        let beyond = (idle.len() + in_use).saturating_sub(self.max_connections);
        let beyond = beyond.min(idle.len());
        idle.drain(..beyond);
    }

    /// Closes all idle connections.
    pub(crate) fn clear(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
