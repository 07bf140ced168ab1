//! Sorting a list, and changing whether it is ordered.

use std::borrow::Cow;

use spikelet_wire::ResultCode;
use spikelet_wire::list::ListSortFlags;
use spikelet_wire::msgpack::{ORDERED, PERSIST_INDEX};

use crate::ops::cdt::collection::{Collection, Elements};
use crate::ops::cdt::head::stored_list_flags;
use crate::ops::cdt::outcome::{Edit, OpResult, Outcome};
use crate::ops::order;

/// Makes a list ordered or unordered. Without `keeps_index` the flag of a persisted index is dropped.
///
/// # Errors
/// `OP_NOT_APPLICABLE` for unknown flags.
pub(super) fn set_order<'a>(list: &Collection<'a>, flags: u64, keeps_index: bool) -> OpResult<'a> {
    if !is_valid(flags) {
        return Err(ResultCode::OP_NOT_APPLICABLE);
    }
    let flags = stored_list_flags(flags as u8, keeps_index);
    if flags == list.flags && !list.is_new {
        return Ok(Outcome::default());
    }
    let pieces = match flags & ORDERED != 0 && !list.is_ordered_list() && list.count > 1 {
        true => vec![Cow::Owned(sorted(list, ListSortFlags::empty())?.0)],
        false => vec![Cow::Borrowed(list.contents)],
    };
    let edit = Edit::of(list, list.count, pieces);
    Ok(Outcome::edit(Edit { flags, ..edit }))
}

/// Whether a list can have these flags.
pub(super) const fn is_valid(flags: u64) -> bool {
    flags as u8 & !(ORDERED | PERSIST_INDEX) == 0
}

/// Sorts a list.
///
/// # Errors
/// `PARAMETER` if duplicates are to be dropped from a list that is sorted descending, unless all elements are equal.
pub(super) fn sort<'a>(list: &Collection<'a>, flags: ListSortFlags) -> OpResult<'a> {
    if list.count <= 1 {
        return Ok(Outcome::default());
    }
    let (contents, count) = sorted(list, flags)?;
    Ok(Outcome::edit(Edit::of(list, count, vec![Cow::Owned(contents)])))
}

/// The sorted contents of a list, and the number of elements.
fn sorted(list: &Collection<'_>, flags: ListSortFlags) -> Result<(Vec<u8>, u32), ResultCode> {
    let (elements, mut order) = in_order(list, flags)?;
    if flags.contains(ListSortFlags::DROP_DUPLICATES) {
        let compare = |a: u32, b: u32| order::compare(elements.get(a), elements.get(b));
        // The server searches for duplicates in ascending order only: in a descending list it fails, unless all are equal.
        if order
            .windows(2)
            .any(|pair| matches!(*pair, [a, b] if compare(a, b).is_gt()))
        {
            return Err(ResultCode::PARAMETER);
        }
        order.dedup_by(|b, a| compare(*a, *b).is_eq());
    }
    let mut contents = Vec::with_capacity(list.contents.len());
    for &i in &order {
        contents.extend_from_slice(elements.get(i));
    }
    Ok((contents, order.len() as u32))
}

/// The elements of a list, and their indexes in sorted order.
pub(super) fn in_order<'a>(
    list: &Collection<'a>,
    flags: ListSortFlags,
) -> Result<(Elements<'a>, Vec<u32>), ResultCode> {
    let mut elements = list.elements();
    elements.locate_all()?;
    let mut order: Vec<u32> = (0..list.count).collect();
    // An ordered list keeps its order, even if it is to be sorted descending.
    if !list.is_ordered_list() {
        let descending = flags.contains(ListSortFlags::DESCENDING);
        order::merge_sort(&mut order, &mut |a, b| {
            let order = order::compare(elements.get(a), elements.get(b));
            if descending { order.reverse() } else { order }
        });
    }
    Ok((elements, order))
}
