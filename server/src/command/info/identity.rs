//! What the server says it is.

use super::call::{Answered, Call};
use crate::config::Edition;

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
    call.say(FEATURES);
    Ok(())
}

pub(super) fn node(call: &mut Call<'_>) -> Answered {
    if let Some(node) = call.engine.cluster().nodes().get(call.session.node) {
        call.say(node.id);
    }
    Ok(())
}

pub(super) fn cluster_name(call: &mut Call<'_>) -> Answered {
    call.say(call.engine.cluster().name());
    Ok(())
}

pub(super) fn namespaces(call: &mut Call<'_>) -> Answered {
    call.list(call.engine.config().namespaces.iter().map(|namespace| &namespace.name))
}

pub(super) fn status(call: &mut Call<'_>) -> Answered {
    call.say("ok");
    Ok(())
}

pub(super) fn connection(call: &mut Call<'_>) -> Answered {
    call.say("admin=false");
    Ok(())
}
