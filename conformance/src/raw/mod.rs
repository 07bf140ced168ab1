//! Raw messages: requests that the client has no method for, and their responses.

mod connection;
mod request;
mod response;

pub(crate) use connection::Connection;
pub use request::{RawBatchRow, RawRequest};
pub use response::RawResponse;
