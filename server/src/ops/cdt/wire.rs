//! Lists and maps as clients write and read them.

use std::borrow::Cow;

use spikelet_wire::msgpack::PERSIST_INDEX;
use spikelet_wire::{ParticleType, ResultCode};

use super::collection::Collection;
use super::head::append_head;
use super::normalise::append_normalised;
use crate::ops::order::Kind;

/// The stored form of a list or map that a client wrote as a whole.
///
/// Reads return almost the same bytes; see [`to_wire`].
///
/// # Errors
/// `SERVER_ERROR` if the bytes are not such a collection, hold a value that cannot be stored, a map has a duplicate key or a
/// key that is not an integer, string or blob, or a collection flagged as ordered is not in order.
pub(crate) fn from_wire(particle_type: ParticleType, data: &[u8]) -> Result<Box<[u8]>, ResultCode> {
    let mut stored = Vec::new();
    let expected = match particle_type {
        ParticleType::LIST => Some(Kind::List),
        ParticleType::MAP => Some(Kind::Map),
        _ => return Err(ResultCode::PARAMETER),
    };
    match append_normalised(&mut stored, data, true) == expected {
        true => Ok(stored.into_boxed_slice()),
        false => Err(ResultCode::SERVER_ERROR),
    }
}

/// A stored list or map as clients read it: without the flag of a persisted index.
#[must_use]
pub(crate) fn to_wire(stored: &[u8]) -> Cow<'_, [u8]> {
    match Collection::parse(stored) {
        Some(collection) if collection.flags & PERSIST_INDEX != 0 => {
            let mut wire = Vec::with_capacity(stored.len());
            let flags = collection.flags & !PERSIST_INDEX;
            append_head(&mut wire, collection.is_map, collection.count, flags);
            wire.extend_from_slice(collection.contents);
            Cow::Owned(wire)
        }
        _ => Cow::Borrowed(stored),
    }
}
