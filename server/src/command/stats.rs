//! What the server counts, under the names of the info protocol.

use std::sync::atomic::{AtomicU64, Ordering};

/// The counters of the whole server.
#[derive(Debug, Default)]
pub struct Stats {
    /// Connections that were accepted.
    pub client_connections_opened: AtomicU64,
    /// Connections that ended.
    pub client_connections_closed: AtomicU64,
    /// Info requests that were answered.
    pub info_complete: AtomicU64,
    /// Messages whose structure was damaged.
    pub demarshal_error: AtomicU64,
    /// Messages that were refused before their namespace was known.
    pub early_tsvc_client_error: AtomicU64,
    /// Batches that began.
    pub batch_index_initiate: AtomicU64,
    /// Batches that were answered.
    pub batch_index_complete: AtomicU64,
    /// Batches that were refused.
    pub batch_index_error: AtomicU64,
    /// Info commands that the real server will no longer have.
    pub deprecated_requests: AtomicU64,
}

/// Adds to a counter.
pub(super) fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

/// Reads a counter.
#[must_use]
pub(super) fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
