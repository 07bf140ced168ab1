//! Control of a server's clock.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::Server;
use crate::clock::{Clock, Now};
use crate::net::Shared;
use crate::state::Split;

/// The clock of a [`Server`]. It follows the machine's clock until a test changes it.
///
/// Methods that move the clock are synchronous. When they return, records have expired, namespaces whose `nsup-period` has
/// passed have been swept, and indexes and counters reflect that.
///
/// ```
/// use std::time::Duration;
/// # let server = spikelet::Server::start()?;
///
/// server.clock().freeze();
/// let before = server.clock().now();
/// server.clock().advance(Duration::from_secs(300));
/// assert_eq!(server.clock().now(), before + Duration::from_secs(300));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct ServerClock<'s> {
    clock: &'s Clock,
    split: &'s Split,
}

impl<'s> ServerClock<'s> {
    pub(crate) const fn of(shared: &'s Shared) -> Self {
        Self {
            clock: &shared.clock,
            split: &shared.split,
        }
    }

    /// Returns the server's time, in whole milliseconds.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.clock.now().into()
    }

    /// Whether the clock is frozen.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.clock.is_frozen()
    }

    /// Stops the clock at the current time.
    pub fn freeze(&self) {
        self.clock.freeze();
    }

    /// Lets a frozen clock run again, from the time it shows.
    pub fn resume(&self) {
        self.clock.resume();
    }

    /// Moves the clock forward, in whole milliseconds, at most to the year 2146. A frozen clock stays frozen.
    ///
    /// A TTL that a client computes from a void time may be wrong afterwards: clients use their own clock.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.catch_up();
    }

    /// Moves the clock forward or back, to a time between the years 2010 and 2146. A frozen clock stays frozen.
    ///
    /// Moving the clock back does not restore records that were removed.
    pub fn set(&self, to: SystemTime) {
        self.clock.set(Now::from(to));
        self.catch_up();
    }

    /// Makes the clock follow the machine's clock again.
    pub fn reset(&self) {
        self.clock.reset();
        self.catch_up();
    }

    pub(crate) fn run_nsup(&self) -> u64 {
        let now = self.clock.now();
        self.split.all().iter().map(|state| state.run_nsup(now)).sum()
    }

    pub(crate) fn run_tomb_raider(&self) -> u64 {
        let now = self.clock.now();
        self.split.all().iter().map(|state| state.run_tomb_raider(now)).sum()
    }

    fn catch_up(&self) {
        let now = self.clock.now();
        for state in self.split.all() {
            state.end_due_transactions(now);
            state.run_due_nsup(now);
            state.run_due_raids(now);
        }
    }
}

impl fmt::Debug for ServerClock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (now, is_frozen) = (self.now(), self.is_frozen());
        f.debug_struct("ServerClock")
            .field("now", &now)
            .field("is_frozen", &is_frozen)
            .finish()
    }
}

impl Server {
    /// Returns the clock of this server.
    #[must_use]
    pub fn clock(&self) -> ServerClock<'_> {
        ServerClock::of(self.shared())
    }

    /// Removes expired records from all namespaces, independent of their `nsup-period`, and returns how many there were.
    ///
    /// Commands never see expired records. But statistics count them, and memory holds them, until they are removed.
    pub fn run_nsup(&self) -> u64 {
        self.clock().run_nsup()
    }

    /// Removes tombstones that are older than their namespace's `tomb-raider-eligible-age`, which is one day by default,
    /// independent of its `tomb-raider-period`. Returns how many there were.
    ///
    /// Durable deletes leave tombstones, on the Enterprise Edition only. They are not records: commands never see them. The tomb
    /// raider also runs by itself when the server's clock has passed a `tomb-raider-period`.
    pub fn run_tomb_raider(&self) -> u64 {
        self.clock().run_tomb_raider()
    }
}
