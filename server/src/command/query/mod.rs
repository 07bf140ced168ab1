//! Queries: messages without a digest, which concern many records.

mod background;
mod fields;

use bytes::BytesMut;
use spikelet_wire::{Header, Info2, Info3, Message, ResultCode, message};

use self::fields::QueryFields;
use super::request::Fields;
use crate::clock::Now;
use crate::store::Namespace;

/// Carries out a query.
pub(super) fn query(now: Now, namespace: &Namespace, message: &Message<'_>, fields: &Fields<'_>, out: &mut BytesMut) {
    match start(now, namespace, message, fields) {
        // A background query is answered when it is accepted; nothing tells the client that it is done.
        Ok(()) => message::write_header_only(
            out,
            &Header {
                info3: Info3::LAST,
                ..Header::default()
            },
        ),
        // A query that is refused has one answer, which is not marked as the last.
        Err(code) => message::write_header_only(out, &Header::result(code)),
    }
}

fn start(now: Now, namespace: &Namespace, message: &Message<'_>, fields: &Fields<'_>) -> Result<(), ResultCode> {
    if fields.udf || !message.header.info2.contains(Info2::WRITE) {
        return Err(ResultCode::UNSUPPORTED_FEATURE);
    }
    background::operate(now, namespace, message, &QueryFields::of(message)?, fields)
}
