//! nsup, the namespace supervisor: removes expired records in the background.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::Shared;

/// How often it is looked whether a namespace's period is over; the unit of periods.
const TICK: Duration = Duration::from_secs(1);

/// Sweeps the namespaces, each in its period, and lets requests pass between two partitions: for as long as the runtime runs.
pub(super) async fn run(shared: Arc<Shared>) {
    loop {
        sleep(TICK).await;
        for state in shared.split.all() {
            let mut sweeps = state.due_sweeps(shared.clock.now());
            while sweeps.step(&state) {
                tokio::task::yield_now().await;
            }
        }
    }
}
