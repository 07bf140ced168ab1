//! Batches: commands on many records at once.
//!
//! Each row succeeds or fails on its own.

mod run;

use std::marker::PhantomData;
use std::sync::Arc;

use spikelet_wire::batch::BatchFlags;
use spikelet_wire::{Info1, ResultCode};

use super::run::Run;
use super::single::Output;
use super::{Command, Options};
use crate::batch_request::Prepared;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::key::Key;
use crate::operation::Operation;
use crate::policy::{WriteOptions, record_option_methods, write_option_methods};
use crate::record::{IntoBins, OrderedRecord, Record};
use crate::request::Content;
use crate::udf::{IntoArguments, UdfCall};
use run::BatchRun;

/// A command on many records.
#[derive(Debug, Clone)]
pub struct Batch<O = Record> {
    rows: Vec<BatchRow>,
    inline: bool,
    inline_on_device: bool,
    output: PhantomData<fn() -> O>,
}

/// One row of a [`batch`](crate::Client::batch): a record, what is asked of it, and options of its own, which go before
/// those of the batch.
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

/// What became of one row.
#[derive(Debug)]
pub struct BatchRecord<O = Record> {
    /// The key of the row.
    pub key: Key,
    /// The record that the row gave, or why it failed. A write gives a record without bins.
    pub result: Result<O, Error>,
}

impl<O> BatchRecord<O> {
    /// The record, unless the row failed.
    pub fn record(&self) -> Option<&O> {
        self.result.as_ref().ok()
    }

    /// The row's result code; nothing where the server gave none.
    pub fn result_code(&self) -> Option<ResultCode> {
        match &self.result {
            Ok(_) => Some(ResultCode::OK),
            Err(error) => error.result_code(),
        }
    }

    /// Whether the row failed and may have been applied all the same.
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

    /// Reads all bins.
    pub fn read(key: impl Into<Key>) -> Self {
        Self::new(key, Content::read(Info1::GET_ALL))
    }

    /// Reads some bins.
    pub fn select(key: impl Into<Key>, bins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::new(key, Content::read_bins(bins))
    }

    /// Reads generation and TTL only.
    pub fn header(key: impl Into<Key>) -> Self {
        Self::new(key, Content::read(Info1::GET_NO_BINS))
    }

    /// Writes bins.
    pub fn write(key: impl Into<Key>, bins: impl IntoBins) -> Self {
        let content = bins.into_bins().map(Content::write_bins);
        Self {
            key: key.into(),
            content: content.map(Arc::new).map_err(Arc::new),
            options: WriteOptions::default(),
        }
    }

    /// Carries out operations, in order.
    pub fn operate(key: impl Into<Key>, operations: impl IntoIterator<Item = Operation>) -> Self {
        Self::new(key, Content::operate(operations.into_iter().collect()))
    }

    /// Applies a UDF. What it returns is the value of a bin `SUCCESS`, if it returns anything.
    pub fn udf(key: impl Into<Key>, module: &str, function: &str, arguments: impl IntoArguments) -> Self {
        Self::new(key, Content::udf(UdfCall::new(module, function, arguments)))
    }

    /// Removes the record.
    pub fn remove(key: impl Into<Key>) -> Self {
        Self::new(key, Content::remove())
    }

    /// Whether every operation gives a result, in order.
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

    /// The same content for all keys.
    pub(crate) fn of(keys: impl IntoIterator<Item = impl Into<Key>>, content: Content) -> Self {
        let content = Arc::new(content);
        Self::new(
            keys.into_iter()
                .map(|key| BatchRow::shared(key.into(), content.clone())),
        )
    }
}

impl<C> Command<C, Batch> {
    /// Gives the results of each row one after the other, instead of one for each bin.
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
    /// Whether the server carries out the rows one after the other, where the namespace is in memory; it does unless
    /// you say otherwise.
    pub fn inline(mut self, inline: bool) -> Self {
        self.verb.inline = inline;
        self
    }

    /// Whether the server carries out the rows one after the other, where the namespace is on devices.
    pub fn inline_on_device(mut self, inline: bool) -> Self {
        self.verb.inline_on_device = inline;
        self
    }

    /// Whether every operation gives a result, in order.
    pub fn respond_all_ops(mut self, respond: bool) -> Self {
        self.options.write.respond_all_ops = Some(respond);
        self
    }
}

impl<O: Output> Run for Batch<O> {
    type Output = Vec<BatchRecord<O>>;

    async fn run(self, cluster: &Cluster, options: Options) -> Result<Self::Output, Error> {
        // Without this flag the first row that fails would end the batch.
        let mut flags = BatchFlags::REPORT_ALL_ERRORS;
        flags.set(BatchFlags::INLINE_IN_MEMORY, self.inline);
        flags.set(BatchFlags::INLINE_ON_DEVICE, self.inline_on_device);
        let mut rows = Vec::with_capacity(self.rows.len());
        for row in self.rows {
            let content = row.content.map_err(|error| error.duplicate())?;
            content.check()?;
            rows.push(Prepared {
                key: row.key,
                content,
                options: row.options.or(&options.write),
            });
        }
        let mut run = BatchRun::new(rows.into(), flags, &options);
        while let Some(pause) = run.round(cluster, &options).await? {
            tokio::time::sleep(pause).await;
        }
        run.finish()
    }
}
