//! Identity: version, edition, build, node and cluster name.

use std::env::consts::{ARCH, OS};

use super::call::{Answered, Call};
use super::user_agents;
use crate::version::{Edition, FEATURES};

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

/// The features of a licence: all that concern the server, for any number of nodes and without an end.
pub(super) fn feature_key(call: &mut Call<'_>) -> Answered {
    call.say(
        "feature-key-version=2;serial-number=0;account-name=spikelet;account-ID=spikelet;valid-until-date=2999-12-31;\
         asdb-change-notification=true;asdb-cluster-nodes-limit=0;asdb-compression=true;asdb-encryption-at-rest=true;\
         asdb-flash-index=true;asdb-ldap=true;asdb-pmem=true;asdb-rack-aware=true;asdb-secrets=true;\
         asdb-strong-consistency=true;asdb-vault=true;asdb-xdr=true",
    );
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

/// Empty on the Community Edition.
pub(super) fn build_ee_sha(call: &mut Call<'_>) -> Answered {
    if call.state.config().edition == Edition::Enterprise {
        call.say(BUILD);
    }
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
