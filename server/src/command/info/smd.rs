//! System metadata: `smd-info` and `smd-show`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use spikelet_wire::ResultCode;

use super::call::{Answered, Call};
use super::error::InfoError;
use super::{masking, xdr};
use crate::state::SmdModule;
use crate::store::sindex::Source;
use crate::store::{Namespace, SetId};
use crate::version::Edition;

pub(super) fn smd_info(call: &mut Call<'_>) -> Answered {
    let cluster = call.state.cluster();
    let subcluster = cluster.subcluster(call.session.node);
    let key = subcluster.key();
    call.say(format_args!(
        "smd:n_pending_sets=0,n_events=0,n_nodes={},principal={},cluster_key={key:X};",
        subcluster.size(),
        subcluster.principal(),
    ));
    let enterprise = call.state.config().edition == Edition::Enterprise;
    let is_used = |module: &SmdModule| match module {
        SmdModule::Security => call.state.security().is_some(),
        SmdModule::Xdr => enterprise,
        SmdModule::Masking => enterprise && call.state.config().has_masking(),
        _ => true,
    };
    let modules: Vec<_> = SmdModule::ALL.into_iter().filter(is_used).collect();
    for module in modules {
        let (changes, keys) = call.state.smd().counts(module);
        call.say(format_args!(
            "{}:committed_key={key:X},committed_tid={changes},n_keys={keys},state=pr;",
            module.name(),
        ));
    }
    Ok(())
}

pub(super) fn smd_show(call: &mut Call<'_>) -> Answered {
    let module = call.required("module", 9)?.to_ascii_lowercase();
    let items = match module.as_str() {
        "evict" => Vec::new(),
        "sindex" => sindexes(call),
        "truncate" => truncations(call),
        "udf" => modules(call),
        "roster" | "security" | "xdr" | "masking" if call.state.config().edition == Edition::Community => {
            return Err(InfoError::enterprise_only());
        }
        "masking" => masking::items(call),
        "xdr" => xdr::items(call),
        "roster" | "security" => {
            return Err(InfoError::new(
                ResultCode::UNSUPPORTED_FEATURE,
                "not supported by this server",
            ));
        }
        _ => return Err(InfoError::parameter("unknown 'module'")),
    };
    match items.is_empty() {
        true => call.say("<empty>"),
        false => call.list(items)?,
    }
    Ok(())
}

/// `namespace|set|bin|context|expression|index type|type=index`, where `.` stands for what is not there.
fn sindexes(call: &Call<'_>) -> Vec<String> {
    let mut items = Vec::new();
    for namespace in call.state.namespaces() {
        for sindex in namespace.sindexes.all().iter() {
            let definition = &sindex.definition;
            let none = || String::from(".");
            let (bin, context, expression) = match &definition.source {
                Source::Bin { name, context } => {
                    let context = context.as_ref().map_or_else(none, |context| BASE64.encode(context));
                    (name.to_string(), context, none())
                }
                Source::Expression(bytes) => (none(), none(), BASE64.encode(bytes)),
            };
            items.push(format!(
                "{}|{}|{bin}|{context}|{expression}|{}|{}={}",
                namespace.name,
                set_name(namespace, definition.set),
                definition.index_type.name(),
                definition.key_type.name(),
                sindex.name(),
            ));
        }
    }
    items
}

fn set_name(namespace: &Namespace, set: Option<SetId>) -> String {
    let set = set.and_then(|set| namespace.sets.get(set));
    set.map_or_else(String::new, |set| String::from_utf8_lossy(&set.name).into_owned())
}

/// `namespace=time` and `namespace|set=time`, in milliseconds since 2010.
fn truncations(call: &Call<'_>) -> Vec<String> {
    let mut items = Vec::new();
    for namespace in call.state.namespaces() {
        let name = &namespace.name;
        if namespace.truncate_lut().0 > 0 {
            items.push(format!("{name}={}", namespace.truncate_lut().0));
        }
        for set in namespace.sets.all() {
            let lut = crate::state::get(&set.truncate_lut);
            if lut > 0 {
                items.push(format!("{name}|{}={lut}", String::from_utf8_lossy(&set.name)));
            }
        }
    }
    items
}

#[cfg(feature = "udf")]
fn modules(call: &Call<'_>) -> Vec<String> {
    let all = call.state.modules().all().into_iter();
    all.map(|(file, script)| {
        let (content, name) = (BASE64.encode(script), serde_json::Value::from(file.as_str()));
        format!(r#"{file}={{"content64": "{content}", "type": "LUA", "name": {name}}}"#)
    })
    .collect()
}

#[cfg(not(feature = "udf"))]
const fn modules(_call: &Call<'_>) -> Vec<String> {
    Vec::new()
}
