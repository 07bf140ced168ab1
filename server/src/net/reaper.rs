//! Closes the connections that sent bad frames, as late as the real server does.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Closes connections that sent a bad frame, in passes that are at least a second apart.
///
/// The real server does not close such a connection at once. A thread does it that runs once a second, and until then the
/// peer sees a silent connection.
#[derive(Debug, Default)]
pub(super) struct Reaper {
    last: Mutex<Option<Instant>>,
}

impl Reaper {
    const PERIOD: Duration = Duration::from_secs(1);

    /// Waits for the next pass, which is now if the last one was more than a second ago.
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
