//! Time: the only file of the client that reads the machine's clock.

use std::future::Future;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout_at};

/// Aerospike's epoch, 2010-01-01T00:00:00Z, in seconds since 1970.
const EPOCH_SECONDS: u64 = 1_262_304_000;

/// The current instant of the monotonic clock, for timeouts.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The current time of day.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub(crate) fn system_now() -> SystemTime {
    SystemTime::now()
}

/// The time of day of a void time, seconds since 2010-01-01T00:00:00Z.
pub(crate) fn from_void_time(void_time: u32) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(EPOCH_SECONDS + u64::from(void_time))
}

/// Waits for a future until a deadline, if there is one. `None` when the deadline has passed.
pub(crate) async fn until<T>(deadline: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => timeout_at(deadline, future).await.ok(),
        None => Some(future.await),
    }
}
