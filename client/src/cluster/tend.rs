//! Tending: a background task keeps the client's view of the cluster up to date.
//!
//! The task runs on the tokio runtime in which the client was connected. It ends when that runtime ends, while the client
//! may be used in others: each test of `#[tokio::test]` has a runtime of its own. The next command then starts the task
//! again, on its own runtime, and waits for the first round: the view may be old.

use std::pin::pin;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Mutex, Notify};
use tokio::time::timeout;

use super::Cluster;
use super::config::Config;
use super::tender::Tender;
use crate::error::Error;

/// The shortest time between two rounds, however often a change is suspected.
const MIN_INTERVAL: Duration = Duration::from_millis(50);
/// How often a command waits for the first round before it uses the view as it is. A runtime that ends drops the task.
const MAX_STARTS: u32 = 3;

/// The states of the tending task.
const STOPPED: u8 = 0;
/// It runs, but has not finished its first round, so that the view may be old.
const STARTING: u8 = 1;
const RUNNING: u8 = 2;

impl Cluster {
    /// Finds the cluster through its seed hosts and starts to tend it. All of its nodes are known when this returns.
    pub(crate) async fn connect(config: Config) -> Result<Arc<Self>, Error> {
        let tend_interval = config.tend_interval;
        #[cfg(feature = "security")]
        let credentials = config.credentials.clone();
        let mut tender = Tender::start(config).await?;
        let view = tender.changed_view().unwrap_or_default();
        let cluster = Arc::new_cyclic(|this| Self {
            view: RwLock::new(Arc::new(view)),
            tender: Mutex::new(tender),
            tending: AtomicU8::new(RUNNING),
            tending_changed: Notify::new(),
            wake: Arc::default(),
            tend_interval,
            turn: AtomicUsize::new(0),
            #[cfg(feature = "security")]
            credentials: credentials.clone(),
            this: this.clone(),
        });
        tokio::spawn(TendingTask::new(&cluster).run());
        Ok(cluster)
    }

    /// Whether the cluster is tended, so that the view is up to date.
    pub(crate) fn is_tended(&self) -> bool {
        self.tending.load(Ordering::Acquire) == RUNNING
    }

    /// Starts to tend the cluster again if it is not tended, and waits until the view is up to date.
    pub(crate) fn resume_tending(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        let this = self.this.clone();
        async move {
            let Some(cluster) = this.upgrade() else { return };
            if Handle::try_current().is_err() {
                return;
            }
            for _ in 0..MAX_STARTS {
                let mut changed = pin!(cluster.tending_changed.notified());
                changed.as_mut().enable();
                if cluster.is_tended() {
                    return;
                }
                cluster.start_tending();
                changed.await;
            }
        }
    }

    /// Requests a round of tending soon, because something suggests that the cluster has changed.
    pub(crate) fn suspect_change(&self) {
        self.wake.notify_one();
        self.start_tending();
    }

    /// Starts the tending task on the current runtime, unless it runs on one already.
    fn start_tending(&self) {
        let Ok(runtime) = Handle::try_current() else { return };
        let starts = self
            .tending
            .compare_exchange(STOPPED, STARTING, Ordering::AcqRel, Ordering::Acquire);
        if starts.is_ok() {
            tracing::debug!("the runtime in which the cluster was tended has ended: tending resumes in this one");
            runtime.spawn(TendingTask::new(self).resume());
        }
    }

    fn set_tending(&self, state: u8) {
        self.tending.store(state, Ordering::Release);
        self.tending_changed.notify_waiters();
    }

    async fn tend(&self) {
        let mut tender = self.tender.lock().await;
        tender.tend().await;
        if let Some(view) = tender.changed_view() {
            self.set_view(view);
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The tending task wakes up, finds the cluster dropped and ends.
        self.wake.notify_one();
    }
}

/// The task that tends a cluster. It is dropped when its runtime ends; the cluster is not tended then.
struct TendingTask {
    cluster: Weak<Cluster>,
    wake: Arc<Notify>,
    interval: Duration,
}

impl TendingTask {
    fn new(cluster: &Cluster) -> Self {
        Self {
            cluster: cluster.this.clone(),
            wake: cluster.wake.clone(),
            interval: cluster.tend_interval,
        }
    }

    /// Tends the cluster at once, after an unknown time in which it was not tended, and then as [`run`](Self::run).
    async fn resume(self) {
        if let Some(cluster) = self.cluster.upgrade() {
            cluster.tender.lock().await.disconnect();
            cluster.tend().await;
            cluster.set_tending(RUNNING);
        }
        self.run().await;
    }

    /// Tends the cluster at each interval and whenever a change is suspected, until the cluster is dropped.
    async fn run(self) {
        loop {
            let _ = timeout(self.interval, self.wake.notified()).await;
            let Some(cluster) = self.cluster.upgrade() else { return };
            cluster.tend().await;
            drop(cluster);
            tokio::time::sleep(MIN_INTERVAL.min(self.interval)).await;
        }
    }
}

impl Drop for TendingTask {
    fn drop(&mut self) {
        if let Some(cluster) = self.cluster.upgrade() {
            cluster.set_tending(STOPPED);
        }
    }
}
