//! `latencies`: the histograms of how long commands take.

use super::call::{Answered, Call};
use super::error::InfoError;
use crate::state::NamespaceStats;

/// Histograms that exist and are never filled: nothing is replicated again, and proxying takes no time.
const EMPTY: &[&str] = &["re-repl", "proxy"];

/// The parts of a command that `enable-benchmarks-...` would measure. All of them take no time.
const BENCHMARKS: &[(&str, &str, &[&str])] = &[
    (
        "benchmarks-read",
        "read",
        &["start", "restart", "dup-res", "repl-ping", "local", "response"],
    ),
    (
        "benchmarks-write",
        "write",
        &["start", "restart", "dup-res", "master", "repl-write", "response"],
    ),
    (
        "benchmarks-udf",
        "udf",
        &["start", "restart", "dup-res", "master", "repl-write", "response"],
    ),
    (
        "benchmarks-batch-sub",
        "batch-sub",
        &[
            "prestart",
            "start",
            "restart",
            "dup-res",
            "repl-ping",
            "read-local",
            "write-master",
            "udf-master",
            "repl-write",
            "response",
        ],
    ),
    (
        "benchmarks-udf-sub",
        "udf-sub",
        &["start", "restart", "dup-res", "master", "repl-write", "response"],
    ),
    (
        "benchmarks-ops-sub",
        "ops-sub",
        &["start", "restart", "dup-res", "master", "repl-write", "response"],
    ),
];

/// The parts of a message between nodes, for each channel.
const FABRIC: &[&str] = &["send-init", "send-fragment", "recv-fragment", "recv-cb"];

pub(super) fn latencies(call: &mut Call<'_>) -> Answered {
    let histograms = match call.optional("hist", 100)? {
        None => listed(call),
        Some(name) => named(call, name).ok_or(InfoError::parameter("bad hist name"))?,
    };
    call.list(histograms)
}

/// The histograms that are listed without a name, as `name:slice`.
fn listed(call: &Call<'_>) -> Vec<String> {
    let stats = &call.session.stats;
    let mut histograms = vec![text("batch-index", stats.latencies_of("batch-index"))];
    for namespace in call.state.namespaces() {
        let stats = stats.of(namespace);
        let of = |name: &&str| text(&format!("{{{}}}-{name}", namespace.name), stats.latencies_of(name));
        histograms.extend(NamespaceStats::listed_latencies().iter().map(of));
    }
    histograms
}

/// The histograms of a name; `None` if there are none.
fn named(call: &Call<'_>, name: &str) -> Option<Vec<String>> {
    let stats = &call.session.stats;
    if name == "benchmarks-fabric" {
        let channels = ["bulk", "ctrl", "meta", "rw"].into_iter();
        let parts = channels.flat_map(|channel| FABRIC.iter().map(move |part| format!("fabric-{channel}-{part}:")));
        return Some(parts.collect());
    }
    let Some((namespace, name)) = name.strip_prefix('{').and_then(|rest| rest.split_once("}-")) else {
        return Some(vec![text(name, Some(stats.latencies_of(name)?))]);
    };
    let namespace = call.namespace(namespace).ok()?;
    if let Some((_, prefix, parts)) = BENCHMARKS.iter().find(|(benchmark, _, _)| *benchmark == name) {
        let parts = parts
            .iter()
            .map(|part| format!("{{{}}}-{prefix}-{part}:", namespace.name));
        return Some(parts.collect());
    }
    let slice = match EMPTY.contains(&name) {
        true => String::new(),
        false => stats.of(namespace).latencies_of(name)?,
    };
    Some(vec![text(&format!("{{{}}}-{name}", namespace.name), Some(slice))])
}

fn text(name: &str, slice: Option<String>) -> String {
    format!("{name}:{}", slice.unwrap_or_default())
}
