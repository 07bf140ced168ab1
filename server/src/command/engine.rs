//! The engine: a frame in, an answer out. It reads no clock, waits for nothing and spawns nothing.

use bytes::BytesMut;
use spikelet_wire::{FrameHeader, FrameType};

use super::stats::Stats;
use super::{Session, frame, info};
use crate::clock::Now;
use crate::cluster::Cluster;
use crate::config::Config;

/// The whole state of a server, and the way to ask it.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    cluster: Cluster,
    stats: Stats,
    started: Now,
}

/// What becomes of a connection behind an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Flow {
    /// It stays open for the next frame.
    Continue,
    /// It is closed, once what was answered is sent.
    Close,
    /// It stays open, and nothing more is read from it.
    Ignore,
}

impl Engine {
    /// An engine that holds nothing yet, alone in its cluster.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with_cluster(config, Cluster::default(), Now::default())
    }

    /// An engine that holds nothing yet, for the nodes of a cluster, from `now` on.
    #[must_use]
    pub fn with_cluster(config: Config, cluster: Cluster, now: Now) -> Self {
        Self {
            config,
            cluster,
            stats: Stats::default(),
            started: now,
        }
    }

    /// What it was configured with.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The nodes that it answers for.
    #[must_use]
    pub const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// What it counts.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Since when it answers.
    #[must_use]
    pub const fn started(&self) -> Now {
        self.started
    }

    /// Whether the frame that a header announces is one that the server reads; it closes the connection otherwise.
    #[must_use]
    pub fn accepts(&self, header: FrameHeader) -> bool {
        frame::accepts(header)
    }

    /// Handles one whole frame and appends its answer to `out`.
    pub fn handle(
        &self,
        now: Now,
        session: &mut Session,
        header: FrameHeader,
        body: &[u8],
        out: &mut BytesMut,
    ) -> Flow {
        match header.frame_type {
            FrameType::MESSAGE => self.handle_message(now, session, body, out),
            FrameType::INFO => info::handle(self, now, session, body, out),
            FrameType::COMPRESSED => frame::handle_compressed(self, now, session, body, out),
            FrameType::SECURITY => frame::refuse_security(self, out),
            FrameType::INTERNAL_XDR => frame::handle_internal(self, now, session, body, out),
            _ => Flow::Close,
        }
    }

    /// Handles a message: everything that is not info or security.
    pub(super) fn handle_message(&self, _now: Now, _session: &mut Session, _body: &[u8], _out: &mut BytesMut) -> Flow {
        Flow::Close
    }
}
