//! Time: the only place in the server that reads the machine's clock.

use std::time::{Duration, Instant, SystemTime};

/// Aerospike's epoch, 2010-01-01T00:00:00Z, in seconds since 1970.
const EPOCH_SECONDS: u64 = 1_262_304_000;

/// A point in time, in milliseconds since 2010-01-01T00:00:00Z: the unit of last update times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Now(pub u64);

impl Now {
    /// In whole seconds since 2010-01-01T00:00:00Z, the unit of void times.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        (self.0 / 1000) as u32
    }

    /// From nanoseconds since 1970-01-01T00:00:00Z. A time before 2010 becomes 2010.
    #[must_use]
    pub const fn from_unix_nanoseconds(nanoseconds: u64) -> Self {
        Self((nanoseconds / 1_000_000).saturating_sub(EPOCH_SECONDS * 1000))
    }

    /// In nanoseconds since 1970-01-01T00:00:00Z, the unit of expressions and truncation.
    #[must_use]
    pub const fn unix_nanoseconds(self) -> i64 {
        (self.0 as i64 + EPOCH_SECONDS as i64 * 1000) * 1_000_000
    }
}

impl From<SystemTime> for Now {
    /// A time before 2010 becomes 2010.
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH + Duration::from_secs(EPOCH_SECONDS));
        Self(since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
    }
}

/// When something is to end that nothing else would end. It is real time, whatever time the server is told.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// So much time from now; never, where that is beyond all time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub fn after(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }

    /// Whether the time is over.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub fn has_passed(&self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }
}

/// What tells the server the time.
#[derive(Debug, Clone, Default)]
pub struct Clock {}

impl Clock {
    /// The time now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub fn now(&self) -> Now {
        Now::from(SystemTime::now())
    }
}
