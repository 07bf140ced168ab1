//! A node: who it is, where it is, and what it tells of the others.

use std::fmt;
use std::net::SocketAddr;
use std::num::ParseIntError;
use std::str::FromStr;

/// The identity of a node, written in hexadecimal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u64);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}", self.0)
    }
}

impl FromStr for NodeId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

impl From<u64> for NodeId {
    fn from(id: u64) -> Self {
        Self(id)
    }
}

/// Whether a node is part of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeState {
    /// It serves.
    Up,
    /// It serves, but is last in the succession of every partition, and so keeps none where there are nodes enough.
    Quiesced,
    /// It is gone, and with it the copies that it kept.
    Down,
}

impl fmt::Display for NodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Up => "up",
            Self::Quiesced => "quiesced",
            Self::Down => "down",
        })
    }
}

/// A node of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its identity.
    pub id: NodeId,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it says that clients reach it (`access-address`), if not where it listens.
    pub advertised: Option<SocketAddr>,
    /// Where it says that clients reach it that ask for alternate addresses (`alternate-access-address`), if anywhere.
    pub alternate: Option<SocketAddr>,
    /// The rack that it stands in.
    pub rack: u32,
    /// Whether it is part of the cluster.
    pub state: NodeState,
    /// The nodes, by their positions, that the network does not let it see, a bit each.
    pub(super) unseen: u64,
    pub(super) peers: Vec<Peer>,
    pub(super) peers_generation: u64,
    pub(super) partition_generation: u64,
    pub(super) rebalance_generation: u64,
}

/// What a node knows of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The other's position among the cluster's nodes.
    pub node: usize,
    /// Whether it is still there. A node remembers those that have left.
    pub is_present: bool,
    /// The generation of the peers that came with the last change to it.
    pub generation: u64,
}

impl Node {
    /// A node that listens at an address, in rack 0.
    #[must_use]
    pub const fn new(id: NodeId, address: SocketAddr) -> Self {
        Self {
            id,
            address,
            advertised: None,
            alternate: None,
            rack: 0,
            state: NodeState::Up,
            unseen: 0,
            peers: Vec::new(),
            peers_generation: 0,
            partition_generation: 0,
            rebalance_generation: 0,
        }
    }

    /// Whether it serves.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.state != NodeState::Down
    }

    /// Where it says that clients reach it.
    #[must_use]
    pub fn access_address(&self) -> SocketAddr {
        self.advertised.unwrap_or(self.address)
    }

    /// The nodes that it knows, those included that have left.
    #[must_use]
    pub fn peers(&self) -> &[Peer] {
        &self.peers
    }

    /// Counts the changes among its peers: each of them arrives as one, and so does its address.
    #[must_use]
    pub const fn peers_generation(&self) -> u64 {
        self.peers_generation
    }

    /// Counts the changes of partitions behind its first balance.
    #[must_use]
    pub const fn partition_generation(&self) -> u64 {
        self.partition_generation
    }

    /// Counts the balances that it took part in.
    #[must_use]
    pub const fn rebalance_generation(&self) -> u64 {
        self.rebalance_generation
    }

    /// Has it forget all it knew, as a node that starts.
    pub(super) fn start(&mut self) {
        self.state = NodeState::Up;
        self.peers.clear();
        (
            self.peers_generation,
            self.partition_generation,
            self.rebalance_generation,
        ) = (0, 0, 0);
    }

    /// Notes that a peer changed, and whether it is still there.
    pub(super) fn note_peer(&mut self, node: usize, is_present: bool) {
        self.peers_generation += 1;
        let known = Peer {
            node,
            is_present,
            generation: self.peers_generation,
        };
        match self.peers.iter_mut().find(|peer| peer.node == node) {
            Some(peer) => *peer = known,
            None => self.peers.push(known),
        }
    }

    /// Notes that the partitions were dealt anew.
    pub(super) const fn note_rebalance(&mut self) {
        // The first balance is what the other generation begins with.
        if self.rebalance_generation > 0 {
            self.partition_generation += 1;
        }
        self.rebalance_generation += 1;
    }
}
