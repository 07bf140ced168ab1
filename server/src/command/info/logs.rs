//! Log sinks: `logs`, `log`, `log-set` and `log-message`.
//!
//! The levels of the real server's contexts are remembered, and have no effect on what is logged.

use spikelet_wire::ResultCode;

use super::call::{Answered, Call};
use super::error::InfoError;
use crate::state::Scope;

/// The contexts, in the order in which they are listed.
const CONTEXTS: &[&str] = &[
    "misc",
    "alloc",
    "arenax",
    "hardware",
    "msg",
    "os",
    "secrets",
    "socket",
    "tls",
    "vault",
    "vmapx",
    "xmem",
    "aggr",
    "appeal",
    "as",
    "audit",
    "batch",
    "batch-sub",
    "bin",
    "config",
    "clustering",
    "deprecation",
    "drv-mem",
    "drv_pmem",
    "drv_ssd",
    "exchange",
    "exp",
    "fabric",
    "flat",
    "geo",
    "hb",
    "health",
    "hlc",
    "index",
    "info",
    "info-command",
    "key-busy",
    "migrate",
    "mrt-audit",
    "mrt-monitor",
    "namespace",
    "nsup",
    "particle",
    "partition",
    "proto",
    "proxy",
    "proxy-divert",
    "query",
    "record",
    "roster",
    "rw",
    "rw-client",
    "security",
    "service",
    "service-list",
    "sindex",
    "skew",
    "smd",
    "storage",
    "truncate",
    "tsvc",
    "udf",
    "xdr",
    "xdr-client",
    "masking",
];

/// The levels, as they are listed.
const LEVELS: &[&str] = &["CRITICAL", "WARNING", "INFO", "DEBUG", "DETAIL"];

pub(super) fn logs(call: &mut Call<'_>) -> Answered {
    call.say("0:stderr");
    Ok(())
}

/// `log/SINK` and `log/SINK/CONTEXT`. Without a number, the sink is the first.
pub(super) fn log(call: &mut Call<'_>) -> Answered {
    let (sink, context) = match call.parameters.split_once('/') {
        Some((sink, context)) => (sink, Some(context)),
        None => (call.parameters, None),
    };
    let sink: i32 = match sink {
        "" => 0,
        sink => sink.parse().map_err(|_| InfoError::parameter("bad sink-id"))?,
    };
    if sink != 0 {
        return Err(InfoError::new(ResultCode::SERVER_ERROR, "bad-id"));
    }
    match context {
        None => {
            let levels: Vec<String> = CONTEXTS.iter().map(|context| level(call, context)).collect();
            call.list(levels)
        }
        Some(context) => {
            let context = CONTEXTS.iter().find(|other| **other == context);
            let context = context.ok_or(InfoError::new(ResultCode::SERVER_ERROR, "bad-context"))?;
            let level = level(call, context);
            call.say(level);
            Ok(())
        }
    }
}

fn level(call: &Call<'_>, context: &'static str) -> String {
    let level = call.state.parameters().get(Scope::Log, context);
    format!("{context}:{}", level.as_deref().unwrap_or("INFO"))
}

/// `log-set:id=SINK;CONTEXT=LEVEL`. The context `any` stands for all of them.
pub(super) fn log_set(call: &mut Call<'_>) -> Answered {
    let bad = |text: &'static str| InfoError::parameter(text);
    let rest = call.parameters.strip_prefix("id=").ok_or(bad("missing id"))?;
    let (sink, rest) = rest.split_once(';').unwrap_or((rest, ""));
    let sink: u32 = sink.parse().map_err(|_| bad("bad id"))?;
    let (context, level) = rest.split_once('=').unwrap_or((rest, ""));
    if context.is_empty() {
        return Err(bad("missing context"));
    }
    let level = level.split(';').next().unwrap_or_default();
    if level.is_empty() {
        return Err(bad("bad level"));
    }
    let level = LEVELS.iter().find(|other| other.eq_ignore_ascii_case(level));
    let (0, Some(level)) = (sink, level) else {
        return Err(bad("bad parameter"));
    };
    let contexts: Vec<&&str> = CONTEXTS
        .iter()
        .filter(|other| context == "any" || **other == context)
        .collect();
    if contexts.is_empty() {
        return Err(bad("bad parameter"));
    }
    for context in contexts {
        call.state.parameters().set(Scope::Log, context, (*level).to_owned());
    }
    call.say("ok");
    Ok(())
}

pub(super) fn log_message(call: &mut Call<'_>) -> Answered {
    let who = call.optional("who", 128)?.unwrap_or("unknown");
    let message = call.required("message", 2048)?;
    tracing::info!("{who}: {message}");
    Ok(())
}
