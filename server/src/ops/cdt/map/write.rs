//! The map operations that store values: their arguments, and dispatch.

use spikelet_wire::ResultCode;
use spikelet_wire::map::{MapOp, MapWriteFlags};
use spikelet_wire::msgpack::PERSIST_INDEX;

use super::increment::increment;
use super::put::{put, put_items};
use super::set_order::{is_valid, set_order};
use crate::ops::cdt::arguments::Arguments;
use crate::ops::cdt::collection::Collection;
use crate::ops::cdt::head::stored_flags;
use crate::ops::cdt::outcome::OpResult;
use crate::ops::cdt::target::Target;

/// A map operation that stores values or changes the order.
pub(super) enum Write<'a> {
    SetType(u64),
    Put(&'a [u8], &'a [u8], u64, MapWriteFlags),
    PutItems(&'a [u8], u64, MapWriteFlags),
    /// Adds to a number, or subtracts from it.
    Add(&'a [u8], Option<&'a [u8]>, u64, bool),
}

impl<'a> Write<'a> {
    /// Reads the arguments of an operation.
    ///
    /// # Errors
    /// `PARAMETER` if they are invalid.
    pub(super) fn read(op: MapOp, a: &mut Arguments<'a>) -> Result<Self, ResultCode> {
        const ADD: MapWriteFlags = MapWriteFlags::NO_OVERWRITE;
        const REPLACE: MapWriteFlags = MapWriteFlags::NO_CREATE;
        let write_flags = |a: &mut Arguments<'a>| a.flags().map(MapWriteFlags::from_bits_truncate);
        Ok(match op {
            MapOp::SetType => Self::SetType(a.flags()?),
            MapOp::Add => Self::Put(a.stored()?, a.stored()?, a.flags()?, ADD),
            MapOp::AddItems => Self::PutItems(a.stored()?, a.flags()?, ADD),
            MapOp::Put => Self::Put(a.stored()?, a.stored()?, a.flags()?, write_flags(a)?),
            MapOp::PutItems => Self::PutItems(a.stored()?, a.flags()?, write_flags(a)?),
            MapOp::Replace => Self::Put(a.stored()?, a.stored()?, 0, REPLACE),
            MapOp::ReplaceItems => Self::PutItems(a.stored()?, 0, REPLACE),
            MapOp::Increment => Self::Add(a.value()?, a.optional_value()?, a.flags()?, false),
            MapOp::Decrement => Self::Add(a.value()?, a.optional_value()?, a.flags()?, true),
            _ => return Err(ResultCode::PARAMETER),
        })
    }

    /// The flags of a map that the operation creates. Unknown flags make it unordered.
    pub(super) const fn order(&self, outermost: bool) -> u8 {
        match self {
            Self::Put(_, _, order, _) | Self::PutItems(_, order, _) | Self::Add(_, _, order, _) if is_valid(*order) => {
                match stored_flags(true, *order as u8, outermost) {
                    // An unordered map has no index to persist.
                    PERSIST_INDEX => 0,
                    flags => flags,
                }
            }
            _ => 0,
        }
    }

    /// Applies the operation to a map.
    ///
    /// # Errors
    /// `PARAMETER` for a key or value that cannot be stored, or an increment of a value that is not a number;
    /// `OP_NOT_APPLICABLE` for an unknown order; `ELEMENT_EXISTS` and `ELEMENT_NOT_FOUND` for keys that the flags do not allow
    /// to be overwritten or created.
    pub(super) fn apply(&self, map: &Collection<'a>, target: &Target<'a>) -> OpResult<'a> {
        let keeps_index = target.is_outermost() || target.nested_keeps_index();
        match *self {
            Self::SetType(flags) => set_order(map, flags, keeps_index),
            Self::Put(key, value, _, flags) => put(map, key, value, flags),
            Self::PutItems(items, order, flags) => {
                let empty_flags = match target.nested_keeps_index() && is_valid(order) {
                    true => stored_flags(true, order as u8, true),
                    false => map.flags,
                };
                put_items(map, items, flags, empty_flags)
            }
            Self::Add(key, number, _, subtract) => increment(map, key, number, subtract),
        }
    }
}
