//! Writing into a list: appending, inserting, setting, adding to numbers, sorting.

use std::borrow::Cow;

use spikelet_wire::ResultCode;
use spikelet_wire::list::{ListOp, ListSortFlags, ListWriteFlags};
use spikelet_wire::msgpack::{ORDERED, PERSIST_INDEX};

use super::rank;
use crate::ops::cdt::arguments::Arguments;
use crate::ops::cdt::collection::{Collection, Done, Edit, Elements, Outcome};
use crate::ops::cdt::delta;
use crate::ops::cdt::normalise::append_normalised;
use crate::ops::order::{self, Equal};

/// What is to be written.
pub(super) enum Write<'a> {
    SetType(u64),
    Append(Items<'a>, u64, ListWriteFlags),
    Insert(i64, Items<'a>, ListWriteFlags),
    Set(i64, &'a [u8], ListWriteFlags),
    Increment(i64, Option<&'a [u8]>, u64, ListWriteFlags),
    Sort(ListSortFlags),
}

/// One value, or a list of them, as the client sent it.
pub(super) enum Items<'a> {
    One(&'a [u8]),
    Many(&'a [u8]),
}

impl<'a> Write<'a> {
    /// Reads the arguments of an operation that writes.
    ///
    /// # Errors
    /// `PARAMETER` when they are not its own.
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

    /// The flags of the list that is created where there is none; unknown ones make it unordered.
    pub(super) const fn order(&self) -> u8 {
        match self {
            Self::Append(_, order, _) | Self::Increment(_, _, order, _) if is_valid(*order) => *order as u8 & ORDERED,
            _ => 0,
        }
    }

    /// Writes into a list.
    ///
    /// # Errors
    /// `PARAMETER` for a value that cannot be stored or added to; `OP_NOT_APPLICABLE` for an index that is out of bounds,
    /// an operation that an ordered list does not have, or duplicates among unique values; `ELEMENT_EXISTS` for a unique
    /// value that is in the list; `RECORD_TOO_BIG` when more nils would be filled in than a record can hold.
    pub(super) fn apply(&self, list: &Collection<'a>) -> Outcome<'a> {
        let is_ordered = list.is_ordered_list();
        match self {
            Self::SetType(flags) => set_type(list, *flags),
            Self::Append(items, _, flags) => match (Values::of(items)?, is_ordered) {
                (values, false) => insert(list, i64::from(list.count), values, *flags),
                (Values::One(value), true) => add_ordered(list, value, *flags),
                (Values::Many { contents, count }, true) => merge(list, contents, count, *flags),
            },
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

/// Removes all elements.
pub(super) fn clear<'a>(list: &Collection<'a>) -> Done<'a> {
    Done::edit(Edit::of(list, 0, Vec::new()))
}

/// Values to write, in their stored form.
enum Values {
    One(Vec<u8>),
    Many { contents: Vec<u8>, count: u32 },
}

impl Values {
    fn of(items: &Items<'_>) -> Result<Self, ResultCode> {
        let list = match items {
            Items::One(value) => return normalised(value).map(Self::One),
            Items::Many(list) => normalised(list)?,
        };
        let parsed = Collection::parse(&list).filter(|list| !list.is_map);
        let parsed = parsed.ok_or(ResultCode::PARAMETER)?;
        let (count, head) = (parsed.count, list.len() - parsed.contents.len());
        let mut contents = list;
        contents.drain(..head);
        Ok(Self::Many { contents, count })
    }
}

fn normalised(value: &[u8]) -> Result<Vec<u8>, ResultCode> {
    let mut stored = Vec::new();
    append_normalised(&mut stored, value, false).ok_or(ResultCode::PARAMETER)?;
    Ok(stored)
}

/// Whether flags are ones that a list can have.
const fn is_valid(flags: u64) -> bool {
    flags as u8 & !(ORDERED | PERSIST_INDEX) == 0
}

fn set_type<'a>(list: &Collection<'a>, flags: u64) -> Outcome<'a> {
    if !is_valid(flags) {
        return Err(ResultCode::OP_NOT_APPLICABLE);
    }
    let flags = flags as u8 & ORDERED;
    if flags == list.flags && !list.fresh {
        return Ok(Done::default());
    }
    let pieces = match flags != 0 && !list.is_ordered_list() && list.count > 1 {
        true => vec![Cow::Owned(sorted(list, ListSortFlags::empty())?.0)],
        false => vec![Cow::Borrowed(list.contents)],
    };
    let edit = Edit::of(list, list.count, pieces);
    Ok(Done::edit(Edit { flags, ..edit }))
}

/// Nothing is written because a flag forbids it: an error, or with `NO_FAIL` a success.
fn refused<'a>(list: &Collection<'a>, flags: ListWriteFlags, code: ResultCode) -> Outcome<'a> {
    match flags.contains(ListWriteFlags::NO_FAIL) {
        true => Ok(Done::count(list.count)),
        false => Err(code),
    }
}

/// An index from 0.
fn position(index: i64, count: u32) -> Result<u32, ResultCode> {
    let index = if index < 0 {
        index.saturating_add(i64::from(count))
    } else {
        index
    };
    // The server counts elements in 31 bits.
    match i32::try_from(index).ok().and_then(|index| u32::try_from(index).ok()) {
        Some(index) => Ok(index),
        None => Err(ResultCode::OP_NOT_APPLICABLE),
    }
}

/// Inserts into an unordered list.
fn insert<'a>(list: &Collection<'a>, index: i64, values: Values, flags: ListWriteFlags) -> Outcome<'a> {
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
        elements.know_all()?;
        match unique(list, &elements, &contents, count, flags)? {
            Unique::All => {}
            Unique::Some(left, some) => (contents, count) = (left, some),
            Unique::Refused(done) => return Ok(done),
        }
    }
    let total = n.max(index).checked_add(count).filter(|&total| total < i32::MAX as u32);
    let total = total.ok_or(ResultCode::PARAMETER)?;
    let pieces = if index >= n {
        let nils = nils(index - n)?;
        vec![Cow::Borrowed(list.contents), Cow::Owned(nils), Cow::Owned(contents)]
    } else {
        elements.know(index)?;
        let (before, after) = (elements.before(index), elements.from(index));
        vec![Cow::Borrowed(before), Cow::Owned(contents), Cow::Borrowed(after)]
    };
    Ok(Done {
        edit: Some(Edit::of(list, total, pieces)),
        ..Done::count(total)
    })
}

/// There is nothing to add, but a list that is missing is created all the same.
fn nothing_added<'a>(list: &Collection<'a>) -> Done<'a> {
    Done {
        edit: list.fresh.then(|| Edit::unchanged(list)),
        ..Done::count(list.count)
    }
}

/// So many nils.
///
/// # Errors
/// `RECORD_TOO_BIG` when no record could hold them.
pub(in crate::ops::cdt) fn nils(n: u32) -> Result<Vec<u8>, ResultCode> {
    /// Bytes a record may have.
    const MAX_RECORD: u32 = 8 << 20;
    const NIL: u8 = 0xc0;
    match n {
        0..=MAX_RECORD => Ok(vec![NIL; n as usize]),
        _ => Err(ResultCode::RECORD_TOO_BIG),
    }
}

/// Which of some values may be added to a list of unique ones.
enum Unique<'a> {
    All,
    Some(Vec<u8>, u32),
    Refused(Done<'a>),
}

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
        ..Collection::fresh(false, 0)
    }
    .elements();
    values.know_all()?;
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

/// Adds a value to an ordered list.
fn add_ordered<'a>(list: &Collection<'a>, value: Vec<u8>, flags: ListWriteFlags) -> Outcome<'a> {
    let mut elements = list.elements();
    elements.know_all()?;
    let place = rank::find(&elements, &value, Equal::Any);
    if place.found && flags.contains(ListWriteFlags::ADD_UNIQUE) {
        return refused(list, flags, ResultCode::ELEMENT_EXISTS);
    }
    insert(list, i64::from(place.rank), Values::One(value), ListWriteFlags::empty())
}

/// Adds values to an ordered list.
fn merge<'a>(list: &Collection<'a>, contents: Vec<u8>, count: u32, flags: ListWriteFlags) -> Outcome<'a> {
    if count == 0 {
        return Ok(nothing_added(list));
    }
    let partial = flags.contains(ListWriteFlags::NO_FAIL | ListWriteFlags::DO_PARTIAL);
    let is_unique = flags.contains(ListWriteFlags::ADD_UNIQUE);
    let values = Collection {
        count,
        contents: &contents,
        ..Collection::fresh(false, 0)
    };
    let mut elements = list.elements();
    elements.know_all()?;
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
    Ok(Done {
        edit: Some(Edit::of(list, total, vec![Cow::Owned(merged)])),
        ..Done::count(total)
    })
}

/// Sets an element of an unordered list; beyond its end it is inserted.
fn set<'a>(list: &Collection<'a>, index: i64, value: Vec<u8>, flags: ListWriteFlags) -> Outcome<'a> {
    let without_result = |done: Done<'a>| Done { result: None, ..done };
    if index >= i64::from(list.count) {
        return insert(list, index, Values::One(value), flags).map(without_result);
    }
    let index = position(index, list.count)?;
    let mut elements = list.elements();
    if flags.contains(ListWriteFlags::ADD_UNIQUE) {
        elements.know_all()?;
        let mut equal = (0..list.count).filter(|&i| order::compare(elements.get(i), &value).is_eq());
        // The value may stand where it is written, and only there.
        let elsewhere = match equal.next() {
            Some(first) if first == index => equal.next().is_some(),
            first => first.is_some(),
        };
        if elsewhere {
            return refused(list, flags, ResultCode::ELEMENT_EXISTS).map(without_result);
        }
    }
    elements.know(index)?;
    elements.know(index + 1)?;
    let pieces = vec![
        Cow::Borrowed(elements.before(index)),
        Cow::Owned(value),
        Cow::Borrowed(elements.from(index + 1)),
    ];
    Ok(Done::edit(Edit::of(list, list.count, pieces)))
}

fn increment<'a>(list: &Collection<'a>, index: i64, number: Option<&[u8]>, flags: ListWriteFlags) -> Outcome<'a> {
    let index = position(index, list.count)?;
    let mut elements = list.elements();
    elements.know(index)?;
    elements.know(index + 1)?;
    let old = (index < list.count).then(|| elements.get(index));
    let (sum, stored) = delta::add(old, number, false)?;
    let done = match list.is_ordered_list() {
        true => replace_ordered(list, elements, index, stored, flags)?,
        false => set(list, i64::from(index), stored, flags)?,
    };
    Ok(Done {
        result: Some(sum),
        ..done
    })
}

/// Replaces an element of an ordered list, or adds one at its end.
fn replace_ordered<'a>(
    list: &Collection<'a>,
    mut elements: Elements<'a>,
    index: u32,
    value: Vec<u8>,
    flags: ListWriteFlags,
) -> Outcome<'a> {
    elements.know_all()?;
    let n = list.count;
    let place = rank::find(&elements, &value, Equal::First);
    if index > n {
        return Err(ResultCode::OP_NOT_APPLICABLE);
    }
    if place.found && flags.contains(ListWriteFlags::ADD_UNIQUE) {
        return match place.rank == index {
            true => Ok(Done::default()),
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
    Ok(Done::edit(Edit::of(list, n.max(index + 1), pieces)))
}

fn sort<'a>(list: &Collection<'a>, flags: ListSortFlags) -> Outcome<'a> {
    if list.count <= 1 {
        return Ok(Done::default());
    }
    let (contents, count) = sorted(list, flags)?;
    Ok(Done::edit(Edit::of(list, count, vec![Cow::Owned(contents)])))
}

/// The contents of a list in order, and how many elements they are.
fn sorted(list: &Collection<'_>, flags: ListSortFlags) -> Result<(Vec<u8>, u32), ResultCode> {
    let (elements, mut order) = in_order(list, flags)?;
    if flags.contains(ListSortFlags::DROP_DUPLICATES) {
        let compare = |a: u32, b: u32| order::compare(elements.get(a), elements.get(b));
        // The server looks for duplicates upwards only: sorted downwards it fails, unless all are equal.
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

/// The elements of a list, and their order.
fn in_order<'a>(list: &Collection<'a>, flags: ListSortFlags) -> Result<(Elements<'a>, Vec<u32>), ResultCode> {
    let mut elements = list.elements();
    elements.know_all()?;
    let mut order: Vec<u32> = (0..list.count).collect();
    // An ordered list stays as it is, even when it is to be sorted downwards.
    if !list.is_ordered_list() {
        let descending = flags.contains(ListSortFlags::DESCENDING);
        order::merge_sort(&mut order, &mut |a, b| {
            let order = order::compare(elements.get(a), elements.get(b));
            if descending { order.reverse() } else { order }
        });
    }
    Ok((elements, order))
}
