//! Journal entries as single lines of text.

use std::fmt;
use std::time::SystemTime;

use spikelet_wire::message::ttl;
use spikelet_wire::{ExistsAction, UserKey, Value};

use super::entry::{Entry, GenerationCheck, Policies, Request, Row};

/// The maximum number of rows, operations or info commands on a line.
const SHOWN: usize = 8;
/// The maximum number of characters of a value or an info command on a line.
const WIDTH: usize = 60;

/// With security the name of the user is before the command:
/// `#3 12:00:00.250 A1 127.0.0.1:40123 write test/demo/"user1" write name="Alice" [ttl 300s] -> OK, generation 1`
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} {} {} ", self.number, TimeOfDay(self.time), self.node)?;
        match self.peer {
            Some(peer) => write!(f, "{peer} ")?,
            None => f.write_str("in-process ")?,
        }
        if let Some(user) = &self.user {
            write!(f, "{user} ")?;
        }
        self.request.fmt(f)?;
        if self.is_shortened {
            f.write_str(" (too large to keep)")?;
        }
        if let Some(security) = &self.security {
            write!(f, " {security}")?;
        }
        list(f, (" ", ", ", ""), &self.info, |name, f| f.write_str(&cut(name)))?;
        list(f, (" [", "; ", "]"), &self.rows, fmt::Display::fmt)?;
        f.write_str(" -> ")?;
        self.outcome
            .show(f, if self.rows.is_empty() { "record" } else { "row" })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.index, self.request)?;
        match self.code {
            Some(code) => match code.name() {
                Some(name) => write!(f, " -> {name}"),
                None => write!(f, " -> {code}"),
            },
            None => Ok(()),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.command.fmt(f)?;
        if let Some(namespace) = &self.namespace {
            write!(f, " {namespace}")?;
        }
        if let Some(set) = &self.set {
            write!(f, "/{set}")?;
        }
        match (&self.key, self.digest) {
            (Some(key), _) => write!(f, "/{}", shown_key(key))?,
            (None, Some(digest)) => write!(f, "/{digest}")?,
            (None, None) => {}
        }
        if let Some(udf) = &self.udf {
            let arguments: Vec<String> = self.udf_arguments.iter().map(shown).collect();
            write!(f, " {udf}({})", arguments.join(", "))?;
        }
        if let Some(index) = &self.index {
            write!(f, " index {index}")?;
        }
        list(f, (" ", ", ", ""), &self.operations, fmt::Display::fmt)?;
        if let Some(range) = &self.range {
            write!(f, " where {range}")?;
        }
        self.policies.fmt(f)
    }
}

/// The policies that differ from the default, in brackets after a space.
impl fmt::Display for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        match self.generation {
            GenerationCheck::None => {}
            GenerationCheck::Equal(n) => words.push(format!("generation {n}")),
            GenerationCheck::Below(n) => words.push(format!("generation below {n}")),
        }
        match self.ttl {
            ttl::DEFAULT => {}
            ttl::NEVER => words.push("ttl never".to_owned()),
            ttl::DONT_UPDATE => words.push("ttl unchanged".to_owned()),
            seconds => words.push(format!("ttl {seconds}s")),
        }
        let action = match self.exists_action {
            ExistsAction::Update => None,
            ExistsAction::CreateOnly => Some("create only"),
            ExistsAction::UpdateOnly => Some("update only"),
            ExistsAction::Replace => Some("replace"),
            ExistsAction::ReplaceOnly => Some("replace only"),
        };
        words.extend(action.map(str::to_owned));
        words.extend(self.filter.then(|| "filter".to_owned()));
        words.extend(self.background.then(|| "in the background".to_owned()));
        words.extend(self.durable_delete.then(|| "durable delete".to_owned()));
        words.extend(self.transaction.map(|id| format!("transaction {id}")));
        match words.is_empty() {
            true => Ok(()),
            false => write!(f, " [{}]", words.join(", ")),
        }
    }
}

/// Writes the first items, with a prefix, a separator and a suffix, and the number of omitted items.
fn list<T>(
    f: &mut fmt::Formatter<'_>,
    (prefix, separator, suffix): (&str, &str, &str),
    items: &[T],
    show: impl Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    for (at, item) in items.iter().take(SHOWN).enumerate() {
        f.write_str(if at == 0 { prefix } else { separator })?;
        show(item, f)?;
    }
    match items.len().checked_sub(SHOWN) {
        None | Some(0) => {}
        Some(more) => write!(f, "{separator}and {more} more")?,
    }
    f.write_str(if items.is_empty() { "" } else { suffix })
}

/// A key as a Rust literal, so that strings and integers differ.
pub(super) fn shown_key(key: &UserKey) -> String {
    match key {
        UserKey::String(text) => cut(&format!("{text:?}")),
        key => cut(&key.to_string()),
    }
}

/// A value, shortened if it is long.
pub(super) fn shown(value: &Value) -> String {
    cut(&value.to_string())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(WIDTH) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} bytes)", text.get(..end).unwrap_or_default(), text.len()),
    }
}

/// The time of day in UTC, to the millisecond.
struct TimeOfDay(SystemTime);

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.0.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let (seconds, ms) = (since.as_secs() % 86_400, since.subsec_millis());
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        write!(f, "{hours:02}:{minutes:02}:{:02}.{ms:03}", seconds % 60)
    }
}
