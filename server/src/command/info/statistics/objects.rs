//! The number of records that a node has.

use crate::cluster::Subcluster;
use std::sync::atomic::Ordering::Relaxed;

use crate::command::info::call::{Answered, Call};
use crate::state::get;
use crate::store::{Namespace, Partition, Record, SetId};

pub(in crate::command::info) fn objects(call: &mut Call<'_>) -> Answered {
    call.say(all_objects(call));
    Ok(())
}

/// The number of records on the node.
pub(super) fn all_objects(call: &Call<'_>) -> u64 {
    let namespaces = call.state.namespaces().iter();
    namespaces
        .map(|namespace| objects_of(call, namespace).iter().sum::<u64>())
        .sum()
}

/// The number of records of a namespace on the node: as master, as replica, and to be removed after migrations.
pub(super) fn objects_of(call: &Call<'_>, namespace: &Namespace) -> [u64; 3] {
    let counted = get(&namespace.counters.objects);
    let has_tombstones = get(&namespace.counters.tombstones) > 0;
    of_node(call, namespace, counted, |partition| {
        if has_tombstones {
            partition.iter().filter(|(_, record)| record.is_live()).count() as u64
        } else {
            partition.len() as u64
        }
    })
}

/// The number of tombstones of a namespace on the node: as master, as replica, and to be removed after migrations.
pub(super) fn tombstones_of(call: &Call<'_>, namespace: &Namespace) -> [u64; 3] {
    match get(&namespace.counters.tombstones) {
        0 => [0; 3],
        counted => of_node(call, namespace, counted, |partition| {
            partition.iter().filter(|(_, record)| !record.is_live()).count() as u64
        }),
    }
}

/// The number of tombstones on the node.
pub(super) fn all_tombstones(call: &Call<'_>) -> u64 {
    let namespaces = call.state.namespaces().iter();
    namespaces
        .map(|namespace| tombstones_of(call, namespace).iter().sum::<u64>())
        .sum()
}

/// The number of records, or of tombstones, of a set on the node.
pub(super) fn objects_of_set(call: &Call<'_>, namespace: &Namespace, id: SetId, counted: u64, live: bool) -> u64 {
    let is_counted = |record: &Record| record.set == Some(id) && record.is_live() == live;
    let in_set = |partition: &Partition| partition.iter().filter(|(_, record)| is_counted(record)).count() as u64;
    of_node(call, namespace, counted, in_set).iter().sum()
}

/// The size of the stored form of a namespace's records on the node, in bytes.
pub(super) fn data_used_bytes(call: &Call<'_>, namespace: &Namespace) -> u64 {
    let counted = get(&namespace.counters.data_used_bytes);
    let size = |record: &Record| u64::from(record.used_bytes(namespace));
    of_node(call, namespace, counted, |partition| {
        partition.iter().map(|(_, record)| size(record)).sum()
    })
    .iter()
    .sum()
}

/// The size of the stored form of a set's records on the node, in bytes.
pub(super) fn data_used_bytes_of_set(call: &Call<'_>, namespace: &Namespace, id: SetId, counted: u64) -> u64 {
    let in_set = |partition: &Partition| {
        let records = partition.iter().filter(|(_, record)| record.set == Some(id));
        records.map(|(_, record)| u64::from(record.used_bytes(namespace))).sum()
    };
    of_node(call, namespace, counted, in_set).iter().sum()
}

/// The number of records of a namespace on the node that do not expire. The real server counts them in each cycle of nsup.
pub(super) fn non_expirable_objects(call: &Call<'_>, namespace: &Namespace) -> u64 {
    if namespace.settings.nsup_period.load(Relaxed) == 0 {
        return 0;
    }
    let counters = &namespace.counters;
    let counted = get(&counters.objects).saturating_sub(get(&counters.expirable_objects));
    let is_counted = |record: &Record| record.void_time == 0 && record.is_live();
    let without = |partition: &Partition| partition.iter().filter(|(_, record)| is_counted(record)).count() as u64;
    of_node(call, namespace, counted, without).iter().sum()
}

/// The node's share of records that are counted for all nodes.
fn of_node(call: &Call<'_>, namespace: &Namespace, counted: u64, count: impl Fn(&Partition) -> u64) -> [u64; 3] {
    let cluster = call.state.cluster();
    if cluster.nodes().len() == 1 {
        return [counted, 0, 0];
    }
    replicated(
        cluster.subcluster(call.session.node),
        call.session.node,
        namespace,
        count,
    )
}

/// The number of records that a node of several has as their working master, as a replica, and to be removed after
/// migrations.
fn replicated(
    subcluster: &Subcluster,
    node: usize,
    namespace: &Namespace,
    count: impl Fn(&Partition) -> u64,
) -> [u64; 3] {
    let table = namespace.table();
    let mut counts = [0; 3];
    for id in namespace.partition_ids() {
        let objects = namespace.partition(id).map_or(0, |partition| count(&partition));
        let [master, prole, others] = &mut counts;
        if subcluster.working_master(table, id) == Some(node) {
            *master += objects;
        } else if subcluster.is_full(node, table, id) {
            let keeps = subcluster.replica(node, table, id).is_some();
            *(if keeps { prole } else { others }) += objects;
        }
    }
    counts
}
