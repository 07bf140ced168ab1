//! How commands on a namespace's records ended, counted as the info protocol reports it.

use std::sync::atomic::{AtomicU64, Ordering};

use spikelet_wire::{Info2, ResultCode};

/// What happened in a namespace, by way of one node.
#[derive(Debug, Default)]
pub struct NamespaceStats {
    /// Commands that came alone.
    pub client: CommandCounters,
    /// Commands that were rows of batches.
    pub batch_sub: CommandCounters,
    /// Commands that came alone to another node, which passed them on.
    pub from_proxy: CommandCounters,
    /// Commands that were rows of batches to another node, which passed them on.
    pub from_proxy_batch_sub: CommandCounters,
    /// Commands that came alone, and were passed on to another node.
    pub client_proxy_complete: AtomicU64,
    /// Commands that were rows of batches, and were passed on to another node.
    pub batch_sub_proxy_complete: AtomicU64,
    /// Operations on single records by queries in the background, all of them writes.
    pub ops_sub: CommandCounters,
    /// UDFs on the records of queries.
    pub udf_sub: CommandCounters,
    /// Queries without an index.
    pub pi_query: QueryCounters,
    /// Queries of a secondary index.
    pub si_query: QueryCounters,
}

impl NamespaceStats {
    /// Where the ends of queries are counted, of those with an index or those without.
    pub(crate) const fn queries(&self, of_index: bool) -> &QueryCounters {
        match of_index {
            true => &self.si_query,
            false => &self.pi_query,
        }
    }
}

/// The ends of the commands that came one way: alone, or as rows of batches.
#[derive(Debug, Default)]
pub struct CommandCounters {
    /// Commands that only read.
    pub read: Ends,
    /// Commands that write.
    pub write: Ends,
    /// Deletes of whole records.
    pub delete: Ends,
    /// UDFs.
    pub udf: Ends,
    /// What UDFs that were carried out did.
    pub lang: UdfCounters,
}

/// What UDFs did to their records.
#[derive(Debug, Default)]
pub struct UdfCounters {
    /// They changed nothing.
    pub read_success: AtomicU64,
    /// They wrote the record.
    pub write_success: AtomicU64,
    /// They removed it.
    pub delete_success: AtomicU64,
    /// The script failed.
    pub error: AtomicU64,
}

/// What a UDF did to its record.
#[cfg(feature = "udf")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UdfOutcome {
    /// It changed nothing.
    Read,
    /// It wrote the record.
    Write,
    /// It removed it.
    Delete,
    /// The script failed.
    Fail,
}

#[cfg(feature = "udf")]
impl UdfCounters {
    /// Counts what a UDF did.
    pub fn count(&self, did: UdfOutcome) {
        let counter = match did {
            UdfOutcome::Read => &self.read_success,
            UdfOutcome::Write => &self.write_success,
            UdfOutcome::Delete => &self.delete_success,
            UdfOutcome::Fail => &self.error,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// The ends of queries, of those with an index or those without.
#[derive(Debug, Default)]
pub struct QueryCounters {
    /// Short queries.
    pub short_basic: QueryEnds,
    /// Long queries that answer records.
    pub long_basic: QueryEnds,
    /// Queries that operate in the background.
    pub ops_bg: QueryEnds,
    /// Queries that apply UDFs in the background.
    pub udf_bg: QueryEnds,
    /// Queries that aggregate by UDFs.
    pub aggr: QueryEnds,
}

/// The ends of one kind of query.
#[derive(Debug, Default)]
pub struct QueryEnds {
    /// It came to its end.
    pub complete: AtomicU64,
    /// Its client was gone.
    pub error: AtomicU64,
    /// It took too long, as only short ones can.
    pub timeout: AtomicU64,
    /// It was aborted, as only long ones can be.
    pub abort: AtomicU64,
}

/// The ends of one kind of command.
#[derive(Debug, Default)]
pub struct Ends {
    /// It did what it was to do.
    pub success: AtomicU64,
    /// It was refused. A write that finds no record ends here.
    pub error: AtomicU64,
    /// It took too long.
    pub timeout: AtomicU64,
    /// A read or a delete found no record.
    pub not_found: AtomicU64,
    /// Its filter left the record out.
    pub filtered_out: AtomicU64,
}

impl CommandCounters {
    /// Counts a command, told by its flags and whether it has a UDF, as ended with a result code.
    pub fn count(&self, info2: Info2, is_udf: bool, code: ResultCode) {
        let (ends, is_write) = match info2 {
            info2 if !info2.contains(Info2::WRITE) => (&self.read, false),
            info2 if info2.contains(Info2::DELETE) => (&self.delete, false),
            _ if is_udf => (&self.udf, true),
            _ => (&self.write, true),
        };
        let counter = match code {
            ResultCode::OK => &ends.success,
            ResultCode::NOT_FOUND if !is_write => &ends.not_found,
            ResultCode::FILTERED_OUT => &ends.filtered_out,
            ResultCode::TIMEOUT => &ends.timeout,
            _ => &ends.error,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl QueryEnds {
    /// Counts a query that ended with a result code.
    pub fn count(&self, code: ResultCode) {
        let counter = match code {
            ResultCode::OK => &self.complete,
            ResultCode::TIMEOUT => &self.timeout,
            ResultCode::QUERY_ABORTED => &self.abort,
            _ => &self.error,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
