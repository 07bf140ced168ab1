//! Aggregations: the values that a UDF makes out of the records that a query finds.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use spikelet_wire::Value;

use super::stream;
use super::{Places, Query, Records, RecordsIter};
use crate::client::Client;
use crate::cluster::Cluster;
use crate::command::run::Run;
use crate::command::{Command, Options};
use crate::error::Error;
use crate::record::Record;
use crate::response::UDF_SUCCESS;
use crate::udf::{IntoArguments, UdfCall};

/// A command that gives the values that a UDF makes out of the records that a query finds.
///
/// [Streamed](Command::stream) it gives the values as they come in; awaited or called, it gives them all.
#[derive(Debug, Clone)]
pub struct Aggregate(Query);

impl<C> Command<C, Query> {
    /// Has the servers make values out of the records that are found: the function is given a stream of them, and what it
    /// makes of the stream is given here.
    ///
    /// Every partition is a stream of its own, so a function that reduces gives one value for each partition with
    /// records. The last step is left to you: clients that have a Lua of their own run the function's reduction once more
    /// over these values, and this one has none. Where the query would begin has no say: every partition is looked into. It
    /// fails with [`UDF_BAD_RESPONSE`](crate::ResultCode::UDF_BAD_RESPONSE) where the function fails, and with
    /// [`UNSUPPORTED_FEATURE`](crate::ResultCode::UNSUPPORTED_FEATURE) for a query with a filter.
    ///
    /// ```no_run
    /// # async fn example(client: spikelet_client::Client) -> Result<(), spikelet_client::Error> {
    /// let module = r#"
    ///     local function age(record) return record.age end
    ///     local function add(a, b) return a + b end
    ///     function sum(stream) return stream : map(age) : reduce(add) end
    /// "#;
    /// client.wait(&client.register_udf("ages.lua", module).await?).await?;
    /// let mut sums = client.query("test", "demo").aggregate("ages", "sum", ()).stream();
    /// let mut sum = 0;
    /// while let Some(part) = sums.next().await {
    ///     sum += i64::try_from(part?)?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn aggregate(self, module: &str, function: &str, arguments: impl IntoArguments) -> Command<C, Aggregate> {
        let query = Query {
            aggregation: Some(UdfCall::new(module, function, arguments)),
            places: Places::default(),
            max_records: None,
            ..self.verb
        };
        Command::new(self.client, Aggregate(query), self.options)
    }
}

impl Command<Client, Aggregate> {
    /// The values as they come in.
    pub fn stream(self) -> Values {
        Values(Records::new(self.client, self.verb.0, self.options))
    }
}

impl Run for Aggregate {
    type Output = Vec<Value>;

    async fn run(self, cluster: &Cluster, options: Options) -> Result<Vec<Value>, Error> {
        let mut run = stream::Run::new(self.0, options);
        let mut values = Vec::new();
        while let Some(record) = run.next(cluster).await {
            values.push(value(record?));
        }
        Ok(values)
    }
}

/// The values of an aggregation, as they come in; they come only as fast as they are taken.
#[must_use = "a stream does nothing until it is asked for values"]
pub struct Values(Records);

impl Values {
    /// The next value; none where there are no more.
    pub async fn next(&mut self) -> Option<Result<Value, Error>> {
        self.0.next().await.map(|record| record.map(value))
    }
}

impl Stream for Values {
    type Item = Result<Value, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let record = ready!(Pin::new(&mut self.get_mut().0).poll_next(cx));
        Poll::Ready(record.map(|record| record.map(value)))
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").finish_non_exhaustive()
    }
}

/// The values of an aggregation, for code that is not async.
#[derive(Debug)]
#[must_use = "an iterator does nothing until it is asked for values"]
pub struct ValuesIter(RecordsIter);

impl Iterator for ValuesIter {
    type Item = Result<Value, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|record| record.map(value))
    }
}

impl IntoIterator for Command<crate::blocking::Client, Aggregate> {
    type Item = Result<Value, Error>;
    type IntoIter = ValuesIter;

    fn into_iter(self) -> ValuesIter {
        ValuesIter(RecordsIter::new(self.client, self.verb.0, self.options))
    }
}

/// Values come as the bins of records that there are not.
fn value(record: Record) -> Value {
    record
        .bins
        .into_iter()
        .find(|(name, _)| name == UDF_SUCCESS)
        .map_or(Value::Nil, |(_, value)| value)
}
