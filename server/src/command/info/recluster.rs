//! `recluster` and `get-sl`: what the nodes of a cluster agree on.

use super::call::{Answered, Call};
use crate::cluster::{Cluster, NodeId};

/// Has the principal balance the partitions again.
pub(super) fn recluster(call: &mut Call<'_>) -> Answered {
    let (node, now) = (call.session.node, call.now);
    let cluster = call.state.cluster();
    let principal = cluster.subcluster(node).principal();
    if cluster.node(node).is_some_and(|node| node.id != principal) {
        call.say("ignored-by-non-principal");
        return Ok(());
    }
    let tables = call.state.configured_tables();
    call.state.adjust_cluster(|cluster: &mut Cluster| {
        cluster.keep_copies(&tables);
        cluster.recluster(node, now);
    });
    call.state.apply_factors();
    call.say("ok");
    Ok(())
}

/// The succession list: the ids of the nodes, the principal first.
pub(super) fn succession_list(call: &mut Call<'_>) -> Answered {
    let cluster = call.state.cluster();
    let subcluster = cluster.subcluster(call.session.node);
    let members = cluster.nodes().iter().enumerate().filter(|(at, _)| subcluster.has(*at));
    let mut ids: Vec<NodeId> = members.map(|(_, node)| node.id).collect();
    ids.sort_unstable_by(|a, b| b.cmp(a));
    let ids: Vec<String> = ids.iter().map(NodeId::to_string).collect();
    call.say(ids.join(","));
    Ok(())
}
