//! Time: the only place in the client that reads the machine's clock.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Aerospike's epoch, 2010-01-01T00:00:00Z, in seconds since 1970.
const EPOCH_SECONDS: u64 = 1_262_304_000;

/// A point in time for timeouts.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The time of day.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub(crate) fn system_now() -> SystemTime {
    SystemTime::now()
}

/// The time of day of a void time, seconds since 2010-01-01T00:00:00Z.
pub(crate) fn from_void_time(void_time: u32) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(EPOCH_SECONDS + u64::from(void_time))
}
