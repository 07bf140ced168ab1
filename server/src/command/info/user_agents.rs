//! User agents: the client libraries of the node's connections.

use super::base64;
use super::call::{Answered, Call};
use super::error::InfoError;
use crate::state::UNKNOWN_AGENT;

/// The limit of a user agent, in bytes of base64.
const LONGEST: usize = 64;

/// Counts a connection that requests `features` as one of an unknown client library.
pub(super) fn record_client(call: &mut Call<'_>) {
    if call.session.user_agent.is_none() {
        call.session.user_agent = Some(UNKNOWN_AGENT.to_owned());
        call.session.stats.agents.unknown(call.now);
    }
}

pub(super) fn user_agent_set(call: &mut Call<'_>) -> Answered {
    let known = call.session.user_agent.as_deref();
    if known.is_some_and(|agent| agent != UNKNOWN_AGENT) {
        return Err(InfoError::parameter("already set"));
    }
    let agent = call.required("value", LONGEST)?;
    if base64::decode(agent).is_none() {
        return Err(InfoError::parameter("'value' invalid base64"));
    }
    call.session.stats.agents.change(known, Some(agent));
    call.session.user_agent = Some(agent.to_owned());
    call.say("ok");
    Ok(())
}

pub(super) fn user_agents(call: &mut Call<'_>) -> Answered {
    for (agent, count) in call.session.stats.agents.all(call.now) {
        call.say(format_args!("user-agent={agent}:count={count};"));
    }
    Ok(())
}
