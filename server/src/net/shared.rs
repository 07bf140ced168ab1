//! What a server's connections, its background work and its owner share.

use std::sync::Arc;

use super::nodes::Nodes;
use super::reaper::Reaper;
use crate::clock::Clock;
use crate::cluster::NodeId;
use crate::command::Engine;
use crate::controls::Snapshots;
use crate::fault::{self, Faults};
use crate::journal::Log;
use crate::time::ServerClock;

/// The server behind the sockets, and what a test owns of it.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) engine: Arc<Engine>,
    pub(crate) clock: Clock,
    /// Whether clients of this machine may control it through the info protocol.
    pub(crate) controls: bool,
    faults: Arc<fault::Table>,
    /// What clients keep aside through the info protocol.
    pub(crate) snapshots: Snapshots,
    pub(crate) nodes: Nodes,
    pub(crate) journal: Log,
    pub(super) reaper: Reaper,
}

impl Shared {
    pub(crate) fn new(engine: Engine, clock: Clock, controls: bool, journal: Log, nodes: Nodes) -> Self {
        Self {
            engine: Arc::new(engine),
            clock,
            controls,
            faults: Arc::default(),
            snapshots: Snapshots::default(),
            nodes,
            journal,
            reaper: Reaper::default(),
        }
    }

    pub(crate) fn clock(&self) -> ServerClock<'_> {
        ServerClock::new(&self.clock, &self.engine)
    }

    pub(crate) const fn faults(&self) -> Faults<'_> {
        Faults::new(&self.faults)
    }

    /// The table of faults, if any can strike.
    pub(super) fn armed_faults(&self) -> Option<&fault::Table> {
        self.faults.is_armed().then_some(&*self.faults)
    }

    /// The id of a node by its position in the cluster.
    pub(super) fn node_id(&self, node: usize) -> NodeId {
        let cluster = self.engine.cluster();
        cluster.node(node).map_or(NodeId(0), |node| node.id)
    }
}
