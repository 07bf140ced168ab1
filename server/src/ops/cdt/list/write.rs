//! The list operations that store values: their arguments, and dispatch.

use spikelet_wire::ResultCode;
use spikelet_wire::list::{ListOp, ListSortFlags, ListWriteFlags};

use super::append::append;
use super::increment::increment;
use super::insert::insert;
use super::set::set;
use super::sort::{is_valid, set_order, sort};
use super::values::{Items, Values, normalised};
use crate::ops::cdt::arguments::Arguments;
use crate::ops::cdt::collection::Collection;
use crate::ops::cdt::head::stored_list_flags;
use crate::ops::cdt::outcome::OpResult;

/// A list operation that stores values or reorders them.
pub(super) enum Write<'a> {
    SetType(u64),
    Append(Items<'a>, u64, ListWriteFlags),
    Insert(i64, Items<'a>, ListWriteFlags),
    Set(i64, &'a [u8], ListWriteFlags),
    Increment(i64, Option<&'a [u8]>, u64, ListWriteFlags),
    Sort(ListSortFlags),
}

impl<'a> Write<'a> {
    /// Reads the arguments of an operation.
    ///
    /// # Errors
    /// `PARAMETER` if they are invalid.
    pub(super) fn read(op: ListOp, a: &mut Arguments<'a>) -> Result<Self, ResultCode> {
        let write_flags = |a: &mut Arguments<'a>| a.flags().map(ListWriteFlags::from_bits_truncate);
        Ok(match op {
            ListOp::SetType => Self::SetType(a.flags()?),
            ListOp::Append => Self::Append(Items::One(a.stored()?), a.flags()?, write_flags(a)?),
            ListOp::AppendItems => Self::Append(Items::Many(a.stored()?), a.flags()?, write_flags(a)?),
            ListOp::Insert => Self::Insert(a.index()?, Items::One(a.stored()?), write_flags(a)?),
            ListOp::InsertItems => Self::Insert(a.index()?, Items::Many(a.stored()?), write_flags(a)?),
            ListOp::Set => Self::Set(a.index()?, a.stored()?, write_flags(a)?),
            ListOp::Increment => Self::Increment(a.index()?, a.optional_value()?, a.flags()?, write_flags(a)?),
            ListOp::Sort => Self::Sort(ListSortFlags::from_bits_truncate(a.flags()?)),
            _ => return Err(ResultCode::PARAMETER),
        })
    }

    /// The flags of a list that the operation creates. Unknown flags make it unordered.
    pub(super) const fn order(&self, keeps_index: bool) -> u8 {
        match self {
            Self::Append(_, order, _) | Self::Increment(_, _, order, _) if is_valid(*order) => {
                stored_list_flags(*order as u8, keeps_index)
            }
            _ => 0,
        }
    }

    /// Applies the operation to a list.
    ///
    /// # Errors
    /// `PARAMETER` for a value that cannot be stored, or an increment of a value that is not a number; `OP_NOT_APPLICABLE` for
    /// an index out of bounds, an operation that ordered lists do not support, or duplicates among unique values;
    /// `ELEMENT_EXISTS` for a unique value that is in the list; `RECORD_TOO_BIG` if the list would be padded with more nils
    /// than a record can hold.
    pub(super) fn apply(&self, list: &Collection<'a>, keeps_index: bool) -> OpResult<'a> {
        let is_ordered = list.is_ordered_list();
        match self {
            Self::SetType(flags) => set_order(list, *flags, keeps_index),
            Self::Append(items, _, flags) => append(list, items, *flags),
            Self::Insert(index, items, flags) => match (Values::of(items)?, is_ordered) {
                (values, false) => insert(list, *index, values, *flags),
                (_, true) => Err(ResultCode::OP_NOT_APPLICABLE),
            },
            Self::Set(index, value, flags) => {
                let value = normalised(value)?;
                match is_ordered {
                    false => set(list, *index, value, *flags),
                    true => Err(ResultCode::OP_NOT_APPLICABLE),
                }
            }
            Self::Increment(index, number, _, flags) => increment(list, *index, *number, *flags),
            Self::Sort(flags) => sort(list, *flags),
        }
    }
}
