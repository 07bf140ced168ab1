//! Secondary indexes: made, removed, listed.

use std::sync::Arc;

use spikelet_wire::ResultCode;
use spikelet_wire::exp::Type;

use super::call::{Answered, Call, InfoError};
use super::context::Context;
use super::{base64, expression};
use crate::ops::cdt;
use crate::ops::exp::Expression;
use crate::state::SmdItem;
use crate::store::sindex::{Build, Created, Definition, IndexType, KeyType, Sindex, Source};
use crate::store::{BinName, Namespace, SetId, Sets, Sindexes};

const NAMESPACE_NAMES: &[&str] = &["namespace", "ns"];
/// The longest name of an index, in bytes, and one.
const NAME: usize = Sindexes::MAX_NAME + 1;
/// The longest name of a set, in bytes, and one.
const SET: usize = 64;
/// The longest name of a bin, in bytes, and one.
const BIN: usize = BinName::MAX + 1;
/// Type names that are longer are not compared.
const INDEX_TYPE: usize = 10;
const KEY_TYPE: usize = 12;
const CONTEXT: usize = 2048;
const EXPRESSION: usize = 16 * 1024;

/// What a set's own index is called where other indexes have a type.
const SET_INDEX: &str = "set";

/// `sindex-create`: with `bin` (and `context`) or `exp`, and `type`; as of old with `indexdata=bin,type`; or with
/// `indextype=set` for a set's own.
pub(super) fn create(call: &mut Call<'_>) -> Answered {
    let name = call.required("indexname", NAME)?;
    let namespace = call
        .namespace_name(NAMESPACE_NAMES)?
        .ok_or_else(|| InfoError::missing("namespace"))?;
    if call
        .value("indextype")
        .is_some_and(|value| value.eq_ignore_ascii_case(SET_INDEX))
    {
        return create_for_set(call, name, namespace);
    }
    let wanted = Wanted::of(call)?;
    let build = match call.namespace(namespace) {
        Ok(namespace) => make(&namespace.sets, &namespace.sindexes, name, wanted)?,
        // The real server tells all nodes, and asks none of them whether it has such a namespace.
        Err(_) => {
            let foreign = call.state.foreign_sindexes().of(namespace);
            make(&foreign.0, &foreign.1, name, wanted)?;
            None
        }
    };
    note(call, namespace, name);
    let build = build.map(|build| (namespace.to_owned(), build));
    call.builds.extend(build);
    call.say("ok");
    Ok(())
}

/// Creates an index, which may have to be built.
fn make(sets: &Sets, sindexes: &Sindexes, name: &str, wanted: Wanted<'_>) -> Result<Option<Build>, InfoError> {
    let set = match wanted.set {
        None => None,
        Some(set) => match sets.find_or_create(set.as_bytes()) {
            // There are too many sets, of which the real server tells only its log.
            None => return Ok(None),
            set => set,
        },
    };
    let definition = Definition {
        set,
        source: wanted.source,
        index_type: wanted.index_type,
        key_type: wanted.key_type,
    };
    match sindexes.create(name, definition) {
        Created::New(build) => Ok(Some(build)),
        Created::Known => Ok(None),
        Created::NameTaken => Err(name_taken()),
        Created::TooMany => Err(InfoError::new(
            ResultCode::INDEX_MAX_COUNT,
            "already at sindex definition limit",
        )),
    }
}

/// Notes that an index is created or removed now.
fn note(call: &Call<'_>, namespace: &str, name: &str) {
    let item = SmdItem::Sindex {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    call.state.smd().note(item, call.now);
}

fn create_for_set(call: &mut Call<'_>, name: &str, namespace: &str) -> Answered {
    for other in ["context", "indexdata", "type", "bin", "exp"] {
        if call.has(other) {
            let text = format!("{other} parameter is not supported for set index");
            return Err(InfoError::parameter(text));
        }
    }
    let set = call.required("set", SET)?;
    let own = call
        .namespace(namespace)
        .map_err(|_| InfoError::parameter("namespace not found"))?;
    let set = own
        .sets
        .find_or_create(set.as_bytes())
        .ok_or(InfoError::parameter("failed to get/create set"))?;
    if !own.sindexes.create_for_set(name, set) {
        return Err(name_taken());
    }
    note(call, namespace, name);
    call.say("ok");
    Ok(())
}

/// What the parameters of `sindex-create` say of an index.
struct Wanted<'c> {
    set: Option<&'c str>,
    source: Source,
    index_type: IndexType,
    key_type: KeyType,
}

impl<'c> Wanted<'c> {
    /// Reads the parameters in the real server's order.
    fn of(call: &Call<'c>) -> Result<Self, InfoError> {
        let set = call.optional("set", SET)?;
        let context = call.optional("context", CONTEXT)?.map(read_context).transpose()?;
        let index_type = match call.optional("indextype", INDEX_TYPE)? {
            None => IndexType::Default,
            Some(name) => IndexType::ALL
                .into_iter()
                .find(|index_type| index_type.name().eq_ignore_ascii_case(name))
                .ok_or(InfoError::parameter(
                    "bad 'indextype' - must be one of 'default', 'list', 'mapkeys', 'mapvalues'",
                ))?,
        };
        let data = call.optional("indexdata", BIN + KEY_TYPE)?;
        let (source, key_type) = match (data, call.optional("type", KEY_TYPE)?) {
            (None, None) => return Err(InfoError::parameter("both 'indexdata' and 'type' are missing")),
            (Some(_), Some(_)) => return Err(InfoError::parameter("both 'indexdata' and 'type' are specified")),
            (None, Some(name)) => {
                let key_type = key_type(name).ok_or(InfoError::parameter(
                    "bad 'type' - must be one of 'numeric', 'string', 'blob', 'geo2dsphere'",
                ))?;
                (read_source(call, context, index_type, key_type)?, key_type)
            }
            (Some(data), None) => read_data(data, context)?,
        };
        if index_type == IndexType::MapKeys && key_type == KeyType::Geo2dSphere {
            return Err(InfoError::parameter(
                "bad 'indexdata' bin type for 'indextype' 'mapkeys' - must be one of 'numeric', 'string', 'blob'",
            ));
        }
        Ok(Self {
            set,
            source,
            index_type,
            key_type,
        })
    }
}

/// `bin` or `exp`.
fn read_source(
    call: &Call<'_>,
    context: Option<Box<[u8]>>,
    index_type: IndexType,
    key_type: KeyType,
) -> Result<Source, InfoError> {
    let bin = call.optional("bin", BIN)?;
    match (bin, call.optional("exp", EXPRESSION)?) {
        (Some(_), Some(_)) => Err(InfoError::parameter("both 'bin' and 'exp' are specified")),
        (None, None) => Err(InfoError::parameter("both 'bin' and 'exp' are missing")),
        (Some(name), None) => {
            // A parameter is text without zeros, and not too long: every such name can be a bin's.
            let name = BinName::new(name.as_bytes()).ok_or(InfoError::parameter("'bin' value too long"))?;
            Ok(Source::Bin { name, context })
        }
        (None, Some(_)) if context.is_some() => Err(InfoError::parameter("both 'context' and 'exp' are specified")),
        (None, Some(text)) => {
            let bytes = base64::decode(text).ok_or(InfoError::parameter("bad 'exp'"))?;
            check_expression(&bytes, index_type, key_type)?;
            Ok(Source::Expression(bytes.into()))
        }
    }
}

fn check_expression(bytes: &[u8], index_type: IndexType, key_type: KeyType) -> Answered {
    let bad = || InfoError::parameter("bad 'exp'");
    let expression = Expression::build(bytes).map_err(|_| bad())?;
    if !expression.is_indexable() {
        return Err(bad());
    }
    let is = expression.value_type().ok_or_else(bad)?;
    let wanted = match (index_type, key_type) {
        (IndexType::List, _) => Type::List,
        (IndexType::MapKeys | IndexType::MapValues, _) => Type::Map,
        (IndexType::Default, KeyType::Numeric) => Type::Int,
        (IndexType::Default, KeyType::String) => Type::String,
        (IndexType::Default, KeyType::Blob) => Type::Blob,
        (IndexType::Default, KeyType::Geo2dSphere) => Type::GeoJson,
    };
    if is == wanted {
        Ok(())
    } else {
        let (is, wanted) = (type_name(is), type_name(wanted));
        let text = format!("bad 'exp' - expression type '{is}' does not match expected type '{wanted}'");
        Err(InfoError::parameter(text))
    }
}

const fn type_name(of: Type) -> &'static str {
    match of {
        Type::Nil => "null",
        Type::Bool => "bool",
        Type::Int => "numeric",
        Type::String => "string",
        Type::List => "list",
        Type::Map => "map",
        Type::Blob => "blob",
        Type::Float => "float",
        Type::GeoJson => "geo2dsphere",
        Type::Hll => "hll",
    }
}

/// `indexdata`: the name of a bin, a comma, and a type.
fn read_data(data: &str, context: Option<Box<[u8]>>) -> Result<(Source, KeyType), InfoError> {
    let (name, type_name) = data
        .split_once(',')
        .ok_or(InfoError::parameter("'indexdata' missing bin type"))?;
    if name.is_empty() {
        return Err(InfoError::parameter("'indexdata' missing bin name"));
    }
    let name = BinName::new(name.as_bytes()).ok_or(InfoError::parameter("'indexdata' bin name too long"))?;
    let key_type = key_type(type_name).ok_or(InfoError::parameter(
        "bad 'indexdata' bin type - must be one of 'numeric', 'string', 'blob', 'geo2dsphere'",
    ))?;
    Ok((Source::Bin { name, context }, key_type))
}

fn key_type(name: &str) -> Option<KeyType> {
    let mut all = KeyType::ALL.into_iter();
    all.find(|key_type| key_type.name().eq_ignore_ascii_case(name))
}

fn read_context(text: &str) -> Result<Box<[u8]>, InfoError> {
    let bytes = base64::decode(text).ok_or(InfoError::parameter("'context' invalid base64"))?;
    if !cdt::is_read_context(&bytes) {
        return Err(InfoError::parameter("'context' invalid cdt context"));
    }
    if !cdt::is_compact(&bytes) {
        return Err(InfoError::parameter("'context' not normalized msgpack"));
    }
    Ok(bytes.into())
}

fn name_taken() -> InfoError {
    InfoError::new(
        ResultCode::INDEX_FOUND,
        "'indexname' already exists with different definition",
    )
}

/// `sindex-delete`: an index that is not there is deleted with success.
pub(super) fn delete(call: &mut Call<'_>) -> Answered {
    let name = call.required("indexname", NAME)?;
    let namespace = call
        .namespace_name(NAMESPACE_NAMES)?
        .ok_or_else(|| InfoError::missing("namespace"))?;
    note(call, namespace, name);
    match call.namespace(namespace) {
        Ok(namespace) => namespace.sindexes.delete(name),
        Err(_) => call.state.foreign_sindexes().of(namespace).1.delete(name),
    }
    call.say("ok");
    Ok(())
}

/// `sindex-exists`.
pub(super) fn exists(call: &mut Call<'_>) -> Answered {
    let name = call.required("indexname", NAME)?;
    let namespace = call.required_namespace(NAMESPACE_NAMES)?;
    call.say(namespace.sindexes.by_name(name).is_some() || set_of(namespace, name).is_some());
    Ok(())
}

/// `sindex-list`: of a namespace or of all; with `b64=true` contexts and expressions are not spelled out.
pub(super) fn list(call: &mut Call<'_>) -> Answered {
    let mut items = Vec::new();
    // The real server lists the indexes, then those of sets, and tells the error of a namespace in both.
    let namespaces = match asked(call) {
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

/// The namespace that is asked for, or all.
fn asked<'a>(call: &Call<'a>) -> Result<&'a [Namespace], InfoError> {
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
                false => expression::Expression(bytes).to_string(),
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

/// `sindex-stat`.
pub(super) fn stat(call: &mut Call<'_>) -> Answered {
    let name = call.required("indexname", NAME)?;
    let namespace = call.required_namespace(NAMESPACE_NAMES)?;
    statistics(call, namespace, name)
}

fn statistics(call: &mut Call<'_>, namespace: &Namespace, name: &str) -> Answered {
    if let Some(sindex) = namespace.sindexes.by_name(name) {
        let (entries, used_bytes, load) = (sindex.entries(), sindex.used_bytes(), sindex.load());
        // How many entries share a value or a record the real server finds out once an hour.
        call.say(format_args!(
            "entries={entries};used_bytes={used_bytes};entries_per_bval=0;entries_per_rec=0;\
             load_pct={};load_time={};stat_gc_recs=0",
            load.percent, load.seconds
        ));
        return Ok(());
    }
    let set = set_of(namespace, name).and_then(|set| namespace.sets.get(set));
    let set = set.ok_or(InfoError::new(ResultCode::INDEX_NOT_FOUND, "no index"))?;
    /// What the real server takes for a record of a set with an index, in bytes.
    const ENTRY: u64 = 16;
    let entries = set.objects.load(std::sync::atomic::Ordering::Relaxed);
    let used_bytes = entries.saturating_mul(ENTRY);
    call.say(format_args!("entries={entries};used_bytes={used_bytes};load_pct=100"));
    Ok(())
}

fn set_of(namespace: &Namespace, name: &str) -> Option<SetId> {
    let sets = namespace.sindexes.of_sets();
    sets.iter().find(|(other, _)| **other == *name).map(|(_, set)| *set)
}

/// The older command: `sindex`, `sindex/namespace` or `sindex/namespace/index`.
pub(super) fn sindex(call: &mut Call<'_>) -> Answered {
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
