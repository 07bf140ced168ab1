//! Jobs: long queries, those that are running and the last ones that ended.

mod show;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use spikelet_wire::{PARTITIONS, PartitionId, ResultCode};

use crate::clock::Now;

/// The long queries of all nodes.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    table: Mutex<Table>,
    /// The last id that was generated for a query without one.
    last_id: AtomicU32,
}

#[derive(Debug)]
struct Table {
    active: Vec<Arc<Job>>,
    done: VecDeque<Arc<Job>>,
    max_done: usize,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            active: Vec::new(),
            done: VecDeque::new(),
            max_done: Jobs::MAX_DONE,
        }
    }
}

/// The description of a job.
#[derive(Debug)]
pub(crate) struct JobDescription {
    /// Its id among the jobs of its node; 0 to generate one.
    pub(crate) id: u64,
    pub(crate) node: usize,
    pub(crate) namespace: String,
    pub(crate) set: Option<String>,
    /// The name of the index that it searches.
    pub(crate) index: Option<String>,
    /// The number of partitions that it names, and the number of digests to resume from; `None` for all partitions.
    pub(crate) partitions: Option<(usize, usize)>,
    pub(crate) records_per_second: Option<NonZeroU32>,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) socket_timeout: Option<Duration>,
    pub(crate) kind: JobKind,
    /// The module and the function of its UDF.
    #[cfg(feature = "udf")]
    pub(crate) udf: Option<(String, String)>,
    pub(crate) started: Now,
}

/// The kinds of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobKind {
    Basic,
    Operate,
    #[cfg(feature = "udf")]
    Udf,
    #[cfg(feature = "udf")]
    Aggregate,
}

/// A long query, running or ended.
#[derive(Debug)]
pub(crate) struct Job {
    description: JobDescription,
    progress: Mutex<Progress>,
}

/// The numbers of records and bytes that a job has processed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Records that counted against its rate limit.
    pub(crate) throttled: u64,
    /// Records that its filter did not match.
    pub(crate) filtered: u64,
    /// Records that it returned or changed.
    pub(crate) succeeded: u64,
    /// Records that it failed to return or change.
    pub(crate) failed: u64,
    /// Bytes that it sent.
    pub(crate) sent: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    percent: f32,
    tally: Tally,
    done: Option<Now>,
    end: Option<JobEnd>,
}

/// Why a job ends before it has processed all records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEnd {
    /// By `query-abort`.
    Aborted,
    /// The client disconnected.
    ResponseError,
    /// The client reads too slowly.
    ResponseTimeout,
    /// Its UDF failed.
    #[cfg(feature = "udf")]
    Failed,
}

impl JobEnd {
    /// The result code of the reply.
    pub(crate) const fn result_code(self) -> ResultCode {
        match self {
            Self::Aborted => ResultCode::QUERY_ABORTED,
            Self::ResponseError | Self::ResponseTimeout => ResultCode::SERVER_ERROR,
            #[cfg(feature = "udf")]
            Self::Failed => ResultCode::SERVER_ERROR,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Aborted => "user-aborted",
            Self::ResponseError => "abandoned-response-error",
            Self::ResponseTimeout => "abandoned-response-timeout",
            #[cfg(feature = "udf")]
            Self::Failed => "abandoned-unknown",
        }
    }
}

impl Jobs {
    /// The number of ended jobs that are remembered by default (`query-max-done`).
    pub(super) const MAX_DONE: usize = 100;

    /// Starts a job.
    ///
    /// # Errors
    /// [`ResultCode::PARAMETER`] if the node has a running or remembered job with this id.
    pub(crate) fn start(self: &Arc<Self>, mut description: JobDescription) -> Result<ActiveJob, ResultCode> {
        if description.id == 0 {
            description.id = u64::from(self.last_id.fetch_add(1, Ordering::Relaxed)) + 1;
        }
        let mut table = self.lock();
        if table.find(description.node, description.id).is_some() {
            return Err(ResultCode::PARAMETER);
        }
        let job = Arc::new(Job {
            progress: Mutex::default(),
            description,
        });
        table.active.push(Arc::clone(&job));
        Ok(ActiveJob {
            jobs: Arc::clone(self),
            now: job.description.started,
            is_complete: false,
            job,
        })
    }

    /// Finds a job of a node by id, running or remembered.
    pub(crate) fn find(&self, node: usize, id: u64) -> Option<Arc<Job>> {
        self.lock().find(node, id).cloned()
    }

    /// The jobs of a node: first the running ones, then the ended ones, the latest first.
    pub(crate) fn all(&self, node: usize) -> Vec<Arc<Job>> {
        let table = self.lock();
        let jobs = table.active.iter().rev().chain(table.done.iter().rev());
        jobs.filter(|job| job.description.node == node).cloned().collect()
    }

    /// The number of running jobs of a node.
    pub(crate) fn running(&self, node: usize) -> usize {
        let table = self.lock();
        table.active.iter().filter(|job| job.description.node == node).count()
    }

    /// Changes the number of ended jobs that are remembered.
    pub(crate) fn remember(&self, max_done: usize) {
        let mut table = self.lock();
        table.max_done = max_done;
        table.forget();
    }

    /// Aborts a job, and returns whether it was running.
    pub(crate) fn abort(&self, node: usize, id: u64) -> bool {
        let table = self.lock();
        let found = table.active.iter().find(|job| job.is(node, id));
        found.map(|job| job.end(JobEnd::Aborted)).is_some()
    }

    /// Aborts all running jobs of a node, and returns their number.
    pub(crate) fn abort_all(&self, node: usize) -> usize {
        let table = self.lock();
        let running = table.active.iter().filter(|job| job.description.node == node);
        running.map(|job| job.end(JobEnd::Aborted)).count()
    }

    fn finish(&self, job: &Arc<Job>, now: Now) {
        job.lock().done = Some(now);
        let mut table = self.lock();
        table.active.retain(|active| !Arc::ptr_eq(active, job));
        table.done.push_back(Arc::clone(job));
        table.forget();
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Forgets the ended jobs beyond the number that is remembered, the oldest first.
    fn forget(&mut self) {
        let excess = self.done.len().saturating_sub(self.max_done);
        self.done.drain(..excess);
    }

    fn find(&self, node: usize, id: u64) -> Option<&Arc<Job>> {
        self.active.iter().chain(&self.done).find(|job| job.is(node, id))
    }
}

impl Job {
    fn is(&self, node: usize, id: u64) -> bool {
        (self.description.node, self.description.id) == (node, id)
    }

    fn end(&self, end: JobEnd) {
        self.lock().end.get_or_insert(end);
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running job. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct ActiveJob {
    jobs: Arc<Jobs>,
    job: Arc<Job>,
    now: Now,
    is_complete: bool,
}

impl ActiveJob {
    /// Why it is to end early, if it is.
    pub(crate) fn end(&self) -> Option<JobEnd> {
        self.job.lock().end
    }

    /// Ends it early, unless it is ending already.
    pub(crate) fn abandon(&self, end: JobEnd) {
        self.job.end(end);
    }

    /// Marks it as complete, and returns the result code of the reply.
    pub(crate) fn complete(&mut self) -> ResultCode {
        self.is_complete = true;
        self.end().map_or(ResultCode::OK, JobEnd::result_code)
    }

    /// Records the partition that it has reached, and what it has processed since the last call.
    pub(crate) fn reach(&mut self, now: Now, partition: Option<PartitionId>, tally: &Tally) {
        self.now = now;
        let mut progress = self.job.lock();
        progress.percent = percent(partition);
        progress.tally.throttled += tally.throttled;
        progress.tally.filtered += tally.filtered;
        progress.tally.succeeded += tally.succeeded;
        progress.tally.failed += tally.failed;
        progress.tally.sent += tally.sent;
    }
}

impl Drop for ActiveJob {
    fn drop(&mut self) {
        if !self.is_complete {
            self.job.end(JobEnd::ResponseError);
        }
        self.jobs.finish(&self.job, self.now);
    }
}

/// The share of partitions up to this one, in percent; 100 for `None`.
fn percent(partition: Option<PartitionId>) -> f32 {
    let reached = partition.map_or(PARTITIONS, |partition| partition.get() + 1);
    f32::from(reached) * 100.0 / f32::from(PARTITIONS)
}
