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

/// A command of the real server that this server does not support.
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

pub(super) fn get_stats(call: &mut Call<'_>) -> Answered {
    match call.required("context", 1024)? {
        // The Community Edition has no XDR.
        "xdr" => Ok(()),
        _ => Err(InfoError::parameter("unknown context")),
    }
}
