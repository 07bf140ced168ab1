//! Logs, latencies, health: what operators ask for.

use spikelet_wire::ResultCode;

use super::call::{Answered, Call, InfoError};

/// The histograms that are always shown of a namespace.
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
/// Those that are shown when they are asked for.
const HIDDEN: &[&str] = &["read-touch", "re-repl", "proxy"];

/// There is nothing to tell.
pub(super) fn nothing(_call: &mut Call<'_>) -> Answered {
    Ok(())
}

pub(super) fn done(call: &mut Call<'_>) -> Answered {
    call.say("ok");
    Ok(())
}

/// A command of the real server for what is not here.
pub(super) fn unsupported(_call: &mut Call<'_>) -> Answered {
    Err(InfoError::new(
        ResultCode::UNSUPPORTED_FEATURE,
        "not supported by this server",
    ))
}

pub(super) fn best_practices(call: &mut Call<'_>) -> Answered {
    call.say("failed_best_practices=none");
    Ok(())
}

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

/// Histograms of TTLs and sizes are made by a slow cycle of nsup, which never comes within the life of a test.
pub(super) fn histogram(call: &mut Call<'_>) -> Answered {
    let namespace = call.required_namespace(&["namespace"])?;
    let is_known = matches!(
        call.required("type", 128)?,
        "ttl" | "object-size" | "object-size-linear"
    );
    let set = call.optional("set", 64)?;
    if set.is_some_and(|set| namespace.sets.find(set.as_bytes()).is_none()) {
        return Err(InfoError::parameter("unknown set name"));
    }
    match (is_known, set) {
        (false, _) => return Err(InfoError::parameter("unknown hist name")),
        (true, Some(_)) => call.say("hist-unavailable"),
        (true, None) => {}
    }
    Ok(())
}

pub(super) fn logs(call: &mut Call<'_>) -> Answered {
    call.say("0:stderr");
    Ok(())
}

pub(super) fn log(call: &mut Call<'_>) -> Answered {
    let id = call.parameters.split('/').next().unwrap_or_default();
    match id.parse::<i32>() {
        Err(_) => Err(InfoError::parameter("bad sink-id")),
        Ok(0) => unsupported(call),
        Ok(_) => Err(InfoError::new(ResultCode::SERVER_ERROR, "bad-id")),
    }
}

pub(super) fn log_message(call: &mut Call<'_>) -> Answered {
    let who = call.optional("who", 128)?.unwrap_or("unknown");
    let message = call.required("message", 2048)?;
    tracing::info!("{who}: {message}");
    Ok(())
}

pub(super) fn get_stats(call: &mut Call<'_>) -> Answered {
    match call.required("context", 1024)? {
        // There is no XDR, and so nothing to tell of it.
        "xdr" => Ok(()),
        _ => Err(InfoError::parameter("unknown context")),
    }
}
