//! nsup, the namespace supervisor, and the tomb raider: remove expired records and old tombstones in the background.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::Shared;

/// How often namespaces are checked for a due sweep; the unit of `nsup-period`.
const TICK: Duration = Duration::from_secs(1);

/// Sweeps each namespace once per `nsup-period`, and raids it once per `tomb-raider-period`, for as long as the runtime runs. Requests run between two partitions.
pub(super) async fn run(shared: Arc<Shared>) {
    loop {
        sleep(TICK).await;
        for state in shared.split.all() {
            let mut sweeps = state.due_sweeps(shared.clock.now());
            while sweeps.step(&state) {
                tokio::task::yield_now().await;
            }
            state.end_due_transactions(shared.clock.now());
            let mut raids = state.due_raids(shared.clock.now());
            while raids.step(&state) {
                tokio::task::yield_now().await;
            }
        }
    }
}
