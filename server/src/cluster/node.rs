//! Nodes: their ids, addresses and states, and the peers that they know.

use std::fmt;
use std::net::SocketAddr;
use std::num::ParseIntError;
use std::str::FromStr;

/// The id of a node, displayed in hexadecimal.
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
    /// It serves, but is last in the succession of every partition, and keeps no partition if there are other nodes.
    Quiesced,
    /// It is down, and its copies of partitions are lost.
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
    /// Its id.
    pub id: NodeId,
    /// The address that it listens on.
    pub address: SocketAddr,
    /// The address that it tells clients (`access-address`), if other than the one it listens on.
    pub advertised: Option<SocketAddr>,
    /// The address that it tells clients that use alternate addresses (`alternate-access-address`), if any.
    pub alternate: Option<SocketAddr>,
    /// The address on which it accepts TLS connections; `None` without TLS.
    pub tls_address: Option<SocketAddr>,
    /// The TLS address that it tells clients (`tls-access-address`), if other than the one it listens on.
    pub tls_advertised: Option<SocketAddr>,
    /// The TLS address that it tells clients that use alternate addresses (`tls-alternate-access-address`), if any.
    pub tls_alternate: Option<SocketAddr>,
    /// The id of its rack.
    pub rack: u32,
    /// Whether it is part of the cluster.
    pub state: NodeState,
    /// The positions of the nodes to which the network is cut, one bit each.
    pub(super) unseen: u64,
    /// The rack from the next balance on, if it changes.
    pub(super) pending_rack: Option<u32>,
    /// Whether it is quiesced from the next balance on, if that changes.
    pub(super) pending_quiesce: Option<bool>,
    pub(super) peers: Vec<Peer>,
    pub(super) peers_generation: u64,
    pub(super) partition_generation: u64,
    pub(super) rebalance_generation: u64,
}

/// A peer, as a node knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Its position in the cluster.
    pub(crate) node: usize,
    /// Whether it is in the node's subcluster. Nodes remember peers that have left.
    pub(crate) is_present: bool,
    /// The peers generation of the last change to it.
    pub(crate) generation: u64,
}

impl Node {
    /// A node that listens at an address, in rack 0.
    #[must_use]
    pub(crate) const fn new(id: NodeId, address: SocketAddr) -> Self {
        Self {
            id,
            address,
            advertised: None,
            alternate: None,
            tls_address: None,
            tls_advertised: None,
            tls_alternate: None,
            rack: 0,
            state: NodeState::Up,
            unseen: 0,
            pending_rack: None,
            pending_quiesce: None,
            peers: Vec::new(),
            peers_generation: 0,
            partition_generation: 0,
            rebalance_generation: 0,
        }
    }

    /// Whether it is part of the cluster.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.state != NodeState::Down
    }

    /// The address that it tells clients.
    #[must_use]
    pub(crate) fn access_address(&self) -> SocketAddr {
        self.advertised.unwrap_or(self.address)
    }

    /// The TLS address that it tells clients; `None` without TLS.
    #[must_use]
    pub(crate) fn tls_access_address(&self) -> Option<SocketAddr> {
        self.tls_address.map(|address| self.tls_advertised.unwrap_or(address))
    }

    /// Its peers, those that have left included.
    #[must_use]
    pub(crate) fn peers(&self) -> &[Peer] {
        &self.peers
    }

    /// The number of changes to its peers. A new peer counts twice: the node, and its addresses.
    #[must_use]
    pub(crate) const fn peers_generation(&self) -> u64 {
        self.peers_generation
    }

    /// The number of changes to its partitions since its first balance.
    #[must_use]
    pub(crate) const fn partition_generation(&self) -> u64 {
        self.partition_generation
    }

    /// The number of balances that it took part in.
    #[must_use]
    pub(crate) const fn rebalance_generation(&self) -> u64 {
        self.rebalance_generation
    }

    /// Whether it is, or is to be, quiesced.
    #[must_use]
    pub(crate) fn is_pending_quiesce(&self) -> bool {
        self.pending_quiesce.unwrap_or(self.state == NodeState::Quiesced)
    }

    /// Its rack from the next balance on.
    #[must_use]
    pub(crate) fn configured_rack(&self) -> u32 {
        self.pending_rack.unwrap_or(self.rack)
    }

    /// Takes what was to change with the next balance.
    pub(super) fn apply_pending(&mut self) {
        self.rack = self.pending_rack.take().unwrap_or(self.rack);
        match self.pending_quiesce.take() {
            Some(true) => self.state = NodeState::Quiesced,
            Some(false) => self.state = NodeState::Up,
            None => {}
        }
    }

    /// Resets it to the state of a node that has just started.
    pub(super) fn start(&mut self) {
        self.state = NodeState::Up;
        self.pending_quiesce = None;
        self.peers.clear();
        (
            self.peers_generation,
            self.partition_generation,
            self.rebalance_generation,
        ) = (0, 0, 0);
    }

    /// Records a change to a peer, and whether the peer is still there.
    pub(super) fn record_peer(&mut self, node: usize, is_present: bool) {
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

    /// Counts a balance.
    pub(super) const fn count_rebalance(&mut self) {
        // The partition generation starts with the first balance.
        if self.rebalance_generation > 0 {
            self.partition_generation += 1;
        }
        self.rebalance_generation += 1;
    }
}
