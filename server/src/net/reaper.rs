//! When connections end that the server gives up on.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Passes over the connections that the server gave up on: they are closed by the next pass.
///
/// The real server closes nothing where it finds the fault, but leaves it to a thread that looks once a second; a peer
/// that sends a bad header sees its connection stay silent until then.
#[derive(Debug, Default)]
pub(super) struct Reaper {
    last: Mutex<Option<Instant>>,
}

impl Reaper {
    const PERIOD: Duration = Duration::from_secs(1);

    /// Waits for the next pass: at once where the last was over a second ago.
    pub(super) async fn pass(&self) {
        let now = Instant::now();
        let due = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let due = last.map_or(now, |last| (last + Self::PERIOD).max(now));
            if due == now {
                *last = Some(now);
            }
            due
        };
        if due > now {
            sleep_until(due).await;
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            *last = (*last).max(Some(due));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_are_a_second_apart() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (reaper, start) = (Reaper::default(), Instant::now());
            reaper.pass().await;
            assert!(start.elapsed() < Duration::from_millis(500));
            tokio::join!(reaper.pass(), reaper.pass());
            assert!((1000..1900).contains(&start.elapsed().as_millis()));
        });
    }
}
