//! Identity: version, edition, build, node and cluster name.

use std::env::consts::{ARCH, OS};

use super::call::{Answered, Call};
use super::user_agents;
use crate::version::FEATURES;

/// This server's own build.
const BUILD: &str = concat!("spikelet-", env!("CARGO_PKG_VERSION"));

pub(super) fn build(call: &mut Call<'_>) -> Answered {
    call.say(&call.state.config().version);
    Ok(())
}

pub(super) fn edition(call: &mut Call<'_>) -> Answered {
    call.say(call.state.config().edition.name());
    Ok(())
}

pub(super) fn version(call: &mut Call<'_>) -> Answered {
    call.say(format_args!(
        "{} build {}",
        call.state.config().edition.name(),
        call.state.config().version
    ));
    Ok(())
}

pub(super) fn features(call: &mut Call<'_>) -> Answered {
    user_agents::record_client(call);
    call.say(FEATURES);
    Ok(())
}

pub(super) fn node(call: &mut Call<'_>) -> Answered {
    if let Some(node) = call.node() {
        call.say(node.id);
    }
    Ok(())
}

pub(super) fn cluster_name(call: &mut Call<'_>) -> Answered {
    call.say(call.state.cluster().name());
    Ok(())
}

pub(super) fn release(call: &mut Call<'_>) -> Answered {
    let (edition, version) = (call.state.config().edition.name(), &call.state.config().version);
    call.say(format_args!(
        "edition={edition};version={version};os={OS};arch={ARCH};sha={BUILD}"
    ));
    Ok(())
}

pub(super) fn os(call: &mut Call<'_>) -> Answered {
    call.say(OS);
    Ok(())
}

pub(super) fn arch(call: &mut Call<'_>) -> Answered {
    call.say(ARCH);
    Ok(())
}

/// This server's own build, where the real server names its commit or the time of its build.
pub(super) fn real_build(call: &mut Call<'_>) -> Answered {
    call.say(BUILD);
    Ok(())
}

/// Empty: the server has no part of the Enterprise Edition.
pub(super) fn build_ee_sha(_call: &mut Call<'_>) -> Answered {
    Ok(())
}

/// The digest algorithm of keys.
pub(super) fn digests(call: &mut Call<'_>) -> Answered {
    call.say("RIPEMD160");
    Ok(())
}

pub(super) fn status(call: &mut Call<'_>) -> Answered {
    call.say("ok");
    Ok(())
}

pub(super) fn connection(call: &mut Call<'_>) -> Answered {
    call.say("admin=false");
    Ok(())
}
