//! Who the clients say they are.

use super::base64;
use super::call::{Answered, Call, InfoError};

/// The longest user agent, in base64, and one.
const LONGEST: usize = 64;
/// "unknown" in base64: what stands for a client that asked for `features` and never said who it is.
const UNKNOWN: &str = "dW5rbm93bg==";

/// Notes that a client asked for `features`, as all but scripts do.
pub(super) fn note_client(call: &mut Call<'_>) {
    if call.session.user_agent.is_none() {
        name(call, UNKNOWN.to_owned());
    }
}

pub(super) fn user_agent_set(call: &mut Call<'_>) -> Answered {
    if call.session.user_agent.as_ref().is_some_and(|agent| agent != UNKNOWN) {
        return Err(InfoError::parameter("already set"));
    }
    let value = call.required("value", LONGEST)?;
    if base64::decode(value).is_none() {
        return Err(InfoError::parameter("'value' invalid base64"));
    }
    name(call, value.to_owned());
    call.say("ok");
    Ok(())
}

pub(super) fn user_agents(call: &mut Call<'_>) -> Answered {
    for (agent, count) in call.session.stats.agents.all() {
        call.say(format_args!("user-agent={agent}:count={count};"));
    }
    Ok(())
}

fn name(call: &mut Call<'_>, agent: String) {
    call.session
        .stats
        .agents
        .change(call.session.user_agent.as_deref(), Some(&agent));
    call.session.user_agent = Some(agent);
}
