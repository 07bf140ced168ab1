//! A request: a message with its fields decoded.

use std::sync::atomic::Ordering;

use spikelet_wire::{Digest, FieldType, Header, Info1, Message, PartitionId, ResultCode};

use super::filter::Filter;
use super::mask::Masks;
use crate::refusal::Refusal;
use crate::state::{CommandCounters, add};
use crate::store::Namespace;

/// A command on one record.
#[derive(Debug, Clone)]
pub(in crate::command) struct Request<'a> {
    pub(in crate::command) header: Header,
    pub(in crate::command) message: Message<'a>,
    pub(in crate::command) fields: Fields<'a>,
    pub(in crate::command) digest: Digest,
    pub(in crate::command) filter: Filter<'a>,
    /// What the user sees masked.
    pub(in crate::command) masks: Masks,
    /// Whether it belongs to a background query, which does not name the set of the record.
    pub(in crate::command) is_background: bool,
    /// The counters for the result.
    pub(in crate::command) counted: &'a CommandCounters,
}

impl Request<'_> {
    pub(in crate::command) const fn partition(&self) -> PartitionId {
        self.digest.partition_id()
    }

    /// The name of the set; `None` if it is absent or empty.
    pub(in crate::command) fn set(&self) -> Option<&[u8]> {
        self.fields.set.filter(|set| !set.is_empty())
    }

    /// Refuses a write from XDR, or one that is not from XDR, if the namespace is configured to.
    pub(in crate::command) fn check_xdr(&self, namespace: &Namespace) -> Result<(), Refusal> {
        let rejects = match self.header.info1.contains(Info1::XDR) {
            true => &namespace.settings.reject_xdr_writes,
            false => &namespace.settings.reject_non_xdr_writes,
        };
        if rejects.load(Ordering::Relaxed) {
            add(&self.counted.fail_xdr_forbidden, 1);
            return Err(Refusal::WritesRejected);
        }
        Ok(())
    }

    /// Counts it as ended with a result code, which is returned.
    pub(in crate::command) fn count(&self, code: ResultCode) -> ResultCode {
        self.counted.count(self.header.info2, self.fields.udf, code);
        code
    }
}

/// The fields that commands on one record use. Of several fields of a type the first one counts.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::command) struct Fields<'a> {
    pub(in crate::command) namespace: Option<&'a [u8]>,
    pub(in crate::command) set: Option<&'a [u8]>,
    pub(in crate::command) key: Option<&'a [u8]>,
    pub(in crate::command) digest: Option<&'a [u8]>,
    pub(in crate::command) filter: Option<&'a [u8]>,
    pub(in crate::command) mrt_id: Option<&'a [u8]>,
    pub(in crate::command) udf: bool,
}

impl<'a> Fields<'a> {
    pub(in crate::command) fn of(message: &Message<'a>) -> Self {
        let mut fields = Self::default();
        for field in message.fields() {
            let slot = match field.field_type {
                FieldType::NAMESPACE => &mut fields.namespace,
                FieldType::SET => &mut fields.set,
                FieldType::KEY => &mut fields.key,
                FieldType::DIGEST => &mut fields.digest,
                FieldType::FILTER_EXPRESSION => &mut fields.filter,
                FieldType::MRT_ID => &mut fields.mrt_id,
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
