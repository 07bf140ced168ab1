//! The time of a server, in the hands of the test that owns it.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::Server;
use crate::clock::{Clock, Now};
use crate::net::Shared;
use crate::state::Split;

/// The clock of a [`Server`]: it goes with the machine's until it is told otherwise.
///
/// When a method that moves it returns, everything has happened that the time brings: records have expired, the
/// namespaces whose `nsup-period` is over are swept, and indexes and counters agree with that.
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

    /// The time as the server knows it, in whole milliseconds.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.clock.now().into()
    }

    /// Whether it stands still.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.clock.is_frozen()
    }

    /// Stops it where it is.
    pub fn freeze(&self) {
        self.clock.freeze();
    }

    /// Lets it go on from where it is, as fast as the machine's.
    pub fn resume(&self) {
        self.clock.resume();
    }

    /// Moves it forward, in whole milliseconds, at most to 2146. It goes on or stands still as before.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.catch_up();
    }

    /// Moves it to a time from 2010 to 2146, forward or back. It goes on or stands still as before.
    ///
    /// As on a machine whose clock is set back, records that were removed stay removed.
    pub fn set(&self, to: SystemTime) {
        self.clock.set(Now::from(to));
        self.catch_up();
    }

    /// Has it tell the machine's time again.
    pub fn reset(&self) {
        self.clock.reset();
        self.catch_up();
    }

    pub(crate) fn run_nsup(&self) -> u64 {
        let now = self.clock.now();
        self.split.all().iter().map(|state| state.run_nsup(now)).sum()
    }

    fn catch_up(&self) {
        let now = self.clock.now();
        self.split.all().iter().for_each(|state| state.run_due_nsup(now));
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
    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> ServerClock<'_> {
        ServerClock::of(self.shared())
    }

    /// Removes the records that have expired, in all namespaces, whatever their `nsup-period`, and says how many they were.
    ///
    /// Commands treat what has expired as gone all the same; this is for what counts or keeps it until it is removed.
    pub fn run_nsup(&self) -> u64 {
        self.clock().run_nsup()
    }
}
