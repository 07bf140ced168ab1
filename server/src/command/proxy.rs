//! Commands that a node passes on, as it has not what they are about.

use std::sync::Arc;

use spikelet_wire::PartitionId;

use super::Engine;
use super::counters::CommandCounters;
use super::stats::{Stats, add};
use crate::store::Namespace;

impl Engine {
    /// What the node counts that a command is passed on to; none where the node that it came to carries it out: that which
    /// writes the partition, and for reads also one that keeps a full replica.
    pub(super) fn passed_on(
        &self,
        node: usize,
        namespace: &Namespace,
        partition: PartitionId,
        is_write: bool,
    ) -> Option<Arc<Stats>> {
        if !self.is_spread() {
            return None;
        }
        let (cluster, factor) = (self.cluster(), namespace.settings.replication_factor);
        let side = cluster.side(node);
        let master = side
            .working_master(factor, partition)
            .filter(|master| *master != node)?;
        let keeps = || side.replica(node, factor, partition).is_some_and(|place| place > 0);
        if !is_write && keeps() && side.is_full(node, factor, partition) {
            return None;
        }
        Some(self.stats(master))
    }
}

/// Where a command is counted that came to a node with these counters, and was passed on to one with those.
pub(super) fn counted<'s>(
    namespace: &Namespace,
    own: &'s Stats,
    passed_on: Option<&'s Stats>,
    is_row: bool,
) -> &'s CommandCounters {
    let own = own.of(namespace);
    match (passed_on.map(|stats| stats.of(namespace)), is_row) {
        (None, false) => &own.client,
        (None, true) => &own.batch_sub,
        (Some(other), false) => {
            add(&own.client_proxy_complete, 1);
            &other.from_proxy
        }
        (Some(other), true) => {
            add(&own.batch_sub_proxy_complete, 1);
            &other.from_proxy_batch_sub
        }
    }
}
