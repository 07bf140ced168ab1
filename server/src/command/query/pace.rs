//! The pace of a query: how many records it may touch in a step, and how long it waits after it.

use std::time::Duration;

use crate::command::step::Step;

/// How many records a query may touch, and how often.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    records_per_second: Option<u32>,
}

impl Pace {
    /// How often in a second a query with a limit goes on.
    const STEPS: u32 = 50;

    pub(super) const fn new(records_per_second: Option<u32>) -> Self {
        Self { records_per_second }
    }

    pub(super) const fn is_limited(self) -> bool {
        self.records_per_second.is_some()
    }

    /// How many records a step may touch.
    pub(super) fn at_once(self) -> u32 {
        self.records_per_second
            .map_or(u32::MAX, |limit| (limit / Self::STEPS).max(1))
    }

    /// What a query needs after a step that touched so many records.
    pub(super) fn step(self, touched: u64) -> Step {
        match self.records_per_second {
            Some(limit) if touched > 0 => Step::Wait(Duration::from_secs_f64(touched as f64 / f64::from(limit.max(1)))),
            _ => Step::More,
        }
    }
}
