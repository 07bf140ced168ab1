//! The server's clock, and the only place that reads the machine's clock.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
#[cfg(feature = "udf")]
use std::time::Instant;
use std::time::{Duration, SystemTime};

/// Aerospike's epoch, 2010-01-01T00:00:00Z, in seconds since 1970.
const EPOCH_SECONDS: u64 = 1_262_304_000;

/// A point in time, in milliseconds since 2010-01-01T00:00:00Z, the unit of last update times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Now(pub u64);

impl Now {
    /// The latest time that a server's clock can show, in 2146. Later times have no void time.
    pub(crate) const LATEST: Self = Self(u32::MAX as u64 * 1000 + 999);

    /// Returns whole seconds since 2010-01-01T00:00:00Z, the unit of void times.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        (self.0 / 1000) as u32
    }

    /// Converts nanoseconds since 1970-01-01T00:00:00Z. Times before 2010 become the start of 2010.
    #[must_use]
    pub(crate) const fn from_unix_nanoseconds(nanoseconds: u64) -> Self {
        Self((nanoseconds / 1_000_000).saturating_sub(EPOCH_SECONDS * 1000))
    }

    /// Returns nanoseconds since 1970-01-01T00:00:00Z, the unit of expressions and truncations.
    #[must_use]
    pub const fn unix_nanoseconds(self) -> i64 {
        (self.0 as i64 + EPOCH_SECONDS as i64 * 1000) * 1_000_000
    }
}

impl From<SystemTime> for Now {
    /// Times before 2010 become the start of 2010.
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH + Duration::from_secs(EPOCH_SECONDS));
        Self(since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl From<Now> for SystemTime {
    fn from(now: Now) -> Self {
        Self::UNIX_EPOCH + Duration::from_secs(EPOCH_SECONDS) + Duration::from_millis(now.0)
    }
}

/// When a script must end, in real time, independent of the server's clock.
#[cfg(feature = "udf")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Option<Instant>);

#[cfg(feature = "udf")]
impl Deadline {
    /// The deadline after this time; none if `Instant` cannot represent it.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub(crate) fn after(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }

    /// Whether the deadline has passed.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub(crate) fn has_passed(&self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }
}

/// The clock of a server. It follows the machine's clock until a test changes it. Clones share their state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock(Arc<State>);

#[derive(Debug)]
struct State {
    /// The time at which the clock is frozen; [`RUNNING`] if it is not.
    frozen_at: AtomicU64,
    /// How far a running clock is ahead of the machine's, in milliseconds.
    ahead: AtomicI64,
    /// Held during changes.
    changing: Mutex<()>,
}

/// Not a time: the clock is running.
const RUNNING: u64 = u64::MAX;

impl Default for State {
    fn default() -> Self {
        Self {
            frozen_at: AtomicU64::new(RUNNING),
            ahead: AtomicI64::new(0),
            changing: Mutex::default(),
        }
    }
}

impl Clock {
    /// Returns the current time.
    #[must_use]
    pub(crate) fn now(&self) -> Now {
        match self.0.frozen_at.load(Ordering::Acquire) {
            RUNNING => Now(machine_time()
                .0
                .saturating_add_signed(self.0.ahead.load(Ordering::Relaxed))),
            at => Now(at),
        }
    }

    /// Whether the clock is frozen.
    #[must_use]
    pub(crate) fn is_frozen(&self) -> bool {
        self.0.frozen_at.load(Ordering::Relaxed) != RUNNING
    }

    /// Stops the clock at the current time.
    pub(crate) fn freeze(&self) {
        let _changing = self.changing();
        self.0.frozen_at.store(self.now().0, Ordering::Release);
    }

    /// Lets the clock run again from the time it shows.
    pub(crate) fn resume(&self) {
        let _changing = self.changing();
        if self.is_frozen() {
            self.run_from(self.now());
        }
    }

    /// Moves the clock forward, in whole milliseconds. A frozen clock stays frozen.
    pub(crate) fn advance(&self, by: Duration) {
        let _changing = self.changing();
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.move_to(Now(self.now().0.saturating_add(by)));
    }

    /// Moves the clock forward or back. A frozen clock stays frozen.
    pub(crate) fn set(&self, to: Now) {
        let _changing = self.changing();
        self.move_to(to);
    }

    /// Makes the clock follow the machine's clock again.
    pub(crate) fn reset(&self) {
        let _changing = self.changing();
        self.0.ahead.store(0, Ordering::Relaxed);
        self.0.frozen_at.store(RUNNING, Ordering::Release);
    }

    fn move_to(&self, to: Now) {
        let to = to.min(Now::LATEST);
        if self.is_frozen() {
            self.0.frozen_at.store(to.0, Ordering::Release);
        } else {
            self.run_from(to);
        }
    }

    fn run_from(&self, time: Now) {
        // Both fit in an `i64`.
        let ahead = time.0 as i64 - machine_time().0 as i64;
        self.0.ahead.store(ahead, Ordering::Relaxed);
        self.0.frozen_at.store(RUNNING, Ordering::Release);
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.0.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
fn machine_time() -> Now {
    Now::from(SystemTime::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_only_moves_when_advanced_or_set() {
        let clock = Clock::default();
        let same = clock.clone();
        clock.set(Now(5_000));
        clock.freeze();
        let start = clock.now();
        assert!(start >= Now(5_000) && same.is_frozen());
        same.advance(Duration::from_micros(2_500));
        assert_eq!(clock.now(), Now(start.0 + 2));
        clock.set(Now(7));
        assert_eq!((clock.now(), same.now()), (Now(7), Now(7)));
    }

    #[test]
    fn a_resumed_clock_runs_from_the_time_at_which_it_was_frozen() {
        let clock = Clock::default();
        clock.freeze();
        clock.advance(Duration::from_secs(3600));
        let frozen_at = clock.now();
        clock.resume();
        assert!(!clock.is_frozen() && clock.now() >= frozen_at);
        clock.reset();
        assert!(clock.now() < frozen_at);
    }

    #[test]
    fn a_clock_stops_at_the_last_void_time() {
        let clock = Clock::default();
        clock.advance(Duration::MAX);
        clock.freeze();
        assert_eq!(clock.now().seconds(), u32::MAX);
    }

    #[test]
    fn system_times_round_trip() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        assert_eq!(SystemTime::from(Now::from(time)), time);
    }
}
