//! A job as `query-show` displays it.

use std::fmt;
use std::num::NonZeroU32;

use super::{Job, JobEnd, JobKind, Progress};
use crate::clock::Now;

impl Job {
    /// Displays the job as `query-show` does.
    pub(crate) fn show(&self, now: Now) -> impl fmt::Display {
        Show {
            job: self,
            progress: *self.lock(),
            now,
        }
    }
}

struct Show<'j> {
    job: &'j Job,
    progress: Progress,
    now: Now,
}

impl fmt::Display for Show<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (description, state, tally) = (&self.job.description, self.progress, self.progress.tally);
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
            state.percent,
            ran_until.0.saturating_sub(description.started.0),
            state.done.map_or(0, |done| self.now.0.saturating_sub(done.0)),
        )?;
        // Records that a filter leaves out by their metadata are counted with the others.
        write!(
            f,
            ":recs-throttled={}:recs-filtered-meta=0:recs-filtered-bins={}:recs-succeeded={}:recs-failed={}",
            tally.throttled, tally.filtered, tally.succeeded, tally.failed,
        )?;
        // A colon separates items.
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
