//! Migrations: the copies of partitions that nodes still have to send one another after a balance.

use spikelet_wire::PartitionId;

use super::node::Node;
use super::partition_table::PartitionTable;

/// The number of migrations of a node's copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Migrations {
    /// To other nodes.
    pub emigrations: u32,
    /// From other nodes.
    pub immigrations: u32,
}

impl PartitionTable {
    /// Finishes the migrations of up to `limit` partitions, and returns the number of partitions that it finished. Raises the
    /// partition generation of each node whose copies change.
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

    /// The pending migrations of a node's copy of a partition: an acting master sends to the final master, and the final
    /// master to the other replicas.
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

    /// All pending migrations of a node.
    pub(super) fn migrations(&self, node: usize) -> Migrations {
        PartitionId::all()
            .map(|id| self.pending(node, id))
            .fold(Migrations::default(), |sum, of| Migrations {
                emigrations: sum.emigrations + of.emigrations,
                immigrations: sum.immigrations + of.immigrations,
            })
    }

    /// The number of migrations of a node after the last balance.
    pub(super) fn initial(&self, node: usize) -> Migrations {
        self.initial.get(node).copied().unwrap_or_default()
    }
}
