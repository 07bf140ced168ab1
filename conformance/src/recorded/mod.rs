//! Recorded exchanges: raw requests and the raw responses of the real server.
//!
//! They replace the real server in a comparison: [`replay()`] sends the requests to any address and compares the
//! responses with the recorded ones, byte by byte.
//!
//! ```no_run
//! use spikelet_conformance::recorded;
//!
//! let cases = recorded::area("kv")?;
//! let report = recorded::replay("127.0.0.1:3000".parse()?, &cases, |_| {});
//! assert!(report.is_success(), "{report}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod case;
mod connection;
mod info;
mod recordings;
mod replay;
mod response;

pub use case::{Case, Expected, RequestKind, Step};
pub use info::{InfoCase, info};
pub use recordings::{AREAS, area, crashes, load, work_directory};
pub use replay::{Mismatch, Report, replay, send};
pub use response::{Response, VOID_TIME_TOLERANCE};
