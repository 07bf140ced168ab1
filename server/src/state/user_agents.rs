//! User agents: the client libraries that are connected to a node.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The number of connections of each user agent, which is in base64.
#[derive(Debug, Default)]
pub(crate) struct UserAgents(Mutex<BTreeMap<String, u32>>);

impl UserAgents {
    /// Changes the user agent of a connection.
    pub(crate) fn change(&self, from: Option<&str>, to: Option<&str>) {
        let mut counts = self.lock();
        if let Some(count) = from.and_then(|from| counts.get_mut(from)) {
            *count = count.saturating_sub(1);
        }
        if let Some(to) = to {
            *counts.entry(to.to_owned()).or_default() += 1;
        }
        counts.retain(|_, count| *count > 0);
    }

    /// Every user agent with its number of connections, ordered by name.
    pub(crate) fn all(&self) -> Vec<(String, u32)> {
        self.lock()
            .iter()
            .map(|(agent, count)| (agent.clone(), *count))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
