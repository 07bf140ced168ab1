//! The stream of a query's records.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::super::options::Options;
use super::Query;
use super::cursor::Cursor;
use super::run::QueryRun;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::record::Record;

/// The records that a query finds, as they arrive.
///
/// They arrive from all nodes concurrently, each node in the order of its partitions. The nodes send only as fast as the
/// records are taken, since few are buffered here. When the stream is dropped, the servers stop the query.
///
/// It is a [`Stream`], and also has its own [`next`](Self::next):
///
/// ```no_run
/// # async fn example(client: spikelet_client::Client) -> Result<(), spikelet_client::Error> {
/// let mut records = client.query("test", "demo").stream();
/// while let Some(record) = records.next().await {
///     println!("{:?}", record?.bins);
/// }
/// # Ok(())
/// # }
/// ```
///
/// After an error there are no more records, but the query can be continued later at its [cursor](Self::cursor).
#[must_use = "a stream does nothing until it is polled"]
pub struct Records {
    cluster: Arc<Cluster>,
    run: QueryRun,
}

impl Records {
    pub(crate) fn new(cluster: Arc<Cluster>, query: Query, options: Options) -> Self {
        Self {
            cluster,
            run: QueryRun::new(query, options),
        }
    }

    /// The next record; `None` if there are no more.
    pub async fn next(&mut self) -> Option<Result<Record, Error>> {
        poll_fn(|cx| self.run.poll(&self.cluster, cx)).await
    }

    /// The position of the query: after the last record that was returned.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        self.run.cursor()
    }

    /// The id by which the servers list the query, and by which it can be aborted. It changes with each round of requests.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.run.id
    }
}

impl Stream for Records {
    type Item = Result<Record, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        this.run.poll(&this.cluster, cx)
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").finish_non_exhaustive()
    }
}
