//! Iterators over the records of a query and the values of an aggregation.

use std::fmt;

use spikelet_wire::Value;

use super::Client;
use crate::error::Error;
use crate::record::Record;
use crate::verbs::command::Command;
use crate::verbs::options::Options;
use crate::verbs::query::{Cursor, QueryRun, value_of};
use crate::verbs::verb::{Aggregate, Query};

/// The records that a query finds, as they arrive.
///
/// The nodes send only as fast as the records are taken. A server aborts the query if none is taken for the socket timeout.
/// When the iterator is dropped, the servers stop the query.
///
/// ```no_run
/// # fn example(client: spikelet_client::blocking::Client) -> Result<(), spikelet_client::Error> {
/// for record in client.query("test", "demo") {
///     println!("{:?}", record?.bins);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "an iterator does nothing until it is consumed"]
pub struct RecordsIter {
    client: Client,
    run: QueryRun,
}

impl RecordsIter {
    fn new(client: Client, query: Query, options: Options) -> Self {
        let run = QueryRun::new(query, options);
        Self { client, run }
    }

    /// The position of the query: after the last record that was returned.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        self.run.cursor()
    }
}

impl Iterator for RecordsIter {
    type Item = Result<Record, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let Self { client, run } = self;
        run.next_buffered().or_else(|| {
            client
                .block_on(async { run.next(client.cluster()).await.transpose() })
                .transpose()
        })
    }
}

impl IntoIterator for Command<Client, Query> {
    type Item = Result<Record, Error>;
    type IntoIter = RecordsIter;

    fn into_iter(self) -> RecordsIter {
        RecordsIter::new(self.client, self.verb, self.options)
    }
}

impl Drop for RecordsIter {
    fn drop(&mut self) {
        if self.run.is_running() {
            let Self { client, run } = self;
            // Otherwise the client's runtime would not cancel the requests before the next command.
            let stopped = client.block_on(async {
                run.stop().await;
                Ok(())
            });
            if let Err(error) = stopped {
                tracing::debug!(%error, "a query was not stopped");
            }
        }
    }
}

impl fmt::Debug for RecordsIter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordsIter").finish_non_exhaustive()
    }
}

/// The values of an aggregation, as they arrive.
#[derive(Debug)]
#[must_use = "an iterator does nothing until it is consumed"]
pub struct ValuesIter(RecordsIter);

impl Iterator for ValuesIter {
    type Item = Result<Value, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|record| record.map(value_of))
    }
}

impl IntoIterator for Command<Client, Aggregate> {
    type Item = Result<Value, Error>;
    type IntoIter = ValuesIter;

    fn into_iter(self) -> ValuesIter {
        ValuesIter(RecordsIter::new(self.client, self.verb.0, self.options))
    }
}
