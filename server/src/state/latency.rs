//! Latency histograms, as `latencies` reports them: for each slice of `ticker-interval`, how many commands took how long.
//!
//! A request reads the clock once, when it has arrived, so that its latency is that of the server's clock: nothing, unless it
//! is executed in steps. The histograms of single records and of batches are therefore made of the counters of their results,
//! and cost nothing. Queries run in steps, and are measured.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::namespace_stats::{Ends, NamespaceStats};
use super::node_stats::{Stats, get};
use crate::clock::Now;

/// The number of thresholds that are reported: 1, 2, 4, up to 65536 milliseconds.
const THRESHOLDS: usize = 17;

/// The numbers of commands by latency: under the first threshold, under the second one, and so on.
type Counts = [u64; THRESHOLDS + 1];

/// A histogram of measured latencies.
#[derive(Debug)]
pub struct Histogram([AtomicU64; THRESHOLDS + 1]);

impl Default for Histogram {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl Histogram {
    /// Counts a command that began at one time and ended at another.
    pub fn insert(&self, began: Now, ended: Now) {
        let milliseconds = ended.0.saturating_sub(began.0);
        let bucket = (u64::BITS - milliseconds.leading_zeros()) as usize;
        if let Some(count) = self.0.get(bucket.min(THRESHOLDS)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn counts(&self) -> Counts {
        std::array::from_fn(|at| self.0.get(at).map_or(0, get))
    }
}

/// The last slice of a histogram, as it is reported until the next one ends.
#[derive(Debug, Default)]
struct Slice(Mutex<SliceState>);

#[derive(Debug, Default)]
struct SliceState {
    /// When the slice ended; `None` before the first command.
    ended: Option<Now>,
    counts: Counts,
    text: String,
}

impl Slice {
    /// Ends a slice. A histogram without commands stays empty, and its first slice is only where the next one starts.
    fn end(&self, now: Now, counts: Counts) {
        let mut state = self.lock();
        let total = |counts: &Counts| counts.iter().sum::<u64>();
        if state.ended.is_none() && total(&counts) == 0 {
            return;
        }
        if let Some(began) = state.ended.replace(now) {
            let seconds = (now.0.saturating_sub(began.0) / 1000).max(1);
            let before = std::mem::take(&mut state.counts);
            let in_slice: Counts = std::array::from_fn(|at| {
                counts
                    .get(at)
                    .zip(before.get(at))
                    .map_or(0, |(now, then)| now.saturating_sub(*then))
            });
            state.text = describe(&in_slice, seconds);
        }
        state.counts = counts;
    }

    fn text(&self) -> String {
        self.lock().text.clone()
    }

    fn lock(&self) -> MutexGuard<'_, SliceState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `msec,TPS,percentage over 1 ms,percentage over 2 ms,...`
fn describe(counts: &Counts, seconds: u64) -> String {
    let total: u64 = counts.iter().sum();
    // Writing to a string does not fail.
    let mut text = format!("msec,{:.1}", total as f64 / seconds as f64);
    let mut over = total;
    for count in counts.iter().take(THRESHOLDS) {
        over -= count;
        let percent = if total == 0 {
            0.0
        } else {
            over as f64 * 100.0 / total as f64
        };
        let _ = write!(text, ",{percent:.2}");
    }
    text
}

/// The histograms of a namespace on one node.
#[derive(Debug, Default)]
pub struct NamespaceLatencies {
    /// Primary index queries that return records.
    pub pi_query: Histogram,
    /// Secondary index queries that return records.
    pub si_query: Histogram,
    slices: [Slice; NAMES.len()],
}

/// The histograms of a namespace. `latencies` lists those of the first [`LISTED`] without being told to.
const NAMES: [&str; 9] = [
    "read",
    "write",
    "udf",
    "batch-sub-read",
    "batch-sub-write",
    "batch-sub-udf",
    "pi-query",
    "si-query",
    "read-touch",
];

/// The number of histograms of a namespace that `latencies` lists by itself.
const LISTED: usize = 8;

impl NamespaceStats {
    /// The names of the histograms that `latencies` lists.
    pub(crate) fn listed_latencies() -> &'static [&'static str] {
        NAMES.get(..LISTED).unwrap_or(&NAMES)
    }

    /// The last slice of a histogram, empty if there is none; `None` for a histogram that is never filled.
    pub(crate) fn latencies_of(&self, name: &str) -> Option<String> {
        let slices = NAMES.iter().zip(&self.latencies.slices);
        slices
            .into_iter()
            .find(|(other, _)| **other == name)
            .map(|(_, slice)| slice.text())
    }

    /// Counts a query that returned records.
    pub(crate) fn count_query_latency(&self, of_index: bool, began: Now, ended: Now) {
        let histogram = match of_index {
            true => &self.latencies.si_query,
            false => &self.latencies.pi_query,
        };
        histogram.insert(began, ended);
    }

    fn end_slices(&self, now: Now) {
        let touches = self.origins().map(|origin| get(&origin.read_touch_success));
        let counts = [
            at_once(ended(&self.client.read)),
            at_once(ended(&self.client.write)),
            at_once(ended(&self.client.udf)),
            at_once(ended(&self.batch_sub.read)),
            at_once(ended(&self.batch_sub.write)),
            at_once(ended(&self.batch_sub.udf)),
            self.latencies.pi_query.counts(),
            self.latencies.si_query.counts(),
            at_once(touches.iter().sum()),
        ];
        for (slice, counts) in self.latencies.slices.iter().zip(counts) {
            slice.end(now, counts);
        }
    }
}

/// The number of commands that the real server's histograms count: all that did not time out.
fn ended(ends: &Ends) -> u64 {
    [&ends.success, &ends.error, &ends.not_found, &ends.filtered_out]
        .map(get)
        .iter()
        .sum()
}

/// Commands that took less than a millisecond.
fn at_once(count: u64) -> Counts {
    let mut counts = Counts::default();
    if let Some(first) = counts.first_mut() {
        *first = count;
    }
    counts
}

/// The histograms of a node that belong to no namespace, and when their slices end.
#[derive(Debug, Default)]
pub(super) struct NodeLatencies {
    /// When the last slice ended, in milliseconds since 2010.
    ticked: AtomicU64,
    batch_index: Slice,
    info: Slice,
}

impl Stats {
    /// The last slice of a histogram of the node, empty if there is none; `None` for an unknown one.
    pub(crate) fn latencies_of(&self, name: &str) -> Option<String> {
        match name {
            "batch-index" => Some(self.latencies.batch_index.text()),
            "info" => Some(self.latencies.info.text()),
            _ => None,
        }
    }

    /// Ends the slice of all histograms, if it has lasted for an interval. Info commands are counted only if that is
    /// enabled.
    pub(super) fn tick(&self, now: Now, interval: u64, counts_info: bool) {
        let ticked = &self.latencies.ticked;
        let last = ticked.load(Ordering::Relaxed).max(self.started.0);
        // A clock that was set back starts a new slice.
        if now.0 >= last && now.0 - last < interval * 1000 {
            return;
        }
        ticked.store(now.0, Ordering::Relaxed);
        let batches = get(&self.batch_index_complete) + get(&self.batch_index_error);
        self.latencies.batch_index.end(now, at_once(batches));
        if counts_info {
            self.latencies.info.end(now, at_once(get(&self.info_complete)));
        }
        self.namespaces().iter().for_each(|namespace| namespace.end_slices(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_is_described_by_its_rate_and_by_what_was_slower_than_each_threshold() {
        let (histogram, slice) = (Histogram::default(), Slice::default());
        slice.end(Now(10_000), histogram.counts());
        assert_eq!(slice.text(), "", "nothing was executed yet");
        histogram.insert(Now(0), Now(0));
        slice.end(Now(20_000), histogram.counts());
        assert_eq!(slice.text(), "", "the first slice is where the next one starts");
        for milliseconds in [0, 0, 1, 5] {
            histogram.insert(Now(7), Now(7 + milliseconds));
        }
        slice.end(Now(30_000), histogram.counts());
        let rest = ",0.00".repeat(THRESHOLDS - 3);
        assert_eq!(slice.text(), format!("msec,0.4,50.00,25.00,25.00{rest}"));
        slice.end(Now(40_000), histogram.counts());
        assert_eq!(slice.text(), format!("msec,0.0{}", ",0.00".repeat(THRESHOLDS)));
    }
}
