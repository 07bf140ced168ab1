//! Writing into a map: putting pairs, adding to numbers, setting the order.

use std::borrow::Cow;

use spikelet_wire::ResultCode;
use spikelet_wire::map::{MapOp, MapWriteFlags};
use spikelet_wire::msgpack::{ORDERED, PERSIST_INDEX, Reader, VALUE_ORDERED};

use super::Pairs;
use crate::ops::cdt::arguments::Arguments;
use crate::ops::cdt::collection::{Collection, Done, Edit, Outcome};
use crate::ops::cdt::delta;
use crate::ops::cdt::normalise::{append_normalised, is_key, stored_flags};
use crate::ops::order::Equal;

/// What is to be written.
pub(super) enum Write<'a> {
    SetType(u64),
    Put(&'a [u8], &'a [u8], u64, MapWriteFlags),
    PutItems(&'a [u8], u64, MapWriteFlags),
    /// Adds a number, or subtracts it.
    Add(&'a [u8], Option<&'a [u8]>, u64, bool),
}

impl<'a> Write<'a> {
    /// Reads the arguments of an operation that writes.
    ///
    /// # Errors
    /// `PARAMETER` when they are not its own.
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

    /// The flags of the map that is created where there is none; unknown ones make it unordered.
    pub(super) const fn order(&self, outermost: bool) -> u8 {
        match self {
            Self::Put(_, _, order, _) | Self::PutItems(_, order, _) | Self::Add(_, _, order, _) if is_valid(*order) => {
                match stored_flags(true, *order as u8, outermost) {
                    // Without an order there is nothing to store an index of.
                    PERSIST_INDEX => 0,
                    flags => flags,
                }
            }
            _ => 0,
        }
    }

    /// Writes into a map.
    ///
    /// # Errors
    /// `PARAMETER` for a key or value that cannot be stored or added to; `OP_NOT_APPLICABLE` for an unknown order;
    /// `ELEMENT_EXISTS` and `ELEMENT_NOT_FOUND` for keys that may not be overwritten or created.
    pub(super) fn apply(&self, map: &Collection<'a>, outermost: bool) -> Outcome<'a> {
        match *self {
            Self::SetType(flags) => set_type(map, flags, outermost),
            Self::Put(key, value, _, flags) => put(map, key, value, flags),
            Self::PutItems(items, _, flags) => put_items(map, items, flags),
            Self::Add(key, number, _, subtract) => {
                let pairs = Pairs::of(map)?;
                let old = pairs.find(key).map(|place| pairs.elements().value(place));
                let (sum, stored) = delta::add(old, number, subtract)?;
                let done = put(map, key, &stored, MapWriteFlags::empty())?;
                Ok(Done {
                    result: Some(sum),
                    ..done
                })
            }
        }
    }
}

/// Removes all pairs.
pub(super) fn clear<'a>(map: &Collection<'a>) -> Done<'a> {
    Done::edit(Edit::of(map, 0, Vec::new()))
}

/// Whether flags are ones that a map can have.
const fn is_valid(flags: u64) -> bool {
    flags as u8 & !(ORDERED | VALUE_ORDERED | PERSIST_INDEX) == 0
}

fn set_type<'a>(map: &Collection<'a>, flags: u64, outermost: bool) -> Outcome<'a> {
    if !is_valid(flags) {
        return Err(ResultCode::OP_NOT_APPLICABLE);
    }
    let flags = stored_flags(true, flags as u8, outermost);
    let edit = Edit::of(map, map.count, vec![by_key(map, &Pairs::of(map)?)]);
    Ok(Done::edit(Edit { flags, ..edit }))
}

/// The contents of a map in the order by key.
fn by_key<'a>(map: &Collection<'a>, pairs: &Pairs<'a>) -> Cow<'a, [u8]> {
    if pairs.is_sorted() {
        return Cow::Borrowed(map.contents);
    }
    let in_order = (0..map.count).map(|i| pairs.elements().get(pairs.place(i)));
    Cow::Owned(in_order.flatten().copied().collect())
}

/// A pair cannot be written because of a flag: an error, or with `NO_FAIL` a success.
fn refused<'a>(map: &Collection<'a>, flags: MapWriteFlags, code: ResultCode) -> Outcome<'a> {
    match flags.contains(MapWriteFlags::NO_FAIL) {
        true => Ok(Done::count(map.count)),
        false => Err(code),
    }
}

/// Why a key may not be written, if it may not.
const fn forbidden(exists: bool, flags: MapWriteFlags) -> Option<ResultCode> {
    match exists {
        true if flags.contains(MapWriteFlags::NO_OVERWRITE) => Some(ResultCode::ELEMENT_EXISTS),
        false if flags.contains(MapWriteFlags::NO_CREATE) => Some(ResultCode::ELEMENT_NOT_FOUND),
        _ => None,
    }
}

fn put<'a>(map: &Collection<'a>, key: &[u8], value: &[u8], flags: MapWriteFlags) -> Outcome<'a> {
    let token = Reader::new(key).token().map_err(|_| ResultCode::PARAMETER)?;
    if !is_key(&token) {
        return Err(ResultCode::PARAMETER);
    }
    let mut pair = Vec::with_capacity(key.len() + value.len());
    append_normalised(&mut pair, key, false).ok_or(ResultCode::PARAMETER)?;
    append_normalised(&mut pair, value, false).ok_or(ResultCode::PARAMETER)?;
    let pairs = Pairs::of(map)?;
    let (place, exists) = match pairs.find(key) {
        Some(place) => (place, true),
        None => (pairs.place_for(key), false),
    };
    if let Some(code) = forbidden(exists, flags) {
        return refused(map, flags, code);
    }
    let elements = pairs.elements();
    let (count, after) = match exists {
        true => (map.count, place + 1),
        false => (map.count.checked_add(1).ok_or(ResultCode::PARAMETER)?, place),
    };
    let pieces = vec![
        Cow::Borrowed(elements.before(place)),
        Cow::Owned(pair),
        Cow::Borrowed(elements.from(after)),
    ];
    Ok(Done {
        edit: Some(Edit::of(map, count, pieces)),
        ..Done::count(count)
    })
}

fn put_items<'a>(map: &Collection<'a>, items: &[u8], flags: MapWriteFlags) -> Outcome<'a> {
    let mut stored = Vec::with_capacity(items.len());
    append_normalised(&mut stored, items, false).ok_or(ResultCode::PARAMETER)?;
    let items = Collection::parse(&stored).filter(|items| items.is_map);
    let items = items.ok_or(ResultCode::PARAMETER)?;
    if items.count == 0 {
        return Ok(Done {
            edit: map.fresh.then(|| Edit::unchanged(map)),
            ..Done::count(map.count)
        });
    }
    let partial = flags.contains(MapWriteFlags::NO_FAIL | MapWriteFlags::DO_PARTIAL);
    if map.count == 0 {
        // Into an empty map the server writes all pairs at once: with DO_PARTIAL even those that it may not create.
        if let Some(code) = forbidden(false, flags).filter(|_| !partial) {
            return refused(map, flags, code);
        }
        return Ok(Done {
            edit: Some(Edit::of(map, items.count, vec![Cow::Owned(items.contents.to_vec())])),
            ..Done::count(items.count)
        });
    }
    let (old, new) = (Pairs::of(map)?, Pairs::of(&items)?);
    let mut merged = Vec::with_capacity(map.contents.len() + items.contents.len());
    let (mut at, mut count) = (0, map.count);
    for item in (0..new.len()).map(|i| new.elements().get(i)) {
        let place = old.find_key(item, Equal::Any);
        if let Some(code) = forbidden(place.found, flags) {
            if !partial {
                return refused(map, flags, code);
            }
            continue;
        }
        append_run(&mut merged, &old, at..place.rank);
        at = place.rank + u32::from(place.found);
        merged.extend_from_slice(item);
        count += u32::from(!place.found);
    }
    append_run(&mut merged, &old, at..map.count);
    Ok(Done {
        edit: Some(Edit::of(map, count, vec![Cow::Owned(merged)])),
        ..Done::count(count)
    })
}

/// Appends the pairs of some indexes.
fn append_run(out: &mut Vec<u8>, pairs: &Pairs<'_>, indexes: std::ops::Range<u32>) {
    if pairs.is_sorted() {
        let count = indexes.end.saturating_sub(indexes.start);
        out.extend_from_slice(pairs.elements().range(indexes.start, count));
        return;
    }
    for i in indexes {
        out.extend_from_slice(pairs.elements().get(pairs.place(i)));
    }
}
