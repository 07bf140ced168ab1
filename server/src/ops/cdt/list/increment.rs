//! Incrementing a number in a list.

use std::borrow::Cow;

use spikelet_wire::ResultCode;
use spikelet_wire::list::ListWriteFlags;

use super::insert::refused;
use super::position::position;
use super::rank;
use super::set::set;
use crate::ops::cdt::collection::{Collection, Elements};
use crate::ops::cdt::increment;
use crate::ops::cdt::outcome::{Edit, OpResult, Outcome};
use crate::ops::order::Equal;

/// Adds to the number at an index.
///
/// # Errors
/// `PARAMETER` if either is not a number; `OP_NOT_APPLICABLE` for an index out of bounds; else as [`set`].
pub(super) fn increment<'a>(
    list: &Collection<'a>,
    index: i64,
    number: Option<&[u8]>,
    flags: ListWriteFlags,
) -> OpResult<'a> {
    let index = position(index, list.count)?;
    let mut elements = list.elements();
    elements.locate(index)?;
    elements.locate(index + 1)?;
    let old = (index < list.count).then(|| elements.get(index));
    let (sum, stored) = increment::add(old, number, false)?;
    let outcome = match list.is_ordered_list() {
        true => replace_ordered(list, elements, index, stored, flags)?,
        false => set(list, i64::from(index), stored, flags)?,
    };
    Ok(Outcome {
        result: Some(sum),
        ..outcome
    })
}

/// Replaces the element at an index of an ordered list, or adds one if the index is the length; the new value moves to its
/// rank.
fn replace_ordered<'a>(
    list: &Collection<'a>,
    mut elements: Elements<'a>,
    index: u32,
    value: Vec<u8>,
    flags: ListWriteFlags,
) -> OpResult<'a> {
    elements.locate_all()?;
    let n = list.count;
    let place = rank::find(&elements, &value, Equal::First);
    if index > n {
        return Err(ResultCode::OP_NOT_APPLICABLE);
    }
    if place.found && flags.contains(ListWriteFlags::ADD_UNIQUE) {
        return match place.rank == index {
            true => Ok(Outcome::default()),
            false => refused(list, flags, ResultCode::ELEMENT_EXISTS),
        };
    }
    let rank = place.rank;
    let pieces = if rank <= index {
        let shifted = elements.range(rank, index - rank);
        [
            elements.before(rank),
            &[],
            shifted,
            elements.from(index.saturating_add(1)),
        ]
        .map(Cow::Borrowed)
    } else {
        let shifted = elements.range(index + 1, rank - index - 1);
        [elements.before(index), shifted, &[], elements.from(rank)].map(Cow::Borrowed)
    };
    let [before, low, high, after] = pieces;
    let pieces = vec![before, low, Cow::Owned(value), high, after];
    Ok(Outcome::edit(Edit::of(list, n.max(index + 1), pieces)))
}
