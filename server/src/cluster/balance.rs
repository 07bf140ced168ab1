//! Balancing: which nodes keep which partitions after the nodes have changed.

use std::cmp::Reverse;

use spikelet_wire::{PARTITIONS, PartitionId};

use super::node::{Node, NodeId, NodeState};
use super::node_bits::{bit, positions};
use super::partition_table::{PartitionTable, Subset};
use super::roster::RosterNode;
use crate::clock::Now;

impl PartitionTable {
    /// Balances the partitions among the nodes `alive`, one bit each. A partition of which no full copy is left starts with
    /// the records of the copies that are not full.
    pub(super) fn balance(&mut self, nodes: &[Node], alive: u64, now: Now) {
        let up = nodes.iter().enumerate().filter(|(at, _)| alive & bit(*at) != 0);
        let members: Vec<Member> = up.map(|(at, node)| Member::of(at, node)).collect();
        let active = self.shape(&members);
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

    /// Sets the number of copies and of nodes in a succession. Returns the number of nodes that are to keep copies.
    pub(super) fn shape(&mut self, members: &[Member]) -> usize {
        let active = members.iter().filter(|member| !member.is_quiesced).count();
        let active = if active == 0 { members.len() } else { active };
        self.width = members.len();
        self.replicas = usize::try_from(self.factor).map_or(active, |factor| factor.min(active));
        active
    }

    /// Records which nodes are to get a full copy of a partition. Copies that were already under way stay as they are.
    pub(super) fn await_copies(&mut self, id: PartitionId, nodes: u64, now: Now) {
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

/// A node that can keep partitions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    /// Its position: in the cluster, or in a roster.
    pub(super) at: usize,
    pub(super) id: NodeId,
    pub(super) rack: u32,
    pub(super) is_quiesced: bool,
}

impl Member {
    pub(super) fn of(at: usize, node: &Node) -> Self {
        Self {
            at,
            id: node.id,
            rack: node.rack,
            is_quiesced: node.state == NodeState::Quiesced,
        }
    }

    pub(super) const fn of_roster((at, node): (usize, &RosterNode)) -> Self {
        Self {
            at,
            id: node.id,
            rack: node.rack,
            is_quiesced: false,
        }
    }
}

/// The order in which nodes are to keep a partition. Quiesced nodes come last; the first `replicas` nodes are in as many
/// different racks as possible.
pub(super) fn succession(id: PartitionId, members: &[Member], active: usize, replicas: usize) -> Vec<u8> {
    let mut order: Vec<&Member> = members.iter().collect();
    order.sort_by_cached_key(|member| {
        let rank = (weight(member.id, id.get()), member.id);
        (member.is_quiesced, Reverse(rank))
    });
    for place in 1..replicas.min(active) {
        let (before, rest) = order.split_at(place);
        let mut candidates = rest.iter().take(active - place);
        let is_new = |member: &&Member| before.iter().all(|other| other.rack != member.rack);
        if let Some(found) = candidates.position(is_new) {
            order.swap(place, place + found);
        }
    }
    order.into_iter().map(|member| member.at as u8).collect()
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
