//! Which partitions a node keeps.

use bytes::BufMut;
use spikelet_wire::{PARTITIONS, PartitionId, ResultCode};

use super::base64;
use super::call::{Answered, Call, InfoError};
use crate::cluster::NodeId;
use crate::store::Namespace;

/// Partitions take no part in consensus.
const REGIME: u32 = 0;

pub(super) fn partition_generation(call: &mut Call<'_>) -> Answered {
    call.say(call.engine.cluster().partition_generation());
    Ok(())
}

pub(super) fn rebalance_generation(call: &mut Call<'_>) -> Answered {
    call.say(call.engine.cluster().rebalance_generation());
    Ok(())
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
        let count = call
            .engine
            .cluster()
            .replicas(namespace.settings.replication_factor.min(max));
        call.say(format_args!("{REGIME},{count}"));
        count
    })
}

pub(super) fn replicas_all(call: &mut Call<'_>) -> Answered {
    answer_maps(call, |call, namespace| {
        let count = call.engine.cluster().replicas(namespace.settings.replication_factor);
        call.say(count);
        count
    })
}

pub(super) fn replicas_master(call: &mut Call<'_>) -> Answered {
    for namespace in call.engine.namespaces() {
        call.say(format_args!("{}:", namespace.name));
        write_map(call, 0);
        call.out.put_u8(b';');
    }
    call.drop_last();
    Ok(())
}

/// Writes a line of bitmaps for each namespace; `introduce` writes what stands before them and says how many there are.
fn answer_maps(call: &mut Call<'_>, introduce: impl Fn(&mut Call<'_>, &Namespace) -> usize) -> Answered {
    for namespace in call.engine.namespaces() {
        call.say(format_args!("{}:", namespace.name));
        for place in 0..introduce(call, namespace) {
            call.out.put_u8(b',');
            write_map(call, place);
        }
        call.out.put_u8(b';');
    }
    call.drop_last();
    Ok(())
}

fn write_map(call: &mut Call<'_>, place: usize) {
    let map = call.engine.cluster().bitmap(call.session.node, place);
    call.out.put_slice(base64::encode(&map).as_bytes());
}

/// A line for each partition of each namespace. Partitions here never differ between nodes, so a version says no more
/// than that, and there is nothing to bring, fetch or resolve.
pub(super) fn partition_info(call: &mut Call<'_>) -> Answered {
    call.say(
        "namespace:partition:state:n_replicas:replica:succession:n_dupl:working_master:proxy_dst:emigrates:\
         lead_emigrates:immigrates:records:tombstones:regime:tree_id:version:final_version;",
    );
    let cluster = call.engine.cluster();
    let key = cluster.key();
    for namespace in call.engine.namespaces() {
        let replicas = cluster.replicas(namespace.settings.replication_factor);
        for id in PartitionId::all() {
            let place = cluster.place(call.session.node, id.get());
            let keeps = place < replicas;
            let (state, replica) = if keeps { ('S', place as i64) } else { ('A', -1) };
            let master = cluster.master(id.get()).map_or(NodeId(0), |node| node.id);
            let records = if keeps {
                namespace.partition(id).map_or(0, |partition| partition.len())
            } else {
                0
            };
            let (name, id) = (&namespace.name, id.get());
            call.say(format_args!(
                "{name}:{id}:{state}:{replicas}:{replica}:{place}:0:{master}:{master}:0:0:0:{records}:0:{REGIME}:1:\
                 {key:x}.0.mp-:{key:x}.0.mp-;"
            ));
        }
    }
    call.drop_last();
    Ok(())
}

pub(super) fn cluster_stable(call: &mut Call<'_>) -> Answered {
    if let Some(size) = call.optional("size", 4)? {
        let size: usize = size.parse().map_err(|_| InfoError::parameter("bad size"))?;
        if size != call.engine.cluster().nodes().len() {
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
    if !ignore_migrations && let Some(name) = call.namespace_name(&["namespace"])? {
        call.namespace(name)?;
    }
    call.say(format_args!("{:X}", call.engine.cluster().key()));
    Ok(())
}
