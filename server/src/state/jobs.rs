//! Jobs: the long queries that run, and the last of those that ended, as `query-show` lists them.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use spikelet_wire::{PARTITIONS, PartitionId, ResultCode};

use crate::clock::Now;

/// How many jobs that ended are remembered (`query-max-done`).
const MAX_DONE: usize = 100;

/// The long queries of all nodes.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    table: Mutex<Table>,
    /// The last id that was given to a query that came without one.
    last_id: AtomicU32,
}

#[derive(Debug, Default)]
struct Table {
    active: Vec<Arc<Job>>,
    done: VecDeque<Arc<Job>>,
}

/// What a job is asked to do.
#[derive(Debug)]
pub(crate) struct JobDescription {
    /// By what it is known among the jobs of its node; 0 to be given an id.
    pub(crate) id: u64,
    pub(crate) node: usize,
    pub(crate) namespace: String,
    pub(crate) set: Option<String>,
    /// The name of the index that it asks.
    pub(crate) index: Option<String>,
    /// How many partitions it names, and how many of them by a digest; none where it is about all of them.
    pub(crate) partitions: Option<(usize, usize)>,
    pub(crate) records_per_second: Option<NonZeroU32>,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) socket_timeout: Option<Duration>,
    pub(crate) kind: JobKind,
    /// The module and the function that it applies to records.
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

/// A long query, running or done.
#[derive(Debug)]
pub(crate) struct Job {
    description: JobDescription,
    state: Mutex<Progress>,
}

/// What a job has done so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Records that counted against the limit of its rate.
    pub(crate) throttled: u64,
    /// Records that its filter left out.
    pub(crate) filtered: u64,
    /// Records that it answered, or changed.
    pub(crate) succeeded: u64,
    /// Records that it could not answer, or change.
    pub(crate) failed: u64,
    /// Bytes that it answered.
    pub(crate) sent: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    progress: f32,
    tally: Tally,
    done: Option<Now>,
    end: Option<JobEnd>,
}

/// How a job ends that is not carried through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEnd {
    /// By `query-abort`.
    Aborted,
    /// The client is gone.
    ResponseError,
    /// The client reads too slowly.
    ResponseTimeout,
    /// Its UDF failed.
    #[cfg(feature = "udf")]
    Failed,
}

impl JobEnd {
    /// What the client is told.
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
    /// Starts a job.
    ///
    /// # Errors
    /// [`ResultCode::PARAMETER`] where the node has or remembers another one of this id.
    pub(crate) fn start(self: &Arc<Self>, mut description: JobDescription) -> Result<ActiveJob, ResultCode> {
        if description.id == 0 {
            description.id = u64::from(self.last_id.fetch_add(1, Ordering::Relaxed)) + 1;
        }
        let mut table = self.lock();
        if table.find(description.node, description.id).is_some() {
            return Err(ResultCode::PARAMETER);
        }
        let job = Arc::new(Job {
            state: Mutex::default(),
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

    /// The job of an id on a node, running or remembered.
    pub(crate) fn find(&self, node: usize, id: u64) -> Option<Arc<Job>> {
        self.lock().find(node, id).cloned()
    }

    /// The jobs of a node: first those that run, then those that ended, the latest first.
    pub(crate) fn all(&self, node: usize) -> Vec<Arc<Job>> {
        let table = self.lock();
        let jobs = table.active.iter().rev().chain(table.done.iter().rev());
        jobs.filter(|job| job.description.node == node).cloned().collect()
    }

    /// Has a job end, and says whether it was running.
    pub(crate) fn abort(&self, node: usize, id: u64) -> bool {
        let table = self.lock();
        let found = table.active.iter().find(|job| job.is(node, id));
        found.map(|job| job.end(JobEnd::Aborted)).is_some()
    }

    /// Has all jobs of a node end that run, and says how many.
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
        if table.done.len() > MAX_DONE {
            table.done.pop_front();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
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
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As `query-show` tells of it.
    pub(crate) fn show(&self, now: Now) -> impl fmt::Display {
        Show {
            job: self,
            state: *self.lock(),
            now,
        }
    }
}

/// A job that runs: it is done when this is dropped.
#[derive(Debug)]
pub(crate) struct ActiveJob {
    jobs: Arc<Jobs>,
    job: Arc<Job>,
    now: Now,
    is_complete: bool,
}

impl ActiveJob {
    /// How it is to end, if it is not to be carried through.
    pub(crate) fn end(&self) -> Option<JobEnd> {
        self.job.lock().end
    }

    /// Has it end, unless it is ending already.
    pub(crate) fn abandon(&self, end: JobEnd) {
        self.job.end(end);
    }

    /// Notes that it has come to its end, and says what the client is told.
    pub(crate) fn complete(&mut self) -> ResultCode {
        self.is_complete = true;
        self.end().map_or(ResultCode::OK, JobEnd::result_code)
    }

    /// Notes how far it is, and what it has done since the last time.
    pub(crate) fn reach(&mut self, now: Now, partition: Option<PartitionId>, tally: &Tally) {
        self.now = now;
        let mut state = self.job.lock();
        state.progress = progress(partition);
        state.tally.throttled += tally.throttled;
        state.tally.filtered += tally.filtered;
        state.tally.succeeded += tally.succeeded;
        state.tally.failed += tally.failed;
        state.tally.sent += tally.sent;
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

struct Show<'j> {
    job: &'j Job,
    state: Progress,
    now: Now,
}

impl fmt::Display for Show<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (description, state, tally) = (&self.job.description, self.state, self.state.tally);
        write!(f, "trid={}:ns={}", description.id, description.namespace)?;
        if let Some(set) = &description.set {
            write!(f, ":set={set}")?;
        }
        if let Some(index) = &description.index {
            write!(f, ":sindex-name={index}")?;
        }
        if let Some((partitions, digests)) = description.partitions {
            write!(f, ":n-pids-requested={partitions}:n-keyds-requested={digests}")?;
        }
        let (status, threads) = match state.done {
            Some(_) => ("done", 0),
            None => ("active", 1),
        };
        let end = state.end.map_or("ok", JobEnd::name);
        let ran_until = state.done.unwrap_or(self.now);
        write!(
            f,
            ":rps={}:active-threads={threads}:status={status}({end}):job-progress={:.2}:run-time={}:time-since-done={}",
            description.records_per_second.map_or(0, NonZeroU32::get),
            state.progress,
            ran_until.0.saturating_sub(description.started.0),
            state.done.map_or(0, |done| self.now.0.saturating_sub(done.0)),
        )?;
        // Which records a filter leaves out without a look at their bins is not known here.
        write!(
            f,
            ":recs-throttled={}:recs-filtered-meta=0:recs-filtered-bins={}:recs-succeeded={}:recs-failed={}",
            tally.throttled, tally.filtered, tally.succeeded, tally.failed,
        )?;
        // A colon would separate.
        let peer = description.peer.map(|peer| peer.to_string().replace(':', "+"));
        let timeout = description.socket_timeout.map_or(0, |timeout| timeout.as_millis());
        let kind = match description.kind {
            JobKind::Basic => "basic",
            JobKind::Operate => "background-ops",
            #[cfg(feature = "udf")]
            JobKind::Udf => "background-udf",
            #[cfg(feature = "udf")]
            JobKind::Aggregate => "aggregation",
        };
        write!(f, ":from={}:job-type={kind}", peer.unwrap_or_default())?;
        write!(f, ":net-io-bytes={}", tally.sent)?;
        match description.kind {
            JobKind::Basic => write!(f, ":net-io-time=0:socket-timeout={timeout}"),
            JobKind::Operate => write!(f, ":socket-timeout={timeout}:ops-active=0"),
            #[cfg(feature = "udf")]
            JobKind::Udf => {
                let (module, function) = description.udf.as_ref().map_or(("", ""), |(m, f)| (m, f));
                write!(
                    f,
                    ":socket-timeout={timeout}:udf-filename={module}:udf-function={function}:udf-active=0"
                )
            }
            #[cfg(feature = "udf")]
            JobKind::Aggregate => write!(f, ":net-io-time=0:socket-timeout={timeout}"),
        }
    }
}

/// How much of all partitions lies before one of them, itself included, in percent; all of them lie before none.
fn progress(partition: Option<PartitionId>) -> f32 {
    let reached = partition.map_or(PARTITIONS, |partition| partition.get() + 1);
    f32::from(reached) * 100.0 / f32::from(PARTITIONS)
}
