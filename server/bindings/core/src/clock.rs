//! The clock.

use std::time::{Duration, SystemTime};

use crate::error::{Error, Kind};
use crate::server::Server;

/// 2010-01-01T00:00:00Z, from which the server counts, in milliseconds since 1970.
const FIRST: i64 = 1_262_304_000_000;
/// 2146-01-01T00:00:00Z.
const LAST: i64 = 5_554_051_200_000;

/// # The clock
///
/// Times are in milliseconds since 1970. Errors are [`Kind::Closed`] and [`Kind::Forked`], and those given.
impl Server {
    /// Returns the server's time.
    ///
    /// # Errors
    /// See above.
    pub fn now(&self) -> Result<i64, Error> {
        self.with(|server| Ok(milliseconds(server.clock().now())))
    }

    /// Whether the clock is frozen.
    ///
    /// # Errors
    /// See above.
    pub fn is_frozen(&self) -> Result<bool, Error> {
        self.with(|server| Ok(server.clock().is_frozen()))
    }

    /// Stops the clock.
    ///
    /// # Errors
    /// See above.
    pub fn freeze(&self) -> Result<(), Error> {
        self.with(|server| {
            server.clock().freeze();
            Ok(())
        })
    }

    /// Lets a frozen clock run again.
    ///
    /// # Errors
    /// See above.
    pub fn resume(&self) -> Result<(), Error> {
        self.with(|server| {
            server.clock().resume();
            Ok(())
        })
    }

    /// Moves the clock forward by this many milliseconds.
    ///
    /// # Errors
    /// [`Kind::Value`] if the number is negative.
    pub fn advance(&self, by: i64) -> Result<(), Error> {
        let by = u64::try_from(by).map_err(|_| {
            Error::new(
                Kind::Value,
                "a clock is advanced by a time that is not negative: set() can move it back",
            )
        })?;
        self.with(|server| {
            server.clock().advance(Duration::from_millis(by));
            Ok(())
        })
    }

    /// Sets the clock.
    ///
    /// # Errors
    /// [`Kind::Value`] if the time is not between the years 2010 and 2146.
    pub fn set_clock(&self, to: i64) -> Result<(), Error> {
        if !(FIRST..LAST).contains(&to) {
            return Err(Error::new(
                Kind::Value,
                "a server's clock shows a time from the years 2010 to 2145",
            ));
        }
        self.with(|server| {
            server
                .clock()
                .set(SystemTime::UNIX_EPOCH + Duration::from_millis(to.unsigned_abs()));
            Ok(())
        })
    }

    /// Makes the clock follow the machine's clock again.
    ///
    /// # Errors
    /// See above.
    pub fn reset_clock(&self) -> Result<(), Error> {
        self.with(|server| {
            server.clock().reset();
            Ok(())
        })
    }

    /// Removes expired records, and returns how many there were.
    ///
    /// # Errors
    /// See above.
    pub fn run_nsup(&self) -> Result<u64, Error> {
        self.with(|server| Ok(server.run_nsup()))
    }
}

pub(crate) fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
