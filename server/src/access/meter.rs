//! Meters: how many reads or writes a user makes, and whether the user's quota allows another one.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Now;

/// Reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

/// Counts the reads or the writes of a user on one node, by the server's clock.
///
/// A quota of N allows N commands at once, and N more in every second, evenly spread. Queries with a limit reserve it while they
/// run. On a frozen clock a quota is used up and does not come back.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// What is left of the quota, in thousandths of a command.
    left: u64,
    /// The quota for which that holds; 0 before the first command with a quota.
    quota: u32,
    /// When it was updated.
    updated: Now,
    /// The current second, and the number of commands in it and in the one before.
    second: u32,
    count: u32,
    count_before: u32,
    /// The sum of the limits of running queries, in records per second.
    reserved: u32,
    /// The number of running queries without a limit.
    limitless: u32,
}

/// The rates of a user, as the real server reports them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rates {
    /// Commands on single records in the last whole second.
    pub(crate) single: u32,
    /// The sum of the limits of running queries, in records per second.
    pub(crate) limited: u32,
    /// The number of running queries without a limit.
    pub(crate) limitless: u32,
}

impl Meter {
    /// Counts a command on a record. Returns whether the quota allows it; a quota of 0 does always.
    pub(crate) fn take(&self, now: Now, quota: u32) -> bool {
        let mut inner = self.lock();
        inner.tick(now);
        if quota != 0 {
            inner.refill(now, quota);
            match inner.left.checked_sub(1000) {
                Some(left) => inner.left = left,
                None => return false,
            }
        }
        inner.count = inner.count.saturating_add(1);
        true
    }

    /// Reserves the limit of a query, 0 for none. Returns whether the quota allows it: a quota allows no query without a limit.
    pub(crate) fn reserve(&self, limit: u32, quota: u32) -> bool {
        let mut inner = self.lock();
        let reserved = inner.reserved.saturating_add(limit);
        if quota != 0 && (limit == 0 || reserved > quota) {
            return false;
        }
        inner.reserved = reserved;
        inner.limitless += u32::from(limit == 0);
        true
    }

    /// Releases the limit of a query that has ended.
    pub(crate) fn release(&self, limit: u32) {
        let mut inner = self.lock();
        inner.reserved = inner.reserved.saturating_sub(limit);
        inner.limitless = inner.limitless.saturating_sub(u32::from(limit == 0));
    }

    pub(crate) fn rates(&self, now: Now) -> Rates {
        let mut inner = self.lock();
        inner.tick(now);
        Rates {
            single: inner.count_before,
            limited: inner.reserved,
            limitless: inner.limitless,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Begins another second, if one has begun.
    fn tick(&mut self, now: Now) {
        if now.seconds() != self.second {
            let is_next = now.seconds() == self.second.wrapping_add(1);
            self.count_before = if is_next { self.count } else { 0 };
            (self.second, self.count) = (now.seconds(), 0);
        }
    }

    fn refill(&mut self, now: Now, quota: u32) {
        let full = u64::from(quota) * 1000;
        if self.quota != quota {
            // What was used of the old quota is not counted against a new one.
            (self.quota, self.left) = (quota, full);
        } else {
            let elapsed = now.0.saturating_sub(self.updated.0);
            let per_millisecond = u64::from(quota.saturating_sub(self.reserved));
            self.left = full.min(self.left.saturating_add(elapsed.saturating_mul(per_millisecond)));
        }
        self.updated = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_comes_back_with_time() {
        let meter = Meter::default();
        let taken = |now, quota| (0..1000).take_while(|_| meter.take(Now(now), quota)).count();
        assert_eq!(taken(5000, 10), 10);
        assert_eq!(taken(5000, 10), 0);
        assert_eq!(taken(5099, 10), 0);
        assert_eq!(taken(5100, 10), 1);
        assert_eq!(taken(5600, 10), 5);
        assert_eq!(taken(99_000, 10), 10);
        // The clock was set back, and runs on.
        assert_eq!(taken(10_000, 10), 0);
        assert_eq!(taken(10_300, 10), 3);
        // A new quota.
        assert_eq!(taken(10_300, 20), 20);
        assert_eq!(taken(10_300, 0), 1000);
    }

    #[test]
    fn a_query_reserves_its_limit() {
        let meter = Meter::default();
        assert!(!meter.reserve(0, 100) && !meter.reserve(101, 100));
        assert!(meter.reserve(60, 100) && !meter.reserve(60, 100) && meter.reserve(40, 100));
        assert!(meter.reserve(0, 0));
        assert_eq!(
            meter.rates(Now(0)),
            Rates {
                single: 0,
                limited: 100,
                limitless: 1
            }
        );
        [60, 40, 0].into_iter().for_each(|limit| meter.release(limit));
        assert_eq!(meter.rates(Now(0)), Rates::default());
    }

    #[test]
    fn the_rate_is_that_of_the_last_second() {
        let meter = Meter::default();
        (0..7).for_each(|_| assert!(meter.take(Now(5000), 0)));
        assert_eq!(meter.rates(Now(5999)).single, 0);
        assert_eq!(meter.rates(Now(6000)).single, 7);
        assert_eq!(meter.rates(Now(7000)).single, 0);
    }
}
