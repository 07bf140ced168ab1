//! The records of a query, for code that is not async.

use std::fmt;

use super::stream::Run;
use super::{Cursor, Query};
use crate::blocking::Client;
use crate::command::{Command, Options};
use crate::error::Error;
use crate::record::Record;

/// The records that a query finds, as they come in.
///
/// They come only as fast as they are taken; a server gives up where nothing is taken for the socket timeout. When the
/// iterator is dropped, the servers stop looking.
///
/// ```no_run
/// # fn example(client: spikelet_client::blocking::Client) -> Result<(), spikelet_client::Error> {
/// for record in client.query("test", "demo") {
///     println!("{:?}", record?.bins);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "an iterator does nothing until it is asked for records"]
pub struct RecordsIter {
    client: Client,
    run: Run,
}

impl RecordsIter {
    pub(super) fn new(client: Client, query: Query, options: Options) -> Self {
        let run = Run::new(query, options);
        Self { client, run }
    }

    /// Where the query stands: behind the record that was handed out last.
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
                .wait_for(async { run.next(client.cluster()).await.transpose() })
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
        if self.run.is_under_way() {
            let Self { client, run } = self;
            // Without this the client's runtime would not get to it before its next command.
            let stopped = client.wait_for(async {
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
