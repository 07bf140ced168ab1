//! A request: a message whose fields were looked at once.

use spikelet_wire::{Digest, FieldType, Header, Message, PartitionId, ResultCode};

use super::counters::CommandCounters;
use super::filter::Filter;

/// What a message asks of one record.
#[derive(Debug, Clone)]
pub(super) struct Request<'a> {
    pub(super) header: Header,
    pub(super) message: Message<'a>,
    pub(super) fields: Fields<'a>,
    pub(super) digest: Digest,
    pub(super) filter: Filter<'a>,
    /// Whether a query in the background asks, which does not know what set the record is in.
    pub(super) is_background: bool,
    /// Where it is counted what becomes of it.
    pub(super) counted: &'a CommandCounters,
}

impl Request<'_> {
    pub(super) const fn partition(&self) -> PartitionId {
        self.digest.partition_id()
    }

    /// The name of the set; none where it is absent or empty.
    pub(super) fn set(&self) -> Option<&[u8]> {
        self.fields.set.filter(|set| !set.is_empty())
    }

    /// Whether it is part of a multi-record transaction, which only the Enterprise Edition has.
    pub(super) fn check_transaction(&self) -> Result<(), ResultCode> {
        if self.fields.mrt_id {
            Err(ResultCode::ENTERPRISE_ONLY)
        } else {
            Ok(())
        }
    }
}

/// The fields that commands on single records look at. Of several of a type the first counts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fields<'a> {
    pub(super) namespace: Option<&'a [u8]>,
    pub(super) set: Option<&'a [u8]>,
    pub(super) key: Option<&'a [u8]>,
    pub(super) digest: Option<&'a [u8]>,
    pub(super) filter: Option<&'a [u8]>,
    pub(super) mrt_id: bool,
    pub(super) udf: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn of(message: &Message<'a>) -> Self {
        let mut fields = Self::default();
        for field in message.fields() {
            let slot = match field.field_type {
                FieldType::NAMESPACE => &mut fields.namespace,
                FieldType::SET => &mut fields.set,
                FieldType::KEY => &mut fields.key,
                FieldType::DIGEST => &mut fields.digest,
                FieldType::FILTER_EXPRESSION => &mut fields.filter,
                FieldType::MRT_ID => {
                    fields.mrt_id = true;
                    continue;
                }
                FieldType::UDF_FILENAME => {
                    fields.udf = true;
                    continue;
                }
                _ => continue,
            };
            slot.get_or_insert(field.data);
        }
        fields
    }
}
