//! The log itself: a ring buffer of bounded size, and the tasks and threads that wait for entries.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use spikelet_wire::{FrameType, info};

use super::entry::Entry;
use super::filter::Filter;
use super::outcome::{Ended, Reply};
use super::pending::Pending;
use super::recorded::{Arrived, Recorded};
use crate::selector::is_control;

/// The maximum size of all requests in the log, in bytes.
const MAX_SIZE: usize = 64 * 1024 * 1024;

/// A log, which records nothing until it is started.
#[derive(Debug, Default)]
pub(crate) struct Log {
    is_on: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
    observer: Option<Observer>,
}

/// A callback for requests that have ended and match a filter.
#[derive(Clone)]
pub(crate) struct Observer {
    filter: Filter,
    callback: Arc<dyn Fn(&Entry) + Send + Sync>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    capacity: usize,
    /// In the order of their numbers, which have no gaps.
    ring: VecDeque<Recorded>,
    /// The size of all of them, in bytes.
    size: usize,
    /// How many requests were ever recorded.
    recorded: u64,
    /// How many were dropped to make room.
    dropped: u64,
    waiting: Vec<Waker>,
    /// How often waits were interrupted.
    interruptions: u64,
}

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waited {
    Holds,
    TimedOut,
    Interrupted,
}

/// How a request ended, as the connection knows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ending {
    pub(crate) ended: Ended,
    /// The id of the fault that fired on it.
    pub(crate) fault: Option<u64>,
}

impl Ending {
    /// The ending of a request on which no fault fired.
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

    /// Starts recording, and keeps the last `capacity` requests, including those recorded before.
    pub(crate) fn start(&self, capacity: usize) {
        let mut state = self.state();
        state.capacity = capacity;
        state.make_room();
        self.is_on.store(true, Ordering::Relaxed);
    }

    /// Stops recording. Recorded requests are kept.
    pub(crate) fn stop(&self) {
        self.is_on.store(false, Ordering::Relaxed);
    }

    pub(crate) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Removes all requests. Numbering continues.
    pub(crate) fn clear(&self) {
        let mut state = self.state();
        state.ring.clear();
        state.size = 0;
    }

    /// Records a request and the bytes of its reply. Returns a handle if the request is pending. Info requests that contain
    /// only controls are not recorded.
    pub(crate) fn record(&self, arrived: &Arrived<'_>, reply: &[u8], ending: Ending) -> Option<Pending<'_>> {
        if is_for_controls(arrived) {
            return None;
        }
        let mut recorded = Recorded::new(0, arrived);
        let mut read = Reply::default();
        read.read(recorded.kind.command, reply);
        (read.outcome.ended, read.outcome.fault) = (ending.ended, ending.fault);
        recorded.answered(&read);
        recorded.number = self.push(recorded.clone());
        if ending.ended != Ended::Pending {
            self.notify(&recorded);
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

    /// Records the end of a pending request. The observer is called even if the request is no longer in the log.
    pub(crate) fn end(&self, recorded: &Recorded) {
        let mut state = self.state();
        state.replace(recorded);
        self.wake(state);
        self.notify(recorded);
    }

    fn wake(&self, mut state: MutexGuard<'_, State>) {
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        self.changed.notify_all();
        waiting.into_iter().for_each(Waker::wake);
    }

    fn notify(&self, recorded: &Recorded) {
        if let Some(Observer { filter, callback }) = &self.observer
            && filter.matches(recorded)
        {
            callback(&recorded.entry());
        }
    }

    /// Ends all calls of [`wait`](Self::wait), so that the threads look whether they are cancelled.
    pub(crate) fn interrupt(&self) {
        self.state().interruptions += 1;
        self.changed.notify_all();
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks until a condition holds, the timeout expires, or the number of [interruptions](Self::interrupt) is not this one.
    pub(crate) fn wait(&self, limit: Duration, interruptions: u64, holds: impl Fn(&State) -> bool) -> Waited {
        let waited = self.changed.wait_timeout_while(self.state(), limit, |state| {
            !holds(state) && state.interruptions == interruptions
        });
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        match holds(&state) {
            true => Waited::Holds,
            false if timeout.timed_out() => Waited::TimedOut,
            false => Waited::Interrupted,
        }
    }
}

impl State {
    /// Drops the oldest requests while there are too many, or their size is too large.
    fn make_room(&mut self) {
        while self.ring.len() > self.capacity || self.size > MAX_SIZE {
            let Some(oldest) = self.ring.pop_front() else { return };
            self.size -= oldest.size().min(self.size);
            self.dropped += 1;
        }
    }

    /// Replaces the request with the same number, if it is still in the log.
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

    pub(crate) const fn interruptions(&self) -> u64 {
        self.interruptions
    }

    pub(crate) fn wait(&mut self, waker: &Waker) {
        if !self.waiting.iter().any(|waiting| waiting.will_wake(waker)) {
            self.waiting.push(waker.clone());
        }
    }
}

impl Observer {
    pub(crate) fn new(filter: Filter, callback: impl Fn(&Entry) + Send + Sync + 'static) -> Self {
        Self {
            filter,
            callback: Arc::new(callback),
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

/// Whether a frame contains only controls. Those are requests of the test, not of the code under test.
fn is_for_controls(arrived: &Arrived<'_>) -> bool {
    arrived.frame.is_some_and(|(header, body)| {
        let mut names = info::names(body).peekable();
        header.frame_type == FrameType::INFO && names.peek().is_some() && names.all(is_control)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interruption_ends_waits_that_began_before_it() {
        let log = Log::new(Some(1), None);
        let before = log.state().interruptions();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| log.wait(Duration::from_secs(3600), before, |_| false));
            log.interrupt();
            assert_eq!(waiting.join().unwrap(), Waited::Interrupted);
        });
        let later = log.state().interruptions();
        assert_eq!(log.wait(Duration::from_millis(1), later, |_| false), Waited::TimedOut);
        assert_eq!(log.wait(Duration::ZERO, later, |_| true), Waited::Holds);
    }
}
