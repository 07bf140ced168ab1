//! Numbers that are never used twice in a process.

use std::sync::atomic::{AtomicU64, Ordering};

/// Returns another number with every call, so that two versions of something never have the same one: not even in two
/// subclusters, and not after a snapshot was restored.
pub(crate) fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
