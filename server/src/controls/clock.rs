//! `spikelet/clock`, `spikelet/nsup` and `spikelet/tomb-raider`.

use std::time::{Duration, SystemTime};

use super::call::{Call, Reply, done};
use crate::handle::ServerClock;

/// `ms=1767225600000;frozen=false`
pub(super) fn show(call: &Call<'_>) -> Reply {
    let clock = ServerClock::of(call.shared);
    let since = clock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Ok(format!("ms={};frozen={}", since.as_millis(), clock.is_frozen()))
}

pub(super) fn freeze(call: &Call<'_>) -> Reply {
    ServerClock::of(call.shared).freeze();
    done()
}

pub(super) fn resume(call: &Call<'_>) -> Reply {
    ServerClock::of(call.shared).resume();
    done()
}

pub(super) fn reset(call: &Call<'_>) -> Reply {
    ServerClock::of(call.shared).reset();
    done()
}

pub(super) fn advance(call: &Call<'_>) -> Reply {
    ServerClock::of(call.shared).advance(Duration::from_millis(call.parsed("ms")?));
    done()
}

pub(super) fn set(call: &Call<'_>) -> Reply {
    // 48 bits of milliseconds are thousands of years, which `SystemTime` can represent on every system.
    let ms = call.parsed::<u64>("ms")?.min(1 << 48);
    ServerClock::of(call.shared).set(SystemTime::UNIX_EPOCH + Duration::from_millis(ms));
    done()
}

/// The number of removed records.
pub(super) fn nsup(call: &Call<'_>) -> Reply {
    Ok(ServerClock::of(call.shared).run_nsup().to_string())
}

/// The number of removed tombstones.
pub(super) fn tomb_raider(call: &Call<'_>) -> Reply {
    Ok(ServerClock::of(call.shared).run_tomb_raider().to_string())
}
