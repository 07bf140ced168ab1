//! Commands on one record.

use std::marker::PhantomData;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use spikelet_wire::{OpCode, ParticleType, ResultCode, Value};
use tokio::time::Instant;

use super::run::Run;
use super::{Command, Options};
use crate::clock;
use crate::cluster::{Cluster, Node};
use crate::error::{Cause, Error};
use crate::key::Key;
use crate::operation::Operation;
use crate::record::{OrderedRecord, Record};
use crate::request::{self, Content};
use crate::response::{Answer, OneMessage, UDF_SUCCESS};
use crate::retry::{Attempts, Failure};
use crate::udf::UdfCall;

/// A command that writes a record and gives nothing back.
#[derive(Debug, Clone)]
pub struct Write {
    key: Key,
    /// An error where the bins have no form on the wire: it is told when the command is carried out.
    content: Result<Content, std::sync::Arc<Error>>,
}

/// A command that reads a record.
#[derive(Debug, Clone)]
pub struct Read<O> {
    key: Key,
    content: Content,
    output: PhantomData<fn() -> O>,
}

/// A command of several operations on a record, carried out in order and all or none.
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
            content: content.map_err(std::sync::Arc::new),
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

    /// Reads a bin.
    pub fn get(self, bin: impl Into<String>) -> Self {
        self.op(Operation::get(bin))
    }

    /// Reads all bins.
    pub fn get_all(self) -> Self {
        self.op(Operation::get_all())
    }

    /// Writes a bin; [`Value::Nil`] deletes it.
    pub fn write(self, bin: impl Into<String>, value: impl Into<Value>) -> Self {
        self.op(Operation::write(bin, value))
    }

    /// Deletes a bin.
    pub fn remove_bin(self, bin: impl Into<String>) -> Self {
        self.op(Operation::remove_bin(bin))
    }

    /// Adds to a number; a bin that does not exist counts as 0.
    pub fn add(self, bin: impl Into<String>, value: impl Into<Value>) -> Self {
        self.op(Operation::add(bin, value))
    }

    /// Appends to text or bytes; a bin that does not exist counts as empty.
    pub fn append(self, bin: impl Into<String>, value: impl Into<Value>) -> Self {
        self.op(Operation::append(bin, value))
    }

    /// Prepends to text or bytes; a bin that does not exist counts as empty.
    pub fn prepend(self, bin: impl Into<String>, value: impl Into<Value>) -> Self {
        self.op(Operation::prepend(bin, value))
    }

    /// Counts the record's generation up and sets its TTL anew.
    pub fn touch(self) -> Self {
        self.op(Operation::touch())
    }

    /// Deletes the record's bins; what is written after it makes the record anew.
    pub fn delete(self) -> Self {
        self.op(Operation::delete())
    }

    /// An operation of any code, its argument as it stands on the wire.
    pub fn raw(
        self,
        code: OpCode,
        bin: impl Into<String>,
        particle_type: ParticleType,
        argument: impl Into<Vec<u8>>,
    ) -> Self {
        self.op(Operation::raw(code, bin, particle_type, argument))
    }

    /// Whether every operation gives a result, in order: [`Value::Nil`] where it has none. Otherwise those without one
    /// are left out.
    pub fn respond_all_ops(mut self, respond: bool) -> Self {
        self.options.write.respond_all_ops = Some(respond);
        self
    }
}

/// What becomes of the answer to a read or an operate.
pub trait Output: Sized + Send + 'static {
    #[doc(hidden)]
    fn from_answer(answer: Result<OrderedRecord, Error>) -> Result<Self, Error>;
}

impl Output for Record {
    fn from_answer(answer: Result<OrderedRecord, Error>) -> Result<Self, Error> {
        answer.map(OrderedRecord::into_record)
    }
}

impl Output for OrderedRecord {
    fn from_answer(answer: Result<OrderedRecord, Error>) -> Result<Self, Error> {
        answer
    }
}

impl Output for bool {
    /// Whether the record exists.
    fn from_answer(answer: Result<OrderedRecord, Error>) -> Result<Self, Error> {
        match answer {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// A command that applies a UDF to a record, and gives what it returns.
#[derive(Debug, Clone)]
pub struct ExecuteUdf {
    key: Key,
    content: Content,
}

impl ExecuteUdf {
    pub(crate) fn new(key: impl Into<Key>, call: UdfCall) -> Self {
        Self {
            key: key.into(),
            content: Content::udf(call),
        }
    }
}

impl Run for ExecuteUdf {
    type Output = Value;

    async fn run(self, cluster: &Cluster, options: Options) -> Result<Value, Error> {
        let answer = execute(cluster, &self.key, &self.content, &options).await?;
        let results = answer.record(&self.key)?.bins.into_iter();
        let result = results.into_iter().find(|(name, _)| name == UDF_SUCCESS);
        Ok(result.map_or(Value::Nil, |(_, value)| value))
    }
}

impl Run for Write {
    type Output = ();

    async fn run(self, cluster: &Cluster, options: Options) -> Result<(), Error> {
        let content = self.content.map_err(|error| error.duplicate())?;
        execute(cluster, &self.key, &content, &options).await.map(drop)
    }
}

impl<O: Output> Run for Read<O> {
    type Output = O;

    async fn run(self, cluster: &Cluster, options: Options) -> Result<O, Error> {
        let answer = execute(cluster, &self.key, &self.content, &options).await;
        O::from_answer(answer.and_then(|answer| answer.record(&self.key)))
    }
}

impl<O: Output> Run for Operate<O> {
    type Output = O;

    async fn run(self, cluster: &Cluster, options: Options) -> Result<O, Error> {
        let content = Content::operate(self.operations);
        let answer = execute(cluster, &self.key, &content, &options).await;
        O::from_answer(answer.and_then(|answer| answer.record(&self.key)))
    }
}

/// Asks the node that has the record, as often as it takes and is allowed.
async fn execute(cluster: &Cluster, key: &Key, content: &Content, options: &Options) -> Result<Answer, Error> {
    let deadline = options.deadline();
    let mut frame = BytesMut::with_capacity(256);
    let timing = (options.read_touch_ttl, options.policy.server_timeout());
    request::encode(&mut frame, key, content, &options.write, timing)?;
    let frame = frame.freeze();
    let mut attempts = options.attempts(content.writes());
    loop {
        let node = cluster.node_for(&cluster.view(), key, attempts.failed());
        let node = node.map_err(|error| error.with_doubt(attempts.in_doubt()))?;
        let failure = match attempt(&node, &frame, deadline, options.policy.socket_timeout).await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        retry_or_fail(cluster, &node, deadline, &mut attempts, failure).await?;
    }
}

async fn attempt(
    node: &Node,
    frame: &Bytes,
    deadline: Option<Instant>,
    socket_timeout: Duration,
) -> Result<Answer, Failure> {
    let answer = match node.pipelines.is_empty() {
        true => node.exchange(frame, deadline, OneMessage { socket_timeout }).await?,
        false => {
            node.pipelines
                .ask(node, frame.clone(), deadline, socket_timeout)
                .await?
        }
    };
    answer.accepted()
}

/// Waits for the next attempt, or gives the error with which the command fails.
pub(crate) async fn retry_or_fail(
    cluster: &Cluster,
    node: &Node,
    deadline: Option<Instant>,
    attempts: &mut Attempts,
    failure: Failure,
) -> Result<(), Error> {
    if failure.suggests_change() {
        cluster.suspect_change();
    }
    let pause = attempts.next(&failure);
    match pause.filter(|pause| fits(*pause, deadline)) {
        Some(pause) => {
            tracing::debug!(node = %node.name, ?failure, ?pause, "trying again");
            tokio::time::sleep(pause).await;
            Ok(())
        }
        None => Err(failure.into_error().at(&node.name).with_doubt(attempts.in_doubt())),
    }
}

/// Whether there is time for a pause and an attempt.
pub(crate) fn fits(pause: Duration, deadline: Option<Instant>) -> bool {
    deadline.is_none_or(|deadline| clock::now() + pause < deadline)
}

impl From<ResultCode> for Error {
    fn from(code: ResultCode) -> Self {
        Self::new(Cause::Server(code))
    }
}
