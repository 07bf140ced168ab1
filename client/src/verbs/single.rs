//! Verbs on one record: read, write and operate.

use std::marker::PhantomData;
use std::sync::Arc;

use spikelet_wire::{OpCode, ParticleType, Value};

use super::command::{Command, Execute, OnRecords, Reads, Transactional, Writes};
use super::options::Options;
use super::request::Content;
use super::response::ordered_record;
use super::{send, transaction};
use crate::cluster::{Cluster, Reply};
use crate::error::Error;
use crate::key::Key;
use crate::operation::Operation;
use crate::record::{OrderedRecord, Record};

/// A command that writes a record and returns nothing.
#[derive(Debug, Clone)]
pub struct Write {
    key: Key,
    /// An error if the bins cannot be stored. It is returned when the command is executed.
    content: Result<Content, Arc<Error>>,
}

/// A command that reads a record.
#[derive(Debug, Clone)]
pub struct Read<O> {
    key: Key,
    content: Content,
    output: PhantomData<fn() -> O>,
}

/// A command of several operations on a record, which are applied in order, all or none.
#[derive(Debug, Clone)]
pub struct Operate<O> {
    key: Key,
    operations: Vec<Operation>,
    output: PhantomData<fn() -> O>,
}

impl Write {
    pub(crate) fn new(key: impl Into<Key>, content: Result<Content, Error>) -> Self {
        Self {
            key: key.into(),
            content: content.map_err(Arc::new),
        }
    }
}

impl<O> Read<O> {
    pub(crate) fn new(key: impl Into<Key>, content: Content) -> Self {
        Self {
            key: key.into(),
            content,
            output: PhantomData,
        }
    }
}

impl<O> Operate<O> {
    pub(crate) fn new(key: impl Into<Key>) -> Self {
        Self {
            key: key.into(),
            operations: Vec::new(),
            output: PhantomData,
        }
    }
}

impl<C, O> Command<C, Operate<O>> {
    /// Adds an operation.
    pub fn op(mut self, operation: Operation) -> Self {
        self.verb.operations.push(operation);
        self
    }

    /// Adds several operations.
    pub fn ops(mut self, operations: impl IntoIterator<Item = Operation>) -> Self {
        self.verb.operations.extend(operations);
        self
    }

    /// Adds an operation that reads a bin.
    pub fn get(self, bin: impl Into<String>) -> Self {
        self.op(Operation::get(bin))
    }

    /// Adds an operation that reads all bins.
    pub fn get_all(self) -> Self {
        self.op(Operation::get_all())
    }

    /// Adds an operation that writes a bin; [`Value::Nil`] deletes it.
    pub fn write(self, bin: impl Into<String>, value: impl Into<Value>) -> Self {
        self.op(Operation::write(bin, value))
    }

    /// Adds an operation that deletes a bin.
    pub fn remove_bin(self, bin: impl Into<String>) -> Self {
        self.op(Operation::remove_bin(bin))
    }

    /// Adds an operation that adds to a number, integer or double; a bin that does not exist counts as 0.
    pub fn add(self, bin: impl Into<String>, value: impl Into<Value>) -> Self {
        self.op(Operation::add(bin, value))
    }

    /// Adds an operation that appends to text or bytes; a bin that does not exist counts as empty.
    pub fn append(self, bin: impl Into<String>, value: impl Into<Value>) -> Self {
        self.op(Operation::append(bin, value))
    }

    /// Adds an operation that prepends to text or bytes; a bin that does not exist counts as empty.
    pub fn prepend(self, bin: impl Into<String>, value: impl Into<Value>) -> Self {
        self.op(Operation::prepend(bin, value))
    }

    /// Adds an operation that increments the record's generation and resets its TTL.
    pub fn touch(self) -> Self {
        self.op(Operation::touch())
    }

    /// Adds an operation that deletes the record's bins. Later writes in the same command create the record again.
    pub fn delete(self) -> Self {
        self.op(Operation::delete())
    }

    /// Adds an operation with any code, whose argument is already encoded as on the wire.
    pub fn raw(
        self,
        code: OpCode,
        bin: impl Into<String>,
        particle_type: ParticleType,
        argument: impl Into<Vec<u8>>,
    ) -> Self {
        self.op(Operation::raw(code, bin, particle_type, argument))
    }

    /// Sets whether every operation returns a result, in order, with [`Value::Nil`] for those that have none.
    ///
    /// By default operations without a result are left out.
    pub fn respond_all_ops(mut self, respond: bool) -> Self {
        self.options.write.respond_all_ops = Some(respond);
        self
    }
}

/// Types that a read or an operate can return.
pub trait Output: Sized + Send + 'static {
    #[doc(hidden)]
    fn from_result(result: Result<OrderedRecord, Error>) -> Result<Self, Error>;
}

impl Output for Record {
    fn from_result(result: Result<OrderedRecord, Error>) -> Result<Self, Error> {
        result.map(OrderedRecord::into_record)
    }
}

impl Output for OrderedRecord {
    fn from_result(result: Result<OrderedRecord, Error>) -> Result<Self, Error> {
        result
    }
}

impl Output for bool {
    /// Whether the record exists.
    fn from_result(result: Result<OrderedRecord, Error>) -> Result<Self, Error> {
        match result {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Execute for Write {
    type Output = ();

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<(), Error> {
        let content = self.content.map_err(|error| error.duplicate())?;
        send(cluster, &self.key, &content, &options).await.map(drop)
    }
}

impl<O: Output> Execute for Read<O> {
    type Output = O;

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<O, Error> {
        let reply = send(cluster, &self.key, &self.content, &options).await;
        O::from_result(decode(reply, &self.key))
    }
}

impl<O: Output> Execute for Operate<O> {
    type Output = O;

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<O, Error> {
        let content = Content::operate(self.operations);
        let reply = send(cluster, &self.key, &content, &options).await;
        O::from_result(decode(reply, &self.key))
    }
}

/// Sends the request to the node that owns the record's partition.
pub(super) async fn send(cluster: &Cluster, key: &Key, content: &Content, options: &Options) -> Result<Reply, Error> {
    match &options.transaction {
        None => send::send(cluster, key, content, options, (options.deadline(), None), |_| {}).await,
        Some(transaction) => Box::pin(transaction::send(cluster, key, content, options, transaction)).await,
    }
}

fn decode(reply: Result<Reply, Error>, key: &Key) -> Result<OrderedRecord, Error> {
    Ok(ordered_record(&reply?.message()?, key)?)
}

impl OnRecords for Write {}
impl Transactional for Write {}
impl Writes for Write {}

impl<O: Output> OnRecords for Read<O> {}
impl<O: Output> Reads for Read<O> {}

impl<O: Output> OnRecords for Operate<O> {}
impl<O: Output> Reads for Operate<O> {}
impl<O: Output> Writes for Operate<O> {}
impl<O: Output> Transactional for Read<O> {}
impl<O: Output> Transactional for Operate<O> {}
