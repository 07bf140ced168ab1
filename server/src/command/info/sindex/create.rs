//! `sindex-create`.

use spikelet_wire::ResultCode;

use super::definition::Requested;
use super::{NAME, NAMESPACE_NAMES, SET, SET_INDEX, record_change};
use crate::command::info::call::{Answered, Call};
use crate::command::info::error::InfoError;
use crate::command::query::Maintenance;
use crate::store::sindex::{Build, Created, Definition};
use crate::store::{Sets, Sindexes};

/// `sindex-create` takes `type` with `bin` (and `context`) or `exp`, or the older `indexdata=bin,type`, or `indextype=set` for
/// a set index.
pub(in crate::command::info) fn create(call: &mut Call<'_>) -> Answered {
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
    let requested = Requested::of(call)?;
    let build = match call.namespace(namespace) {
        Ok(namespace) => make(&namespace.sets, &namespace.sindexes, name, requested)?,
        // The real server does not check that any node has the namespace.
        Err(_) => {
            let foreign = call.state.foreign_sindexes().of(namespace);
            make(&foreign.0, &foreign.1, name, requested)?;
            None
        }
    };
    record_change(call, namespace, name);
    let build = build.map(|build| (namespace.to_owned(), Maintenance::Build(build)));
    call.left.extend(build);
    call.say("ok");
    Ok(())
}

/// Creates an index, and returns its build.
fn make(sets: &Sets, sindexes: &Sindexes, name: &str, requested: Requested<'_>) -> Result<Option<Build>, InfoError> {
    let set = match requested.set {
        None => None,
        Some(set) => match sets.find_or_create(set.as_bytes()) {
            // There are too many sets. The real server only logs that.
            None => return Ok(None),
            set => set,
        },
    };
    let definition = Definition {
        set,
        source: requested.source,
        index_type: requested.index_type,
        key_type: requested.key_type,
    };
    match sindexes.create(name, definition) {
        Created::New(build) => Ok(Some(build)),
        Created::Renamed => Ok(None),
        Created::NameTaken => Err(name_taken()),
        Created::TooMany => Err(InfoError::new(
            ResultCode::INDEX_MAX_COUNT,
            "already at sindex definition limit",
        )),
    }
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
    record_change(call, namespace, name);
    call.say("ok");
    Ok(())
}

fn name_taken() -> InfoError {
    InfoError::new(
        ResultCode::INDEX_FOUND,
        "'indexname' already exists with different definition",
    )
}
