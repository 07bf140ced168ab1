//! Void times: converting the TTL of a request to a void time, and reads that touch their record.

use std::sync::atomic::Ordering;

use spikelet_wire::Digest;
use spikelet_wire::message::ttl::{DEFAULT, DONT_UPDATE, NEVER};

use crate::clock::Now;
use crate::config::MAX_TTL;
use crate::refusal::Refusal;
use crate::state::{CommandCounters, add};
use crate::store::{Namespace, Record, SetId, SetSettings};

/// The void time of a record that is being written, in seconds since 2010; 0 for never.
///
/// # Errors
/// [`Refusal::TtlOverMax`] for a TTL over ten years; [`Refusal::TtlWithoutNsup`] if the namespace has no nsup period, and does
/// not allow TTLs without one; [`Refusal::NotDurable`] if the namespace is strongly consistent and does not allow expunges.
pub(super) fn void_time(
    now: Now,
    namespace: &Namespace,
    counted: &CommandCounters,
    (set, existing): (Option<SetId>, Option<&Record>),
    ttl: u32,
) -> Result<u32, Refusal> {
    let settings = &namespace.settings;
    let default = default_ttl(namespace, set);
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
    if expires {
        let is_swept = settings.nsup_period.load(Ordering::Relaxed) != 0;
        if !is_swept && !settings.allow_ttl_without_nsup.load(Ordering::Relaxed) {
            return Err(Refusal::TtlWithoutNsup);
        }
        // An expired record leaves no tombstone.
        if settings.strong_consistency && !settings.allow_expunge.load(Ordering::Relaxed) {
            return Err(Refusal::NotDurable);
        }
    }
    let void_time = match ttl {
        NEVER => 0,
        DONT_UPDATE => existing.map_or(0, |record| record.void_time),
        DEFAULT if default == 0 => 0,
        DEFAULT => now.seconds().saturating_add(default),
        seconds => now.seconds().saturating_add(seconds),
    };
    let void_time = match existing {
        Some(record) if is_reduction(record.void_time, void_time) => {
            let applies = settings.apply_ttl_reductions.load(Ordering::Relaxed);
            let (counter, void_time) = match applies {
                true => (&counted.ttl_reductions_applied, void_time),
                false => (&counted.ttl_reductions_ignored, record.void_time),
            };
            add(counter, 1);
            void_time
        }
        _ => void_time,
    };
    namespace.track_void_time(void_time);
    Ok(void_time)
}

/// Whether a new void time is a reduction of the TTL. As in the real server the numbers are compared, so a change to void time 0,
/// which means never, counts too.
const fn is_reduction(before: u32, after: u32) -> bool {
    (before == 0 && after != 0) || after < before
}

/// The TTL of records that are written without one: that of the set, if it is configured, or that of the namespace.
fn default_ttl(namespace: &Namespace, set: Option<SetId>) -> u32 {
    let own = namespace.sets.configured(set);
    match own.map_or(0, |set| set.settings.default_ttl.load(Ordering::Relaxed)) {
        0 => namespace.settings.default_ttl.load(Ordering::Relaxed),
        SetSettings::NEVER => 0,
        ttl => ttl,
    }
}

/// The percentage for reads without one: that of the set, if it is configured, or that of the namespace.
fn default_read_touch_ttl_pct(namespace: &Namespace, set: Option<SetId>) -> u32 {
    let own = namespace.sets.configured(set);
    match own.map_or(0, |set| set.settings.default_read_touch_ttl_pct.load(Ordering::Relaxed)) {
        0 => namespace.settings.default_read_touch_ttl_pct.load(Ordering::Relaxed),
        SetSettings::NEVER => 0,
        percent => percent,
    }
}

/// A read that touches its record: it renews the TTL.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadTouch {
    ttl: u32,
}

/// Decides whether a read touches its record.
///
/// The TTL field of a read is a percentage of the record's TTL. The read touches if at most this share of the TTL is left. 0 stands
/// for the percentage of the namespace, and [`NEVER`] for no touch.
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
        DEFAULT => match default_read_touch_ttl_pct(namespace, record.set) {
            0 => return Ok(None),
            percent => percent,
        },
        1..=100 => percent,
        percent => return Err(Refusal::ReadTouchPercent(percent)),
    };
    let ttl = record.void_time.saturating_sub(record.last_update.seconds());
    let window = (u64::from(ttl) * u64::from(percent) / 100) as u32;
    Ok((now.seconds() >= record.void_time - window).then_some(ReadTouch { ttl }))
}

impl ReadTouch {
    /// Renews the TTL: void time and last update time change, the generation stays. Returns whether the record still existed.
    pub(super) fn apply(self, now: Now, namespace: &Namespace, digest: &Digest) -> bool {
        let Some(mut partition) = namespace.partition_mut(digest.partition_id()) else {
            return false;
        };
        let Some(record) = partition.get_mut(digest) else {
            return false;
        };
        let void_time = now.seconds().saturating_add(self.ttl);
        // The record may have been written since it was read.
        if record.void_time != 0 && record.void_time < void_time {
            record.void_time = void_time;
            record.last_update = record.last_update.max(now);
        }
        true
    }
}
