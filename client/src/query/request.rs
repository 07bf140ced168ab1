//! A query's request to one node.

use bytes::BytesMut;
use spikelet_wire::{FieldType, Header, Info1, Info2, Info3, MessageWriter, PartitionId};

use super::cursor::Position;
use super::{Query, QueryDuration, Selection};
use crate::command::Options;
use crate::error::Error;
use crate::request::check_size;

/// In the field [`UDF_OP`](FieldType::UDF_OP): values are made out of the records.
const AGGREGATION: u8 = 1;

/// What is asked of one node: the partitions, and where the query stands in them.
pub(super) struct Ask<I> {
    pub(super) positions: I,
    /// How many records it may answer.
    pub(super) limit: Option<u64>,
    /// The id by which the servers know the query.
    pub(super) id: u64,
}

/// Writes the frame of a query of records.
pub(super) fn encode<I>(out: &mut BytesMut, query: &Query, options: &Options, ask: Ask<I>) -> Result<(), Error>
where
    I: Iterator<Item = (PartitionId, Option<Position>)>,
{
    let is_aggregation = query.aggregation.is_some();
    let mut header = Header {
        info1: Info1::READ,
        info3: if is_aggregation {
            Info3::empty()
        } else {
            Info3::PARTITION_DONE
        },
        transaction_ttl: options.policy.server_timeout(),
        ..Header::default()
    };
    let mut operations = &[][..];
    match &query.selection {
        Selection::All => {}
        Selection::NoBins => header.info1.insert(Info1::GET_NO_BINS),
        Selection::Operations(selected) => operations = selected,
    }
    match query.duration {
        QueryDuration::Long => {}
        QueryDuration::LongRelaxAp => header.info2.insert(Info2::RELAX_AP_LONG_QUERY),
        QueryDuration::Short => header.info1.insert(Info1::SHORT_QUERY),
    }
    header
        .info2
        .set(Info2::RESPOND_ALL_OPS, options.write.respond_all_ops == Some(true));
    let mut message = MessageWriter::frame(out, &header);
    write_subject(&mut message, query, options, ask.id);
    let (mut ids, mut digests, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (partition, position) in ask.positions.filter(|_| !is_aggregation) {
        match position {
            None => ids.extend_from_slice(&partition.get().to_le_bytes()),
            Some(Position { digest, value }) => {
                digests.extend_from_slice(&digest.0);
                values.extend_from_slice(&value.unwrap_or_default().to_le_bytes());
            }
        }
    }
    if query.predicate.is_none() {
        values.clear();
    }
    for (field_type, list) in [
        (FieldType::PARTITION_IDS, ids),
        (FieldType::DIGESTS, digests),
        (FieldType::BVALS, values),
    ] {
        if !list.is_empty() {
            message.field(field_type, &list);
        }
    }
    if let Some(call) = &query.aggregation {
        message.field(FieldType::UDF_OP, &[AGGREGATION]);
        call.write_to(&mut message);
    }
    if let Some(limit) = ask.limit {
        message.field(FieldType::SAMPLE_MAX, &limit.to_be_bytes());
    }
    for operation in operations {
        operation.write_to(&mut message);
    }
    message.finish();
    check_size(out)
}

/// Writes the fields that every query has: which records it is about, and how it is carried out.
pub(super) fn write_subject(message: &mut MessageWriter<'_>, query: &Query, options: &Options, id: u64) {
    message.field(FieldType::NAMESPACE, query.namespace.as_bytes());
    if !query.set.is_empty() {
        message.field(FieldType::SET, query.set.as_bytes());
    }
    message.field(FieldType::TRANSACTION_ID, &id.to_be_bytes());
    if let Some(predicate) = &query.predicate {
        predicate.write_to(message);
    }
    if let Some(limit) = query.records_per_second {
        message.field(FieldType::RECORDS_PER_SECOND, &limit.get().to_be_bytes());
    }
    let socket_timeout = u32::try_from(options.policy.socket_timeout.as_millis()).unwrap_or(u32::MAX);
    message.field(FieldType::SOCKET_TIMEOUT, &socket_timeout.to_be_bytes());
    if let Some(filter) = &options.write.filter {
        message.field(FieldType::FILTER_EXPRESSION, filter.as_bytes());
    }
}
