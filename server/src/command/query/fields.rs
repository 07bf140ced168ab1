//! The fields that only queries have.

use spikelet_wire::{FieldType, Message, ResultCode};

/// The longest name of a secondary index, in bytes.
const MAX_INDEX_NAME: usize = 63;

/// The fields of a query, checked.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct QueryFields {
    /// How many records a second it may touch; 0 where it does not say.
    pub(super) records_per_second: u32,
    /// Whether it asks for a secondary index, by range or by name.
    pub(super) wants_index: bool,
}

impl QueryFields {
    /// # Errors
    /// [`ResultCode::PARAMETER`] for a field of a wrong size.
    pub(super) fn of(message: &Message<'_>) -> Result<Self, ResultCode> {
        let mut fields = Self::default();
        if let Some(data) = message.field(FieldType::RECORDS_PER_SECOND) {
            fields.records_per_second = u32::from_be_bytes(data.try_into().map_err(|_| ResultCode::PARAMETER)?);
        }
        if let Some(name) = message.field(FieldType::INDEX_NAME) {
            if name.is_empty() || name.len() > MAX_INDEX_NAME {
                return Err(ResultCode::PARAMETER);
            }
            fields.wants_index = true;
        }
        fields.wants_index |= message.field(FieldType::INDEX_RANGE).is_some();
        Ok(fields)
    }
}
