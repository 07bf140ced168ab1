//! Decodes the records in replies.

use spikelet_wire::{DecodeError, Message, Value};

use crate::bin_name::BinName;
use crate::bins::Bins;
use crate::key::Key;
use crate::record::OrderedRecord;

/// The bin of a reply that holds the result of a UDF.
pub(crate) const UDF_SUCCESS: &str = "SUCCESS";

/// The results of a message, one after the other.
pub(crate) fn ordered_record(message: &Message<'_>, key: &Key) -> Result<OrderedRecord, DecodeError> {
    let mut bins = Vec::with_capacity(message.op_count());
    for op in message.ops() {
        let name = String::from_utf8_lossy(op.name).into_owned();
        bins.push((name, Value::from_particle(op.particle_type, op.value)?));
    }
    Ok(OrderedRecord {
        key: key.clone(),
        bins,
        generation: message.header.generation,
        void_time: message.header.record_ttl,
    })
}

/// The bins of a message in which the server returns each bin once.
pub(crate) fn bins(message: &Message<'_>) -> Result<Bins, DecodeError> {
    let mut bins = Vec::with_capacity(message.op_count());
    for op in message.ops() {
        let value = Value::from_particle(op.particle_type, op.value)?;
        bins.push((BinName::from_bytes(op.name), value));
    }
    Ok(Bins::from_unique(bins))
}
