//! Proxying: which commands a node passes on to the master of their partition, and which counters count them.

use std::sync::Arc;

use spikelet_wire::{Header, Info2, Info3, PartitionId};

use crate::cluster::Availability;
use crate::refusal::Refusal;
use crate::state::{CommandCounters, State, Stats, add};
use crate::store::Namespace;

/// The counters of the node that a command is proxied to; none if the node that received it executes it: the partition's
/// working master, and for reads also a node with a full replica.
pub(in crate::command) fn proxied_to(
    state: &State,
    node: usize,
    namespace: &Namespace,
    partition: PartitionId,
    header: &Header,
) -> Option<Arc<Stats>> {
    if !state.has_many_nodes() {
        return None;
    }
    let (cluster, table) = (state.cluster(), namespace.table());
    let subcluster = cluster.subcluster(node);
    let master = subcluster
        .working_master(table, partition)
        .filter(|master| *master != node)?;
    let is_replica = || {
        subcluster
            .replica(node, table, partition)
            .is_some_and(|place| place > 0)
    };
    let is_write = header.info2.contains(Info2::WRITE);
    // With strong consistency a replica serves relaxed reads only.
    let must_be_master = namespace.settings.strong_consistency && !header.info3.contains(Info3::SC_READ_RELAX);
    if !is_write && !must_be_master && is_replica() && subcluster.is_full(node, table, partition) {
        return None;
    }
    Some(state.stats(master))
}

/// Checks that the partition of a command is available. A read that allows it gets what an unavailable partition has, if the node
/// has a copy of it.
///
/// # Errors
/// [`Refusal::Unavailable`], which is counted.
pub(in crate::command) fn check_available(
    state: &State,
    (node, own): (usize, &Stats),
    namespace: &Namespace,
    partition: PartitionId,
    header: &Header,
    is_row: bool,
) -> Result<(), Refusal> {
    // Without strong consistency every partition is available.
    if !namespace.settings.strong_consistency {
        return Ok(());
    }
    let (cluster, table) = (state.cluster(), namespace.table());
    let subcluster = cluster.subcluster(node);
    let allows_unavailable = Info3::SC_READ_RELAX | Info3::SC_READ_TYPE;
    let is_available = subcluster.availability(table, partition) == Availability::Available
        || !header.info2.contains(Info2::WRITE)
            && header.info3.contains(allows_unavailable)
            && subcluster.is_full(node, table, partition);
    if is_available {
        return Ok(());
    }
    add(&counters(namespace, own, None, is_row).tsvc_error, 1);
    Err(Refusal::Unavailable)
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
