//! Counters of compressed answers.

use std::sync::atomic::{AtomicU64, Ordering};

use super::node_stats::get;

/// The counters of answers that clients requested to be compressed.
#[derive(Debug, Default)]
pub struct ProtoCompression {
    /// Answers with content.
    attempts: AtomicU64,
    /// Those that were sent as they were, since they were small or would not have become smaller.
    uncompressed: AtomicU64,
    /// The total size of those that were compressed, before and after, in bytes.
    original_size: AtomicU64,
    compressed_size: AtomicU64,
}

impl ProtoCompression {
    /// Counts an answer by its size, and its compressed size if it was compressed.
    pub(crate) fn count(&self, original_size: usize, compressed_size: Option<usize>) {
        let add = |counter: &AtomicU64, n: usize| counter.fetch_add(n as u64, Ordering::Relaxed);
        add(&self.attempts, 1);
        match compressed_size {
            None => {
                add(&self.uncompressed, 1);
            }
            Some(size) => {
                add(&self.original_size, original_size);
                add(&self.compressed_size, size);
            }
        }
    }

    /// The share of answers that were not compressed, in percent; 0 without answers.
    pub(crate) fn uncompressed_pct(&self) -> f64 {
        match get(&self.attempts) {
            0 => 0.0,
            attempts => get(&self.uncompressed) as f64 * 100.0 / attempts as f64,
        }
    }

    /// The total size of the compressed answers over their original size; 1 without compressed answers.
    pub(crate) fn ratio(&self) -> f64 {
        match get(&self.original_size) {
            0 => 1.0,
            original => get(&self.compressed_size) as f64 / original as f64,
        }
    }
}
