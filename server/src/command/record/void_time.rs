//! Void times: what the TTL of a request makes of the record's void time, and reads that touch it.

use std::sync::atomic::Ordering;

use spikelet_wire::Digest;
use spikelet_wire::message::ttl::{DEFAULT, DONT_UPDATE, NEVER};

use crate::clock::Now;
use crate::config::MAX_TTL;
use crate::refusal::Refusal;
use crate::store::{Namespace, Record};

/// The void time of a record that is being written, in seconds since 2010; 0 for never.
///
/// # Errors
/// [`Refusal::TtlOverMax`] for a TTL over ten years; [`Refusal::TtlWithoutNsup`] if the namespace has no nsup period, and does
/// not allow TTLs without one.
pub(super) fn void_time(now: Now, namespace: &Namespace, existing: Option<&Record>, ttl: u32) -> Result<u32, Refusal> {
    let settings = &namespace.settings;
    let default = settings.default_ttl.load(Ordering::Relaxed);
    // A new record has no void time to keep.
    let ttl = if ttl == DONT_UPDATE && existing.is_none() {
        DEFAULT
    } else {
        ttl
    };
    if ttl > MAX_TTL && ttl != NEVER && ttl != DONT_UPDATE {
        return Err(Refusal::TtlOverMax { ttl, max: MAX_TTL });
    }
    let expires = match ttl {
        DEFAULT => default != 0,
        NEVER | DONT_UPDATE => false,
        _ => true,
    };
    if expires
        && settings.nsup_period.load(Ordering::Relaxed) == 0
        && !settings.allow_ttl_without_nsup.load(Ordering::Relaxed)
    {
        return Err(Refusal::TtlWithoutNsup);
    }
    let void_time = match ttl {
        NEVER => 0,
        DONT_UPDATE => existing.map_or(0, |record| record.void_time),
        DEFAULT if default == 0 => 0,
        DEFAULT => now.seconds().saturating_add(default),
        seconds => now.seconds().saturating_add(seconds),
    };
    namespace.note_void_time(void_time);
    Ok(void_time)
}

/// A read that touches its record: it renews the TTL.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadTouch {
    ttl: u32,
}

/// Decides whether a read touches its record. The TTL of a read is a percentage of the record's TTL: if at most so much of it is
/// left, the read touches. 0 stands for the percentage of the namespace, [`NEVER`] for no touch.
///
/// # Errors
/// [`Refusal::ReadTouchPercent`] for a percentage over 100.
pub(super) fn read_touch(
    now: Now,
    namespace: &Namespace,
    record: &Record,
    percent: u32,
) -> Result<Option<ReadTouch>, Refusal> {
    if record.void_time == 0 || percent == NEVER {
        return Ok(None);
    }
    let percent = match percent {
        DEFAULT => match namespace.settings.default_read_touch_ttl_pct.load(Ordering::Relaxed) {
            0 => return Ok(None),
            percent => percent,
        },
        1..=100 => percent,
        percent => return Err(Refusal::ReadTouchPercent(percent)),
    };
    let ttl = record.void_time.saturating_sub(record.last_update.seconds());
    let late = (u64::from(ttl) * u64::from(percent) / 100) as u32;
    Ok((now.seconds() >= record.void_time - late).then_some(ReadTouch { ttl }))
}

impl ReadTouch {
    /// Renews the TTL: void time and last update time change, the generation stays.
    pub(super) fn apply(self, now: Now, namespace: &Namespace, digest: &Digest) {
        let Some(mut partition) = namespace.partition_mut(digest.partition_id()) else {
            return;
        };
        let Some(record) = partition.get_mut(digest) else {
            return;
        };
        let void_time = now.seconds().saturating_add(self.ttl);
        // Something else may have written the record since it was read.
        if record.void_time != 0 && record.void_time < void_time {
            record.void_time = void_time;
            record.last_update = record.last_update.max(now);
        }
    }
}
