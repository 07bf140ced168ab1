//! An entry of the journal: a decoded request and its outcome.

use std::net::SocketAddr;
use std::time::SystemTime;

use spikelet_wire::{Digest, ExistsAction, Header, Info2, ResultCode, UserKey, Value};

use super::index_range::IndexRange;
use super::operation::Operation;
use super::outcome::Outcome;
use super::security_request::SecurityRequest;
use crate::cluster::NodeId;
use crate::selector::Command;

/// A request and its outcome, or a connection that a fault refused. Its `Display` is one line.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// The number of the request, from 1, counted over all connections.
    pub number: u64,
    /// The node that received the request.
    pub node: NodeId,
    /// When the request arrived or, after others on its connection, was taken up; by the server's clock, in whole
    /// milliseconds.
    pub time: SystemTime,
    /// The address of the client; `None` for an in-process connection.
    pub peer: Option<SocketAddr>,
    /// The user that is logged in; of a login that succeeded, the user that it logged in. `None` for none, and without security.
    pub user: Option<String>,
    /// The request. For a batch it has only the command; the rest is in `rows`.
    pub request: Request,
    /// The rows of a batch.
    pub rows: Vec<Row>,
    /// The commands of an info request, in order.
    pub info: Vec<String>,
    /// A request of the security protocol.
    pub security: Option<SecurityRequest>,
    /// Whether the request was larger than 1 MiB. The journal then keeps no operations and no rows.
    pub is_shortened: bool,
    /// The outcome.
    pub outcome: Outcome,
}

/// A row of a batch.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// The index that the client gave the row, from 0.
    pub index: u32,
    /// The request.
    pub request: Request,
    /// The result code; `None` if there was no reply for the row.
    pub code: Option<ResultCode>,
}

/// A request for a record or a set.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Request {
    /// The most specific command: [`Command::Touch`] rather than [`Command::Write`], for example.
    pub command: Command,
    /// Whether the request may change a record.
    pub writes: bool,
    /// The namespace.
    pub namespace: Option<String>,
    /// The set; `None` for no set.
    pub set: Option<String>,
    /// The user key, if the client sent it. By default most clients send only the digest.
    pub key: Option<UserKey>,
    /// The digest; `None` for a query.
    pub digest: Option<Digest>,
    /// The operations, in order.
    pub operations: Vec<Operation>,
    /// The UDF, as `module.function`.
    pub udf: Option<String>,
    /// The arguments of the UDF, without the record or the stream that comes first.
    pub udf_arguments: Vec<Value>,
    /// The name of the secondary index that a query gives. Most queries name a bin instead, or nothing.
    pub index: Option<String>,
    /// The range of an indexed value that a query selects; `None` for a scan.
    pub range: Option<IndexRange>,
    /// The policies.
    pub policies: Policies,
}

/// The policies of a request that affect what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Policies {
    /// The condition on the generation of the record.
    pub generation: GenerationCheck,
    /// The requested TTL in seconds, or one of the values in [`ttl`](spikelet_wire::message::ttl). Requests that do not write
    /// have 0, which means the default of the namespace.
    pub ttl: u32,
    /// The record-exists action.
    pub exists_action: ExistsAction,
    /// Whether there is a filter expression.
    pub filter: bool,
    /// Whether a delete leaves a tombstone.
    pub durable_delete: bool,
    /// Whether a query runs in the background, so that the reply only confirms its start.
    pub background: bool,
    /// The id of the transaction of which the request is part.
    pub transaction: Option<u64>,
}

/// A condition on the generation of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum GenerationCheck {
    /// No condition.
    #[default]
    None,
    /// The generation must be this.
    Equal(u32),
    /// The generation must be less than this.
    Below(u32),
}

impl Policies {
    pub(super) fn of(header: &Header, (filter, background): (bool, bool), transaction: Option<u64>) -> Self {
        let info2 = header.info2;
        Self {
            generation: if info2.contains(Info2::GENERATION) {
                GenerationCheck::Equal(header.generation)
            } else if info2.contains(Info2::GENERATION_GT) {
                GenerationCheck::Below(header.generation)
            } else {
                GenerationCheck::None
            },
            // A read uses the field for its read-touch percentage.
            ttl: if info2.contains(Info2::WRITE) {
                header.record_ttl
            } else {
                0
            },
            exists_action: ExistsAction::of(header),
            filter,
            durable_delete: info2.contains(Info2::DURABLE_DELETE),
            background,
            transaction,
        }
    }
}
