//! `sindex-list` and the older `sindex`.

use std::sync::Arc;

use super::context_text::Context;
use super::expression_text::Expression;
use super::stat::statistics;
use super::{NAMESPACE_NAMES, SET_INDEX};
use crate::command::info::base64;
use crate::command::info::call::{Answered, Call};
use crate::command::info::error::InfoError;
use crate::store::sindex::{Sindex, Source};
use crate::store::{Namespace, SetId};

/// Lists the indexes of one namespace or of all. With `b64=true` contexts and expressions are in base64.
pub(in crate::command::info) fn list(call: &mut Call<'_>) -> Answered {
    let mut items = Vec::new();
    // The real server lists the indexes, then the set indexes, and replies an error about the namespace for both.
    let namespaces = match requested(call) {
        Ok(namespaces) => namespaces,
        Err(error) => {
            call.say(format_args!("{error};{error}"));
            return Ok(());
        }
    };
    match call.optional("b64", 6).and_then(|value| match value {
        Some("true") => Ok(true),
        None | Some("false") => Ok(false),
        Some(_) => Err(InfoError::parameter("bad b64")),
    }) {
        Ok(b64) => namespaces
            .iter()
            .for_each(|namespace| describe_all(namespace, b64, &mut items)),
        Err(error) => items.push(error.to_string()),
    }
    for namespace in namespaces {
        for (name, set) in namespace.sindexes.of_sets() {
            let (of, set) = (&namespace.name, set_name(namespace, Some(set)));
            items.push(format!("ns={of}:indexname={name}:set={set}:indextype={SET_INDEX}"));
        }
    }
    call.list(items)
}

/// The requested namespace, or all.
fn requested<'a>(call: &Call<'a>) -> Result<&'a [Namespace], InfoError> {
    match call.namespace_name(NAMESPACE_NAMES)? {
        Some(name) => Ok(std::slice::from_ref(call.namespace(name)?)),
        None => Ok(call.state.namespaces()),
    }
}

fn describe_all(namespace: &Namespace, b64: bool, items: &mut Vec<String>) {
    let all = namespace.sindexes.all();
    items.extend(all.iter().map(|sindex| describe(namespace, sindex, b64)));
}

fn describe(namespace: &Namespace, sindex: &Arc<Sindex>, b64: bool) -> String {
    let definition = &sindex.definition;
    let null = || String::from("null");
    let (bin, context, expression) = match &definition.source {
        Source::Bin { name, context } => {
            let context = context.as_ref().map(|context| match b64 {
                true => base64::encode(context),
                false => Context(context).to_string(),
            });
            (name.to_string(), context.unwrap_or_else(null), null())
        }
        Source::Expression(bytes) => {
            let text = match b64 {
                true => base64::encode(bytes),
                false => Expression(bytes).to_string(),
            };
            (null(), null(), text)
        }
    };
    format!(
        "ns={}:indexname={}:set={}:bin={bin}:type={}:indextype={}:context={context}:exp={expression}:state={}",
        namespace.name,
        sindex.name(),
        set_name(namespace, definition.set),
        definition.key_type.name(),
        definition.index_type.name(),
        if sindex.is_readable() { "RW" } else { "WO" },
    )
}

fn set_name(namespace: &Namespace, set: Option<SetId>) -> String {
    let set = set.and_then(|set| namespace.sets.get(set));
    set.map_or_else(|| "null".into(), |set| String::from_utf8_lossy(&set.name).into_owned())
}

/// The older command: `sindex`, `sindex/namespace` or `sindex/namespace/index`.
pub(in crate::command::info) fn sindex(call: &mut Call<'_>) -> Answered {
    let (name, index) = match call.parameters.split_once('/') {
        Some((namespace, index)) => (namespace, Some(index)),
        None => (call.parameters, None),
    };
    let namespaces = match call.namespace(name) {
        _ if call.parameters.is_empty() => call.state.namespaces(),
        Ok(namespace) => std::slice::from_ref(namespace),
        Err(_) => {
            call.say("ns_type=unknown");
            return Ok(());
        }
    };
    match (index, namespaces) {
        (Some(index), [namespace]) => statistics(call, namespace, index),
        _ => {
            let mut items = Vec::new();
            namespaces
                .iter()
                .for_each(|namespace| describe_all(namespace, false, &mut items));
            call.list(items)
        }
    }
}
