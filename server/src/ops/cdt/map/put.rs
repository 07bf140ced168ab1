//! Putting pairs into a map.

use std::borrow::Cow;

use spikelet_wire::ResultCode;
use spikelet_wire::map::MapWriteFlags;
use spikelet_wire::msgpack::Reader;

use super::pairs::Pairs;
use crate::ops::cdt::collection::Collection;
use crate::ops::cdt::normalise::{append_normalised, is_key};
use crate::ops::cdt::outcome::{Edit, OpResult, Outcome};
use crate::ops::order::Equal;

/// The outcome of a write that a flag does not allow: an error, or with `NO_FAIL` a success.
fn refused<'a>(map: &Collection<'a>, flags: MapWriteFlags, code: ResultCode) -> OpResult<'a> {
    match flags.contains(MapWriteFlags::NO_FAIL) {
        true => Ok(Outcome::count(map.count)),
        false => Err(code),
    }
}

/// The code with which a key is refused, if the flags do not allow it to be written.
const fn forbidden(exists: bool, flags: MapWriteFlags) -> Option<ResultCode> {
    match exists {
        true if flags.contains(MapWriteFlags::NO_OVERWRITE) => Some(ResultCode::ELEMENT_EXISTS),
        false if flags.contains(MapWriteFlags::NO_CREATE) => Some(ResultCode::ELEMENT_NOT_FOUND),
        _ => None,
    }
}

/// Puts one pair.
///
/// # Errors
/// `PARAMETER` for a key or value that cannot be stored; `ELEMENT_EXISTS` and `ELEMENT_NOT_FOUND` for a key that the flags do
/// not allow to be overwritten or created.
pub(super) fn put<'a>(map: &Collection<'a>, key: &[u8], value: &[u8], flags: MapWriteFlags) -> OpResult<'a> {
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
    Ok(Outcome {
        edit: Some(Edit::of(map, count, pieces)),
        ..Outcome::count(count)
    })
}

/// Puts the pairs of a map. A map that is created without a pair gets `empty_flags`.
///
/// # Errors
/// As [`put`].
pub(super) fn put_items<'a>(map: &Collection<'a>, items: &[u8], flags: MapWriteFlags, empty_flags: u8) -> OpResult<'a> {
    let mut stored = Vec::with_capacity(items.len());
    append_normalised(&mut stored, items, false).ok_or(ResultCode::PARAMETER)?;
    let items = Collection::parse(&stored).filter(|items| items.is_map);
    let items = items.ok_or(ResultCode::PARAMETER)?;
    if items.count == 0 {
        return Ok(Outcome {
            edit: map.is_new.then(|| Edit {
                flags: empty_flags,
                ..Edit::unchanged(map)
            }),
            ..Outcome::count(map.count)
        });
    }
    let partial = flags.contains(MapWriteFlags::NO_FAIL | MapWriteFlags::DO_PARTIAL);
    if map.count == 0 {
        // The server writes all pairs into an empty map at once: with DO_PARTIAL even those that NO_CREATE forbids.
        if let Some(code) = forbidden(false, flags).filter(|_| !partial) {
            return refused(map, flags, code);
        }
        return Ok(Outcome {
            edit: Some(Edit::of(map, items.count, vec![Cow::Owned(items.contents.to_vec())])),
            ..Outcome::count(items.count)
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
    Ok(Outcome {
        edit: Some(Edit::of(map, count, vec![Cow::Owned(merged)])),
        ..Outcome::count(count)
    })
}

/// Appends the pairs in a range of indexes.
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
