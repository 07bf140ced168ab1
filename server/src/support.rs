//! The table of supported features in the README, generated from the server where possible.

use std::fmt;

use bytes::BytesMut;
use spikelet_wire::exp::Operator;
use spikelet_wire::list::ListOp;
use spikelet_wire::map::MapOp;
use spikelet_wire::{FrameHeader, FrameType, frame};

use crate::clock::Now;
use crate::command::{self, info_commands};
use crate::config::{Config, NETWORK, OF_NAMESPACE, Parameter, SERVICE, SET};
use crate::config_parameters::TLS;
use crate::controls;
use crate::state::{Session, State};

/// Returns the table of supported features, in Markdown.
///
/// ```
/// assert!(spikelet::support::table().to_string().starts_with("| | |\n|---|---|\n"));
/// ```
#[must_use]
pub fn table() -> impl fmt::Display {
    Rows(vec![
        Row::new(
            "Single records: put, get, select, header, exists, delete, touch, append, prepend, add, operate",
            "yes",
        ),
        Row::new("Every particle type; bin, set and record limits; stored keys", "yes"),
        Row::new(
            "Generation equal and greater, all record-exists actions, TTL: default, never, don't update, read-touch",
            "yes",
        ),
        Row::new(
            "Expiry by void time on access, and removal in the background (nsup)",
            "yes",
        ),
        Row::new(
            "Batches: reads, writes, operates, deletes, per-row policies and results, every flag",
            "yes",
        ),
        Row::new(
            format!(
                "Lists ({} operations), maps ({}), nested contexts; bit operations; HyperLogLog",
                ListOp::ALL.len(),
                MapOp::ALL.len()
            ),
            "yes",
        ),
        Row::new(
            format!(
                "Expressions ({} operators): filters, read and write operations, path expressions of 8.1",
                Operator::ALL.len()
            ),
            "yes; back references in a regex are refused",
        ),
        Row::new(
            "Queries by partition, with resumption, filters, limits, operations in the background",
            "yes; a small background query has finished when its start is confirmed",
        ),
        Row::new(
            "Secondary indexes: numeric, string, blob, geo; on bins, collections, contexts, expressions",
            "yes",
        ),
        Row::new(
            "UDFs in Lua: on single records, in batches, in the background, aggregations",
            if cfg!(feature = "udf") {
                "yes; without the cargo feature `udf`, which is on by default, result code 16"
            } else {
                "result code 16: built without the cargo feature `udf`"
            },
        ),
        Row::new(
            "Durable deletes: tombstones, and their removal by the tomb raider",
            "yes, on the Enterprise Edition; result code 25 on the Community Edition",
        ),
        Row::new(
            "Strong consistency: rosters, unavailable and dead partitions, regimes, read modes; racks",
            "yes, on the Enterprise Edition; an active rack is not supported",
        ),
        Row::new(
            "Truncation by namespace and set, with a last-update time; undoing it",
            "yes",
        ),
        Row::new(
            "Fixtures: readable JSON, and the text files of asbackup (3.1, 3.2), read and written",
            "yes",
        ),
        info_row(),
        Row::new(
            "Clusters of several nodes, each with its partitions, peers and generations; kill, restart, add, quiesce; racks",
            "yes; nodes that can reach each other share one store",
        ),
        Row::new(
            "Network partitions between nodes, and the merge of records when the network heals",
            "yes; nodes detect them at once",
        ),
        Row::new(
            "A clock that can be frozen, advanced and set; records expire accordingly",
            "yes",
        ),
        Row::new(
            "Fault injection: result codes, delays, silence, connections cut before or after a command, damaged replies",
            "yes",
        ),
        Row::new("Snapshots and resets, copied on write", "yes"),
        Row::new(
            "A journal of requests and their outcomes: filters, waits, assertions, printing",
            "yes",
        ),
        Row::new(
            "Connections without sockets, under tokio's paused time or turmoil",
            "yes, from Rust",
        ),
        Row::new(
            "Compression of requests and replies (Enterprise Edition)",
            "yes; the Community Edition refuses compressed requests with result code 25",
        ),
        Row::new(
            "TLS beside ports without it, mutual TLS, and certificates with faults (Enterprise Edition)",
            if cfg!(feature = "tls") {
                "yes; with the cargo feature `tls`"
            } else {
                "built without the cargo feature `tls`"
            },
        ),
        Row::new(
            "The real server's configuration file, its command-line options, and the environment variables of its image",
            "every name of 8.1 is read and checked; what has no meaning in memory is listed in the log",
        ),
        Row::new(
            "Security: logins, users, roles, privileges, whitelists, quotas; external users and certificates' names",
            if cfg!(feature = "security") {
                "yes, on the Enterprise Edition; without the cargo feature `security`, which is on by default, it cannot be enabled"
            } else {
                "cannot be enabled: built without the cargo feature `security`"
            },
        ),
        Row::new(
            "Multi-record transactions: monitors, blocked records, timeouts",
            "yes, on the Enterprise Edition, in namespaces with `strong-consistency`; result code 25 on the Community Edition",
        ),
        Row::new(
            "Masking of bins by rules, with privileges (Enterprise Edition, 8.1.1 and later)",
            "yes",
        ),
        Row::new(
            "XDR filters (Enterprise Edition)",
            "checked, kept and listed; nothing is shipped",
        ),
        Row::new("Controls over the info protocol, from any language", families()),
    ])
}

/// Returns the table of controls, the info commands under `spikelet/`, in Markdown.
#[must_use]
pub fn control_table() -> impl fmt::Display {
    Rows(
        controls::listed()
            .map(|(control, help)| Row::new(format!("`spikelet/{control}`"), help))
            .collect(),
    )
}

struct Row {
    what: String,
    how: String,
}

/// Returns the parameters of `aerospike.conf` that have an effect, in Markdown.
#[must_use]
pub fn parameter_table() -> impl fmt::Display {
    let stanzas: [(&str, &[&[Parameter]]); 5] = [
        ("service", &[SERVICE]),
        ("network", &[NETWORK]),
        ("network, tls", &[TLS]),
        ("namespace", OF_NAMESPACE),
        ("namespace, set", &[SET]),
    ];
    Rows(
        stanzas
            .into_iter()
            .map(|(stanza, tables)| {
                let parameters = tables.iter().copied().flatten();
                let names: Vec<_> = parameters
                    .filter(|parameter| parameter.has_effect && parameter.is_configurable())
                    .map(|parameter| format!("`{}`", parameter.name))
                    .collect();
                Row::new(format!("`{stanza}`"), names.join(", "))
            })
            .collect(),
    )
}

impl Row {
    fn new(what: impl Into<String>, how: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            how: how.into(),
        }
    }
}

struct Rows(Vec<Row>);

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("| | |\n|---|---|\n")?;
        self.0
            .iter()
            .try_for_each(|Row { what, how }| writeln!(f, "| {what} | {how} |"))
    }
}

/// The families of controls: the names before the first slash.
fn families() -> String {
    let mut families: Vec<String> = controls::listed()
        .map(|(control, _)| format!("`{}`", control.split(['/', ':']).next().unwrap_or_default()))
        .collect();
    families.dedup();
    families.join(", ")
}

/// Sends every known info command to a server, and counts which are supported.
fn info_row() -> Row {
    let (state, mut session) = (State::new(Config::default()), Session::default());
    let mut ask = |name: &str| -> String {
        let (mut request, mut out) = (BytesMut::new(), BytesMut::new());
        frame::write(&mut request, FrameType::INFO, format!("{name}\n").as_bytes());
        let header = FrameHeader::new(FrameType::INFO, request.len() - FrameHeader::SIZE);
        let body = request.get(FrameHeader::SIZE..).unwrap_or_default();
        let _ = command::handle(&state, Now::default(), &mut session, header, body, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    };
    let (mut answered, mut missing) = (0, Vec::new());
    for name in info_commands() {
        let answer = ask(name);
        if answer.contains("\tERROR:16:") {
            missing.push(format!("`{name}`"));
        } else if !answer.contains("\tERROR:25:") {
            answered += 1;
        }
    }
    let missing = match missing.is_empty() {
        true => String::from("yes; parameters of disks, threads and networks are remembered, and have no effect"),
        false => format!(
            "{answered} are supported; not supported, with the reply `ERROR:16`: {}",
            missing.join(", ")
        ),
    };
    Row::new(
        "Info commands: statistics, latencies, `set-config` and all others of the real server",
        missing,
    )
}
