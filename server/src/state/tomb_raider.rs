//! The tomb raider: removes tombstones that are old enough that no older copy of their records can return.

use std::sync::atomic::{AtomicU64, Ordering};

use spikelet_wire::PartitionId;

use super::{Scope, State, get};
use crate::clock::Now;
use crate::store::Namespace;

/// The default of `tomb-raider-period` and `tomb-raider-eligible-age`, in seconds: one day.
const DAY: u64 = 24 * 3600;

/// When the tombstones of each namespace were last raided.
#[derive(Debug)]
pub(crate) struct TombRaider {
    last: Vec<AtomicU64>,
}

impl TombRaider {
    pub(super) fn new(namespaces: usize, now: Now) -> Self {
        Self {
            last: (0..namespaces).map(|_| AtomicU64::new(now.0)).collect(),
        }
    }
}

/// Raids that are due, executed step by step.
#[derive(Debug)]
pub struct Raids {
    /// The positions of namespaces, their partitions, and the time before which their tombstones are removed; the next one last.
    partitions: Vec<(usize, PartitionId, Now)>,
}

impl Raids {
    /// Raids the next partition. Returns whether there was one.
    pub fn step(&mut self, state: &State) -> bool {
        let Some((namespace, id, before)) = self.partitions.pop() else {
            return false;
        };
        if let Some(namespace) = state.namespaces().get(namespace) {
            namespace.sweep_tombstones(id, before);
        }
        true
    }
}

impl State {
    /// The raids of namespaces whose `tomb-raider-period` has passed. A period of 0 disables the tomb raider.
    #[must_use]
    pub fn due_raids(&self, now: Now) -> Raids {
        self.raids(now, |namespace, last| {
            let period = self.tomb_raider_parameter(namespace, "tomb-raider-period");
            period != 0 && u64::from(now.seconds()) >= u64::from(last.seconds()).saturating_add(period)
        })
    }

    /// Executes the raids that are due.
    pub fn run_due_raids(&self, now: Now) {
        let mut raids = self.due_raids(now);
        while raids.step(self) {}
    }

    /// Raids all namespaces, whatever their periods, and returns the number of tombstones that were removed.
    pub fn run_tomb_raider(&self, now: Now) -> u64 {
        let tombstones = || -> u64 {
            let namespaces = self.namespaces().iter();
            namespaces.map(|namespace| get(&namespace.counters.tombstones)).sum()
        };
        let before = tombstones();
        let mut raids = self.raids(now, |_, _| true);
        while raids.step(self) {}
        before.saturating_sub(tombstones())
    }

    fn raids(&self, now: Now, is_due: impl Fn(&Namespace, Now) -> bool) -> Raids {
        let mut partitions = Vec::new();
        for (at, (namespace, last)) in self.namespaces().iter().zip(&self.tomb_raider.last).enumerate() {
            // A clock that was set back must not postpone the next raid.
            let raided = Now(last.fetch_min(now.0, Ordering::Relaxed).min(now.0));
            if !is_due(namespace, raided) {
                continue;
            }
            last.store(now.0, Ordering::Relaxed);
            if get(&namespace.counters.tombstones) == 0 {
                continue;
            }
            let age = self.tomb_raider_parameter(namespace, "tomb-raider-eligible-age");
            let before = Now(now.0.saturating_sub(age.saturating_mul(1000)));
            let ids = namespace.partition_ids().into_iter().rev();
            partitions.extend(ids.map(|id| (at, id, before)));
        }
        Raids { partitions }
    }

    fn tomb_raider_parameter(&self, namespace: &Namespace, name: &'static str) -> u64 {
        let scope = Scope::Namespace(namespace.number);
        self.parameters.number(scope, name).unwrap_or(DAY)
    }
}
