//! The inside of the server, for this project's own tests and benchmarks.
//!
//! Nothing here is covered by semantic versioning.
//!
//! ```
//! use bytes::BytesMut;
//! use spikelet::unstable::{Config, Session, State, handle};
//! use spikelet::Now;
//! use spikelet_wire::{FrameHeader, FrameType};
//!
//! // The server without sockets, clock or threads: a frame in, a reply out.
//! let state = State::new(Config::default());
//! let header = FrameHeader::new(FrameType::INFO, 5);
//! let mut reply = BytesMut::new();
//! let _flow = handle(&state, Now::default(), &mut Session::default(), header, b"node\n", &mut reply);
//! assert_eq!(&reply[FrameHeader::SIZE..], b"node\tA1\n");
//! ```

pub use crate::access::ClearPassword;
pub use crate::command::{Flow, Step, Task, accepts, handle};
pub use crate::config::Config;
use crate::handle::Server;

/// List and map operations on a value.
pub mod cdt {
    pub use crate::ops::cdt_op::{modify, read};
}
pub use crate::ops::Particle;
pub use crate::state::{Session, State, Stats};

/// The state of a running server: of its first subcluster, where the network between nodes is cut.
#[must_use]
pub fn state(server: &Server) -> &State {
    server.state()
}
