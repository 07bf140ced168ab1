//! `spikelet/...`: commands that the real server does not have.

use super::call::{Answered, Call};
use super::error::InfoError;

/// Passes the command to the session's controls. A session without controls has no such command.
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
