//! The handle: what a test holds, one file for each thing that it controls.
//!
//! [`Server`] is thin: it calls what lies below, and nothing below knows it.

mod builder;
mod clock;
pub mod fault;
mod fixture;
mod in_process;
mod inspect;
pub mod journal;
mod rosters;
mod security;
mod server;
mod snapshot;
mod test_server;
#[cfg(feature = "tls")]
mod tls;
mod topology;
mod transactions;

pub(crate) use self::builder::InstallControls;
pub use self::builder::{Builder, StartError};
pub use self::clock::ServerClock;
pub(crate) use self::fixture::{load, load_file, save_backup, save_json};
pub use self::inspect::Record;
pub use self::security::UserInfo;
pub use self::server::Server;
pub use self::test_server::{TestServer, test};
pub use self::topology::TopologyError;
pub use self::transactions::Transaction;
pub(crate) use self::transactions::{expire_transactions, transactions};
