//! An entry: what was asked, decoded.

use std::net::SocketAddr;
use std::time::SystemTime;

use spikelet_wire::{Digest, ExistsAction, Header, Info2, ResultCode, UserKey, Value};

use super::index_range::IndexRange;
use super::operation::Operation;
use super::outcome::Outcome;
use crate::cluster::NodeId;
use crate::selector::Command;

/// One request and how it ended, or one connection that a fault refused. Its `Display` is one line.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// Its number, from 1; the next request has the next one, on whatever connection.
    pub number: u64,
    /// The node that was asked.
    pub node: NodeId,
    /// When it arrived, or its turn came behind others on its connection, by the server's clock, in whole milliseconds.
    pub time: SystemTime,
    /// Who asked; `None` where there is no socket.
    pub peer: Option<SocketAddr>,
    /// What was asked; of a batch, nothing but the command: the rest stands in its rows.
    pub request: Request,
    /// The rows of a batch.
    pub rows: Vec<Row>,
    /// The commands of an info request, in order.
    pub info: Vec<String>,
    /// Whether it was over a megabyte, of which the journal keeps no operations and no rows.
    pub is_shortened: bool,
    /// How it ended.
    pub outcome: Outcome,
}

/// One row of a batch.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// Its position, from 0, as the client gave it.
    pub index: u32,
    /// What was asked.
    pub request: Request,
    /// How it ended; `None` where it was not answered.
    pub code: Option<ResultCode>,
}

/// What was asked, of one record or of a set.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Request {
    /// Which command it is: the most special one, so never [`Command::Write`] for a touch.
    pub command: Command,
    /// Whether it may change a record.
    pub writes: bool,
    /// The namespace.
    pub namespace: Option<String>,
    /// The set; `None` for no set.
    pub set: Option<String>,
    /// The user's key, where the client sent it: most send nothing but the digest unless told to.
    pub key: Option<UserKey>,
    /// The digest, which all but queries have.
    pub digest: Option<Digest>,
    /// The operations, in order.
    pub operations: Vec<Operation>,
    /// The module and the name of a UDF, as `module.function`.
    pub udf: Option<String>,
    /// What the UDF is called with, behind the record or the stream.
    pub udf_arguments: Vec<Value>,
    /// The index that a query names; most name a bin instead, or none.
    pub index: Option<String>,
    /// What a query asks of an index; `None` for a scan.
    pub range: Option<IndexRange>,
    /// On what conditions.
    pub policies: Policies,
}

/// The conditions of a command, as far as they decide what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Policies {
    /// The generation that the record must have.
    pub generation: GenerationCheck,
    /// The TTL that is asked for in seconds, or one of the values in [`ttl`](spikelet_wire::message::ttl); 0, the default
    /// of the namespace, for commands that do not write.
    pub ttl: u32,
    /// What is to happen where the record exists, or does not.
    pub exists_action: ExistsAction,
    /// Whether a filter expression decides too.
    pub filter: bool,
    /// Whether a deletion is to leave a tombstone.
    pub durable_delete: bool,
    /// Whether a query goes on in the background: its answer says only that it has begun.
    pub background: bool,
}

/// The generation that a record must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum GenerationCheck {
    /// Any.
    #[default]
    None,
    /// This one.
    Equal(u32),
    /// One below this.
    Below(u32),
}

impl Policies {
    pub(super) fn of(header: &Header, filter: bool, background: bool) -> Self {
        let info2 = header.info2;
        Self {
            generation: if info2.contains(Info2::GENERATION) {
                GenerationCheck::Equal(header.generation)
            } else if info2.contains(Info2::GENERATION_GT) {
                GenerationCheck::Below(header.generation)
            } else {
                GenerationCheck::None
            },
            // What a read carries there is no TTL, but when to touch.
            ttl: if info2.contains(Info2::WRITE) {
                header.record_ttl
            } else {
                0
            },
            exists_action: ExistsAction::of(header),
            filter,
            durable_delete: info2.contains(Info2::DURABLE_DELETE),
            background,
        }
    }
}
