//! Selectors: which requests a fault or a filter of the journal applies to.
//!
//! A [`Subject`] is the command and the target of one request; a [`Selector`] decides whether they match.

mod command;
mod parameters;
mod subject;

use std::fmt;

use spikelet_wire::mrt::MONITOR_SET;
use spikelet_wire::{Digest, UserKey};

pub(crate) use self::command::Kind;
pub(crate) use self::command::is_control;
pub use self::command::{Command, UnknownCommand};
pub(crate) use self::subject::{Subject, rows};
use crate::cluster::NodeId;

/// Selects requests by command, namespace, set, record, node and user. A request must match every field that is set.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Selector {
    pub(crate) command: Command,
    pub(crate) namespace: Option<String>,
    /// The empty name selects requests without a set.
    pub(crate) set: Option<String>,
    pub(crate) record: Option<SelectedRecord>,
    pub(crate) transaction: Option<u64>,
    pub(crate) node: Option<NodeId>,
    pub(crate) user: Option<String>,
}

/// Selects one record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SelectedRecord {
    Key(UserKey),
    Digest(Digest),
}

/// Builder methods that narrow a selector. The argument is the path from `self` to the selector.
macro_rules! selector_methods {
    ($($selector:tt)*) => {
        /// Selects only requests to this namespace.
        pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
            self $($selector)* .namespace = Some(namespace.into());
            self
        }

        /// Selects only requests to this set. The empty name selects requests without a set.
        pub fn set(mut self, set: impl Into<String>) -> Self {
            self $($selector)* .set = Some(set.into());
            self
        }

        /// Selects only requests to the record with this key: in the set selected by [`set`](Self::set), or without one in
        /// the set that each request names. Records are compared by digest, since most requests carry no key.
        pub fn key(mut self, key: impl Into<spikelet_wire::UserKey>) -> Self {
            self $($selector)* .record = Some($crate::selector::SelectedRecord::Key(key.into()));
            self
        }

        /// Selects only requests to the record with this digest. Replaces a key.
        pub fn digest(mut self, digest: spikelet_wire::Digest) -> Self {
            self $($selector)* .record = Some($crate::selector::SelectedRecord::Digest(digest));
            self
        }

        /// Selects only requests of the transaction with this id, those for its monitor included. A
        /// [verification](crate::Command::Verify) does not name its transaction, and is not selected.
        pub fn transaction(mut self, id: u64) -> Self {
            self $($selector)* .transaction = Some(id);
            self
        }

        /// Selects only requests to the node with this id, such as `0xB2`.
        pub fn node(mut self, id: impl Into<$crate::cluster::NodeId>) -> Self {
            self $($selector)* .node = Some(id.into());
            self
        }

        /// Selects only requests of this user, on connections that are logged in.
        pub fn user(mut self, name: impl Into<String>) -> Self {
            self $($selector)* .user = Some(name.into());
            self
        }
    };
}

pub(crate) use selector_methods;

impl Selector {
    pub(crate) fn matches_node(&self, node: NodeId) -> bool {
        self.node.is_none_or(|wanted| wanted == node)
    }

    /// Whether a request is of the user that is selected, if one is.
    pub(crate) fn matches_user(&self, user: Option<&str>) -> bool {
        self.user.is_none() || self.user.as_deref() == user
    }

    /// Whether the command and the target match, on any node.
    pub(crate) fn matches(&self, subject: &Subject<'_>) -> bool {
        self.command.includes(subject.kind) && self.matches_target(subject)
    }

    /// Whether namespace, set and record match, for any command.
    pub(crate) fn matches_target(&self, subject: &Subject<'_>) -> bool {
        let is = |wanted: &Option<String>, found: Option<&[u8]>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| found.unwrap_or_default() == wanted.as_bytes())
        };
        is(&self.namespace, subject.namespace)
            && self.transaction.is_none_or(|id| is_of_transaction(id, subject))
            && match &self.record {
                Some(SelectedRecord::Key(key)) => self.matches_key(key, subject),
                Some(SelectedRecord::Digest(digest)) => subject.digest == Some(*digest),
                None => is(&self.set, subject.set),
            }
    }

    /// Whether every target matches, even a request that names none.
    pub(crate) const fn matches_any_target(&self) -> bool {
        self.namespace.is_none() && self.set.is_none() && self.record.is_none() && self.transaction.is_none()
    }

    /// Compares digests: clients send one with every record, but set and key only where they are needed.
    fn matches_key(&self, key: &UserKey, subject: &Subject<'_>) -> bool {
        let set = match &self.set {
            Some(set) => Some(set.as_str()),
            None => std::str::from_utf8(subject.set.unwrap_or_default()).ok(),
        };
        subject.digest.is_some() && set.map(|set| Digest::of(set, key)) == subject.digest
    }
}

/// Whether a request is of a transaction. Requests for the monitor do not state the id: it is the monitor's key.
fn is_of_transaction(id: u64, subject: &Subject<'_>) -> bool {
    let key = || UserKey::Int(id.cast_signed());
    subject.transaction == Some(id)
        || subject.set == Some(MONITOR_SET.as_bytes()) && subject.digest == Some(Digest::of(MONITOR_SET, &key()))
}

/// The parameters of the control that would make it, separated by colons.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "command={}", self.command)?;
        for (name, value) in [("namespace", &self.namespace), ("set", &self.set)] {
            value.as_ref().map_or(Ok(()), |value| write!(f, ":{name}={value}"))?;
        }
        match &self.record {
            Some(SelectedRecord::Key(key @ UserKey::Int(_))) => write!(f, ":int-key={key}")?,
            Some(SelectedRecord::Key(key @ UserKey::String(_))) => write!(f, ":key={key}")?,
            Some(SelectedRecord::Key(key @ UserKey::Blob(_))) => write!(f, ":blob-key={key}")?,
            Some(SelectedRecord::Digest(digest)) => write!(f, ":digest={digest}")?,
            None => {}
        }
        self.transaction.map_or(Ok(()), |id| write!(f, ":transaction={id}"))?;
        self.node.map_or(Ok(()), |node| write!(f, ":node={node}"))?;
        self.user.as_ref().map_or(Ok(()), |user| write!(f, ":user={user}"))
    }
}
