//! Log sinks: `logs`, `log` and `log-message`.

use spikelet_wire::ResultCode;

use super::call::{Answered, Call};
use super::diagnostics::unsupported;
use super::error::InfoError;

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
