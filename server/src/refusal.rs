//! Refusals: why a command on records is refused.
//!
//! A check returns a [`Refusal`] with the values that it compared, and not a bare result code. The result code of the reply and
//! the sentence in the log both follow from it, so that a reason is written down once, next to its check. A refusal is small and
//! holds no text, since reads that find no record are refused on the hot path.

mod security;

use std::fmt;

use spikelet_wire::{OpCode, ResultCode};

pub(crate) use self::security::Denied;

/// Why a command is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The reason is known by its result code alone.
    Code(ResultCode),
    /// Access control.
    Denied(Denied),

    // The message.
    /// Part of the message is damaged, missing or out of range.
    Malformed(Part),
    /// The message names no namespace of the server.
    UnknownNamespace,
    /// The message asks neither to read nor to write.
    NoCommand,
    /// Flags exclude each other, or do not fit the operations.
    Flags(Conflict),
    /// The feature belongs to the Enterprise Edition.
    EnterpriseOnly(Feature),
    /// The server does not support the feature.
    Unsupported(Feature),

    // The record.
    /// There is no such record.
    NotFound,
    /// The record exists already.
    Exists,
    /// The record is in another set.
    OtherSet,
    /// There is no such set.
    NoSuchSet,
    /// The set cannot be created: its name is too long, or the namespace has too many sets.
    Set,
    /// The key differs from the stored one.
    KeyMismatch,
    /// The key has the wrong size for its type, in bytes.
    KeySize(u32),
    /// The record has another generation than the request expects.
    Generation {
        /// The generation in the request.
        expected: u32,
        /// The generation of the record.
        found: u32,
    },
    /// The filter expression is not true for the record.
    FilteredOut,
    /// Too many requests wait for the record.
    KeyBusy,
    /// The namespace takes only durable deletes.
    NotDurable,

    // Transactions.
    /// A transaction has locked the record.
    Blocked,
    /// The transaction has locked the record before, and the request must be the first.
    AlreadyLocked,
    /// The record was written since the transaction read it.
    VersionMismatch,
    /// The deadline of the transaction has passed.
    TransactionExpired,
    /// The transaction was committed.
    TransactionCommitted,
    /// The transaction was aborted.
    TransactionAborted,
    /// The transaction has a monitor already.
    MonitorExists,
    /// The bins are not those of a monitor.
    MonitorBins,
    /// The transaction would write too many records.
    TooManyWrites(u32),
    /// The namespace takes no new transactions.
    TransactionsDisabled,
    /// The id or the deadline of a transaction is missing or malformed.
    TransactionId,

    // Limits of the namespace.
    /// A truncation up to a later time would remove the new record.
    Truncated,
    /// The namespace takes no writes from XDR, or no others.
    WritesRejected,
    /// The set has reached a limit of its records.
    StopWrites,
    /// The namespace takes no records without a set.
    NoSetName,

    // The TTL, in seconds.
    /// The TTL is over the maximum.
    TtlOverMax {
        /// The TTL in the request.
        ttl: u32,
        /// The maximum.
        max: u32,
    },
    /// The namespace has no nsup period, and does not allow TTLs without one.
    TtlWithoutNsup,
    /// A read touches by a percentage over 100.
    ReadTouchPercent(u32),

    // Operations, and the record that they make.
    /// The message has no operations, and must have some.
    NoOperations,
    /// The message has too many operations.
    TooManyOperations(u32),
    /// The operation is unknown, or not allowed in this command.
    Operation(OpCode),
    /// The name of a bin is too long.
    BinName,
    /// The record would have too many bins.
    TooManyBins(u32),
    /// The record would be too big.
    RecordTooBig {
        /// The size that it would have, in bytes.
        size: u32,
        /// The maximum, in bytes.
        max: u32,
    },

    // Strong consistency.
    /// The partition is unavailable or dead.
    Unavailable,

    // Queries.
    /// There is no such secondary index.
    IndexNotFound,
    /// The secondary index is still being built.
    IndexNotReadable,
}

/// The part of a message that is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The message as a whole.
    Message,
    /// The field with the digest.
    Digest,
    /// A compressed frame.
    Compression,
    /// A batch, or the header of its rows.
    Batch,
    /// A row of a batch.
    BatchRow,
    /// The fields of a UDF call.
    #[cfg(feature = "udf")]
    Udf,
    /// The fields of a query.
    Query,
    /// The fields that say which secondary index a query uses, and for which values.
    IndexRange,
}

/// Flags that exclude each other, or do not fit the operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conflict {
    /// A replace with an operation that needs the old record.
    ReplaceModifies,
    /// A read operation in a write without the read flag.
    ReadsWithoutFlag,
    /// The flag to get all bins in a write without a read of all bins.
    GetAllWithoutRead,
    /// A read of all bins with another one, with a result for each operation, or beside operations that have results.
    ReadAllWithResults,
    /// A UDF with a check of the generation, or with a record exists action.
    #[cfg(feature = "udf")]
    UdfConditions,
    /// A background query that reads.
    BackgroundReads,
    /// A short query that aggregates, or that runs in the background.
    ShortQuery,
    /// A query with a list of bins and operations, or with operations that do not read.
    QueryOperations,
}

/// A feature that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feature {
    /// Multi-record transactions.
    Transactions,
    /// Durable deletes.
    DurableDeletes,
    /// Compressed requests.
    Compression,
    /// UDFs, in a server that was built without them.
    #[cfg(not(feature = "udf"))]
    Udfs,
    /// Queries without a list of partitions, as clients sent them before server 6.0.
    OldQueries,
    /// Aggregations with a filter expression.
    #[cfg(feature = "udf")]
    AggregationFilter,
    /// An operation in this place.
    Operation,
}

impl Refusal {
    /// The result code of the reply.
    pub(crate) const fn result_code(self) -> ResultCode {
        match self {
            Self::Code(code) => code,
            Self::Denied(denied) => denied.result_code(),
            Self::Malformed(_)
            | Self::NoCommand
            | Self::Flags(_)
            | Self::OtherSet
            | Self::Set
            | Self::NoSetName
            | Self::TtlOverMax { .. }
            | Self::ReadTouchPercent(_)
            | Self::NoOperations
            | Self::TooManyOperations(_)
            | Self::Operation(_)
            | Self::MonitorBins
            | Self::TransactionId
            | Self::TooManyBins(_) => ResultCode::PARAMETER,
            Self::Blocked => ResultCode::MRT_BLOCKED,
            Self::AlreadyLocked => ResultCode::MRT_ALREADY_LOCKED,
            Self::VersionMismatch => ResultCode::MRT_VERSION_MISMATCH,
            Self::TransactionExpired => ResultCode::MRT_EXPIRED,
            Self::TransactionCommitted => ResultCode::MRT_COMMITTED,
            Self::TransactionAborted => ResultCode::MRT_ABORTED,
            Self::MonitorExists => ResultCode::MRT_MONITOR_EXISTS,
            Self::TooManyWrites(_) => ResultCode::MRT_TOO_MANY_WRITES,
            Self::UnknownNamespace => ResultCode::INVALID_NAMESPACE,
            Self::EnterpriseOnly(_) => ResultCode::ENTERPRISE_ONLY,
            Self::Unsupported(_) | Self::KeySize(_) => ResultCode::UNSUPPORTED_FEATURE,
            Self::NotFound | Self::NoSuchSet => ResultCode::NOT_FOUND,
            Self::Exists => ResultCode::RECORD_EXISTS,
            Self::KeyMismatch => ResultCode::KEY_MISMATCH,
            Self::Generation { .. } => ResultCode::GENERATION,
            Self::FilteredOut => ResultCode::FILTERED_OUT,
            Self::KeyBusy => ResultCode::KEY_BUSY,
            Self::TtlWithoutNsup
            | Self::Truncated
            | Self::WritesRejected
            | Self::StopWrites
            | Self::NotDurable
            | Self::TransactionsDisabled => ResultCode::FORBIDDEN,
            Self::BinName => ResultCode::BIN_NAME,
            Self::RecordTooBig { .. } => ResultCode::RECORD_TOO_BIG,
            Self::Unavailable => ResultCode::UNAVAILABLE,
            Self::IndexNotFound => ResultCode::INDEX_NOT_FOUND,
            Self::IndexNotReadable => ResultCode::INDEX_NOT_READABLE,
        }
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<ResultCode> for Refusal {
    fn from(code: ResultCode) -> Self {
        Self::Code(code)
    }
}

/// One sentence without a full stop, for the log.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "result code {code}"),
            Self::Denied(denied) => denied.fmt(f),
            Self::Malformed(part) => write!(f, "malformed: {}", part.name()),
            Self::UnknownNamespace => f.write_str("no such namespace"),
            Self::NoCommand => f.write_str("neither a read nor a write"),
            Self::Flags(conflict) => f.write_str(conflict.text()),
            Self::EnterpriseOnly(feature) => write!(f, "only in the Enterprise Edition: {}", feature.name()),
            Self::Unsupported(feature) => write!(f, "not supported: {}", feature.name()),
            Self::NotFound => f.write_str("no such record"),
            Self::Exists => f.write_str("the record exists"),
            Self::OtherSet => f.write_str("the record is in another set"),
            Self::NoSuchSet => f.write_str("no such set"),
            Self::Set => f.write_str("the set cannot be created"),
            Self::KeyMismatch => f.write_str("the key differs from the stored one"),
            Self::KeySize(size) => write!(f, "{size} bytes are the wrong size for a key of its type"),
            Self::Generation { expected, found } => {
                write!(f, "the request expects generation {expected}, the record has {found}")
            }
            Self::FilteredOut => f.write_str("the filter expression is not true"),
            Self::KeyBusy => f.write_str("too many requests wait for the record"),
            Self::Truncated => f.write_str("the namespace or the set is truncated up to a later time"),
            Self::WritesRejected => f.write_str("the namespace takes no writes from XDR, or no others"),
            Self::StopWrites => f.write_str("the set has reached stop-writes-count or stop-writes-size"),
            Self::NotDurable => f.write_str("a namespace with strong-consistency takes only durable deletes"),
            Self::Blocked => f.write_str("a transaction has locked the record"),
            Self::AlreadyLocked => f.write_str("the transaction has locked the record before"),
            Self::VersionMismatch => f.write_str("the record was written since the transaction read it"),
            Self::TransactionExpired => f.write_str("the deadline of the transaction has passed"),
            Self::TransactionCommitted => f.write_str("the transaction was committed"),
            Self::TransactionAborted => f.write_str("the transaction was aborted"),
            Self::MonitorExists => f.write_str("the transaction has a monitor already"),
            Self::MonitorBins => f.write_str("the bins are not those of a transaction's monitor"),
            Self::TooManyWrites(count) => write!(f, "{count} records are too many for a transaction"),
            Self::TransactionsDisabled => f.write_str("disable-mrt-writes is set"),
            Self::TransactionId => f.write_str("the id or the deadline of a transaction is missing or malformed"),
            Self::NoSetName => f.write_str("the namespace takes no records without a set"),
            Self::TtlOverMax { ttl, max } => write!(f, "ttl {ttl} s is over the maximum of {max} s"),
            Self::TtlWithoutNsup => f.write_str("a ttl needs nsup-period or allow-ttl-without-nsup"),
            Self::ReadTouchPercent(percent) => write!(f, "a read touch of {percent} percent is over 100"),
            Self::NoOperations => f.write_str("no operations"),
            Self::TooManyOperations(count) => write!(f, "{count} operations are too many"),
            Self::Operation(code) => write!(f, "operation {} is unknown, or not allowed in this command", code.0),
            Self::BinName => f.write_str("the name of a bin is too long"),
            Self::TooManyBins(count) => write!(f, "{count} bins are too many"),
            Self::RecordTooBig { size, max } => write!(f, "a record of {size} bytes is over the maximum of {max}"),
            Self::Unavailable => {
                f.write_str("the partition is unavailable, since nodes of the roster or their data are missing")
            }
            Self::IndexNotFound => f.write_str("no such secondary index"),
            Self::IndexNotReadable => f.write_str("the secondary index is still being built"),
        }
    }
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Digest => "digest",
            Self::Compression => "compressed frame",
            Self::Batch => "batch",
            Self::BatchRow => "row of a batch",
            #[cfg(feature = "udf")]
            Self::Udf => "fields of the UDF",
            Self::Query => "fields of the query",
            Self::IndexRange => "index range",
        }
    }
}

impl Conflict {
    const fn text(self) -> &'static str {
        match self {
            Self::ReplaceModifies => "a replace has an operation that needs the old record",
            Self::ReadsWithoutFlag => "an operation reads without the read flag",
            Self::GetAllWithoutRead => "the flag to get all bins is set without a read of all bins",
            Self::ReadAllWithResults => "a read of all bins stands beside other results",
            #[cfg(feature = "udf")]
            Self::UdfConditions => "a UDF takes no generation and no record exists action",
            Self::BackgroundReads => "a background query cannot read",
            Self::ShortQuery => "a short query cannot aggregate or run in the background",
            Self::QueryOperations => "a query takes either bins or operations that read",
        }
    }
}

impl Feature {
    const fn name(self) -> &'static str {
        match self {
            Self::Transactions => "transactions",
            Self::DurableDeletes => "durable deletes",
            Self::Compression => "compression",
            #[cfg(not(feature = "udf"))]
            Self::Udfs => "UDFs, which this server was built without",
            Self::OldQueries => "queries without partitions",
            #[cfg(feature = "udf")]
            Self::AggregationFilter => "a filter expression in an aggregation",
            Self::Operation => "an operation in this place",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_small() {
        assert!(size_of::<Refusal>() <= 12);
    }

    #[test]
    fn it_says_which_value_was_over_which_limit() {
        let refusal = Refusal::TtlOverMax {
            ttl: 315_360_001,
            max: 315_360_000,
        };
        assert_eq!(refusal.result_code(), ResultCode::PARAMETER);
        assert_eq!(
            refusal.to_string(),
            "ttl 315360001 s is over the maximum of 315360000 s"
        );
    }
}
