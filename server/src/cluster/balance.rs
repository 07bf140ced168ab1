//! Balancing: which nodes keep which partitions after the nodes have changed.

use std::cmp::Reverse;

use spikelet_wire::{PARTITIONS, PartitionId};

use super::node::{Node, NodeId, NodeState};
use super::node_bits::{bit, positions};
use super::partition_table::{PartitionTable, Subset};
use crate::clock::Now;

impl PartitionTable {
    /// Balances the partitions among the nodes `alive`, one bit each. A partition of which no full copy is left starts with
    /// the records of the copies that are not full.
    pub(super) fn balance(&mut self, nodes: &[Node], alive: u64, now: Now) {
        let up = nodes.iter().enumerate().filter(|(at, _)| alive & bit(*at) != 0);
        let members: Vec<(usize, &Node)> = up.collect();
        let active = members.iter().filter(|(_, node)| node.state == NodeState::Up).count();
        let active = if active == 0 { members.len() } else { active };
        self.width = members.len();
        self.replicas = usize::try_from(self.factor).map_or(active, |factor| factor.min(active));
        self.successions.clear();
        self.full.resize(usize::from(PARTITIONS), 0);
        for id in PartitionId::all() {
            let succession = succession(id, &members, active, self.replicas);
            let keepers = succession
                .iter()
                .take(self.replicas)
                .fold(0, |bits, at| bits | bit(usize::from(*at)));
            self.successions.extend(succession);
            let mut full = self.full(id) & alive;
            if full == 0 {
                let first = self.subsets_on(id, alive).map(|subset| subset.since).min();
                let firsts = self.subsets_on(id, alive).filter(|subset| Some(subset.since) == first);
                full = firsts.fold(0, |bits, subset| bits | bit(subset.node));
            }
            if full == 0 || full & keepers == keepers {
                full = keepers;
            }
            if let Some(known) = self.full.get_mut(usize::from(id.get())) {
                *known = full;
            }
            self.await_copies(id, keepers & !full, now);
        }
        self.initial = (0..nodes.len()).map(|node| self.migrations(node)).collect();
    }

    /// Records which nodes are to get a full copy of a partition. Copies that were already under way stay as they are.
    fn await_copies(&mut self, id: PartitionId, nodes: u64, now: Now) {
        if nodes == 0 {
            self.subsets.remove(&id);
            return;
        }
        let subsets = self.subsets.entry(id).or_default();
        subsets.retain(|subset| nodes & bit(subset.node) != 0);
        for node in positions(nodes) {
            if subsets.iter().all(|subset| subset.node != node) {
                subsets.push(Subset { node, since: now });
            }
        }
    }
}

/// The order in which nodes are to keep a partition. Quiesced nodes come last; the first `replicas` nodes are in as many
/// different racks as possible.
fn succession(id: PartitionId, members: &[(usize, &Node)], active: usize, replicas: usize) -> Vec<u8> {
    let mut order: Vec<&(usize, &Node)> = members.iter().collect();
    order.sort_by_cached_key(|(_, node)| {
        let quiesced = node.state == NodeState::Quiesced;
        (quiesced, Reverse((weight(node.id, id.get()), node.id)))
    });
    for place in 1..replicas.min(active) {
        let (before, rest) = order.split_at(place);
        let mut candidates = rest.iter().take(active - place);
        let is_new = |(_, node): &&(usize, &Node)| before.iter().all(|(_, other)| other.rack != node.rack);
        if let Some(found) = candidates.position(is_new) {
            order.swap(place, place + found);
        }
    }
    order.into_iter().map(|(at, _)| *at as u8).collect()
}

/// The rank of a node for a partition. It depends on nothing else, so that a node that leaves moves only its own partitions.
fn weight(id: NodeId, partition: u16) -> u64 {
    mix(id.0 ^ mix(u64::from(partition)))
}

/// The finalizer of SplitMix64.
pub(super) const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
