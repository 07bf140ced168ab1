//! Counters of a namespace: how commands and queries ended.

use std::sync::atomic::{AtomicU64, Ordering};

use spikelet_wire::{Info2, ResultCode};

use super::latency::NamespaceLatencies;
use super::proto_compression::ProtoCompression;

/// The counters of a namespace on one node.
#[derive(Debug, Default)]
pub struct NamespaceStats {
    /// Single commands from clients.
    pub client: CommandCounters,
    /// Rows of batches.
    pub batch_sub: CommandCounters,
    /// Single commands that another node proxied to this one.
    pub from_proxy: CommandCounters,
    /// Rows of batches that another node proxied to this one.
    pub from_proxy_batch_sub: CommandCounters,
    /// Single commands that this node proxied to another one.
    pub client_proxy_complete: AtomicU64,
    /// Rows of batches that this node proxied to another one.
    pub batch_sub_proxy_complete: AtomicU64,
    /// Writes of single records by background queries.
    pub ops_sub: CommandCounters,
    /// UDFs on single records by background queries.
    pub udf_sub: CommandCounters,
    /// Primary index queries.
    pub pi_query: QueryCounters,
    /// Secondary index queries.
    pub si_query: QueryCounters,
    /// Queries for points in a region.
    pub geo: GeoCounters,
    /// Compressed answers to commands on single records.
    pub record_compression: ProtoCompression,
    /// Compressed blocks of records in answers to queries.
    pub query_compression: ProtoCompression,
    /// The latency histograms.
    pub latencies: NamespaceLatencies,
}

/// The counters of queries for points in a region.
#[derive(Debug, Default)]
pub struct GeoCounters {
    /// Queries.
    pub reqs: AtomicU64,
    /// The cells by which their regions were covered.
    pub cells: AtomicU64,
    /// Records that the index found and that match.
    pub points: AtomicU64,
    /// Records that the index found and that do not match.
    pub falsepos: AtomicU64,
}

impl NamespaceStats {
    /// Counts a query for points in a region that so many cells cover.
    pub(crate) fn count_geo_query(&self, cells: u64) {
        self.geo.reqs.fetch_add(1, Ordering::Relaxed);
        self.geo.cells.fetch_add(cells, Ordering::Relaxed);
    }

    /// Counts the records of queries for points in a region that matched, and that did not.
    pub(crate) fn count_geo_matches(&self, (points, falsepos): (u64, u64)) {
        self.geo.points.fetch_add(points, Ordering::Relaxed);
        self.geo.falsepos.fetch_add(falsepos, Ordering::Relaxed);
    }

    /// The counters of all commands on records, by origin.
    pub(crate) const fn origins(&self) -> [&CommandCounters; 6] {
        [
            &self.client,
            &self.from_proxy,
            &self.batch_sub,
            &self.from_proxy_batch_sub,
            &self.ops_sub,
            &self.udf_sub,
        ]
    }

    /// The counters of secondary index queries, or of primary index queries.
    pub(crate) const fn queries(&self, of_index: bool) -> &QueryCounters {
        match of_index {
            true => &self.si_query,
            false => &self.pi_query,
        }
    }
}

/// The counters of commands with the same origin.
#[derive(Debug, Default)]
pub struct CommandCounters {
    /// Reads.
    pub read: Ends,
    /// Writes, other than deletes and UDFs.
    pub write: Ends,
    /// Deletes of whole records.
    pub delete: Ends,
    /// UDFs.
    pub udf: Ends,
    /// What executed UDFs did.
    pub lang: UdfCounters,
    /// Writes and deletes that expected another generation.
    pub fail_generation: AtomicU64,
    /// Commands on a record that is used by too many others. Only a fault refuses a command so.
    pub fail_key_busy: AtomicU64,
    /// Writes that would have made their record too big.
    pub fail_record_too_big: AtomicU64,
    /// Commands that were refused before they began: by access control, or because their partition is not available.
    pub tsvc_error: AtomicU64,
    /// Writes that the namespace refused by whether they come from XDR.
    pub fail_xdr_forbidden: AtomicU64,
    /// Writes that deleted the record with its last bin.
    pub deleted_last_bin: AtomicU64,
    /// Reads that renewed the TTL of their record.
    pub read_touch_success: AtomicU64,
    /// Reads whose record was gone when they were to renew its TTL.
    pub read_touch_skip: AtomicU64,
    /// Writes that shortened the TTL of their record.
    pub ttl_reductions_applied: AtomicU64,
    /// Writes that were not allowed to shorten the TTL of their record.
    pub ttl_reductions_ignored: AtomicU64,
}

/// The counters of what UDFs did to their records.
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

/// The counters of queries, by kind.
#[derive(Debug, Default)]
pub struct QueryCounters {
    /// Short queries.
    pub short_basic: QueryEnds,
    /// Long queries that return records.
    pub long_basic: QueryEnds,
    /// Background operate queries.
    pub ops_bg: QueryEnds,
    /// Background UDF queries.
    pub udf_bg: QueryEnds,
    /// Aggregation queries.
    pub aggr: QueryEnds,
}

/// The counters of one kind of query.
#[derive(Debug, Default)]
pub struct QueryEnds {
    /// It completed.
    pub complete: AtomicU64,
    /// It failed: the client disconnected.
    pub error: AtomicU64,
    /// It timed out. Only short queries do.
    pub timeout: AtomicU64,
    /// It was aborted. Only long queries are.
    pub abort: AtomicU64,
}

/// The counters of one kind of command.
#[derive(Debug, Default)]
pub struct Ends {
    /// It succeeded.
    pub success: AtomicU64,
    /// It was refused, or it is a write that found no record.
    pub error: AtomicU64,
    /// It timed out.
    pub timeout: AtomicU64,
    /// A read or a delete found no record.
    pub not_found: AtomicU64,
    /// Its filter did not match.
    pub filtered_out: AtomicU64,
}

impl CommandCounters {
    /// Counts a command by its flags, whether it is a UDF, and its result code.
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
        let failure = match code {
            ResultCode::GENERATION => &self.fail_generation,
            ResultCode::KEY_BUSY => &self.fail_key_busy,
            ResultCode::RECORD_TOO_BIG => &self.fail_record_too_big,
            _ => return,
        };
        failure.fetch_add(1, Ordering::Relaxed);
    }
}

impl QueryEnds {
    /// Counts a query by its result code.
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
