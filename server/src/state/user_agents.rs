//! User agents: the client libraries that are connected to a node.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Now;

/// The number of connections of each user agent, which is in base64.
#[derive(Debug, Default)]
pub(crate) struct UserAgents(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    counted: BTreeMap<String, u32>,
    /// When each of the connections that have requested `features` and not set their user agent did so, if that is not
    /// counted yet.
    unknown: VecDeque<Now>,
}

/// "unknown" in base64: a client that requested `features` and never set its user agent.
pub(crate) const UNKNOWN: &str = "dW5rbm93bg==";

impl UserAgents {
    /// The real server looks at its connections once a second, in milliseconds.
    const PERIOD: u64 = 1000;

    /// Counts a connection whose user agent is unknown, from the next look on.
    pub(crate) fn unknown(&self, now: Now) {
        self.lock().unknown.push_back(now);
    }

    /// Changes the user agent of a connection.
    pub(crate) fn change(&self, from: Option<&str>, to: Option<&str>) {
        let mut counts = self.lock();
        let is_uncounted = from == Some(UNKNOWN) && counts.unknown.pop_back().is_some();
        if let Some(count) = from
            .filter(|_| !is_uncounted)
            .and_then(|from| counts.counted.get_mut(from))
        {
            *count = count.saturating_sub(1);
        }
        if let Some(to) = to {
            *counts.counted.entry(to.to_owned()).or_default() += 1;
        }
        counts.counted.retain(|_, count| *count > 0);
    }

    /// Every user agent with its number of connections, ordered by name.
    pub(crate) fn all(&self, now: Now) -> Vec<(String, u32)> {
        let mut counts = self.lock();
        while counts
            .unknown
            .front()
            .is_some_and(|since| now.0.saturating_sub(since.0) >= Self::PERIOD)
        {
            counts.unknown.pop_front();
            *counts.counted.entry(UNKNOWN.to_owned()).or_default() += 1;
        }
        counts
            .counted
            .iter()
            .map(|(agent, count)| (agent.clone(), *count))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
