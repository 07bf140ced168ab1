//! What a server's connections, its background work and its owner share.

use std::sync::Arc;

use bytes::BytesMut;
use spikelet_wire::{FrameHeader, FrameType};

use super::nodes::Nodes;
use super::reaper::Reaper;
use crate::clock::{Clock, Now};
use crate::cluster::NodeId;
use crate::command::{Engine, Flow, Session};
use crate::controls::Snapshots;
use crate::fault::{self, Faults};
use crate::journal::Log;
use crate::sides::{Side, Sides};
use crate::time::ServerClock;

/// The server behind the sockets, and what a test owns of it.
#[derive(Debug)]
pub(crate) struct Shared {
    /// That of the first side of the network, and so of all nodes where it is whole.
    pub(crate) engine: Arc<Engine>,
    pub(crate) sides: Sides,
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
        let engine = Arc::new(engine);
        Self {
            sides: Sides::new(Arc::clone(&engine)),
            engine,
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
        ServerClock::new(&self.clock, &self.sides)
    }

    pub(crate) const fn faults(&self) -> Faults<'_> {
        Faults::new(&self.faults)
    }

    /// Begins to have frames be handled that are there at once.
    pub(super) const fn turn(&self) -> Turn<'_> {
        Turn {
            sides: &self.sides,
            side: None,
        }
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

/// Frames that are handled one after the other, by the engine of the node that they came to.
pub(super) struct Turn<'s> {
    sides: &'s Sides,
    /// Kept from one frame to the next: to look it up each time is felt where many come at once.
    side: Option<Side<'s>>,
}

impl Turn<'_> {
    /// Has a frame be handled.
    pub(super) fn handle(
        &mut self,
        now: Now,
        session: &mut Session,
        header: FrameHeader,
        body: &[u8],
        out: &mut BytesMut,
    ) -> Flow {
        if header.frame_type == FrameType::INFO {
            // A control may change who is on which side.
            self.side = None;
            self.sides
                .engine_of(session.node)
                .handle(now, session, header, body, out)
        } else {
            let side = self.side.get_or_insert_with(|| self.sides.of(session.node));
            side.handle(now, session, header, body, out)
        }
    }
}
