//! Proxying: which commands a node passes on to the master of their partition, and which counters count them.

use std::sync::Arc;

use spikelet_wire::PartitionId;

use crate::state::{CommandCounters, State, Stats, add};
use crate::store::Namespace;

/// The counters of the node that a command is proxied to; none if the node that received it executes it: the partition's
/// working master, and for reads also a node with a full replica.
pub(in crate::command) fn proxied_to(
    state: &State,
    node: usize,
    namespace: &Namespace,
    partition: PartitionId,
    is_write: bool,
) -> Option<Arc<Stats>> {
    if !state.has_many_nodes() {
        return None;
    }
    let (cluster, factor) = (state.cluster(), namespace.settings.replication_factor());
    let subcluster = cluster.subcluster(node);
    let master = subcluster
        .working_master(factor, partition)
        .filter(|master| *master != node)?;
    let is_replica = || {
        subcluster
            .replica(node, factor, partition)
            .is_some_and(|place| place > 0)
    };
    if !is_write && is_replica() && subcluster.is_full(node, factor, partition) {
        return None;
    }
    Some(state.stats(master))
}

/// The counters for a command. `own` are those of the node that received it, `proxied_to` those of the node that executes it, if
/// it is proxied.
pub(in crate::command) fn counted<'s>(
    namespace: &Namespace,
    own: &'s Stats,
    proxied_to: Option<&'s Stats>,
    is_row: bool,
) -> &'s CommandCounters {
    if proxied_to.is_some() {
        let own = own.of(namespace);
        let proxied = if is_row {
            &own.batch_sub_proxy_complete
        } else {
            &own.client_proxy_complete
        };
        add(proxied, 1);
    }
    counters(namespace, own, proxied_to, is_row)
}

/// The same counters, for a command that was counted as proxied before.
pub(in crate::command) fn counters<'s>(
    namespace: &Namespace,
    own: &'s Stats,
    proxied_to: Option<&'s Stats>,
    is_row: bool,
) -> &'s CommandCounters {
    let counters = proxied_to.unwrap_or(own).of(namespace);
    match (proxied_to, is_row) {
        (None, false) => &counters.client,
        (None, true) => &counters.batch_sub,
        (Some(_), false) => &counters.from_proxy,
        (Some(_), true) => &counters.from_proxy_batch_sub,
    }
}
