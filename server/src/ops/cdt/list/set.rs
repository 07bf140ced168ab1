//! Setting an element of an unordered list.

use std::borrow::Cow;

use spikelet_wire::ResultCode;
use spikelet_wire::list::ListWriteFlags;

use super::insert::{insert, refused};
use super::position::position;
use super::values::Values;
use crate::ops::cdt::collection::Collection;
use crate::ops::cdt::outcome::{Edit, OpResult, Outcome};
use crate::ops::order;

/// Sets an element of an unordered list. An element beyond the end is inserted.
///
/// # Errors
/// As [`insert`].
pub(super) fn set<'a>(list: &Collection<'a>, index: i64, value: Vec<u8>, flags: ListWriteFlags) -> OpResult<'a> {
    let without_result = |outcome: Outcome<'a>| Outcome {
        result: None,
        ..outcome
    };
    if index >= i64::from(list.count) {
        return insert(list, index, Values::One(value), flags).map(without_result);
    }
    let index = position(index, list.count)?;
    let mut elements = list.elements();
    if flags.contains(ListWriteFlags::ADD_UNIQUE) {
        elements.locate_all()?;
        let mut equal = (0..list.count).filter(|&i| order::compare(elements.get(i), &value).is_eq());
        // The value may be present only at the position that is written.
        let elsewhere = match equal.next() {
            Some(first) if first == index => equal.next().is_some(),
            first => first.is_some(),
        };
        if elsewhere {
            return refused(list, flags, ResultCode::ELEMENT_EXISTS).map(without_result);
        }
    }
    elements.locate(index)?;
    elements.locate(index + 1)?;
    let pieces = vec![
        Cow::Borrowed(elements.before(index)),
        Cow::Owned(value),
        Cow::Borrowed(elements.from(index + 1)),
    ];
    Ok(Outcome::edit(Edit::of(list, list.count, pieces)))
}
