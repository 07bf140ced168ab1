//! The values that a modifying path expression stores.

use spikelet_wire::msgpack::{COMPARE_ONLY, ORDERED, Reader, Token, write};
use spikelet_wire::{ParticleType, ResultCode};

use crate::ops::exp::value::{Data, Value};
use crate::ops::order;

/// Appends the value of an expression as an element.
///
/// # Errors
/// `INCOMPATIBLE_TYPE` (12) if it holds a wildcard or infinity; `SERVER_ERROR` (1) if it is not a value.
pub(super) fn append(out: &mut Vec<u8>, value: &Value<'_>) -> Result<(), ResultCode> {
    match value {
        // The server stores all bytes that are the result of a call as a string.
        Value::Bytes(particle_type, Data::Made(_))
            if !matches!(*particle_type, ParticleType::LIST | ParticleType::MAP) =>
        {
            let bytes = value.bytes_or_text().map_err(|_| ResultCode::SERVER_ERROR)?;
            write::bytes(out, ParticleType::STRING, bytes);
            Ok(())
        }
        Value::Bytes(ParticleType::LIST | ParticleType::MAP, Data::Borrowed(bytes))
        | Value::Extension(Data::Borrowed(bytes))
            if holds_compare_only(bytes) =>
        {
            Err(ResultCode::INCOMPATIBLE_TYPE)
        }
        _ => value.pack(out).map_err(|_| ResultCode::SERVER_ERROR),
    }
}

/// Whether msgpack holds a wildcard or infinity.
fn holds_compare_only(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    while !reader.is_empty() {
        match reader.token() {
            Ok(Token::Ext(COMPARE_ONLY, [_, ..])) => return true,
            Ok(_) => {}
            Err(_) => return true,
        }
    }
    false
}

/// Sorts the elements of an ordered list.
pub(super) fn sorted(elements: Vec<u8>) -> Vec<u8> {
    let mut items = Vec::new();
    let mut reader = Reader::new(&elements);
    while let Ok(item) = reader.element() {
        items.push(item);
    }
    if items.is_sorted_by(|a, b| order::compare(a, b).is_le()) {
        return elements;
    }
    sort(&mut items);
    items.concat()
}

/// The keys of a list of keys, sorted.
///
/// # Errors
/// `PARAMETER` (4) if it is not a list, or flagged as ordered and not in order.
pub(super) fn keys(list: &[u8]) -> Result<Vec<&[u8]>, ResultCode> {
    let damaged = |_| ResultCode::PARAMETER;
    let mut reader = Reader::new(list);
    let mut keys = Vec::new();
    let mut is_ordered = false;
    for i in 0..reader.list().map_err(damaged)? {
        match reader.peek().map_err(damaged)? {
            Token::Ext(flags, _) if i == 0 && flags != COMPARE_ONLY => {
                is_ordered = flags as u8 & ORDERED != 0;
                reader.token().map_err(damaged)?;
            }
            _ => keys.push(reader.element().map_err(damaged)?),
        }
    }
    match keys.is_sorted_by(|a, b| order::compare(a, b).is_le()) {
        true => {}
        false if is_ordered => return Err(ResultCode::PARAMETER),
        false => sort(&mut keys),
    }
    Ok(keys)
}

/// Sorts by the order of values. That order is not total, so the sort of the standard library may panic.
fn sort(items: &mut [&[u8]]) {
    let mut indexes: Vec<u32> = (0..items.len() as u32).collect();
    let unsorted = items.to_vec();
    let item = |i: u32| unsorted.get(i as usize).copied().unwrap_or_default();
    order::merge_sort(&mut indexes, &mut |a, b| order::compare(item(a), item(b)));
    for (slot, i) in items.iter_mut().zip(indexes) {
        *slot = item(i);
    }
}
