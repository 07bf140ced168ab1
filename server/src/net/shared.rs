//! What the connections, the background work and the handle of a server share.

use std::sync::Arc;

use bytes::BytesMut;
use spikelet_wire::{FrameHeader, FrameType};
use tokio::sync::Notify;

use super::nodes::Nodes;
use super::reaper::Reaper;
use super::tls::Tls;
use crate::clock::{Clock, Now};
use crate::cluster::NodeId;
use crate::command::{self, Compression, Flow};
use crate::fault_rules::Table;
use crate::request_log::Log;
use crate::state::{Controls, Session, Split, State, SubclusterState};
use crate::version::Edition;

/// The state of the server behind the sockets, and the controls that a test has.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The state of the first subcluster, which is the only one unless the network is cut.
    pub(crate) state: Arc<State>,
    pub(crate) split: Split,
    pub(crate) clock: Clock,
    /// Executes the info commands under `spikelet/` for clients of this machine; `None` if the server has no controls.
    pub(super) controls: Option<Arc<dyn Controls>>,
    faults: Arc<Table>,
    pub(crate) nodes: Nodes,
    pub(crate) journal: Log,
    pub(super) reaper: Reaper,
    /// Notified after a record may have been unlocked.
    pub(super) unlocked: Notify,
    /// Whether requests and answers may be compressed: in the Enterprise Edition.
    pub(super) compresses: bool,
    /// TLS, if there is any.
    pub(crate) tls: Option<Arc<Tls>>,
}

impl Shared {
    pub(crate) fn new(
        state: State,
        clock: Clock,
        controls: Option<Arc<dyn Controls>>,
        journal: Log,
        nodes: Nodes,
    ) -> Self {
        let compresses = state.config().edition == Edition::Enterprise;
        let state = Arc::new(state);
        Self {
            split: Split::new(Arc::clone(&state)),
            state,
            clock,
            controls,
            faults: Arc::default(),
            nodes,
            journal,
            reaper: Reaper::default(),
            unlocked: Notify::new(),
            compresses,
            tls: None,
        }
    }

    pub(crate) const fn faults(&self) -> &Arc<Table> {
        &self.faults
    }

    /// Starts to handle frames that were read together.
    pub(super) const fn turn(&self) -> Turn<'_> {
        Turn {
            split: &self.split,
            state: None,
        }
    }

    /// The table of fault rules, if any rule can fire.
    pub(super) fn armed_faults(&self) -> Option<&Table> {
        self.faults.is_armed().then_some(&*self.faults)
    }

    /// The id of a node, by its position in the cluster.
    pub(super) fn node_id(&self, node: usize) -> NodeId {
        let cluster = self.state.cluster();
        cluster.node(node).map_or(NodeId(0), |node| node.id)
    }
}

/// Frames that were read together and are handled one after another, with the state of their node's subcluster.
pub(super) struct Turn<'s> {
    split: &'s Split,
    /// Kept from one frame to the next: a look-up for each frame costs measurable time in a pipeline.
    state: Option<SubclusterState<'s>>,
}

impl Turn<'_> {
    /// Looks up the records of the next frames. Returns the size of the frames that it went through.
    pub(super) fn look_up(&mut self, session: &Session, input: &[u8]) -> usize {
        let state = self.state.get_or_insert_with(|| self.split.of(session.node));
        command::look_up(state, input)
    }

    /// Handles a frame.
    pub(super) fn handle(
        &mut self,
        now: Now,
        session: &mut Session,
        header: FrameHeader,
        body: &[u8],
        out: &mut BytesMut,
    ) -> Flow {
        if header.frame_type == FrameType::INFO {
            // A control may change the subclusters.
            self.state = None;
            let state = self.split.state_of(session.node);
            command::handle(&state, now, session, header, body, out)
        } else {
            let state = self.state.get_or_insert_with(|| self.split.of(session.node));
            command::handle(state, now, session, header, body, out)
        }
    }

    /// How to compress the answer to a frame, if the client asks for it.
    pub(super) fn compression(&mut self, session: &Session, header: FrameHeader, body: &[u8]) -> Option<Compression> {
        let state = self.state.get_or_insert_with(|| self.split.of(session.node));
        Compression::of(state, session, header, body)
    }
}
