//! `partition-info`: the state of each partition on the node.

use std::sync::atomic::Ordering;

use spikelet_wire::PartitionId;

use super::call::{Answered, Call};
use crate::cluster::{Availability, Cluster, NodeId};
use crate::store::Namespace;

/// A line for each partition of each namespace. There are no duplicates to resolve: full copies never differ between nodes.
pub(super) fn partition_info(call: &mut Call<'_>) -> Answered {
    call.say(
        "namespace:partition:state:n_replicas:replica:succession:n_dupl:working_master:proxy_dst:emigrates:\
         lead_emigrates:immigrates:records:tombstones:regime:tree_id:version:final_version;",
    );
    let cluster = call.state.cluster();
    for namespace in call.state.namespaces() {
        PartitionId::all().for_each(|id| partition_line(call, &cluster, namespace, id));
    }
    call.drop_last();
    Ok(())
}

fn partition_line(call: &mut Call<'_>, cluster: &Cluster, namespace: &Namespace, id: PartitionId) {
    let (node, table) = (call.session.node, namespace.table());
    let subcluster = cluster.subcluster(node);
    let key = subcluster.key();
    // A partition that is not available has no nodes.
    let replicas = match subcluster.availability(table, id) {
        Availability::Available => subcluster.replicas(table),
        Availability::Unavailable | Availability::Dead => 0,
    };
    let is_full = subcluster.is_full(node, table, id);
    let (place, replica) = (subcluster.place(node, table, id), subcluster.replica(node, table, id));
    let acting = subcluster.working_master(table, id);
    let id_of = |at: Option<usize>| at.and_then(|at| cluster.node(at)).map_or(NodeId(0), |node| node.id);
    // The final master and an acting master report the working master; other nodes report where they proxy commands to.
    let master = acting.filter(|acting| place == Some(0) || *acting == node);
    let state = match (replica, is_full) {
        (Some(_), true) => 'S',
        (Some(_), false) => 'D',
        (None, true) => 'Z',
        (None, false) => 'A',
    };
    let partition = if is_full { namespace.partition(id) } else { None };
    let records = partition.as_ref().map_or(0, |partition| partition.len());
    let tombstones = match namespace.counters.tombstones.load(Ordering::Relaxed) {
        0 => 0,
        _ => partition.map_or(0, |partition| {
            partition.iter().filter(|(_, record)| !record.is_live()).count()
        }),
    };
    let pending = subcluster.pending(node, table, id);
    let flag = |is_master: bool| if is_master { 'm' } else { '-' };
    // A replica that is not full is a subset (`s`), and evades (`e`) being master.
    let version = match (replica, is_full) {
        (_, true) => format!("{key:012x}.0.{}p-", flag(acting == Some(node))),
        (Some(_), false) => format!("{key:012x}.0.-se"),
        (None, false) => format!("{:012x}.0.-p-", 0),
    };
    let place = place.map_or(-1, |place| place as i64);
    let replica = replica.map_or(-1, |replica| replica as i64);
    call.say(format_args!(
        "{}:{}:{state}:{replicas}:{replica}:{place}:0:{}:{}:{}:0:{}:{records}:{tombstones}:{}:1:{version}:\
         {key:012x}.0.{}p-;",
        namespace.name,
        id.get(),
        id_of(master),
        id_of(acting),
        pending.emigrations,
        pending.immigrations,
        subcluster.regime_of(table, id),
        flag(place == 0),
    ));
}
