//! Long queries: `query-show`, `query-abort` and `query-abort-all`.

use spikelet_wire::ResultCode;

use super::call::{Answered, Call};
use super::error::InfoError;
use super::parameters::checked;
use super::truncate::number;

/// The limit of an id, in bytes.
const LONGEST_ID: usize = 26;

pub(super) fn query_show(call: &mut Call<'_>) -> Answered {
    let (jobs, node, now) = (call.state.jobs(), call.session.node, call.now);
    match id(call)? {
        None => call.list(jobs.all(node).iter().map(|job| job.show(now))),
        Some(id) => {
            let job = jobs.find(node, id);
            let job = job.ok_or(InfoError::new(ResultCode::NOT_FOUND, "job not found"))?;
            call.say(job.show(now));
            Ok(())
        }
    }
}

pub(super) fn query_abort(call: &mut Call<'_>) -> Answered {
    let id = id(call)?.ok_or(InfoError::parameter("missing 'id'"))?;
    if call.state.jobs().abort(call.session.node, id) {
        call.say("ok");
        Ok(())
    } else {
        Err(InfoError::new(ResultCode::NOT_FOUND, "id not active"))
    }
}

pub(super) fn query_abort_all(call: &mut Call<'_>) -> Answered {
    let count = call.state.jobs().abort_all(call.session.node);
    call.say(format_args!("number-of-queries-killed:{count}"));
    Ok(())
}

/// The value of `id`, or of its older name `trid`.
fn id(call: &Call<'_>) -> Result<Option<u64>, InfoError> {
    let text = match call.has("id") {
        true => call.optional("id", LONGEST_ID)?,
        false => call.value("trid").map(|id| checked(id, "id", LONGEST_ID)).transpose()?,
    };
    match text.map(number) {
        Some(0) => Err(InfoError::parameter("bad id")),
        id => Ok(id),
    }
}
