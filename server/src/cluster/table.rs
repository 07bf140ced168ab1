//! Which nodes keep which partitions, for one replication factor.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use spikelet_wire::{PARTITIONS, PartitionId};

use super::node::{Node, NodeId, NodeState};
use crate::clock::Now;

/// The place of every partition among the nodes, which are named by their positions.
///
/// A partition's succession is the order in which nodes are to keep it: the first is its final master, the next ones keep
/// the replicas. Behind a change those of them that have no full copy yet get one by migration; until then the working
/// master is the first in the succession that has one.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    /// How many copies are wished for.
    factor: u32,
    /// How many copies there are where every migration is done.
    replicas: usize,
    /// How many nodes stand in a succession.
    width: usize,
    /// The successions of all partitions, one behind the other.
    successions: Vec<u8>,
    /// The nodes that have a full copy, a bit each.
    full: Vec<u64>,
    /// By partition, the nodes that are still to get a full copy by migration.
    subsets: BTreeMap<PartitionId, Vec<Subset>>,
    /// The migrations that the last balance made necessary, by node: those to others and those from others.
    initial: Vec<Migrations>,
}

/// A copy of what was written since a node is to keep a partition: what is older is still to come.
#[derive(Debug, Clone, Copy)]
struct Subset {
    node: usize,
    since: Now,
}

/// A partition of which no full copy is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LostPartition {
    /// Its number.
    pub id: PartitionId,
    /// What was last written before this time is lost; all of it where there is none.
    pub before: Option<Now>,
}

/// How many migrations of a node's partitions are to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Migrations {
    /// To other nodes.
    pub emigrations: u32,
    /// From other nodes.
    pub immigrations: u32,
}

impl Table {
    pub(super) fn new(factor: u32) -> Self {
        Self {
            factor,
            ..Self::default()
        }
    }

    pub(super) const fn factor(&self) -> u32 {
        self.factor
    }

    pub(super) const fn replicas(&self) -> usize {
        self.replicas
    }

    /// Has every partition be kept by these nodes, a bit each.
    pub(super) fn fill(&mut self, nodes: u64) {
        self.full = vec![nodes; usize::from(PARTITIONS)];
    }

    /// Adds the copies that the nodes of another side have.
    pub(super) fn join(&mut self, other: &Self) {
        self.full.resize(usize::from(PARTITIONS), 0);
        self.full
            .iter_mut()
            .zip(&other.full)
            .for_each(|(full, other)| *full |= other);
        for (id, subsets) in &other.subsets {
            self.subsets.entry(*id).or_default().extend(subsets);
        }
    }

    /// The partitions of which none of these nodes, a bit each, has a full copy.
    pub(super) fn lacking(&self, nodes: u64) -> Vec<LostPartition> {
        let lacking = PartitionId::all().filter(|id| self.full(*id) & nodes == 0);
        let lost = lacking.map(|id| LostPartition {
            id,
            before: self.subsets_on(id, nodes).map(|subset| subset.since).min(),
        });
        lost.collect()
    }

    /// Deals the partitions anew among some of the nodes, a bit each. Those of which no copy is left begin anew, with the
    /// records that were written to nodes on which a copy was to come.
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

    /// Notes which nodes are to get a full copy of a partition; those that were before go on from where they are.
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

    /// The copies of a partition on some of the nodes, a bit each, that are not full.
    fn subsets_on(&self, id: PartitionId, nodes: u64) -> impl Iterator<Item = &Subset> {
        let subsets = self.subsets.get(&id).into_iter().flatten();
        subsets.filter(move |subset| nodes & bit(subset.node) != 0)
    }

    /// Finishes the migrations of up to so many partitions, and gives how many those were. Nodes count what changes of
    /// what they have.
    pub(super) fn migrate(&mut self, limit: usize, nodes: &mut [Node]) -> usize {
        let mut done = 0;
        for id in PartitionId::all() {
            if done == limit {
                break;
            }
            let keepers = self.replica_bits(id);
            if self.full(id) & keepers == keepers {
                continue;
            }
            done += 1;
            let before: Vec<u64> = (0..nodes.len()).map(|node| self.claims(node, id)).collect();
            if let Some(full) = self.full.get_mut(usize::from(id.get())) {
                *full = keepers;
            }
            self.subsets.remove(&id);
            for (at, (node, before)) in nodes.iter_mut().zip(before).enumerate() {
                if self.claims(at, id) != before {
                    node.partition_generation += 1;
                }
            }
        }
        done
    }

    /// The nodes of a partition's succession, in its order.
    pub(super) fn succession(&self, id: PartitionId) -> &[u8] {
        let start = usize::from(id.get()) * self.width;
        self.successions.get(start..start + self.width).unwrap_or_default()
    }

    /// The nodes that are to keep a partition, its final master first.
    fn replicas_of(&self, id: PartitionId) -> &[u8] {
        let succession = self.succession(id);
        succession.get(..self.replicas).unwrap_or(succession)
    }

    fn replica_bits(&self, id: PartitionId) -> u64 {
        let bits = self.replicas_of(id).iter();
        bits.fold(0, |bits, at| bits | bit(usize::from(*at)))
    }

    fn full(&self, id: PartitionId) -> u64 {
        self.full.get(usize::from(id.get())).copied().unwrap_or_default()
    }

    /// Whether a node has a full copy of a partition.
    pub(super) fn is_full(&self, node: usize, id: PartitionId) -> bool {
        self.full(id) & bit(node) != 0
    }

    /// The node that writes a partition.
    pub(super) fn working_master(&self, id: PartitionId) -> Option<usize> {
        let mut order = self.succession(id).iter().map(|at| usize::from(*at));
        order.find(|at| self.is_full(*at, id))
    }

    /// A node's place among those that are to keep a partition; 0 is the final master's.
    pub(super) fn replica(&self, node: usize, id: PartitionId) -> Option<usize> {
        let mut replicas = self.replicas_of(id).iter();
        replicas.position(|at| usize::from(*at) == node)
    }

    /// The places of a partition for which clients are to ask this node, a bit each: the working master stands in for
    /// whoever has no full copy yet.
    pub(super) fn claims(&self, node: usize, id: PartitionId) -> u64 {
        let replicas = self.replicas_of(id).iter().map(|at| usize::from(*at)).enumerate();
        if self.working_master(id) == Some(node) {
            let own = replicas.filter(|(place, at)| *place == 0 || *at == node || !self.is_full(*at, id));
            own.fold(0, |bits, (place, _)| bits | bit(place))
        } else if self.is_full(node, id) {
            let mut own = replicas.filter(|(place, at)| *place > 0 && *at == node);
            own.next().map_or(0, |(place, _)| bit(place))
        } else {
            0
        }
    }

    /// The migrations of a partition that wait for a node: an acting master sends to the final one, and the final one to
    /// the rest.
    pub(super) fn pending(&self, node: usize, id: PartitionId) -> Migrations {
        let replicas = self.replicas_of(id);
        let lacks = |at: &u8| !self.is_full(usize::from(*at), id);
        let Some((first, others)) = replicas.split_first() else {
            return Migrations::default();
        };
        let is_first = usize::from(*first) == node;
        let acts = !is_first && lacks(first) && self.working_master(id) == Some(node);
        let to_others = if is_first {
            others.iter().filter(|at| lacks(at)).count()
        } else {
            0
        };
        let arrives = replicas.iter().any(|at| usize::from(*at) == node && lacks(at));
        Migrations {
            emigrations: to_others as u32 + u32::from(acts),
            immigrations: u32::from(arrives),
        }
    }

    /// All migrations that wait for a node.
    pub(super) fn migrations(&self, node: usize) -> Migrations {
        PartitionId::all()
            .map(|id| self.pending(node, id))
            .fold(Migrations::default(), |sum, of| Migrations {
                emigrations: sum.emigrations + of.emigrations,
                immigrations: sum.immigrations + of.immigrations,
            })
    }

    /// What waited for a node when the partitions were last dealt.
    pub(super) fn initial(&self, node: usize) -> Migrations {
        self.initial.get(node).copied().unwrap_or_default()
    }
}

pub(super) const fn bit(at: usize) -> u64 {
    1 << (at % 64)
}

/// The positions whose bits are set.
pub(crate) fn positions(bits: u64) -> impl Iterator<Item = usize> {
    (0..u64::BITS as usize).filter(move |at| bits & bit(*at) != 0)
}

/// The order in which nodes are to keep a partition. Quiesced ones come last; of the first `replicas`, as many as
/// possible stand in racks of their own.
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

/// Each partition weighs the nodes anew, so that a node that leaves moves only what was its own.
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
