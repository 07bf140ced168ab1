//! `latencies`: the histograms of how long commands take.

use super::call::{Answered, Call};
use super::error::InfoError;

/// The histograms of a namespace that are listed without `hist`.
const SHOWN: &[&str] = &[
    "read",
    "write",
    "udf",
    "batch-sub-read",
    "batch-sub-write",
    "batch-sub-udf",
    "pi-query",
    "si-query",
];
/// Further histograms that `hist` can name.
const HIDDEN: &[&str] = &["read-touch", "re-repl", "proxy"];

/// Latencies are not measured: every histogram is as empty as one whose command never came.
pub(super) fn latencies(call: &mut Call<'_>) -> Answered {
    let of_namespace = |name: &str, histogram: &str| format!("{{{name}}}-{histogram}:");
    let histograms = match call.optional("hist", 100)? {
        None => {
            let namespaces = call.state.namespaces().iter();
            let all = namespaces.flat_map(|namespace| SHOWN.iter().map(|shown| of_namespace(&namespace.name, shown)));
            [String::from("batch-index:")].into_iter().chain(all).collect()
        }
        Some(name @ ("batch-index" | "info")) => vec![format!("{name}:")],
        Some(name) => {
            let parts = name.strip_prefix('{').and_then(|rest| rest.split_once("}-"));
            match parts {
                Some((namespace, histogram))
                    if call.namespace(namespace).is_ok() && [SHOWN, HIDDEN].concat().contains(&histogram) =>
                {
                    vec![of_namespace(namespace, histogram)]
                }
                _ => return Err(InfoError::parameter("bad hist name")),
            }
        }
    };
    call.list(histograms)
}
