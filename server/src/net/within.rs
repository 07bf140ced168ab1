//! A limit on what is waited for.

use std::time::Duration;

/// Waits for a future, for so long at most; gives nothing where that is over first. The time is that of tokio.
pub(crate) async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, future).await.ok()
}
