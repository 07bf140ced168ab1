//! nsup, the namespace supervisor: removes expired records in the background.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::sleep;

use super::listener::Shared;
use crate::clock::Now;
use crate::store::Namespace;

/// How often it is looked whether a namespace's period is over; the unit of periods.
const TICK: Duration = Duration::from_secs(1);

/// Sweeps the namespaces, each in its period, for as long as the runtime runs.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut last = vec![shared.engine.started(); shared.engine.namespaces().len()];
    loop {
        sleep(TICK).await;
        for (namespace, last) in shared.engine.namespaces().iter().zip(&mut last) {
            let now = shared.clock.now();
            // A period can be changed at any time, and 0 is none.
            let period = namespace.settings.nsup_period.load(Ordering::Relaxed);
            if period != 0 && now.seconds() >= last.seconds().saturating_add(period) {
                *last = now;
                sweep(namespace, now).await;
            }
        }
    }
}

/// Sweeps a namespace, and lets requests pass between two partitions.
async fn sweep(namespace: &Namespace, now: Now) {
    if !namespace.begin_sweep(now) {
        return;
    }
    let mut expired = 0;
    for id in namespace.partition_ids() {
        expired += namespace.sweep(id, now);
        tokio::task::yield_now().await;
    }
    tracing::trace!(namespace = namespace.name, expired, "nsup");
}
