//! The machine's clock. No other file of this crate reads it.

use std::time::{Duration, Instant, SystemTime};

/// Aerospike's epoch, 2010-01-01T00:00:00Z, in seconds since 1970.
const EPOCH_SECONDS: u64 = 1_262_304_000;

/// The current time, in seconds since 2010-01-01T00:00:00Z, the unit of void times.
#[expect(
    clippy::disallowed_methods,
    reason = "void times from real servers are compared with the real time"
)]
pub(crate) fn now() -> u32 {
    let epoch = SystemTime::UNIX_EPOCH + Duration::from_secs(EPOCH_SECONDS);
    let since = SystemTime::now().duration_since(epoch).unwrap_or_default();
    u32::try_from(since.as_secs()).unwrap_or(u32::MAX)
}

/// The start of a time measurement.
#[expect(clippy::disallowed_methods, reason = "reports include durations")]
pub(crate) fn start() -> Instant {
    Instant::now()
}
