//! Cross-datacenter replication (XDR): `xdr-set-filter`, `xdr-get-filter`, and the configuration with `context=xdr`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use spikelet_wire::ResultCode;

use super::call::{Answered, Call};
use super::error::InfoError;
use super::sindex::ExpressionText;
use crate::ops::exp::Expression;
use crate::state::{DataCenter, SmdItem, XdrSnapshot};

/// The limit of the name of a datacenter, and of an address, in bytes.
const MAX_NAME: usize = 64;
/// The limit of a filter in base64, in bytes.
const MAX_FILTER: usize = 64 * 1024;
/// How many datacenters there can be.
const MAX_DATACENTERS: usize = 64;

/// Sets the filter of a namespace, or removes it.
pub(super) fn set_filter(call: &mut Call<'_>) -> Answered {
    let name = call.required("dc", MAX_NAME)?;
    let namespace = call.required_namespace(&["namespace"])?;
    let filter = match call.required("exp", MAX_FILTER)? {
        "null" => None,
        text => {
            let bytes = BASE64.decode(text).map_err(|_| InfoError::parameter("bad 'exp'"))?;
            Expression::build_filter(&bytes).map_err(|_| InfoError::parameter("bad 'exp'"))?;
            Some(bytes.into())
        }
    };
    change(call, name, |all| {
        let slot = dc(all, name)?.namespaces.get_mut(&namespace.name);
        *slot.ok_or_else(not_shipped)? = filter;
        Ok(())
    })
}

/// The filters of a datacenter, as text or in base64.
pub(super) fn get_filter(call: &mut Call<'_>) -> Answered {
    let name = call.required("dc", MAX_NAME)?;
    let namespace = call.namespace_name(&["namespace"])?;
    let is_encoded = match call.optional("b64", 8)? {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(InfoError::parameter("bad 'b64'")),
    };
    let mut all = call.state.xdr().save();
    let dc = dc(&mut all, name)?;
    if namespace.is_some_and(|namespace| !dc.namespaces.contains_key(namespace)) {
        return Err(not_shipped());
    }
    let asked = dc
        .namespaces
        .iter()
        .filter(|(name, _)| namespace.is_none_or(|namespace| namespace == *name));
    call.list(asked.map(|(name, filter)| {
        let text = match filter {
            None => "null".to_owned(),
            Some(filter) if is_encoded => BASE64.encode(filter),
            Some(filter) => ExpressionText(filter).to_string(),
        };
        format!("namespace={name}:exp={text}")
    }))
}

/// The items of `smd-show`: `datacenter|namespace=filter`, in base64.
pub(super) fn items(call: &Call<'_>) -> Vec<String> {
    let mut items = Vec::new();
    for (name, dc) in call.state.xdr().save() {
        let filters = dc
            .namespaces
            .into_iter()
            .filter_map(|(namespace, filter)| Some((namespace, filter?)));
        items.extend(filters.map(|(namespace, filter)| format!("{name}|{namespace}={}", BASE64.encode(filter))));
    }
    items
}

/// `get-config:context=xdr`, of all datacenters, of one, or of a namespace in one.
pub(super) fn get_config(call: &mut Call<'_>) -> Answered {
    let mut all = call.state.xdr().save();
    let Some(name) = call.optional("dc", MAX_NAME)? else {
        let names: Vec<_> = all.keys().map(String::as_str).collect();
        call.say(format_args!("dcs={};src-id=0;trace-sample=0", names.join(",")));
        return Ok(());
    };
    let dc = dc(&mut all, name)?;
    if let Some(namespace) = call.namespace_name(&["namespace"])? {
        if !dc.namespaces.contains_key(namespace) {
            return Err(not_shipped());
        }
        call.say(OF_NAMESPACE);
        return Ok(());
    }
    let addresses: Vec<_> = dc.addresses.iter().map(String::as_str).collect();
    let namespaces: Vec<_> = dc.namespaces.keys().map(String::as_str).collect();
    call.say(format_args!(
        "auth-mode=none;auth-password-file=null;auth-user=null;connector=false;max-recoveries-interleaved=0;\
         node-address-port={};period-ms=100;tls-name=null;use-alternate-access-address=false;namespaces={}",
        addresses.join(","),
        namespaces.join(","),
    ));
    Ok(())
}

/// The defaults of a namespace of a datacenter.
const OF_NAMESPACE: &str = "bin-policy=all;compression-level=1;compression-threshold=128;delay-ms=0;enable-compression=false;\
                            forward=false;hot-key-ms=100;ignore-expunges=false;max-throughput=100000;remote-namespace=null;\
                            sc-replication-wait-ms=100;ship-bin-luts=false;ship-nsup-deletes=false;\
                            ship-only-specified-sets=false;ship-versions-interval=60;ship-versions-policy=latest;\
                            transaction-queue-limit=16384;write-policy=auto";

/// `set-config:context=xdr`: creates and deletes datacenters, and adds and removes namespaces and addresses. It changes no parameter.
pub(super) fn set_config(call: &mut Call<'_>) -> Answered {
    let name = call.required("dc", MAX_NAME)?;
    let action = call.required("action", MAX_NAME)?;
    let namespace = match call.has("namespace") {
        true => Some(call.required_namespace(&["namespace"])?),
        false => None,
    };
    let address = call.optional("node-address-port", MAX_NAME)?;
    let is_name = name
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b",:=".contains(&byte));
    change(call, name, |all| {
        match (action, namespace, address) {
            ("create", None, None) => {
                if !is_name || all.len() >= MAX_DATACENTERS || all.contains_key(name) {
                    return Err(InfoError::parameter("bad 'dc': not a name, too many, or it exists"));
                }
                all.insert(name.to_owned(), DataCenter::default());
            }
            ("delete", None, None) => {
                dc(all, name)?;
                all.remove(name);
            }
            ("add", Some(namespace), None) => {
                let namespaces = &mut dc(all, name)?.namespaces;
                namespaces.entry(namespace.name.clone()).or_default();
            }
            ("remove", Some(namespace), None) => {
                let removed = dc(all, name)?.namespaces.remove(&namespace.name);
                removed.ok_or_else(not_shipped)?;
            }
            ("add", None, Some(address)) => {
                let addresses = &mut dc(all, name)?.addresses;
                if addresses.len() >= MAX_DATACENTERS {
                    return Err(InfoError::parameter("too many addresses"));
                }
                addresses.insert(address.to_owned());
            }
            ("remove", None, Some(address)) if !dc(all, name)?.addresses.remove(address) => {
                return Err(InfoError::parameter(
                    "bad 'node-address-port': there is no such address",
                ));
            }
            ("remove", None, Some(_)) => {}
            _ => return Err(InfoError::parameter("invalid set-config parameter")),
        }
        Ok(())
    })
}

/// Changes a datacenter, and answers `ok`.
fn change(call: &mut Call<'_>, name: &str, change: impl FnOnce(&mut XdrSnapshot) -> Answered) -> Answered {
    call.state.xdr().change(change)?;
    call.state.smd().record(SmdItem::Xdr(name.to_owned()), call.now);
    call.say("ok");
    Ok(())
}

fn dc<'a>(all: &'a mut XdrSnapshot, name: &str) -> Result<&'a mut DataCenter, InfoError> {
    let found = all.get_mut(name);
    found.ok_or(InfoError::new(
        ResultCode::PARAMETER,
        "bad 'dc': there is no such datacenter",
    ))
}

fn not_shipped() -> InfoError {
    InfoError::new(ResultCode::INVALID_NAMESPACE, "namespace not found in the datacenter")
}
