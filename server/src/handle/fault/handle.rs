//! A fault that is armed, in the hands of who armed it.

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::fault_rules::{Counts, Rule, Table};

/// A fault that is armed. Dropping this leaves it so, as whoever does not keep it expects; [`remove`](Self::remove),
/// [`Faults::clear`](super::Faults::clear) and its own limits end it.
#[derive(Debug, Clone)]
pub struct FaultHandle {
    table: Arc<Table>,
    id: u64,
    counts: Arc<Counts>,
}

impl FaultHandle {
    pub(super) fn of(table: &Arc<Table>, rule: &Rule) -> Self {
        Self::new(Arc::clone(table), rule.id, Arc::clone(&rule.counts))
    }

    pub(super) const fn new(table: Arc<Table>, id: u64, counts: Arc<Counts>) -> Self {
        Self { table, id, counts }
    }

    /// The number by which the info protocol and [`Faults::list`](super::Faults::list) know it.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// How many commands it has struck, or rows of batches.
    #[must_use]
    pub fn fired(&self) -> u64 {
        self.counts.fired.load(Ordering::Relaxed)
    }

    /// How many commands came that it is aimed at, whether it struck them or not; behind its last strike they are not
    /// counted.
    #[must_use]
    pub fn matched(&self) -> u64 {
        self.counts.matched.load(Ordering::Relaxed)
    }

    /// Ends it. Connections that it has silenced stay silent.
    pub fn remove(&self) {
        self.table.remove(self.id);
    }

    /// Ties it to a scope: at the end of it the fault is removed, and the test fails if it never fired.
    ///
    /// ```should_panic
    /// use spikelet::Command;
    /// # let server = spikelet::Server::start().unwrap();
    ///
    /// let _overload = server.faults().on(Command::Write).device_overload().must_fire();
    /// // The test ends without having written anything.
    /// ```
    #[track_caller]
    pub fn must_fire(self) -> MustFire {
        MustFire {
            handle: self,
            armed_at: Location::caller(),
        }
    }
}

/// A fault that has to fire. When this is dropped, the fault is removed.
///
/// # Panics
/// Dropping it panics if the fault never fired, unless the thread panics already.
#[derive(Debug)]
#[must_use = "the fault is removed when this is dropped"]
pub struct MustFire {
    handle: FaultHandle,
    armed_at: &'static Location<'static>,
}

impl std::ops::Deref for MustFire {
    type Target = FaultHandle;

    fn deref(&self) -> &FaultHandle {
        &self.handle
    }
}

impl Drop for MustFire {
    fn drop(&mut self) {
        let (id, fired, matched) = (self.id(), self.fired(), self.matched());
        let rules = self.handle.table.rules();
        self.remove();
        if fired == 0 && !std::thread::panicking() {
            let what = rules.iter().find(|rule| rule.id == id).map(ToString::to_string);
            let (what, armed_at) = (what.unwrap_or_else(|| format!("id={id}")), self.armed_at);
            let why = match matched {
                0 => "no command came that it is aimed at".to_owned(),
                n => format!("it struck none of the {n} that it is aimed at"),
            };
            panic!("the fault armed at {armed_at} never fired: {why} ({what})");
        }
    }
}
