//! The journal itself: a ring of what was asked, of bounded size, and those who wait for it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use spikelet_wire::{FrameType, info};

use super::entry::Entry;
use super::filter::Filter;
use super::outcome::{Answer, Ended};
use super::pending::Pending;
use super::recorded::{Arrived, Recorded};
use crate::selector::is_control;

/// How much the requests in a journal take at most, in bytes.
const MOST: usize = 64 * 1024 * 1024;

/// A journal that is off until it is started: what is asked then costs one load.
#[derive(Debug, Default)]
pub(crate) struct Log {
    is_on: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
    observer: Option<Observer>,
}

/// Who is told of requests once they are over, and of which.
#[derive(Clone)]
pub(crate) struct Observer {
    filter: Filter,
    tell: Arc<dyn Fn(&Entry) + Send + Sync>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    capacity: usize,
    /// In the order of their numbers, which have no gaps.
    ring: VecDeque<Recorded>,
    /// What they take together, in bytes.
    size: usize,
    /// How many were recorded ever.
    recorded: u64,
    /// How many had to make room.
    dropped: u64,
    waiting: Vec<Waker>,
}

/// How a request was dealt with, as whoever notes it knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ending {
    pub(crate) ended: Ended,
    /// The number of the rule of the fault that struck it.
    pub(crate) fault: Option<u64>,
}

impl Ending {
    /// Of a request that no fault has struck.
    pub(crate) const fn of(ended: Ended) -> Self {
        Self { ended, fault: None }
    }
}

impl Log {
    pub(crate) fn new(capacity: Option<usize>, observer: Option<Observer>) -> Self {
        let log = Self {
            observer,
            ..Self::default()
        };
        if let Some(capacity) = capacity {
            log.start(capacity);
        }
        log
    }

    /// Notes from now on, and keeps the last so many requests; what was recorded before is kept where there is room.
    pub(crate) fn start(&self, capacity: usize) {
        let mut state = self.state();
        state.capacity = capacity;
        state.make_room();
        self.is_on.store(true, Ordering::Relaxed);
    }

    /// Notes no more; what was recorded is kept.
    pub(crate) fn stop(&self) {
        self.is_on.store(false, Ordering::Relaxed);
    }

    pub(crate) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Forgets what was recorded. Numbers go on.
    pub(crate) fn clear(&self) {
        let mut state = self.state();
        state.ring.clear();
        state.size = 0;
    }

    /// Notes a request and the bytes that answer it, and gives what is still to be told of one that is pending. What asks for
    /// nothing but controls is not recorded.
    pub(crate) fn record(&self, arrived: &Arrived<'_>, answer: &[u8], ending: Ending) -> Option<Pending<'_>> {
        if asks_controls(arrived) {
            return None;
        }
        let mut recorded = Recorded::new(0, arrived);
        let mut read = Answer::default();
        read.read(recorded.kind.command, answer);
        (read.outcome.ended, read.outcome.fault) = (ending.ended, ending.fault);
        recorded.answered(&read);
        recorded.number = self.push(recorded.clone());
        if ending.ended != Ended::Pending {
            self.tell(&recorded);
            return None;
        }
        Some(Pending::new(self, recorded, read))
    }

    fn push(&self, mut recorded: Recorded) -> u64 {
        let mut state = self.state();
        state.recorded += 1;
        recorded.number = state.recorded;
        state.size += recorded.size();
        state.ring.push_back(recorded);
        state.make_room();
        let number = state.recorded;
        self.wake(state);
        number
    }

    /// Notes how a request ended that was pending. Whether it had to make room or not, the observer is told.
    pub(crate) fn end(&self, recorded: &Recorded) {
        let mut state = self.state();
        state.replace(recorded);
        self.wake(state);
        self.tell(recorded);
    }

    fn wake(&self, mut state: MutexGuard<'_, State>) {
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        self.changed.notify_all();
        waiting.into_iter().for_each(Waker::wake);
    }

    fn tell(&self, recorded: &Recorded) {
        if let Some(Observer { filter, tell }) = &self.observer
            && filter.matches(recorded)
        {
            tell(&recorded.entry());
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks until something holds of the state, or the time is over; gives whether it holds.
    pub(crate) fn wait(&self, limit: Duration, holds: impl Fn(&State) -> bool) -> bool {
        let waited = self
            .changed
            .wait_timeout_while(self.state(), limit, |state| !holds(state));
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        holds(&state)
    }
}

impl State {
    /// Forgets the oldest as long as there are too many, or they take too much.
    fn make_room(&mut self) {
        while self.ring.len() > self.capacity || self.size > MOST {
            let Some(oldest) = self.ring.pop_front() else { return };
            self.size -= oldest.size().min(self.size);
            self.dropped += 1;
        }
    }

    /// Keeps this in place of what has its number, if that is still there.
    fn replace(&mut self, recorded: &Recorded) {
        let first = self.ring.front().map_or(u64::MAX, |oldest| oldest.number);
        let at = recorded
            .number
            .checked_sub(first)
            .and_then(|at| usize::try_from(at).ok());
        if let Some(old) = at.and_then(|at| self.ring.get_mut(at)) {
            self.size = (self.size + recorded.size()).saturating_sub(old.size());
            old.clone_from(recorded);
            self.make_room();
        }
    }

    pub(crate) fn matching<'a>(&'a self, filter: &'a Filter) -> impl DoubleEndedIterator<Item = &'a Recorded> {
        self.ring.iter().filter(|recorded| filter.matches(recorded))
    }

    pub(crate) const fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(crate) fn next_number(&self) -> u64 {
        self.recorded + 1
    }

    pub(crate) fn wait(&mut self, waker: &Waker) {
        if !self.waiting.iter().any(|waiting| waiting.will_wake(waker)) {
            self.waiting.push(waker.clone());
        }
    }
}

impl Observer {
    pub(crate) fn new(filter: Filter, tell: impl Fn(&Entry) + Send + Sync + 'static) -> Self {
        Self {
            filter,
            tell: Arc::new(tell),
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer")
            .field("filter", &self.filter)
            .finish_non_exhaustive()
    }
}

/// Whether a frame asks for controls and nothing else: a test that asks for its journal is not what it is about.
fn asks_controls(arrived: &Arrived<'_>) -> bool {
    arrived.frame.is_some_and(|(header, body)| {
        let mut names = info::names(body).peekable();
        header.frame_type == FrameType::INFO && names.peek().is_some() && names.all(is_control)
    })
}
