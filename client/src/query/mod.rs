//! Queries: what is asked of many records.

mod aggregate;
mod background;
mod blocking;
mod cursor;
mod predicate;
mod receive;
mod request;
mod stream;
mod tracker;

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use spikelet_wire::{PARTITIONS, PartitionId};

use crate::client::Client;
use crate::cluster::Cluster;
use crate::command::run::Run;
use crate::command::{Command, Options};
use crate::error::Error;
use crate::operation::{self, Operation};
use crate::policy::FilterExpression;
use crate::record::Record;
use crate::udf::UdfCall;

pub use aggregate::{Aggregate, Values, ValuesIter};
pub use background::Background;
pub use blocking::RecordsIter;
pub use cursor::Cursor;
pub use predicate::{CollectionIndexType, Predicate};
pub use stream::Records;

/// A command that reads the records of a namespace or a set, or those of them that an index finds.
///
/// [Streamed](Command::stream) it gives the records as they come in; awaited or called, it gives them all as one
/// [`Page`].
#[derive(Debug, Clone)]
pub struct Query {
    namespace: Arc<str>,
    set: String,
    selection: Selection,
    predicate: Option<Predicate>,
    places: Places,
    max_records: Option<u64>,
    records_per_second: Option<NonZeroU32>,
    max_concurrent_nodes: Option<NonZeroUsize>,
    duration: QueryDuration,
    /// What makes values out of the records, of which then none are given.
    aggregation: Option<UdfCall>,
}

/// What is read of a record.
#[derive(Debug, Clone)]
enum Selection {
    All,
    NoBins,
    Operations(Vec<Operation>),
}

/// Where a query begins.
#[derive(Debug, Clone)]
enum Places {
    /// Partitions, from the first up to the second.
    Partitions(u32, u32),
    After(Cursor),
}

/// How long a query is expected to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum QueryDuration {
    /// Any time. The servers list the query, and it can be aborted.
    #[default]
    Long,
    /// As [`Long`](Self::Long), and under strong consistency records may be missed while partitions migrate.
    LongRelaxAp,
    /// Little time: it should find fewer than a hundred records on each node. The server gives up after the total timeout,
    /// or a second, with [`TIMEOUT`](crate::ResultCode::TIMEOUT); there can be no limit of records per second.
    Short,
}

/// All that a query found, up to its limit.
#[derive(Debug, Clone)]
pub struct Page {
    /// The records.
    pub records: Vec<Record>,
    /// Where the query stands: for the [next page](Command::after), unless it [is done](Cursor::is_done).
    pub cursor: Cursor,
}

impl Query {
    pub(crate) fn new(namespace: &str, set: &str) -> Self {
        Self {
            namespace: namespace.into(),
            set: set.to_owned(),
            selection: Selection::All,
            predicate: None,
            places: Places::default(),
            max_records: None,
            records_per_second: None,
            max_concurrent_nodes: None,
            duration: QueryDuration::Long,
            aggregation: None,
        }
    }

    /// Whether it can be told on the wire.
    fn check(&self) -> Result<(), Error> {
        if let Some(predicate) = &self.predicate {
            predicate.check()?;
        }
        match &self.selection {
            Selection::Operations(operations) => operation::check_all(operations),
            Selection::All | Selection::NoBins => Ok(()),
        }
    }
}

impl Default for Places {
    fn default() -> Self {
        Self::Partitions(0, PARTITIONS.into())
    }
}

impl Places {
    fn cursor(&self) -> Result<Cursor, Error> {
        let (first, end) = match self {
            Self::After(cursor) => return Ok(cursor.clone()),
            Self::Partitions(first, end) => (*first, *end),
        };
        let range = u16::try_from(first).ok().zip(u16::try_from(end).ok());
        match range.filter(|(first, end)| first < end && *end <= PARTITIONS) {
            Some((first, end)) => {
                let partitions = (first..end).filter_map(PartitionId::new);
                Ok(Cursor::new(partitions.map(|partition| (partition, None))))
            }
            None => Err(Error::argument(format!(
                "there are no partitions from {first} up to {end}"
            ))),
        }
    }
}

impl<C> Command<C, Query> {
    /// Gives some bins only. Records that have none of them are left out.
    pub fn bins(mut self, bins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.verb.selection = Selection::Operations(bins.into_iter().map(Operation::get).collect());
        self
    }

    /// Gives generation and TTL only.
    pub fn no_bins(mut self) -> Self {
        self.verb.selection = Selection::NoBins;
        self
    }

    /// Gives the results of operations that read. Records for which there are none are left out, and so are those for
    /// which one fails.
    pub fn read(mut self, operations: impl IntoIterator<Item = Operation>) -> Self {
        self.verb.selection = Selection::Operations(operations.into_iter().collect());
        self
    }

    /// Finds only records for which the expression is true.
    pub fn filter(mut self, expression: impl Into<FilterExpression>) -> Self {
        self.options.write.filter = Some(expression.into());
        self
    }

    /// Finds only records of which a secondary index says that they fit.
    ///
    /// It fails with [`INDEX_NOT_FOUND`](crate::ResultCode::INDEX_NOT_FOUND) where there is no such index.
    pub fn matching(mut self, predicate: Predicate) -> Self {
        self.verb.predicate = Some(predicate);
        self
    }

    /// Looks into one partition only, from 0 to 4095.
    pub fn partition(self, partition: u16) -> Self {
        self.partitions(partition..=partition)
    }

    /// Looks into a range of the partitions only, which are numbered from 0 to 4095.
    pub fn partitions(mut self, partitions: impl RangeBounds<u16>) -> Self {
        let first = match partitions.start_bound() {
            Bound::Included(first) => u32::from(*first),
            Bound::Excluded(before) => u32::from(*before) + 1,
            Bound::Unbounded => 0,
        };
        let end = match partitions.end_bound() {
            Bound::Included(last) => u32::from(*last) + 1,
            Bound::Excluded(end) => u32::from(*end),
            Bound::Unbounded => PARTITIONS.into(),
        };
        self.verb.places = Places::Partitions(first, end);
        self
    }

    /// Goes on where a query like this one stands, in its partitions.
    pub fn after(mut self, cursor: impl Into<Cursor>) -> Self {
        self.verb.places = Places::After(cursor.into());
        self
    }

    /// Gives at most so many records; 0 for no limit. Fewer are given only where there are no more.
    pub fn max_records(mut self, max: u64) -> Self {
        self.verb.max_records = Some(max).filter(|max| *max != 0);
        self
    }

    /// Has each node look at so many records a second at most; 0 for no limit.
    pub fn records_per_second(mut self, limit: u32) -> Self {
        self.verb.records_per_second = NonZeroU32::new(limit);
        self
    }

    /// Asks so many nodes at once at most; 0 for all at once.
    pub fn max_concurrent_nodes(mut self, nodes: usize) -> Self {
        self.verb.max_concurrent_nodes = NonZeroUsize::new(nodes);
        self
    }

    /// How long the query is expected to take.
    pub const fn duration(mut self, duration: QueryDuration) -> Self {
        self.verb.duration = duration;
        self
    }
}

impl Command<Client, Query> {
    /// The records as they come in.
    pub fn stream(self) -> Records {
        Records::new(self.client, self.verb, self.options)
    }
}

impl Run for Query {
    type Output = Page;

    async fn run(self, cluster: &Cluster, options: Options) -> Result<Page, Error> {
        let mut run = stream::Run::new(self, options);
        let mut records = Vec::new();
        while let Some(record) = run.next(cluster).await {
            records.push(record?);
        }
        let cursor = run.cursor();
        Ok(Page { records, cursor })
    }
}

/// The id by which the servers know a query: one that no other client is likely to use at the same time.
fn new_id() -> u64 {
    // The standard library's seeds are the randomness that is at hand.
    RandomState::new().build_hasher().finish().max(1)
}

impl From<&Cursor> for Cursor {
    fn from(cursor: &Cursor) -> Self {
        cursor.clone()
    }
}
