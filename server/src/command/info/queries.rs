//! Queries that run in the background.

use spikelet_wire::ResultCode;

use super::call::{Answered, Call, InfoError};
use super::truncate::number;

/// The longest id, in bytes.
const LONGEST_ID: usize = 26;

pub(super) fn query_show(call: &mut Call<'_>) -> Answered {
    match id(call)? {
        None => Ok(()),
        Some(_) => Err(InfoError::new(ResultCode::NOT_FOUND, "job not found")),
    }
}

pub(super) fn query_abort(call: &mut Call<'_>) -> Answered {
    id(call)?.ok_or(InfoError::parameter("missing 'id'"))?;
    Err(InfoError::new(ResultCode::NOT_FOUND, "id not active"))
}

pub(super) fn query_abort_all(call: &mut Call<'_>) -> Answered {
    call.say("number-of-queries-killed:0");
    Ok(())
}

/// The id that a command names, under today's name or the one of old.
fn id(call: &Call<'_>) -> Result<Option<u64>, InfoError> {
    let text = match call.has("id") {
        true => call.optional("id", LONGEST_ID)?,
        false => call
            .value("trid")
            .map(|id| super::call::checked(id, "id", LONGEST_ID))
            .transpose()?,
    };
    match text.map(number) {
        Some(0) => Err(InfoError::parameter("bad id")),
        id => Ok(id),
    }
}
