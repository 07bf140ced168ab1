//! The verbs: what a client can do. Each is a struct that knows how to execute itself on a cluster.
//!
//! A client's method returns a [`Command`](command::Command), which joins a verb to its options and to the client that
//! executes it. The verbs do not know the clients: these run them through [`Execute`](command::Execute).

pub(crate) mod admin;
pub(crate) mod batch;
pub(crate) mod command;
pub(crate) mod info;
pub(crate) mod methods;
pub(crate) mod options;
pub(crate) mod query;
pub(crate) mod request;
mod response;
mod send;
pub(crate) mod single;
mod transaction;
pub(crate) mod transaction_end;
pub(crate) mod udf;
pub(crate) mod udf_call;

/// The verbs: what [`Command`](crate::Command)s do. The methods of the clients create them.
pub mod verb {
    pub use super::admin::{Administer, List, Truncate, Wait};
    #[cfg(feature = "security")]
    pub use super::admin::{CreateRole, QueryOne, QuerySecurity, Security};
    pub use super::batch::Batch;
    pub use super::info::{Info, InfoAll};
    pub use super::query::{Aggregate, Background, Query};
    pub use super::single::{Operate, Output, Read, Write};
    pub use super::transaction_end::{Abort, Commit};
    pub use super::udf::ExecuteUdf;
}
