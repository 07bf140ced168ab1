//! Queries: read, aggregate or change all records of a namespace, a set or an index range.

mod aggregate;
mod background;
mod cursor;
mod predicate;
mod receive;
mod request;
mod run;
mod stream;
mod tracker;

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use spikelet_wire::{PARTITIONS, PartitionId};

use super::command::Command;
use super::udf_call::UdfCall;
use crate::error::Error;
use crate::operation::{self, Operation};
use crate::policy::FilterExpression;
use crate::record::Record;

pub(crate) use aggregate::value_of;
pub use aggregate::{Aggregate, Values};
pub use background::Background;
pub use cursor::Cursor;
pub use predicate::Predicate;
pub(crate) use run::QueryRun;
pub use stream::Records;

/// A command that reads the records of a namespace or a set, or those that a secondary index finds.
///
/// [Streamed](Command::stream), it returns the records as they arrive. Awaited or called, it returns all of them as one
/// [`Page`].
#[derive(Debug, Clone)]
pub struct Query {
    namespace: Arc<str>,
    set: String,
    selection: Selection,
    predicate: Option<Predicate>,
    start: Start,
    max_records: Option<u64>,
    records_per_second: Option<NonZeroU32>,
    max_concurrent_nodes: Option<NonZeroUsize>,
    duration: QueryDuration,
    /// The UDF that aggregates the records into values, which are returned instead of the records.
    aggregation: Option<UdfCall>,
}

/// What is read of each record.
#[derive(Debug, Clone)]
enum Selection {
    All,
    NoBins,
    Operations(Vec<Operation>),
}

/// Where a query starts.
#[derive(Debug, Clone)]
enum Start {
    /// At the start of each partition of a range: the first, and the one after the last.
    Partitions(u32, u32),
    /// After what a cursor has covered.
    After(Cursor),
}

/// How long a query is expected to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum QueryDuration {
    /// Any time. The servers list the query, and it can be aborted.
    #[default]
    Long,
    /// Like [`Long`](Self::Long), but under strong consistency records may be missed while partitions migrate.
    LongRelaxAp,
    /// A short time: it should find fewer than a hundred records on each node.
    ///
    /// The server aborts it after the total timeout, or after a second, with [`TIMEOUT`](crate::ResultCode::TIMEOUT) (9).
    /// It cannot have a limit of records per second.
    Short,
}

/// The records that a query found, up to its limit.
#[derive(Debug, Clone)]
pub struct Page {
    /// The records.
    pub records: Vec<Record>,
    /// The position of the query, for the [next page](Command::after) unless it [is done](Cursor::is_done).
    pub cursor: Cursor,
}

impl Query {
    pub(crate) fn new(namespace: &str, set: &str) -> Self {
        Self {
            namespace: namespace.into(),
            set: set.to_owned(),
            selection: Selection::All,
            predicate: None,
            start: Start::default(),
            max_records: None,
            records_per_second: None,
            max_concurrent_nodes: None,
            duration: QueryDuration::Long,
            aggregation: None,
        }
    }

    /// Rejects a query that cannot be encoded.
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

impl Default for Start {
    fn default() -> Self {
        Self::Partitions(0, PARTITIONS.into())
    }
}

impl Start {
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
    /// Returns only some bins. Records that have none of them are left out.
    pub fn bins(mut self, bins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.verb.selection = Selection::Operations(bins.into_iter().map(Operation::get).collect());
        self
    }

    /// Returns only generation and TTL.
    pub fn no_bins(mut self) -> Self {
        self.verb.selection = Selection::NoBins;
        self
    }

    /// Returns the results of read operations. Records without any result are left out, and so are those for which an
    /// operation fails.
    pub fn read(mut self, operations: impl IntoIterator<Item = Operation>) -> Self {
        self.verb.selection = Selection::Operations(operations.into_iter().collect());
        self
    }

    /// Returns only records for which the expression is true.
    pub fn filter(mut self, expression: impl Into<FilterExpression>) -> Self {
        self.options.write.filter = Some(expression.into());
        self
    }

    /// Returns only records that a secondary index finds for the predicate.
    ///
    /// It fails with [`INDEX_NOT_FOUND`](crate::ResultCode::INDEX_NOT_FOUND) (201) if there is no such index.
    pub fn matching(mut self, predicate: Predicate) -> Self {
        self.verb.predicate = Some(predicate);
        self
    }

    /// Queries only one partition, from 0 to 4095.
    pub fn partition(self, partition: u16) -> Self {
        self.partitions(partition..=partition)
    }

    /// Queries only a range of partitions, which are numbered from 0 to 4095.
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
        self.verb.start = Start::Partitions(first, end);
        self
    }

    /// Continues at the cursor of a query like this one, in its partitions.
    pub fn after(mut self, cursor: impl Into<Cursor>) -> Self {
        self.verb.start = Start::After(cursor.into());
        self
    }

    /// Sets the maximum number of records; 0 for no limit. Fewer are returned only if there are no more.
    pub fn max_records(mut self, max: u64) -> Self {
        self.verb.max_records = Some(max).filter(|max| *max != 0);
        self
    }

    /// Sets how many records each node reads per second at most; 0 for no limit.
    pub fn records_per_second(mut self, limit: u32) -> Self {
        self.verb.records_per_second = NonZeroU32::new(limit);
        self
    }

    /// Sets how many nodes are queried concurrently at most; 0 for all at once.
    pub fn max_concurrent_nodes(mut self, nodes: usize) -> Self {
        self.verb.max_concurrent_nodes = NonZeroUsize::new(nodes);
        self
    }

    /// Sets how long the query is expected to take.
    pub const fn duration(mut self, duration: QueryDuration) -> Self {
        self.verb.duration = duration;
        self
    }
}

/// A new id for a query, by which the servers list it. It is random, so that no other client is likely to use it at the same
/// time.
fn new_id() -> u64 {
    // The seeds of the standard library's hasher are random, and need no dependency.
    RandomState::new().build_hasher().finish().max(1)
}
