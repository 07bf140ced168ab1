//! Partition maps: which partitions the node serves.

use bytes::BufMut;
use spikelet_wire::PARTITIONS;

use super::base64;
use super::call::{Answered, Call};
use super::error::InfoError;
use crate::store::Namespace;

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

pub(super) fn partitions(call: &mut Call<'_>) -> Answered {
    call.say(PARTITIONS);
    Ok(())
}

/// `namespace:regime,count,bitmap,...` for each namespace. `max` limits the number of bitmaps.
pub(super) fn replicas(call: &mut Call<'_>) -> Answered {
    let max = match call.optional("max", 4)? {
        Some(max) => max.parse::<u32>().map_err(|_| InfoError::parameter("bad max"))?,
        None => 0,
    };
    let max = if max == 0 { u32::MAX } else { max };
    answer_maps(call, |call, namespace| {
        let replicas = replicas_of(call, namespace);
        let count = usize::try_from(max).map_or(replicas, |max| replicas.min(max));
        let cluster = call.state.cluster();
        let regime = cluster.subcluster(call.session.node).regime(namespace.table());
        call.say(format_args!("{regime},{count}"));
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

/// The number of copies of a record in the node's subcluster. Without any node there is one map, which is empty.
fn replicas_of(call: &Call<'_>, namespace: &Namespace) -> usize {
    let cluster = call.state.cluster();
    let replicas = cluster.subcluster(call.session.node).replicas(namespace.table());
    replicas.max(1)
}

/// Appends the bitmaps of each namespace. `introduce` appends what precedes them, and returns their number.
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
    let table = namespace.table();
    let node = call.session.node;
    let map = call.state.cluster().subcluster(node).bitmap(node, table, place);
    call.out.put_slice(base64::encode(&map).as_bytes());
}
