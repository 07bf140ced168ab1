//! Recorded exchanges: requests as they stood on the wire, and what the real server answered.
//!
//! No real server is needed to hold another one to them: [`replay`] sends the requests to any address and compares the
//! answers with the recorded ones, byte by byte.
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
mod recordings;
mod replay;
mod response;

pub use case::{Case, Expected, Kind, Step};
pub use recordings::{AREAS, area, crashes, load, work_directory};
pub use replay::{Mismatch, Report, ask, replay};
pub use response::{Answer, TOLERANCE};
