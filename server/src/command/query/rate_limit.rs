//! The rate limit of a query, in records per second.

use std::time::Duration;

use crate::command::step::Step;

/// The rate limit of a query; `None` for no limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct RateLimit {
    records_per_second: Option<u32>,
}

impl RateLimit {
    /// The number of steps per second of a query with a limit.
    const STEPS: u32 = 50;

    pub(super) const fn new(records_per_second: Option<u32>) -> Self {
        Self { records_per_second }
    }

    pub(super) const fn is_limited(self) -> bool {
        self.records_per_second.is_some()
    }

    /// The number of records that a step may process.
    pub(super) fn records_per_step(self) -> u32 {
        self.records_per_second
            .map_or(u32::MAX, |limit| (limit / Self::STEPS).max(1))
    }

    /// What the query needs after a step that processed so many records.
    pub(super) fn step(self, processed: u64) -> Step {
        match self.records_per_second {
            Some(limit) if processed > 0 => {
                Step::Wait(Duration::from_secs_f64(processed as f64 / f64::from(limit.max(1))))
            }
            _ => Step::More,
        }
    }
}
