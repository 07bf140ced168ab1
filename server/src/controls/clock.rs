//! `spikelet/clock` and `spikelet/nsup`.

use std::time::{Duration, SystemTime};

use super::ask::{Answered, Ask, done};

/// `ms=1767225600000;frozen=false`
pub(super) fn show(ask: &Ask<'_>) -> Answered {
    let clock = ask.shared.clock();
    let since = clock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Ok(format!("ms={};frozen={}", since.as_millis(), clock.is_frozen()))
}

pub(super) fn freeze(ask: &Ask<'_>) -> Answered {
    ask.shared.clock().freeze();
    done()
}

pub(super) fn resume(ask: &Ask<'_>) -> Answered {
    ask.shared.clock().resume();
    done()
}

pub(super) fn reset(ask: &Ask<'_>) -> Answered {
    ask.shared.clock().reset();
    done()
}

pub(super) fn advance(ask: &Ask<'_>) -> Answered {
    ask.shared.clock().advance(Duration::from_millis(ask.parsed("ms")?));
    done()
}

pub(super) fn set(ask: &Ask<'_>) -> Answered {
    // So many bits of milliseconds are thousands of years, and every time of the system can be that far from 1970.
    let ms = ask.parsed::<u64>("ms")?.min(1 << 48);
    ask.shared
        .clock()
        .set(SystemTime::UNIX_EPOCH + Duration::from_millis(ms));
    done()
}

/// The number of records that were removed.
pub(super) fn nsup(ask: &Ask<'_>) -> Answered {
    Ok(ask.shared.run_nsup().to_string())
}
