//! User agents: the client libraries of the node's connections.

use super::base64;
use super::call::{Answered, Call};
use super::error::InfoError;

/// The limit of a user agent, in bytes of base64.
const LONGEST: usize = 64;
/// "unknown" in base64: a client that requested `features` and never set its user agent.
const UNKNOWN: &str = "dW5rbm93bg==";

/// Counts a connection that requests `features` as one of an unknown client library.
pub(super) fn record_client(call: &mut Call<'_>) {
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
