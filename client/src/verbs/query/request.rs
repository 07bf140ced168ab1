//! The request of a query to one node.

use bytes::BytesMut;
use spikelet_wire::{FieldType, Header, Info1, Info2, Info3, MessageWriter, PartitionId};

use super::super::options::Options;
use super::super::request::check_size;
use super::cursor::Position;
use super::{Query, QueryDuration, Selection};
use crate::error::Error;

/// The value of the field [`UDF_OP`](FieldType::UDF_OP) for an aggregation.
const AGGREGATION: u8 = 1;

/// The part of a query for one node.
pub(super) struct NodeQuery<I> {
    /// The partitions, and the position of the query in each.
    pub(super) positions: I,
    /// The maximum number of records that the node returns.
    pub(super) limit: Option<u64>,
    /// The id by which the servers list the query.
    pub(super) id: u64,
}

/// Encodes the frame of a query that returns records or values.
pub(super) fn encode<I>(out: &mut BytesMut, query: &Query, options: &Options, part: NodeQuery<I>) -> Result<(), Error>
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
    write_common_fields(&mut message, query, options, part.id);
    let (mut ids, mut digests, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (partition, position) in part.positions.filter(|_| !is_aggregation) {
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
    if let Some(limit) = part.limit {
        message.field(FieldType::SAMPLE_MAX, &limit.to_be_bytes());
    }
    for operation in operations {
        operation.write_to(&mut message);
    }
    message.finish();
    check_size(out)
}

/// Writes the fields that all kinds of queries have.
pub(super) fn write_common_fields(message: &mut MessageWriter<'_>, query: &Query, options: &Options, id: u64) {
    message.field(FieldType::NAMESPACE, query.namespace.as_bytes());
    if !query.set.is_empty() {
        message.field(FieldType::SET, query.set.as_bytes());
    }
    message.field(FieldType::TRANSACTION_ID, &id.to_be_bytes());
    if let Some(predicate) = &query.predicate {
        predicate
            .fields()
            .for_each(|(field_type, data)| message.field(field_type, &data));
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
