//! `racks` and `rack-ids`: in which racks the nodes are. `quiesce`: whether a node is to give its partitions away.

use super::call::{Answered, Call};
use crate::cluster::{Cluster, NodeId, Roster, RosterNode};

/// `rack_1=B2,B1:rack_2=B3`, for one namespace or for all, with the racks of the roster behind those of the nodes.
pub(super) fn racks(call: &mut Call<'_>) -> Answered {
    call.each_namespace(|call, namespace| {
        let cluster = call.state.cluster();
        let node = call.session.node;
        let subcluster = cluster.subcluster(node);
        let mut nodes: Vec<RosterNode> = (cluster.nodes().iter().enumerate())
            .filter(|(at, _)| subcluster.has(*at))
            .map(|(_, node)| RosterNode {
                id: node.id,
                rack: node.rack,
            })
            .collect();
        let roster = subcluster.rosters(namespace.table()).map(|(roster, _)| roster);
        if let Some(roster) = roster {
            nodes.retain(|node| roster.get(node.id).is_some());
        }
        let mut text = list("rack_", &Roster::new(nodes));
        if let Some(roster) = roster.filter(|roster| !roster.nodes().is_empty()) {
            text = format!("{text}:{}", list("roster_rack_", roster));
        }
        call.say(text);
    })
}

/// The rack of the node, for each namespace: `test:1;bar:1`.
pub(super) fn rack_ids(call: &mut Call<'_>) -> Answered {
    let rack = call.node().map_or(0, |node| node.rack);
    let namespaces = call.state.namespaces().iter();
    call.list(namespaces.map(|namespace| format!("{}:{rack}", namespace.name)))
}

/// Quiesces the node when the partitions are balanced the next time.
pub(super) fn quiesce(call: &mut Call<'_>) -> Answered {
    prepare(call, |cluster, node| cluster.prepare_quiesce(node, true))
}

/// Undoes [`quiesce`] when the partitions are balanced the next time.
pub(super) fn quiesce_undo(call: &mut Call<'_>) -> Answered {
    prepare(call, |cluster, node| cluster.prepare_quiesce(node, false))
}

fn prepare(call: &mut Call<'_>, change: impl FnOnce(&mut Cluster, usize)) -> Answered {
    let node = call.session.node;
    call.state.adjust_cluster(|cluster| change(cluster, node));
    call.say("ok");
    Ok(())
}

/// The nodes by rack, in ascending order of the racks.
fn list(prefix: &str, nodes: &Roster) -> String {
    let mut racks: Vec<(u32, Vec<NodeId>)> = Vec::new();
    for node in nodes.nodes() {
        match racks.iter_mut().find(|(rack, _)| *rack == node.rack) {
            Some((_, ids)) => ids.push(node.id),
            None => racks.push((node.rack, vec![node.id])),
        }
    }
    racks.sort_unstable_by_key(|(rack, _)| *rack);
    let racks = racks.into_iter().map(|(rack, ids)| {
        let ids: Vec<String> = ids.iter().map(NodeId::to_string).collect();
        format!("{prefix}{rack}={}", ids.join(","))
    });
    racks.collect::<Vec<_>>().join(":")
}
