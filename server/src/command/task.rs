//! Tasks: commands that do not end with their frame.
//!
//! Nothing that a client requests may hold up the other connections for more than some milliseconds. What may take longer is
//! a task: a batch, a query, a UDF, a sort of a million elements. A caller asks it for one [step](Task::step) after the other,
//! and serves the other connections in between; no step takes long. What cannot be cut into short steps is
//! [blocking work](Task::run_blocking). It holds no lock but those of its own records, so a caller that has threads runs it
//! on one of them before the next step. A caller without threads just asks for the next step, which then does the work
//! itself: everything runs on one thread, in the same order every time.

use std::time::Duration;

use bytes::BytesMut;

use super::batch::Batch;
use super::info_task::InfoTask;
use super::query::Query;
use super::record_task::RecordTask;
use super::step::Step;
use crate::clock::Now;
use crate::state::{JobEnd, State};

/// A command that is executed in steps.
#[derive(Debug)]
pub struct Task(Kind);

#[derive(Debug)]
enum Kind {
    Batch(Batch),
    Query(Box<Query>),
    Record(RecordTask),
    Info(InfoTask),
}

impl Task {
    /// Goes on for a short time, and appends whole frames of the reply to `out`. Does the
    /// [blocking work](Self::run_blocking) first, if the caller has not.
    pub fn step(&mut self, state: &State, now: Now, out: &mut BytesMut) -> Step {
        self.run_blocking(state, now);
        match &mut self.0 {
            Kind::Batch(batch) => batch.step(state, out),
            Kind::Query(query) => query.step(state, now, out),
            Kind::Record(record) => record.step(state, out),
            Kind::Info(info) => info.step(state, now, out),
        }
    }

    /// How many steps of a background task may come before the reply to its request: a test need not wait for what is done by
    /// then.
    #[must_use]
    pub fn foreground_steps(&self) -> usize {
        match &self.0 {
            Kind::Query(query) => query.foreground_steps(),
            _ => 0,
        }
    }

    /// Whether there is [blocking work](Self::run_blocking) to do before the next step.
    #[must_use]
    pub fn has_blocking_work(&self) -> bool {
        match &self.0 {
            Kind::Batch(batch) => batch.has_blocking_work(),
            Kind::Query(query) => query.has_blocking_work(),
            Kind::Record(record) => record.has_blocking_work(),
            Kind::Info(info) => info.has_blocking_work(),
        }
    }

    /// Does what takes long, if there is anything. Scripts end with their time limit. It is no matter if the state was
    /// replaced by another one when the next step follows, as when nodes of a split cluster meet.
    pub fn run_blocking(&mut self, state: &State, now: Now) {
        if !self.has_blocking_work() {
            return;
        }
        match &mut self.0 {
            Kind::Batch(batch) => batch.run_blocking(state),
            Kind::Query(query) => query.run_blocking(state),
            Kind::Record(record) => record.run_blocking(state),
            Kind::Info(info) => info.run_blocking(state, now),
        }
    }

    /// Executes all steps at once, for callers that serve nobody else.
    pub fn run(mut self, state: &State, now: Now, out: &mut BytesMut) {
        while self.step(state, now, out) != Step::Done {}
    }

    /// The position of the node that executes it.
    #[must_use]
    pub const fn node(&self) -> usize {
        match &self.0 {
            Kind::Batch(batch) => batch.node(),
            Kind::Query(query) => query.node(),
            Kind::Record(record) => record.node(),
            Kind::Info(info) => info.node(),
        }
    }

    /// How long the client may leave the reply unread; `None` for no limit.
    #[must_use]
    pub const fn socket_timeout(&self) -> Option<Duration> {
        match &self.0 {
            Kind::Query(query) => query.socket_timeout(),
            _ => None,
        }
    }

    /// Ends it early, because of its client.
    pub fn abandon(self, state: &State, end: JobEnd) {
        if let Kind::Query(query) = self.0 {
            query.abandon(state, end);
        }
    }
}

impl From<Batch> for Task {
    fn from(batch: Batch) -> Self {
        Self(Kind::Batch(batch))
    }
}

impl From<Query> for Task {
    fn from(query: Query) -> Self {
        Self(Kind::Query(Box::new(query)))
    }
}

impl From<InfoTask> for Task {
    fn from(info: InfoTask) -> Self {
        Self(Kind::Info(info))
    }
}

impl From<RecordTask> for Task {
    fn from(record: RecordTask) -> Self {
        Self(Kind::Record(record))
    }
}
