//! Aggregations: a stream UDF computes values from the records that a query finds.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use spikelet_wire::Value;

use super::super::command::{Command, Execute};
use super::super::options::Options;
use super::super::response::UDF_SUCCESS;
use super::super::udf_call::{IntoArguments, UdfCall};
use super::run::QueryRun;
use super::stream::Records;
use super::{Query, Start};
use crate::cluster::Cluster;
use crate::error::Error;
use crate::record::Record;

/// A command that returns the values that a stream UDF computes from the records of a query.
///
/// [Streamed](Command::stream), it returns the values as they arrive. Awaited or called, it returns all of them.
#[derive(Debug, Clone)]
pub struct Aggregate(pub(crate) Query);

impl<C> Command<C, Query> {
    /// Aggregates the records on the servers: the function receives a stream of records, and its results are returned.
    ///
    /// Every partition is a separate stream, so a function that reduces returns one value for each partition that has
    /// records. The final reduction over these values is left to the caller: other clients run it in a Lua interpreter of
    /// their own, which this client does not have. A range of partitions, a cursor and a maximum number of records are
    /// ignored: all partitions are queried.
    ///
    /// It fails with [`UDF_BAD_RESPONSE`](crate::ResultCode::UDF_BAD_RESPONSE) (100) if the function fails, and with
    /// [`UNSUPPORTED_FEATURE`](crate::ResultCode::UNSUPPORTED_FEATURE) (16) for a query with a filter.
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
            start: Start::default(),
            max_records: None,
            ..self.verb
        };
        Command::new(self.client, Aggregate(query), self.options)
    }
}

impl Execute for Aggregate {
    type Output = Vec<Value>;

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<Vec<Value>, Error> {
        let mut run = QueryRun::new(self.0, options);
        let mut values = Vec::new();
        while let Some(record) = run.next(cluster).await {
            values.push(value_of(record?));
        }
        Ok(values)
    }
}

/// The values of an aggregation, as they arrive. The nodes send only as fast as the values are taken.
#[must_use = "a stream does nothing until it is polled"]
pub struct Values(Records);

impl Values {
    pub(crate) const fn new(records: Records) -> Self {
        Self(records)
    }

    /// The next value; `None` if there are no more.
    pub async fn next(&mut self) -> Option<Result<Value, Error>> {
        self.0.next().await.map(|record| record.map(value_of))
    }
}

impl Stream for Values {
    type Item = Result<Value, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let record = ready!(Pin::new(&mut self.get_mut().0).poll_next(cx));
        Poll::Ready(record.map(|record| record.map(value_of)))
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").finish_non_exhaustive()
    }
}

/// The value in a reply, which is formatted as a record with one bin.
pub(crate) fn value_of(record: Record) -> Value {
    record
        .bins
        .into_iter()
        .find(|(name, _)| name == UDF_SUCCESS)
        .map_or(Value::Nil, |(_, value)| value)
}
