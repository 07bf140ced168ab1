//! Background queries: operations on every record that a query finds.

use spikelet_wire::{Digest, Header, Info1, Info2, Info3, Message, ResultCode};

use super::QueryFields;
use crate::clock::Now;
use crate::command::bin_ops::{self, Kind};
use crate::command::filter::Filter;
use crate::command::reply::Reply;
use crate::command::request::{Fields, Request};
use crate::command::write;
use crate::ops::exp::Expression;
use crate::store::Namespace;

/// How many records a second a background query may touch at most (`background-query-max-rps`).
const MAX_RECORDS_PER_SECOND: u32 = 10_000;

/// Applies the operations of a message to the records of a set, or of the whole namespace.
///
/// The real server does this while the client goes on; here it is done when the client is answered, so that a test need
/// not wait for it.
pub(super) fn operate(
    now: Now,
    namespace: &Namespace,
    message: &Message<'_>,
    query: &QueryFields,
    fields: &Fields<'_>,
) -> Result<(), ResultCode> {
    let header = &message.header;
    let set = match fields.set.filter(|name| !name.is_empty()) {
        Some(name) => Some(namespace.sets.find(name).ok_or(ResultCode::NOT_FOUND)?),
        None => None,
    };
    if header.info1.contains(Info1::SHORT_QUERY) || query.records_per_second > MAX_RECORDS_PER_SECOND {
        return Err(ResultCode::PARAMETER);
    }
    if query.wants_index {
        return Err(ResultCode::INDEX_NOT_FOUND);
    }
    let filter = fields.filter.map(Expression::build_filter).transpose()?;
    let reads = header.info1.contains(Info1::READ) || message.ops().any(|op| bin_ops::kind(op.code) == Kind::Read);
    if reads || message.op_count() == 0 {
        return Err(ResultCode::PARAMETER);
    }
    let mut request = Request {
        header: Header {
            info1: Info1::empty(),
            info2: Info2::WRITE | (header.info2 & Info2::DURABLE_DELETE),
            // What is gone when its turn comes is not made anew.
            info3: Info3::UPDATE_ONLY | (header.info3 & Info3::REPLACE_ONLY),
            record_ttl: header.record_ttl,
            ..Header::default()
        },
        message: *message,
        fields: Fields::default(),
        digest: Digest([0; Digest::SIZE]),
        filter: filter.as_ref().map_or(Filter::None, Filter::Built),
        is_background: true,
    };
    let mut unread = bytes::BytesMut::new();
    for id in namespace.partition_ids() {
        let digests: Vec<Digest> = match namespace.partition(id) {
            Some(partition) => partition
                .iter()
                .filter(|(_, record)| set.is_none() || record.set == set)
                .map(|(digest, _)| *digest)
                .collect(),
            None => continue,
        };
        for digest in digests {
            request.digest = digest;
            // One record that cannot be written does not end the query.
            let _ = write::write(now, namespace, &request, &mut Reply::single(&mut unread));
            unread.clear();
        }
    }
    Ok(())
}
