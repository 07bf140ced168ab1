//! Which entries are meant.

use std::fmt;

use spikelet_wire::{ResultCode, UserKey};

use super::noted::{Noted, Subject};
use super::show::shown_key;
use crate::cluster::NodeId;
use crate::command::Command;

/// Which entries are meant: all of them but info commands, until more is said.
///
/// Clients tend their clusters by info commands, at times of their own, so these count only where
/// [`command`](Self::command) asks for [`Command::Info`] or [`Command::Everything`]. A batch is one entry, and is meant where
/// one of its rows is.
///
/// ```
/// use spikelet::{Command, ResultCode, journal::Filter};
///
/// let filter = Filter::new().writes().set("demo").key("user1").outcome(ResultCode::OK);
/// assert_eq!(filter.to_string(), r#"write set demo key "user1" outcome OK"#);
/// assert_eq!(Filter::from((Command::Read, "user1")), Filter::new().reads().key("user1"));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[must_use = "a filter does nothing by itself"]
pub struct Filter {
    pub(super) command: Command,
    pub(super) node: Option<NodeId>,
    pub(super) namespace: Option<String>,
    pub(super) set: Option<String>,
    pub(super) key: Option<UserKey>,
    pub(super) outcome: Option<ResultCode>,
    pub(super) since: Option<u64>,
    pub(super) faulted: bool,
}

/// The methods that narrow a filter, for whatever holds one; where, is given as the path behind `self`.
macro_rules! narrowing {
    ($($filter:tt)*) => {
        /// Only these commands.
        pub const fn command(mut self, command: $crate::command::Command) -> Self {
            self $($filter)* .command = command;
            self
        }

        /// Only what reads one record, as [`Command::Read`](crate::Command::Read) says.
        pub const fn reads(self) -> Self {
            self.command($crate::command::Command::Read)
        }

        /// Only what writes one record, as [`Command::Write`](crate::Command::Write) says.
        pub const fn writes(self) -> Self {
            self.command($crate::command::Command::Write)
        }

        /// Only what deletes one record.
        pub const fn deletes(self) -> Self {
            self.command($crate::command::Command::Delete)
        }

        /// Only what the node of this id was asked.
        pub const fn node(mut self, id: u64) -> Self {
            self $($filter)* .node = Some($crate::cluster::NodeId(id));
            self
        }

        /// Only what was asked of this namespace.
        pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
            self $($filter)* .namespace = Some(namespace.into());
            self
        }

        /// Only what was asked of this set; the empty name stands for no set.
        pub fn set(mut self, set: impl Into<String>) -> Self {
            self $($filter)* .set = Some(set.into());
            self
        }

        /// Only what was asked of the record of this key, whether the client sent the key or nothing but its digest.
        pub fn key(mut self, key: impl Into<spikelet_wire::UserKey>) -> Self {
            self $($filter)* .key = Some(key.into());
            self
        }

        /// Only what ended with this result code.
        pub const fn outcome(mut self, code: spikelet_wire::ResultCode) -> Self {
            self $($filter)* .outcome = Some(code);
            self
        }

        /// Only the entry of this number and those behind it.
        pub const fn since(mut self, number: u64) -> Self {
            self $($filter)* .since = Some(number);
            self
        }

        /// Only what a fault has struck.
        pub const fn faulted(mut self) -> Self {
            self $($filter)* .faulted = true;
            self
        }
    };
}

pub(crate) use narrowing;

impl Filter {
    /// All entries but info commands.
    pub fn new() -> Self {
        Self::default()
    }

    narrowing!();

    pub(super) fn matches(&self, noted: &Noted) -> bool {
        self.since.is_none_or(|number| noted.number >= number)
            && self.node.is_none_or(|node| noted.node == node)
            && (!self.faulted || noted.outcome.fault.is_some())
            && noted
                .subjects()
                .iter()
                .any(|subject| self.matches_subject(noted, subject))
    }

    fn matches_subject(&self, noted: &Noted, subject: &Subject<'_>) -> bool {
        let is = |wanted: &Option<String>, found: Option<&[u8]>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| wanted.as_bytes() == found.unwrap_or_default())
        };
        (self.command.includes(noted.kind) || self.command.includes(subject.kind))
            && is(&self.namespace, subject.namespace())
            && match &self.key {
                None => is(&self.set, subject.set()),
                Some(key) => subject.is_of(self.set.as_deref(), key),
            }
            && self
                .outcome
                .is_none_or(|code| subject.code == Some(code) || noted.outcome.code == Some(code))
    }

    /// Whether it can mean info commands.
    pub(super) fn has_info(&self) -> bool {
        matches!(self.command, Command::Info | Command::Everything)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let command = match self.command {
            Command::Any => "request",
            command => command.name(),
        };
        let mut words = vec![command.to_owned()];
        words.extend(self.node.map(|node| format!("node {node}")));
        words.extend(self.namespace.as_ref().map(|name| format!("namespace {name}")));
        words.extend(self.set.as_ref().map(|name| match name.as_str() {
            "" => "no set".to_owned(),
            name => format!("set {name}"),
        }));
        words.extend(self.key.as_ref().map(|key| format!("key {}", shown_key(key))));
        words.extend(self.outcome.map(|code| format!("outcome {code:?}")));
        words.extend(self.since.map(|number| format!("since #{number}")));
        words.extend(self.faulted.then(|| "struck by a fault".to_owned()));
        f.write_str(&words.join(" "))
    }
}

impl From<Command> for Filter {
    fn from(command: Command) -> Self {
        Self::new().command(command)
    }
}

impl<K: Into<UserKey>> From<(Command, K)> for Filter {
    fn from((command, key): (Command, K)) -> Self {
        Self::new().command(command).key(key)
    }
}

impl<K: Into<UserKey>> From<(Command, K, ResultCode)> for Filter {
    fn from((command, key, code): (Command, K, ResultCode)) -> Self {
        Self::from((command, key)).outcome(code)
    }
}
