//! The engine: a frame in, an answer out. It reads no clock, waits for nothing and spawns nothing.

use bytes::BytesMut;
use spikelet_wire::FrameHeader;

use crate::clock::Now;
use crate::config::Config;

/// The whole state of a server, and the way to ask it.
#[derive(Debug)]
pub struct Engine {
    config: Config,
}

/// What the engine knows of a connection.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// Which node of the cluster the connection is to, from 0.
    pub node: usize,
}

/// What becomes of a connection behind an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Flow {
    /// It stays open for the next frame.
    Continue,
    /// It is closed, once what was answered is sent.
    Close,
}

impl Engine {
    /// An engine that holds nothing yet.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self { config }
    }

    /// What it was configured with.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Whether the frame that a header announces is one that the server reads; it closes the connection otherwise.
    #[must_use]
    pub fn accepts(&self, header: FrameHeader) -> bool {
        header.version == FrameHeader::VERSION && header.size <= spikelet_wire::frame::MAX_BODY
    }

    /// Handles one whole frame and appends its answer to `out`.
    pub fn handle(
        &self,
        _now: Now,
        _session: &mut Session,
        _header: FrameHeader,
        _body: &[u8],
        _out: &mut BytesMut,
    ) -> Flow {
        Flow::Close
    }
}
