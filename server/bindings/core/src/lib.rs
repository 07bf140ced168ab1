//! What the packages of spikelet for other languages share.
//!
//! A binding passes names and plain [`Value`]s, and gets [`Plain`] values and [`Error`]s back: the options of a server, the
//! parameters of faults and of journal filters, records, nodes, journal entries. Names are in the style of the language, see
//! [`Naming`]. Nothing here knows a language.
//!
//! [`Server`] is a server that can be closed while other threads use it. It refuses to be used after that, and in a process
//! that was forked from the one that started it.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod argument;
mod clock;
mod error;
mod fault;
mod fixture;
mod journal;
mod naming;
mod node;
mod options;
mod plain;
mod record;
mod security;
mod server;
mod snapshot;
mod tls;

pub use self::argument::Arguments;
pub use self::error::{Error, Kind};
pub use self::fault::Fault;
pub use self::journal::Filter;
pub use self::naming::Naming;
pub use self::plain::Plain;
pub use self::server::Server;
pub use spikelet::{Map, MapOrder, Snapshot, Value};
