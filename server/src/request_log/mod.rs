//! The request log: the last requests to a server, and how each ended.
//!
//! It keeps requests as bytes and decodes them when they are read. A request costs one copy while the log is on, and one
//! atomic load while it is off.

mod entry;
mod filter;
mod index_range;
mod log;
mod operation;
mod outcome;
mod pending;
mod recorded;
mod security_request;
mod show;

pub use self::entry::{Entry, GenerationCheck, Policies, Request, Row};
pub use self::filter::Filter;
pub(crate) use self::filter::narrowing;
pub use self::index_range::IndexRange;
pub(crate) use self::log::{Ending, Log, Observer, State, Waited};
pub use self::operation::Operation;
pub use self::outcome::{Ended, Outcome};
pub(crate) use self::pending::Pending;
pub(crate) use self::recorded::Arrived;
pub use self::security_request::SecurityRequest;
