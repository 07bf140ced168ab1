//! The builder of a fault.

use std::sync::Arc;
use std::time::Duration;

use spikelet_wire::ResultCode;

use super::handle::FaultHandle;
use crate::fault_rules::{Plan, Reaction, Table};
use crate::parameter::ParameterError;
use crate::selector::{Selector, selector_methods};

/// Builds a fault. A method that names a reaction, such as [`device_overload`](Self::device_overload), arms it.
///
/// Without limits, the fault fires on every command that it matches.
#[derive(Debug, Clone)]
#[must_use = "a fault is armed only by a method that names a reaction, such as `device_overload`"]
pub struct FaultBuilder {
    table: Arc<Table>,
    plan: Plan,
}

impl FaultBuilder {
    pub(crate) fn new(table: &Arc<Table>, selector: Selector) -> Self {
        Self {
            table: Arc::clone(table),
            plan: Plan {
                selector,
                nth: None,
                probability: None,
                times: None,
                seed: 0,
            },
        }
    }

    selector_methods!(.plan.selector);

    /// Sets a parameter by its name, with the value as text, as the control `spikelet/fault/add` takes them: `command`,
    /// `namespace`, `set`, `key`, `int-key`, `blob-key`, `digest`, `transaction`, `node`, `nth`, `probability`, `seed` and `times`.
    ///
    /// # Errors
    /// [`ParameterError`] if there is no such parameter, or if it does not take the value.
    pub fn parameter(mut self, name: &str, value: &str) -> Result<Self, ParameterError> {
        self.plan.set_parameter(name, value)?;
        Ok(self)
    }

    /// Fires from the nth matching command on, counted from 1: once, or as often as [`times`](Self::times) allows.
    pub const fn nth(mut self, nth: u64) -> Self {
        self.plan.nth = Some(nth);
        self
    }

    /// Fires on each matching command with this probability, from 0 to 1. The same seed selects the same commands in every
    /// run.
    pub const fn probability(mut self, seed: u64, probability: f64) -> Self {
        self.plan.probability = Some(probability);
        self.seed(seed)
    }

    /// Fires at most this many times.
    pub const fn times(mut self, times: u64) -> Self {
        self.plan.times = Some(times);
        self
    }

    /// Sets the seed by which replies are [corrupted](Self::corrupt); 0 by default.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.plan.seed = seed;
        self
    }

    /// Arms the fault to [reply with a result code](Reaction::Answer), without executing the command.
    ///
    /// If the fault selects commands on single records, it fires on each matching row of a batch separately.
    pub fn answer(self, code: ResultCode) -> FaultHandle {
        self.react(Reaction::Answer(code))
    }

    /// Arms the fault to reply [`ResultCode::DEVICE_OVERLOAD`]: the storage cannot keep up.
    pub fn device_overload(self) -> FaultHandle {
        self.answer(ResultCode::DEVICE_OVERLOAD)
    }

    /// Arms the fault to reply [`ResultCode::KEY_BUSY`]: too many requests wait for the same record, a hot key.
    pub fn key_busy(self) -> FaultHandle {
        self.answer(ResultCode::KEY_BUSY)
    }

    /// Arms the fault to [delay commands](Reaction::Delay).
    pub fn delay(self, time: Duration) -> FaultHandle {
        self.react(Reaction::Delay(time))
    }

    /// Arms the fault to [neither execute commands nor reply](Reaction::Ignore).
    pub fn ignore(self) -> FaultHandle {
        self.react(Reaction::Ignore)
    }

    /// Arms the fault to [close the connection without executing the command](Reaction::CutBefore).
    pub fn cut_before(self) -> FaultHandle {
        self.react(Reaction::CutBefore)
    }

    /// Arms the fault to [execute the command and close the connection without a reply](Reaction::CutAfter).
    pub fn cut_after(self) -> FaultHandle {
        self.react(Reaction::CutAfter)
    }

    /// Arms the fault to [execute the command and never reply](Reaction::SilenceAfter).
    pub fn silence_after(self) -> FaultHandle {
        self.react(Reaction::SilenceAfter)
    }

    /// Arms the fault to [close the connection after this many bytes of the reply](Reaction::Truncate).
    pub fn truncate(self, bytes: usize) -> FaultHandle {
        self.react(Reaction::Truncate(bytes))
    }

    /// Arms the fault to [send only this many bytes of the reply](Reaction::Stall).
    pub fn stall(self, bytes: usize) -> FaultHandle {
        self.react(Reaction::Stall(bytes))
    }

    /// Arms the fault to [damage the reply](Reaction::Corrupt).
    pub fn corrupt(self) -> FaultHandle {
        self.react(Reaction::Corrupt)
    }

    /// Arms the fault to [reset new connections](Reaction::RefuseConnections).
    pub fn refuse_connections(self) -> FaultHandle {
        self.react(Reaction::RefuseConnections)
    }

    /// Arms the fault with a reaction.
    pub fn react(self, reaction: Reaction) -> FaultHandle {
        let (id, counts) = self.table.arm(self.plan, reaction);
        FaultHandle::new(self.table, id, counts)
    }
}
