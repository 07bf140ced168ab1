//! `spikelet/...`: what the real server does not have.

use super::call::{Answered, Call, InfoError};

/// Has the session's controls answer, if it has any; the command does not exist otherwise.
pub(super) fn controls(call: &mut Call<'_>) -> Answered {
    let controls = call.session.controls.clone().ok_or_else(InfoError::unrecognized)?;
    let (name, parameters) = call.parameters.split_once(':').unwrap_or((call.parameters, ""));
    match controls.call(call.session.node, name, parameters) {
        Ok(text) => {
            call.say(text);
            Ok(())
        }
        Err(error) => Err(InfoError::new(error.code, error.text)),
    }
}
