//! What the server says it is.

use std::env::consts::{ARCH, OS};

use super::agents;
use super::call::{Answered, Call};
use crate::config::Edition;

const BUILD: &str = concat!("spikelet-", env!("CARGO_PKG_VERSION"));
const FEATURES: &str = "batch-any;batch-index;blob-bits;cdt-index;cdt-list;cdt-map;cluster-stable;float;geo;\
                        sindex-exists;peers;pipelining;pquery;pscans;query-show;relaxed-sc;replicas;replicas-all;\
                        replicas-master;replicas-max;truncate-namespace;udf";

impl Call<'_> {
    /// The name of the edition, as the server writes it.
    fn edition_name(&self) -> &'static str {
        match self.engine.config().edition {
            Edition::Community => "Aerospike Community Edition",
            Edition::Enterprise => "Aerospike Enterprise Edition",
        }
    }
}

pub(super) fn build(call: &mut Call<'_>) -> Answered {
    call.say(&call.engine.config().version);
    Ok(())
}

pub(super) fn edition(call: &mut Call<'_>) -> Answered {
    call.say(call.edition_name());
    Ok(())
}

pub(super) fn version(call: &mut Call<'_>) -> Answered {
    call.say(format_args!(
        "{} build {}",
        call.edition_name(),
        call.engine.config().version
    ));
    Ok(())
}

pub(super) fn features(call: &mut Call<'_>) -> Answered {
    agents::note_client(call);
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
    call.say(call.engine.cluster().name());
    Ok(())
}

pub(super) fn release(call: &mut Call<'_>) -> Answered {
    let (edition, version) = (call.edition_name(), &call.engine.config().version);
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

/// What was really built: where the real server names its commit, or the time of its build.
pub(super) fn real_build(call: &mut Call<'_>) -> Answered {
    call.say(BUILD);
    Ok(())
}

/// There is no part of the Enterprise Edition.
pub(super) fn build_ee_sha(_call: &mut Call<'_>) -> Answered {
    Ok(())
}

/// The only digest that keys have.
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
