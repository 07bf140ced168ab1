//! Filters for journal entries.

use std::fmt;

use spikelet_wire::{ResultCode, UserKey};

use super::recorded::{Part, Recorded};
use super::show::shown_key;
use crate::parameter::{ParameterError, parsed};
use crate::selector::Command;
use crate::selector::{SelectedRecord, Selector};

/// Selects journal entries. By default it matches all entries except info commands, logins and refused connections.
///
/// Clients send info commands in the background to watch the cluster, so these match only [`Command::Info`] and
/// [`Command::Everything`]. Requests of the security protocol match only [`Command::Security`] and [`Command::Everything`]. Connections that a fault refuses match only [`Command::Connect`]. A batch is one entry, which
/// matches if any of its rows does.
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
    pub(crate) selector: Selector,
    pub(crate) outcome: Option<ResultCode>,
    pub(crate) since: Option<u64>,
    pub(crate) faulted: bool,
}

/// Builder methods that narrow a filter. The argument is the path from `self` to the filter.
macro_rules! narrowing {
    ($($filter:tt)*) => {
        /// Selects only these commands.
        pub fn command(mut self, command: $crate::selector::Command) -> Self {
            self $($filter)* .selector.command = command;
            self
        }

        /// Selects only reads of one record: [`Command::Read`](crate::Command::Read).
        pub fn reads(self) -> Self {
            self.command($crate::selector::Command::Read)
        }

        /// Selects only writes of one record: [`Command::Write`](crate::Command::Write).
        pub fn writes(self) -> Self {
            self.command($crate::selector::Command::Write)
        }

        /// Selects only deletes of one record: [`Command::Delete`](crate::Command::Delete).
        pub fn deletes(self) -> Self {
            self.command($crate::selector::Command::Delete)
        }

        $crate::selector::selector_methods!($($filter)* .selector);

        /// Selects only requests that ended with this result code.
        pub const fn outcome(mut self, code: spikelet_wire::ResultCode) -> Self {
            self $($filter)* .outcome = Some(code);
            self
        }

        /// Selects only requests with this number or a higher one.
        pub const fn since(mut self, number: u64) -> Self {
            self $($filter)* .since = Some(number);
            self
        }

        /// Selects only requests on which a fault fired.
        pub const fn faulted(mut self) -> Self {
            self $($filter)* .faulted = true;
            self
        }
    };
}

pub(crate) use narrowing;

impl Filter {
    /// Creates a filter that matches all entries except info commands, logins and refused connections.
    pub fn new() -> Self {
        Self::default()
    }

    narrowing!();

    /// Sets a parameter by its name, with the value as text, as the control `spikelet/journal` takes them: `command`,
    /// `namespace`, `set`, `key`, `int-key`, `blob-key`, `digest`, `transaction`, `node`, `result`, `since`, and `faulted` with
    /// `true` or `false`.
    ///
    /// # Errors
    /// [`ParameterError`] if there is no such parameter, or if it does not take the value.
    pub fn parameter(mut self, name: &str, value: &str) -> Result<Self, ParameterError> {
        match name {
            "result" => {
                let code = parsed("result", value, "a result code such as 18 or device-overload")?;
                self.outcome = Some(code);
            }
            "since" => self.since = Some(parsed("since", value, "")?),
            "faulted" => self.faulted = parsed("faulted", value, "true or false")?,
            _ => self.selector.set_parameter(name, value)?,
        }
        Ok(self)
    }

    pub(crate) fn matches(&self, recorded: &Recorded) -> bool {
        self.since.is_none_or(|number| recorded.number >= number)
            && self.selector.matches_node(recorded.node)
            && self.selector.matches_user(recorded.user.as_deref())
            && (!self.faulted || recorded.outcome.fault.is_some())
            && recorded.parts().iter().any(|part| self.matches_part(recorded, part))
    }

    /// A batch matches by its own command, and by those of its rows.
    fn matches_part(&self, recorded: &Recorded, part: &Part<'_>) -> bool {
        (self.selector.command.includes(recorded.kind) || self.selector.command.includes(part.subject.kind))
            && self.selector.matches_target(&part.subject)
            && self
                .outcome
                .is_none_or(|code| part.code == Some(code) || recorded.outcome.code == Some(code))
    }

    /// Returns a filter without conditions, except that info commands or connections match if they do here.
    pub(crate) fn widened(&self) -> Self {
        match self.selector.command {
            Command::Info | Command::Security | Command::Everything => Command::Everything.into(),
            Command::Connect => Command::Connect.into(),
            _ => Self::new(),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let selector = &self.selector;
        let command = match selector.command {
            Command::Any => "request",
            command => command.name(),
        };
        let mut words = vec![command.to_owned()];
        words.extend(selector.node.map(|node| format!("node {node}")));
        words.extend(selector.user.as_ref().map(|user| format!("user {user}")));
        words.extend(selector.namespace.as_ref().map(|name| format!("namespace {name}")));
        words.extend(selector.set.as_ref().map(|name| match name.as_str() {
            "" => "no set".to_owned(),
            name => format!("set {name}"),
        }));
        words.extend(selector.record.as_ref().map(|record| match record {
            SelectedRecord::Key(key) => format!("key {}", shown_key(key)),
            SelectedRecord::Digest(digest) => format!("digest {digest}"),
        }));
        words.extend(selector.transaction.map(|id| format!("transaction {id}")));
        words.extend(self.outcome.map(|code| format!("outcome {code:?}")));
        words.extend(self.since.map(|number| format!("since #{number}")));
        words.extend(self.faulted.then(|| "on which a fault fired".to_owned()));
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
