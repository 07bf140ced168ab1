//! Usage: what each user does on a node.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Login;
use crate::access::{Direction, Meter};
use crate::refusal::Denied;

/// What a user does on a node.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    connections: AtomicU32,
    pub(crate) reads: Meter,
    pub(crate) writes: Meter,
}

impl Usage {
    /// The number of connections that are logged in.
    pub(crate) fn connections(&self) -> u32 {
        self.connections.load(Ordering::Relaxed)
    }

    pub(super) fn connect(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn disconnect(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) const fn meter(&self, direction: Direction) -> &Meter {
        match direction {
            Direction::Read => &self.reads,
            Direction::Write => &self.writes,
        }
    }
}

/// The usage of the users that have logged in to a node.
#[derive(Debug, Default)]
pub(crate) struct Users(Mutex<BTreeMap<Arc<str>, Arc<Usage>>>);

impl Users {
    /// The usage of a user that logs in.
    pub(super) fn of(&self, user: &Arc<str>) -> Arc<Usage> {
        let mut users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(users.entry(Arc::clone(user)).or_default())
    }

    /// The usage of a user, if it has logged in.
    pub(crate) fn find(&self, user: &str) -> Option<Arc<Usage>> {
        let users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        users.get(user).cloned()
    }

    /// The usage of all users that have logged in.
    pub(crate) fn all(&self) -> Vec<(Arc<str>, Arc<Usage>)> {
        let users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        users
            .iter()
            .map(|(user, usage)| (Arc::clone(user), Arc::clone(usage)))
            .collect()
    }

    /// Forgets a user that was removed, unless a connection still counts as its.
    pub(crate) fn forget(&self, user: &str) {
        let mut users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if users.get(user).is_some_and(|usage| usage.connections() == 0) {
            users.remove(user);
        }
    }
}

/// The part of a user's quota that a query reserves while it runs.
#[derive(Debug)]
pub(crate) struct QueryQuota {
    usage: Arc<Usage>,
    direction: Direction,
    /// In records per second; 0 for no limit.
    limit: u32,
}

impl QueryQuota {
    /// Reserves the limit of a query.
    ///
    /// # Errors
    /// [`Denied::QuotaExceeded`] if the user has a quota, and the query has no limit or a larger one than is left.
    pub(crate) fn reserve(login: &Login, direction: Direction, limit: u32) -> Result<Self, Denied> {
        let quota = login.rights.quota(direction);
        if !login.usage.meter(direction).reserve(limit, quota) {
            return Err(Denied::QuotaExceeded(quota));
        }
        Ok(Self {
            usage: Arc::clone(&login.usage),
            direction,
            limit,
        })
    }
}

impl Drop for QueryQuota {
    fn drop(&mut self) {
        self.usage.meter(self.direction).release(self.limit);
    }
}
