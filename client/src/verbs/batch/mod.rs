//! Batches: commands on many records at once. Each row succeeds or fails on its own.

mod request;
mod rounds;

use std::marker::PhantomData;
use std::sync::Arc;

use spikelet_wire::batch::BatchFlags;
use spikelet_wire::{Info1, ResultCode};
use tokio::time::Instant;

use self::request::PreparedRow;
use super::command::{Command, OnRecords, Reads, Transactional, Writes};
use super::options::{Options, record_option_methods, write_option_methods};
use super::request::Content;
use super::single::Output;
use super::udf_call::{IntoArguments, UdfCall};
use crate::bins::IntoBins;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::key::Key;
use crate::operation::Operation;
use crate::policy::WriteOptions;
use crate::record::{OrderedRecord, Record};
use crate::transaction::Fields;

/// A command on many records.
#[derive(Debug, Clone)]
pub struct Batch<O = Record> {
    rows: Vec<BatchRow>,
    inline: bool,
    inline_on_device: bool,
    output: PhantomData<fn() -> O>,
}

/// One row of a [`batch`](crate::Client::batch): a record and what to do with it.
///
/// A row can have options of its own, which override those of the batch.
///
/// ```
/// use std::time::Duration;
/// use spikelet_client::{BatchRow, Key, bins};
///
/// let row = BatchRow::write(Key::new("test", "demo", 1), bins! {"a" => 1}).ttl(Duration::from_secs(60));
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct BatchRow {
    key: Key,
    content: Result<Arc<Content>, Arc<Error>>,
    options: WriteOptions,
}

/// The result of one row.
#[derive(Debug)]
pub struct BatchRecord<O = Record> {
    /// The key of the row.
    pub key: Key,
    /// The record that the row returned, or why it failed. A write returns a record without bins.
    pub result: Result<O, Error>,
}

impl<O> BatchRecord<O> {
    /// The record, unless the row failed.
    pub fn record(&self) -> Option<&O> {
        self.result.as_ref().ok()
    }

    /// The row's result code; `None` if the server returned none.
    pub fn result_code(&self) -> Option<ResultCode> {
        match &self.result {
            Ok(_) => Some(ResultCode::OK),
            Err(error) => error.result_code(),
        }
    }

    /// Whether the row failed but may have been applied.
    pub fn in_doubt(&self) -> bool {
        self.result.as_ref().is_err_and(Error::in_doubt)
    }
}

impl BatchRow {
    fn new(key: impl Into<Key>, content: Content) -> Self {
        Self::shared(key.into(), Arc::new(content))
    }

    fn shared(key: Key, content: Arc<Content>) -> Self {
        Self {
            key,
            content: Ok(content),
            options: WriteOptions::default(),
        }
    }

    /// A row that reads a record with all its bins.
    pub fn read(key: impl Into<Key>) -> Self {
        Self::new(key, Content::read(Info1::GET_ALL))
    }

    /// A row that reads some bins of a record.
    pub fn select(key: impl Into<Key>, bins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::new(key, Content::read_bins(bins))
    }

    /// A row that reads only the generation and the TTL of a record.
    pub fn header(key: impl Into<Key>) -> Self {
        Self::new(key, Content::read(Info1::GET_NO_BINS))
    }

    /// A row that writes bins of a record.
    pub fn write(key: impl Into<Key>, bins: impl IntoBins) -> Self {
        let content = bins.into_bins().map(Content::write_bins);
        Self {
            key: key.into(),
            content: content.map(Arc::new).map_err(Arc::new),
            options: WriteOptions::default(),
        }
    }

    /// A row that executes operations on a record, in order.
    pub fn operate(key: impl Into<Key>, operations: impl IntoIterator<Item = Operation>) -> Self {
        Self::new(key, Content::operate(operations.into_iter().collect()))
    }

    /// A row that executes a UDF on a record. Its result, if there is one, is the value of the bin `SUCCESS`.
    pub fn udf(key: impl Into<Key>, module: &str, function: &str, arguments: impl IntoArguments) -> Self {
        Self::new(key, Content::udf(UdfCall::new(module, function, arguments)))
    }

    /// A row that removes a record.
    pub fn remove(key: impl Into<Key>) -> Self {
        Self::new(key, Content::remove())
    }

    /// Sets whether every operation returns a result, in order.
    pub fn respond_all_ops(mut self, respond: bool) -> Self {
        self.options.respond_all_ops = Some(respond);
        self
    }

    write_option_methods!(options);
    record_option_methods!(options);
}

impl Batch {
    pub(crate) fn new(rows: impl IntoIterator<Item = BatchRow>) -> Self {
        Self {
            rows: rows.into_iter().collect(),
            inline: true,
            inline_on_device: false,
            output: PhantomData,
        }
    }

    /// A batch with the same content for all keys.
    pub(crate) fn of(keys: impl IntoIterator<Item = impl Into<Key>>, content: Content) -> Self {
        let content = Arc::new(content);
        Self::new(
            keys.into_iter()
                .map(|key| BatchRow::shared(key.into(), content.clone())),
        )
    }
}

/// Sends requests of a transaction's end, each on one record, and returns their results in order.
pub(super) async fn send_all(
    cluster: &Cluster,
    content: Content,
    records: Vec<(Key, Fields)>,
    options: &Options,
    deadline: Option<Instant>,
) -> Result<Vec<BatchRecord>, Error> {
    let content = Arc::new(content);
    let rows = records.into_iter().map(|(key, fields)| PreparedRow {
        key,
        content: content.clone(),
        options: WriteOptions::default(),
        transaction: Some(fields),
    });
    let flags = BatchFlags::REPORT_ALL_ERRORS | BatchFlags::INLINE_IN_MEMORY;
    rounds::run(cluster, rows.collect(), (flags, None), options, deadline).await
}

impl<C> Command<C, Batch> {
    /// Returns the results of each row in the order of its operations, instead of one per bin.
    pub fn ordered(self) -> Command<C, Batch<OrderedRecord>> {
        let Self { client, verb, options } = self;
        let verb = Batch {
            rows: verb.rows,
            inline: verb.inline,
            inline_on_device: verb.inline_on_device,
            output: PhantomData,
        };
        Command { client, verb, options }
    }
}

impl<C, O> Command<C, Batch<O>> {
    /// Sets whether the server executes the rows one after the other if the namespace is in memory; by default it does.
    pub fn inline(mut self, inline: bool) -> Self {
        self.verb.inline = inline;
        self
    }

    /// Sets whether the server executes the rows one after the other if the namespace is on devices; by default it does not.
    pub fn inline_on_device(mut self, inline: bool) -> Self {
        self.verb.inline_on_device = inline;
        self
    }

    /// Sets whether every operation returns a result, in order.
    pub fn respond_all_ops(mut self, respond: bool) -> Self {
        self.options.write.respond_all_ops = Some(respond);
        self
    }
}

impl OnRecords for Batch {}
impl Reads for Batch {}
impl Writes for Batch {}
impl<O: Output> Transactional for Batch<O> {}
