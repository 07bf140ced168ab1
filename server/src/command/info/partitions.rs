//! Which partitions a node keeps.

use bytes::BufMut;
use spikelet_wire::{PARTITIONS, PartitionId, ResultCode};

use super::base64;
use super::call::{Answered, Call, InfoError};
use crate::cluster::{Cluster, NodeId};
use crate::store::Namespace;

/// Partitions take no part in consensus.
const REGIME: u32 = 0;

pub(super) fn partition_generation(call: &mut Call<'_>) -> Answered {
    if let Some(node) = call.node() {
        call.say(node.partition_generation());
    }
    Ok(())
}

pub(super) fn rebalance_generation(call: &mut Call<'_>) -> Answered {
    if let Some(node) = call.node() {
        call.say(node.rebalance_generation());
    }
    Ok(())
}

/// How many migrations wait for the node, in all namespaces.
pub(super) fn remaining_migrations(call: &Call<'_>) -> u32 {
    let namespaces = call.state.namespaces().iter();
    namespaces.map(|namespace| remaining_of(call, namespace)).sum()
}

fn remaining_of(call: &Call<'_>, namespace: &Namespace) -> u32 {
    let factor = namespace.settings.replication_factor;
    let node = call.session.node;
    let (remaining, _) = call.state.cluster().subcluster(node).migrations(node, factor);
    remaining.emigrations + remaining.immigrations
}

pub(super) fn partitions(call: &mut Call<'_>) -> Answered {
    call.say(PARTITIONS);
    Ok(())
}

/// `namespace:regime,count,bitmap,...` for each namespace, with `max` limiting the bitmaps.
pub(super) fn replicas(call: &mut Call<'_>) -> Answered {
    let max = match call.optional("max", 4)? {
        Some(max) => max.parse::<u32>().map_err(|_| InfoError::parameter("bad max"))?,
        None => 0,
    };
    let max = if max == 0 { u32::MAX } else { max };
    answer_maps(call, |call, namespace| {
        let replicas = replicas_of(call, namespace);
        let count = usize::try_from(max).map_or(replicas, |max| replicas.min(max));
        call.say(format_args!("{REGIME},{count}"));
        count
    })
}

pub(super) fn replicas_all(call: &mut Call<'_>) -> Answered {
    answer_maps(call, |call, namespace| {
        let count = replicas_of(call, namespace);
        call.say(count);
        count
    })
}

pub(super) fn replicas_master(call: &mut Call<'_>) -> Answered {
    for namespace in call.state.namespaces() {
        call.say(format_args!("{}:", namespace.name));
        write_map(call, namespace, 0);
        call.out.put_u8(b';');
    }
    call.drop_last();
    Ok(())
}

/// How many copies of a record there are, as far as the node sees.
fn replicas_of(call: &Call<'_>, namespace: &Namespace) -> usize {
    let cluster = call.state.cluster();
    cluster
        .subcluster(call.session.node)
        .replicas(namespace.settings.replication_factor)
}

/// Writes a line of bitmaps for each namespace; `introduce` writes what stands before them and says how many there are.
fn answer_maps(call: &mut Call<'_>, introduce: impl Fn(&mut Call<'_>, &Namespace) -> usize) -> Answered {
    for namespace in call.state.namespaces() {
        call.say(format_args!("{}:", namespace.name));
        for place in 0..introduce(call, namespace) {
            call.out.put_u8(b',');
            write_map(call, namespace, place);
        }
        call.out.put_u8(b';');
    }
    call.drop_last();
    Ok(())
}

fn write_map(call: &mut Call<'_>, namespace: &Namespace, place: usize) {
    let factor = namespace.settings.replication_factor;
    let node = call.session.node;
    let map = call.state.cluster().subcluster(node).bitmap(node, factor, place);
    call.out.put_slice(base64::encode(&map).as_bytes());
}

/// A line for each partition of each namespace. Copies that are full never differ between nodes, so there is nothing to
/// resolve.
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
    let (node, factor) = (call.session.node, namespace.settings.replication_factor);
    let subcluster = cluster.subcluster(node);
    let (key, replicas) = (subcluster.key(), subcluster.replicas(factor));
    let is_full = subcluster.is_full(node, factor, id);
    let (place, replica) = (subcluster.place(node, factor, id), subcluster.replica(node, factor, id));
    let acting = subcluster.working_master(factor, id);
    let id_of = |at: Option<usize>| at.and_then(|at| cluster.node(at)).map_or(NodeId(0), |node| node.id);
    // The final master and an acting one know who writes the partition; the others know to whom they pass commands on.
    let master = acting.filter(|acting| place == Some(0) || *acting == node);
    let state = match (replica, is_full) {
        (Some(_), true) => 'S',
        (Some(_), false) => 'D',
        (None, true) => 'Z',
        (None, false) => 'A',
    };
    let records = if is_full {
        namespace.partition(id).map_or(0, |partition| partition.len())
    } else {
        0
    };
    let pending = subcluster.pending(node, factor, id);
    let flag = |is_master: bool| if is_master { 'm' } else { '-' };
    // A replica without all records is a subset, and one that started without any evades to be the master.
    let version = match (replica, is_full) {
        (_, true) => format!("{key:012x}.0.{}p-", flag(acting == Some(node))),
        (Some(_), false) => format!("{key:012x}.0.-se"),
        (None, false) => format!("{:012x}.0.-p-", 0),
    };
    let place = place.map_or(-1, |place| place as i64);
    let replica = replica.map_or(-1, |replica| replica as i64);
    call.say(format_args!(
        "{}:{}:{state}:{replicas}:{replica}:{place}:0:{}:{}:{}:0:{}:{records}:0:{REGIME}:1:{version}:\
         {key:012x}.0.{}p-;",
        namespace.name,
        id.get(),
        id_of(master),
        id_of(acting),
        pending.emigrations,
        pending.immigrations,
        flag(place == 0),
    ));
}

pub(super) fn cluster_stable(call: &mut Call<'_>) -> Answered {
    if let Some(size) = call.optional("size", 4)? {
        let size: usize = size.parse().map_err(|_| InfoError::parameter("bad size"))?;
        if size != call.state.cluster().subcluster(call.session.node).size() {
            return Err(InfoError::new(
                ResultCode::CLUSTER_KEY_MISMATCH,
                "cluster not specified size",
            ));
        }
    }
    let ignore_migrations = match call.optional("ignore-migrations", 6)? {
        Some("true") => true,
        Some("false") | None => false,
        Some(_) => return Err(InfoError::parameter("bad ignore migrations")),
    };
    if !ignore_migrations {
        let remaining = match call.namespace_name(&["namespace"])? {
            Some(name) => remaining_of(call, call.namespace(name)?),
            None => remaining_migrations(call),
        };
        if remaining != 0 {
            return Err(InfoError::new(ResultCode::CLUSTER_KEY_MISMATCH, "unstable cluster"));
        }
    }
    call.say(format_args!(
        "{:X}",
        call.state.cluster().subcluster(call.session.node).key()
    ));
    Ok(())
}
