//! Secondary indexes: there are none.

use spikelet_wire::ResultCode;

use super::call::{Answered, Call, InfoError};

const NAMESPACE_NAMES: &[&str] = &["namespace", "ns"];
/// The longest name of an index, in bytes, and one.
const NAME: usize = 256;

pub(super) fn list(call: &mut Call<'_>) -> Answered {
    if let Some(name) = call.namespace_name(NAMESPACE_NAMES)? {
        call.namespace(name)?;
    }
    match call.optional("b64", 6)? {
        None | Some("true" | "false") => Ok(()),
        Some(_) => Err(InfoError::parameter("'b64' value must be 'true' or 'false'")),
    }
}

pub(super) fn exists(call: &mut Call<'_>) -> Answered {
    call.required("indexname", NAME)?;
    call.required_namespace(NAMESPACE_NAMES)?;
    call.say("false");
    Ok(())
}

pub(super) fn stat(call: &mut Call<'_>) -> Answered {
    call.required("indexname", NAME)?;
    call.required_namespace(NAMESPACE_NAMES)?;
    Err(no_index())
}

/// An index that is not there is deleted with success.
pub(super) fn delete(call: &mut Call<'_>) -> Answered {
    call.required("indexname", NAME)?;
    call.namespace_name(NAMESPACE_NAMES)?
        .ok_or(InfoError::missing("namespace"))?;
    call.say("ok");
    Ok(())
}

/// The older command: `sindex/namespace/index`.
pub(super) fn sindex(call: &mut Call<'_>) -> Answered {
    if call.parameters.is_empty() {
        return Ok(());
    }
    let (namespace, index) = match call.parameters.split_once('/') {
        Some((namespace, index)) => (namespace, Some(index)),
        None => (call.parameters, None),
    };
    match (call.namespace(namespace), index) {
        (Err(_), _) => call.say("ns_type=unknown"),
        (Ok(_), None) => {}
        (Ok(_), Some(_)) => return Err(no_index()),
    }
    Ok(())
}

fn no_index() -> InfoError {
    InfoError::new(ResultCode::INDEX_NOT_FOUND, "no index")
}
