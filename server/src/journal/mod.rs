//! The journal: what was asked of a server, and how that ended.
//!
//! It is off unless a server is built with [`Builder::journal`](crate::Builder::journal). It keeps the last requests as
//! bytes and decodes them when they are asked for, so that a request costs a copy while it is on, and next to nothing while
//! it is off.

mod assertion;
mod entry;
mod filter;
mod index_range;
mod log;
mod noted;
mod operation;
mod outcome;
mod pending;
mod show;
mod view;
mod wait;

pub use entry::{Asked, Entry, GenerationCheck, Policies, Row};
pub use filter::Filter;
pub use index_range::IndexRange;
pub(crate) use log::{Ending, Log, Observer};
pub(crate) use noted::Arrived;
pub use operation::Operation;
pub use outcome::{Ended, Outcome};
pub(crate) use pending::Pending;
pub use spikelet_wire::ExistsAction;
pub use spikelet_wire::context::{Context, Step};
pub use view::Journal;
pub use wait::{Unmet, Wait};
