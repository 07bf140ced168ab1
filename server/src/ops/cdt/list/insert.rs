//! Inserting into an unordered list.

use std::borrow::Cow;

use spikelet_wire::ResultCode;
use spikelet_wire::list::ListWriteFlags;

use super::position::{nils, position};
use super::rank;
use super::values::Values;
use crate::ops::cdt::collection::{Collection, Elements};
use crate::ops::cdt::outcome::{Edit, OpResult, Outcome};
use crate::ops::order;

/// Inserts values into an unordered list, and pads it with nils up to an index beyond its end.
///
/// # Errors
/// `OP_NOT_APPLICABLE` for an index out of bounds, or duplicates among unique values; `ELEMENT_EXISTS` for a unique value that
/// is in the list; `RECORD_TOO_BIG` if the list would be padded with more nils than a record can hold.
pub(super) fn insert<'a>(list: &Collection<'a>, index: i64, values: Values, flags: ListWriteFlags) -> OpResult<'a> {
    let (mut contents, mut count) = match values {
        Values::One(value) => (value, 1),
        Values::Many { count: 0, .. } => return Ok(nothing_added(list)),
        Values::Many { contents, count } => (contents, count),
    };
    let n = list.count;
    let index = position(index, n)?;
    if flags.contains(ListWriteFlags::INSERT_BOUNDED) && index > n {
        return refused(list, flags, ResultCode::OP_NOT_APPLICABLE);
    }
    let mut elements = list.elements();
    if flags.contains(ListWriteFlags::ADD_UNIQUE) {
        elements.locate_all()?;
        match unique(list, &elements, &contents, count, flags)? {
            Unique::All => {}
            Unique::Some(left, some) => (contents, count) = (left, some),
            Unique::Refused(outcome) => return Ok(outcome),
        }
    }
    let total = n.max(index).checked_add(count).filter(|&total| total < i32::MAX as u32);
    let total = total.ok_or(ResultCode::PARAMETER)?;
    let pieces = if index >= n {
        let nils = nils(index - n)?;
        vec![Cow::Borrowed(list.contents), Cow::Owned(nils), Cow::Owned(contents)]
    } else {
        elements.locate(index)?;
        let (before, after) = (elements.before(index), elements.from(index));
        vec![Cow::Borrowed(before), Cow::Owned(contents), Cow::Borrowed(after)]
    };
    Ok(Outcome {
        edit: Some(Edit::of(list, total, pieces)),
        ..Outcome::count(total)
    })
}

/// The outcome of adding no value: a missing list is still created.
pub(super) fn nothing_added<'a>(list: &Collection<'a>) -> Outcome<'a> {
    Outcome {
        edit: list.is_new.then(|| Edit::unchanged(list)),
        ..Outcome::count(list.count)
    }
}

/// The values that may be added to a list of unique values.
enum Unique<'a> {
    All,
    Some(Vec<u8>, u32),
    Refused(Outcome<'a>),
}

/// Checks values against `ADD_UNIQUE`.
fn unique<'a>(
    list: &Collection<'a>,
    elements: &Elements<'a>,
    contents: &[u8],
    count: u32,
    flags: ListWriteFlags,
) -> Result<Unique<'a>, ResultCode> {
    let partial = flags.contains(ListWriteFlags::NO_FAIL | ListWriteFlags::DO_PARTIAL);
    let mut values = Collection {
        count,
        contents,
        ..Collection::new_empty(false, 0)
    }
    .elements();
    values.locate_all()?;
    let mut left = Vec::new();
    for i in 0..count {
        let value = values.get(i);
        let equals = |other: &[u8]| order::compare(value, other).is_eq();
        let code = if rank::equal_index(elements, value).is_some() {
            ResultCode::ELEMENT_EXISTS
        } else if (0..i).any(|j| equals(values.get(j))) {
            ResultCode::OP_NOT_APPLICABLE
        } else {
            left.push(value);
            continue;
        };
        if !partial {
            return refused(list, flags, code).map(Unique::Refused);
        }
    }
    match left.len() as u32 {
        0 => refused(list, flags, ResultCode::ELEMENT_EXISTS).map(Unique::Refused),
        n if n == count => Ok(Unique::All),
        n => Ok(Unique::Some(left.concat(), n)),
    }
}

/// The outcome of a write that a flag does not allow: an error, or with `NO_FAIL` a success.
pub(super) fn refused<'a>(list: &Collection<'a>, flags: ListWriteFlags, code: ResultCode) -> OpResult<'a> {
    match flags.contains(ListWriteFlags::NO_FAIL) {
        true => Ok(Outcome::count(list.count)),
        false => Err(code),
    }
}
