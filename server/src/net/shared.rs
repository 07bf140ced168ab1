//! What a server's connections, its background work and its owner share.

use std::sync::Arc;

use super::reaper::Reaper;
use crate::clock::Clock;
use crate::command::Engine;
use crate::time::ServerClock;

/// The server behind the sockets, and what a test owns of it.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) engine: Arc<Engine>,
    pub(crate) clock: Clock,
    /// Whether clients of this machine may control it through the info protocol.
    pub(crate) controls: bool,
    pub(super) reaper: Reaper,
}

impl Shared {
    pub(crate) fn new(engine: Engine, clock: Clock, controls: bool) -> Self {
        Self {
            engine: Arc::new(engine),
            clock,
            controls,
            reaper: Reaper::default(),
        }
    }

    pub(crate) fn clock(&self) -> ServerClock<'_> {
        ServerClock::new(&self.clock, &self.engine)
    }
}
