//! The task of an info request that registers UDF modules.
//!
//! A module is run once when it is registered, which may take as long as a script may: it is checked as blocking work, before the
//! request is executed.

use bytes::BytesMut;

use super::info;
use super::step::Step;
use crate::clock::Now;
use crate::state::{Session, State};

/// An info request that registers UDF modules.
#[derive(Debug)]
pub(super) struct InfoTask {
    body: Box<[u8]>,
    session: Session,
    is_checked: bool,
}

impl InfoTask {
    /// The task of a request, if it registers modules.
    pub(super) fn of(body: &[u8], session: &Session) -> Option<Self> {
        info::registers_modules(body).then(|| Self {
            body: body.into(),
            session: session.clone(),
            is_checked: false,
        })
    }

    pub(super) const fn node(&self) -> usize {
        self.session.node
    }

    pub(super) const fn has_blocking_work(&self) -> bool {
        !self.is_checked
    }

    pub(super) fn run_blocking(&mut self, state: &State, now: Now) {
        info::check_modules(state, now, &mut self.session, &self.body);
        self.is_checked = true;
    }

    pub(super) fn step(&mut self, state: &State, now: Now, out: &mut BytesMut) -> Step {
        if let Some(mut maintenance) = info::handle(state, now, &mut self.session, &self.body, out) {
            while maintenance.step(state, now, out) != Step::Done {}
        }
        Step::Done
    }
}
