//! The cluster as a table: nodes, their addresses, and which of them keep a partition.
//!
//! There are no processes behind it. Every node is a listener over the one store, and answers for the partitions that the
//! table gives it.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

use spikelet_wire::PARTITIONS;

/// The identity of a node, written in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u64);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}", self.0)
    }
}

/// A node of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Its identity.
    pub id: NodeId,
    /// Where clients reach it.
    pub address: SocketAddr,
}

/// The cluster: its nodes, and by them the place of every partition.
#[derive(Debug, Clone)]
pub struct Cluster {
    name: String,
    nodes: Vec<Node>,
    /// How often the nodes have changed.
    changes: u64,
}

impl Cluster {
    /// The name of a cluster that was given none; the real server does not start without one.
    pub const DEFAULT_NAME: &str = "spikelet";

    /// A cluster of these nodes.
    #[must_use]
    pub const fn new(name: String, nodes: Vec<Node>) -> Self {
        Self {
            name,
            nodes,
            changes: 0,
        }
    }

    /// A single node at `address`, with an id of its own.
    #[must_use]
    pub fn single(address: SocketAddr) -> Self {
        Self::new(
            Self::DEFAULT_NAME.to_owned(),
            vec![Node {
                id: NodeId(0xA1),
                address,
            }],
        )
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its nodes. A session names its own by the position in here.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// What all nodes agree on as long as none comes or goes: 48 bits, never 0.
    #[must_use]
    pub fn key(&self) -> u64 {
        let of_nodes = self.nodes.iter().fold(self.changes, |key, node| mix(key ^ node.id.0));
        (mix(of_nodes) & 0xFFFF_FFFF_FFFF).max(1)
    }

    /// The node with the highest id, which decides for the cluster.
    #[must_use]
    pub fn principal(&self) -> NodeId {
        self.nodes.iter().map(|node| node.id).max().unwrap_or(NodeId(0))
    }

    /// Counts the changes among a node's peers: each of them arrives as one, and so does its address.
    #[must_use]
    pub fn peers_generation(&self) -> u64 {
        self.changes + 2 * self.nodes.len().saturating_sub(1) as u64
    }

    /// Counts the changes of partitions behind the first balance.
    #[must_use]
    pub const fn partition_generation(&self) -> u64 {
        self.changes
    }

    /// Counts the balances.
    #[must_use]
    pub const fn rebalance_generation(&self) -> u64 {
        self.changes + 1
    }

    /// How many copies of a record there are, where `replication_factor` are wished for.
    #[must_use]
    pub fn replicas(&self, replication_factor: u32) -> usize {
        usize::try_from(replication_factor).map_or(self.nodes.len(), |factor| factor.min(self.nodes.len()))
    }

    /// The place of a node in a partition's succession: 0 is the master, the next ones keep the replicas.
    #[must_use]
    pub fn place(&self, node: usize, partition: u16) -> usize {
        let Some(of) = self.nodes.get(node) else {
            return usize::MAX;
        };
        // Queries ask this of every partition.
        if self.nodes.len() == 1 {
            return 0;
        }
        let own = weight(of.id, partition);
        let before = |other: &&Node| (weight(other.id, partition), other.id) > (own, of.id);
        self.nodes.iter().filter(before).count()
    }

    /// The node that answers for a partition.
    #[must_use]
    pub fn master(&self, partition: u16) -> Option<&Node> {
        self.nodes
            .iter()
            .max_by_key(|node| (weight(node.id, partition), node.id))
    }

    /// The partitions in whose succession a node has this place, one bit each, the first in the highest bit.
    #[must_use]
    pub fn bitmap(&self, node: usize, place: usize) -> [u8; PARTITIONS as usize / 8] {
        std::array::from_fn(|byte| {
            (0..8).fold(0, |bits, bit| {
                let partition = (byte * 8 + bit) as u16;
                bits << 1 | u8::from(self.place(node, partition) == place)
            })
        })
    }
}

impl Default for Cluster {
    fn default() -> Self {
        Self::single(SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)))
    }
}

/// Each partition weighs the nodes anew, so that a node that leaves moves only what was its own.
fn weight(id: NodeId, partition: u16) -> u64 {
    mix(id.0 ^ mix(u64::from(partition)))
}

/// The finalizer of SplitMix64.
const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(nodes: u64) -> Cluster {
        let node = |n| Node {
            id: NodeId(0xB1 + n),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 3000 + n as u16)),
        };
        Cluster::new("test".to_owned(), (0..nodes).map(node).collect())
    }

    #[test]
    fn one_node_is_the_master_of_every_partition() {
        assert_eq!(cluster(1).bitmap(0, 0), [0xFF; 512]);
        assert_eq!(cluster(1).replicas(2), 1);
    }

    #[test]
    fn every_place_of_every_partition_has_one_node() {
        let cluster = cluster(3);
        for place in 0..3 {
            let maps = [0, 1, 2].map(|node| cluster.bitmap(node, place));
            for ((a, b), c) in maps[0].iter().zip(&maps[1]).zip(&maps[2]) {
                assert_eq!((a ^ b ^ c, a & b & c), (0xFF, 0));
            }
            for map in maps {
                let partitions: u32 = map.iter().map(|byte| byte.count_ones()).sum();
                assert!(
                    (1200..1540).contains(&partitions),
                    "{partitions} of 4096 at place {place}"
                );
            }
        }
        for partition in 0..PARTITIONS {
            let master = cluster
                .nodes()
                .iter()
                .position(|node| Some(node) == cluster.master(partition));
            assert_eq!(master.map(|node| cluster.place(node, partition)), Some(0));
        }
    }
}
