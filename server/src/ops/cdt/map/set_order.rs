//! Changing the order of a map.

use std::borrow::Cow;

use spikelet_wire::ResultCode;
use spikelet_wire::msgpack::{ORDERED, PERSIST_INDEX, VALUE_ORDERED};

use super::pairs::Pairs;
use crate::ops::cdt::collection::Collection;
use crate::ops::cdt::head::stored_flags;
use crate::ops::cdt::outcome::{Edit, OpResult, Outcome};

/// Whether a map can have these flags.
pub(super) const fn is_valid(flags: u64) -> bool {
    flags as u8 & !(ORDERED | VALUE_ORDERED | PERSIST_INDEX) == 0
}

/// Sets the flags of a map. Without `keeps_index` the flag of a persisted index is dropped.
///
/// # Errors
/// `OP_NOT_APPLICABLE` for unknown flags.
pub(super) fn set_order<'a>(map: &Collection<'a>, flags: u64, keeps_index: bool) -> OpResult<'a> {
    if !is_valid(flags) {
        return Err(ResultCode::OP_NOT_APPLICABLE);
    }
    let flags = stored_flags(true, flags as u8, keeps_index);
    let edit = Edit::of(map, map.count, vec![by_key(map, &Pairs::of(map)?)]);
    Ok(Outcome::edit(Edit { flags, ..edit }))
}

/// The contents of a map, sorted by key.
fn by_key<'a>(map: &Collection<'a>, pairs: &Pairs<'a>) -> Cow<'a, [u8]> {
    if pairs.is_sorted() {
        return Cow::Borrowed(map.contents);
    }
    let in_order = (0..map.count).map(|i| pairs.elements().get(pairs.place(i)));
    Cow::Owned(in_order.flatten().copied().collect())
}
