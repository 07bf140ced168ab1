//! Plain values: what a binding makes objects of its language from.

use spikelet::journal::{Ended, Entry, ExistsAction, GenerationCheck, IndexRange, Operation, Policies, Request, Row};
use spikelet::{Loaded, Map, Node, Record, UserKey, Value};

use crate::clock::milliseconds;

/// A value to return to the language.
#[derive(Debug, Clone, PartialEq)]
pub enum Plain {
    /// A value of Aerospike; [`Value::Nil`] for nothing.
    Value(Value),
    /// A time in milliseconds since 1970.
    Time(i64),
    /// A list.
    List(Vec<Plain>),
    /// An object whose fields have names in snake case.
    Named(Vec<(&'static str, Plain)>),
}

impl<T: Into<Value>> From<T> for Plain {
    fn from(value: T) -> Self {
        Self::Value(value.into())
    }
}

/// An integer; one that is too large for the language of Aerospike becomes the largest.
fn count(n: u64) -> Plain {
    i64::try_from(n).unwrap_or(i64::MAX).into()
}

fn key(key: Option<&UserKey>) -> Plain {
    match key {
        None => Value::Nil,
        Some(UserKey::Int(n)) => Value::Int(*n),
        Some(UserKey::String(text)) => Value::String(text.clone()),
        Some(UserKey::Blob(bytes)) => Value::Blob(bytes.clone()),
    }
    .into()
}

/// A record: `namespace`, `set`, `key`, `digest`, `generation`, `ttl` (seconds, or nothing if it never expires),
/// `last_update`, `bins`.
pub(crate) fn record(record: &Record, now: spikelet::Now) -> Plain {
    let bins: Map = record.bins.iter().map(|(name, value)| (name, value.clone())).collect();
    Plain::Named(vec![
        ("namespace", record.namespace.as_str().into()),
        ("set", record.set.clone().into()),
        ("key", key(record.key.as_ref())),
        ("digest", record.digest.0.to_vec().into()),
        ("generation", record.generation.into()),
        ("ttl", record.ttl(now).into()),
        ("last_update", Plain::Time(milliseconds(record.last_update.into()))),
        ("bins", Value::Map(bins).into()),
    ])
}

/// A node: `id`, `host`, `port`, `state` (`up`, `quiesced` or `down`), `rack`.
pub(crate) fn node(node: &Node) -> Plain {
    Plain::Named(vec![
        ("id", node.id.to_string().into()),
        ("host", node.address.ip().to_string().into()),
        ("port", node.address.port().into()),
        ("state", node.state.to_string().into()),
        ("rack", node.rack.into()),
    ])
}

/// How much of a fixture was loaded: `records`, `expired`, `indexes`, `modules`.
pub(crate) fn loaded(loaded: Loaded) -> Plain {
    Plain::Named(vec![
        ("records", count(loaded.records as u64)),
        ("expired", count(loaded.expired as u64)),
        ("indexes", count(loaded.indexes as u64)),
        ("modules", count(loaded.modules as u64)),
    ])
}

/// An entry of the journal. Its `text` is the entry as one line.
pub(crate) fn entry(entry: &Entry) -> Plain {
    let outcome = entry.outcome;
    let ended = match outcome.ended {
        Ended::Pending => "pending",
        Ended::Answered => "answered",
        Ended::Closed => "closed",
        _ => "unanswered",
    };
    let mut fields = vec![
        ("number", count(entry.number)),
        ("node", entry.node.to_string().into()),
        ("time", Plain::Time(milliseconds(entry.time))),
        ("peer", entry.peer.map(|peer| peer.to_string()).into()),
        ("text", entry.to_string().into()),
        ("ended", ended.into()),
        ("result", entry.outcome.code.map(|code| code.0).into()),
        ("reply_generation", outcome.generation.into()),
        ("reply_records", count(outcome.records)),
        ("reply_bytes", count(outcome.bytes)),
        ("fault", outcome.fault.map_or(Value::Nil.into(), count)),
        ("is_shortened", entry.is_shortened.into()),
        ("info", entry.info.clone().into()),
        ("rows", Plain::List(entry.rows.iter().map(row).collect())),
    ];
    fields.extend(request(&entry.request));
    Plain::Named(fields)
}

fn row(row: &Row) -> Plain {
    let mut fields = vec![
        ("index", row.index.into()),
        ("text", row.to_string().into()),
        ("result", row.code.map(|code| code.0).into()),
    ];
    fields.extend(request(&row.request));
    Plain::Named(fields)
}

fn request(request: &Request) -> Vec<(&'static str, Plain)> {
    vec![
        ("command", request.command.name().into()),
        ("writes", request.writes.into()),
        ("namespace", request.namespace.clone().into()),
        ("set", request.set.clone().into()),
        ("key", key(request.key.as_ref())),
        ("digest", request.digest.map(|digest| digest.0.to_vec()).into()),
        (
            "operations",
            Plain::List(request.operations.iter().map(operation).collect()),
        ),
        ("udf", request.udf.clone().into()),
        ("udf_arguments", request.udf_arguments.clone().into()),
        ("index_name", request.index.clone().into()),
        ("index_range", request.range.as_ref().map_or(Value::Nil.into(), range)),
        ("policies", policies(&request.policies)),
    ]
}

fn operation(operation: &Operation) -> Plain {
    Plain::Named(vec![
        ("name", operation.name.as_str().into()),
        ("bin", operation.bin.as_str().into()),
        ("value", operation.value.clone().into()),
        ("arguments", operation.arguments.clone().into()),
        ("text", operation.to_string().into()),
    ])
}

fn range(range: &IndexRange) -> Plain {
    Plain::Named(vec![
        ("bin", range.bin.as_str().into()),
        ("first", range.first.clone().into()),
        ("last", range.last.clone().into()),
    ])
}

/// `ttl` is the number of seconds, or `default`, `never` or `unchanged`.
fn policies(policies: &Policies) -> Plain {
    let (equal, below) = match policies.generation {
        GenerationCheck::Equal(n) => (Some(n), None),
        GenerationCheck::Below(n) => (None, Some(n)),
        _ => (None, None),
    };
    let ttl: Value = match policies.ttl {
        0 => "default".into(),
        u32::MAX => "never".into(),
        0xffff_fffe => "unchanged".into(),
        seconds => seconds.into(),
    };
    let exists_action = match policies.exists_action {
        ExistsAction::Update => "update",
        ExistsAction::CreateOnly => "create_only",
        ExistsAction::UpdateOnly => "update_only",
        ExistsAction::Replace => "replace",
        ExistsAction::ReplaceOnly => "replace_only",
    };
    Plain::Named(vec![
        ("generation_equal", equal.into()),
        ("generation_below", below.into()),
        ("ttl", ttl.into()),
        ("exists_action", exists_action.into()),
        ("filter", policies.filter.into()),
        ("durable_delete", policies.durable_delete.into()),
        ("background", policies.background.into()),
    ])
}
