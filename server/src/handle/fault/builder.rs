//! A fault while it is described.

use std::sync::Arc;
use std::time::Duration;

use spikelet_wire::ResultCode;

use super::handle::FaultHandle;
use crate::fault_rules::{Plan, Reaction, Table};
use crate::selector::{Selector, selector_methods};

/// Describes a fault; it is armed by the method that says what becomes of the commands that it strikes.
///
/// Without limits it strikes every command that it is aimed at.
#[derive(Debug, Clone)]
#[must_use = "a fault is armed only when it is said what it does, as by `device_overload`"]
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

    /// Not before the nth of the commands that it is aimed at, counted from 1; once, unless [`times`](Self::times) says more.
    pub const fn nth(mut self, nth: u64) -> Self {
        self.plan.nth = Some(nth);
        self
    }

    /// Each with this probability, from 0 to 1. The same seed strikes the same of them in every run.
    pub const fn probability(mut self, seed: u64, probability: f64) -> Self {
        self.plan.probability = Some(probability);
        self.seed(seed)
    }

    /// So many times, and never again.
    pub const fn times(mut self, times: u64) -> Self {
        self.plan.times = Some(times);
        self
    }

    /// What a reply is [corrupted](Self::corrupt) by; 0 unless it is said.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.plan.seed = seed;
        self
    }

    /// Arms it to answer with a result code, without applying the command.
    ///
    /// The rows of a batch are struck each by itself if the fault is aimed at commands on records.
    pub fn answer(self, code: ResultCode) -> FaultHandle {
        self.react(Reaction::Answer(code))
    }

    /// Arms it to answer that the storage cannot keep up: [`ResultCode::DEVICE_OVERLOAD`].
    pub fn device_overload(self) -> FaultHandle {
        self.answer(ResultCode::DEVICE_OVERLOAD)
    }

    /// Arms it to answer that too many requests wait for the same record, a hot key: [`ResultCode::KEY_BUSY`].
    pub fn key_busy(self) -> FaultHandle {
        self.answer(ResultCode::KEY_BUSY)
    }

    /// Arms it to [let commands wait](Reaction::Delay).
    pub fn delay(self, time: Duration) -> FaultHandle {
        self.react(Reaction::Delay(time))
    }

    /// Arms it to [neither apply nor answer](Reaction::Ignore).
    pub fn ignore(self) -> FaultHandle {
        self.react(Reaction::Ignore)
    }

    /// Arms it to [close the connection instead of applying the command](Reaction::CutBefore).
    pub fn cut_before(self) -> FaultHandle {
        self.react(Reaction::CutBefore)
    }

    /// Arms it to [apply the command, and close the connection instead of answering](Reaction::CutAfter).
    pub fn cut_after(self) -> FaultHandle {
        self.react(Reaction::CutAfter)
    }

    /// Arms it to [apply the command and never answer](Reaction::SilenceAfter).
    pub fn silence_after(self) -> FaultHandle {
        self.react(Reaction::SilenceAfter)
    }

    /// Arms it to [close the connection behind so many bytes of the reply](Reaction::Truncate).
    pub fn truncate(self, bytes: usize) -> FaultHandle {
        self.react(Reaction::Truncate(bytes))
    }

    /// Arms it to [send no more than so many bytes of the reply](Reaction::Stall).
    pub fn stall(self, bytes: usize) -> FaultHandle {
        self.react(Reaction::Stall(bytes))
    }

    /// Arms it to [damage the reply](Reaction::Corrupt).
    pub fn corrupt(self) -> FaultHandle {
        self.react(Reaction::Corrupt)
    }

    /// Arms it to [reset connections when they are made](Reaction::RefuseConnections).
    pub fn refuse_connections(self) -> FaultHandle {
        self.react(Reaction::RefuseConnections)
    }

    /// Arms it to react in this way.
    pub fn react(self, reaction: Reaction) -> FaultHandle {
        let (id, counts) = self.table.arm(self.plan, reaction);
        FaultHandle::new(self.table, id, counts)
    }
}
