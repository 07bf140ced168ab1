//! Appending to a list: at the end of an unordered list, at their rank in an ordered one.

use std::borrow::Cow;

use spikelet_wire::ResultCode;
use spikelet_wire::list::{ListSortFlags, ListWriteFlags};

use super::insert::{insert, nothing_added, refused};
use super::rank;
use super::sort::in_order;
use super::values::{Items, Values};
use crate::ops::cdt::collection::Collection;
use crate::ops::cdt::outcome::{Edit, OpResult, Outcome};
use crate::ops::order::{self, Equal};

/// Appends values.
///
/// # Errors
/// As [`insert`] for an unordered list. For an ordered list and `ADD_UNIQUE`: `ELEMENT_EXISTS` for a value that is in the list,
/// `OP_NOT_APPLICABLE` for duplicates among the values.
pub(super) fn append<'a>(list: &Collection<'a>, items: &Items<'_>, flags: ListWriteFlags) -> OpResult<'a> {
    match (Values::of(items)?, list.is_ordered_list()) {
        (values, false) => insert(list, i64::from(list.count), values, flags),
        (Values::One(value), true) => add_ordered(list, value, flags),
        (Values::Many { contents, count }, true) => merge(list, contents, count, flags),
    }
}

/// Adds a value to an ordered list.
fn add_ordered<'a>(list: &Collection<'a>, value: Vec<u8>, flags: ListWriteFlags) -> OpResult<'a> {
    let mut elements = list.elements();
    elements.locate_all()?;
    let place = rank::find(&elements, &value, Equal::Any);
    if place.found && flags.contains(ListWriteFlags::ADD_UNIQUE) {
        return refused(list, flags, ResultCode::ELEMENT_EXISTS);
    }
    insert(list, i64::from(place.rank), Values::One(value), ListWriteFlags::empty())
}

/// Adds several values to an ordered list.
fn merge<'a>(list: &Collection<'a>, contents: Vec<u8>, count: u32, flags: ListWriteFlags) -> OpResult<'a> {
    if count == 0 {
        return Ok(nothing_added(list));
    }
    let partial = flags.contains(ListWriteFlags::NO_FAIL | ListWriteFlags::DO_PARTIAL);
    let is_unique = flags.contains(ListWriteFlags::ADD_UNIQUE);
    let values = Collection {
        count,
        contents: &contents,
        ..Collection::new_empty(false, 0)
    };
    let mut elements = list.elements();
    elements.locate_all()?;
    let (values, mut order) = in_order(&values, ListSortFlags::empty())?;
    if is_unique {
        let all = order.len();
        order.dedup_by(|b, a| order::compare(values.get(*a), values.get(*b)).is_eq());
        if order.len() != all && !partial {
            return refused(list, flags, ResultCode::OP_NOT_APPLICABLE);
        }
    }
    let mut merged = Vec::with_capacity(list.contents.len() + contents.len());
    let (mut at, mut total) = (0, list.count);
    for value in order.into_iter().map(|i| values.get(i)) {
        let place = rank::find(&elements, value, Equal::Any);
        if is_unique && place.found {
            if !partial {
                return refused(list, flags, ResultCode::ELEMENT_EXISTS);
            }
            continue;
        }
        if place.rank > at {
            merged.extend_from_slice(elements.range(at, place.rank - at));
            at = place.rank;
        }
        merged.extend_from_slice(value);
        total += 1;
    }
    merged.extend_from_slice(elements.from(at));
    Ok(Outcome {
        edit: Some(Edit::of(list, total, vec![Cow::Owned(merged)])),
        ..Outcome::count(total)
    })
}
