//! The handle of an armed fault.

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::fault_rules::{Counts, Rule, Table};

/// The handle of an armed fault.
///
/// Dropping the handle does not disarm the fault. [`remove`](Self::remove), [`Faults::clear`](super::Faults::clear) and the
/// fault's own limits do.
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

    /// Returns the fault's id, as the info protocol and [`Faults::list`](super::Faults::list) show it.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// Returns on how many commands, or rows of batches, the fault has fired.
    #[must_use]
    pub fn fired(&self) -> u64 {
        self.counts.fired.load(Ordering::Relaxed)
    }

    /// Returns how many commands the fault has matched, whether it fired on them or not. After it has fired for the last
    /// time it no longer counts.
    #[must_use]
    pub fn matched(&self) -> u64 {
        self.counts.matched.load(Ordering::Relaxed)
    }

    /// Removes the fault. Connections that it has silenced stay silent.
    pub fn remove(&self) {
        self.table.remove(self.id);
    }

    /// Returns a guard that, when dropped, removes the fault and panics if it never fired.
    ///
    /// Bind the guard to a name. `let _ =` drops it at once.
    ///
    /// ```should_panic
    /// use spikelet::Command;
    /// # let server = spikelet::Server::start().unwrap();
    ///
    /// let _overload = server.faults().on(Command::Write).device_overload().must_fire();
    /// // The test ends without a write, so it panics here.
    /// ```
    #[track_caller]
    pub fn must_fire(self) -> MustFire {
        MustFire {
            handle: self,
            armed_at: Location::caller(),
        }
    }
}

/// A guard for a fault that must fire. Dropping it removes the fault.
///
/// # Panics
/// Dropping it panics if the fault never fired, unless the thread is already panicking.
#[derive(Debug)]
#[must_use = "the guard panics when it is dropped before the fault has fired: bind it to a name, as in `let fault = ...`, not to `_`"]
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
                0 => "no command matched it while its guard was alive; bind the guard to a name, not to `_`".to_owned(),
                n => format!("it fired for none of the {n} that it matched"),
            };
            panic!("the fault armed at {armed_at} never fired: {why} ({what})");
        }
    }
}
