//! `roster`, `roster-set` and `revive`: the nodes of namespaces with strong consistency.

use spikelet_wire::ResultCode;

use super::call::{Answered, Call};
use super::error::InfoError;
use crate::cluster::{Roster, RosterError};
use crate::store::Namespace;

/// The size limit of a list of nodes: 256 nodes with their racks.
const NODES: usize = 256 * 25;

/// `roster=B2,B1:pending_roster=B2,B1:observed_nodes=B2,B1`, for one namespace or for all.
pub(super) fn roster(call: &mut Call<'_>) -> Answered {
    call.each_namespace(|call, namespace| {
        let cluster = call.state.cluster();
        let node = call.session.node;
        let empty = Roster::default();
        let rosters = cluster.subcluster(node).rosters(namespace.table());
        let (roster, pending) = rosters.unwrap_or((&empty, &empty));
        let observed = cluster.observed(node);
        call.say(format_args!(
            "roster={roster}:pending_roster={pending}:observed_nodes={observed}"
        ));
    })
}

/// Sets the roster that takes effect when the partitions are balanced the next time.
pub(super) fn roster_set(call: &mut Call<'_>) -> Answered {
    let namespace = call.required_namespace(&["namespace"])?;
    let roster: Roster = call
        .required("nodes", NODES)?
        .parse()
        .map_err(|error: RosterError| InfoError::parameter(format!("bad nodes: {error}")))?;
    if !namespace.settings.strong_consistency {
        return Err(InfoError::new(
            ResultCode::FORBIDDEN,
            "namespace has no strong-consistency",
        ));
    }
    let (node, number) = (call.session.node, namespace.number);
    call.state
        .adjust_cluster(|cluster| cluster.set_roster(node, number, &roster));
    call.say("ok");
    Ok(())
}

/// Has the next balance revive the dead partitions of the node, in one namespace or in all.
pub(super) fn revive(call: &mut Call<'_>) -> Answered {
    let namespaces: Vec<&Namespace> = match call.namespace_name(&["namespace"])? {
        Some(name) => vec![call.namespace(name)?],
        None => call.state.namespaces().iter().collect(),
    };
    let node = call.session.node;
    call.state.adjust_cluster(|cluster| {
        namespaces
            .iter()
            .for_each(|namespace| cluster.revive(node, namespace.number));
    });
    call.say("ok");
    Ok(())
}
