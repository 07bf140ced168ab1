//! The open connections without sockets.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::task::AbortHandle;

/// The open connections without sockets, each with the node that it is connected to.
#[derive(Debug, Default)]
pub(crate) struct Pipes(Mutex<Open>);

#[derive(Debug, Default)]
pub(super) struct Open {
    pub(super) served: Vec<(usize, AbortHandle)>,
    pub(super) is_closed: bool,
}

impl Pipes {
    /// Cuts the connections to a node.
    pub(super) fn cut(&self, node: usize) {
        let mut open = self.lock();
        let cut = open.served.extract_if(.., |(to, _)| *to == node);
        cut.for_each(|(_, task)| task.abort());
    }

    /// Cuts all connections, and refuses new ones.
    pub(crate) fn close(&self) {
        let mut open = self.lock();
        open.is_closed = true;
        open.served.drain(..).for_each(|(_, task)| task.abort());
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
