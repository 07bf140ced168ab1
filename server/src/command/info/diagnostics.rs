//! Health and diagnosis for operators.

use spikelet_wire::ResultCode;

use super::call::{Answered, Call};
use super::error::InfoError;

/// Replies with nothing.
pub(super) fn nothing(_call: &mut Call<'_>) -> Answered {
    Ok(())
}

pub(super) fn done(call: &mut Call<'_>) -> Answered {
    call.say("ok");
    Ok(())
}

/// A command of the Enterprise Edition that this server does not support.
pub(super) fn unsupported(_call: &mut Call<'_>) -> Answered {
    Err(InfoError::new(
        ResultCode::UNSUPPORTED_FEATURE,
        "not supported by this server",
    ))
}

/// `index-pressure`: `namespace:resident bytes:dirty bytes` of indexes that are mapped from files. There are none.
pub(super) fn index_pressure(call: &mut Call<'_>) -> Answered {
    let namespaces = call.state.namespaces().iter();
    call.list(namespaces.map(|namespace| format!("{}:0:0", namespace.name)))
}

/// `physical-devices`: the devices behind a path. Nothing is kept on one.
pub(super) fn physical_devices(call: &mut Call<'_>) -> Answered {
    call.required("path", 1024)?;
    Err(InfoError::new(ResultCode::NOT_FOUND, "no device info"))
}

pub(super) fn best_practices(call: &mut Call<'_>) -> Answered {
    call.say("failed_best_practices=none");
    Ok(())
}

pub(super) fn get_stats(call: &mut Call<'_>) -> Answered {
    match call.required("context", 1024)? {
        // The Community Edition has no XDR.
        "xdr" => Ok(()),
        _ => Err(InfoError::parameter("unknown context")),
    }
}
