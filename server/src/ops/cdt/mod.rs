//! Collection data types: lists and maps.
//!
//! Every operation works on the encoded form: it finds out where elements begin as far as it has to, compares them where
//! they stand, and writes what becomes of the collection in one go. Only what a client sends is taken apart, to be
//! [brought into the stored form](from_wire).

mod arguments;
mod collection;
mod context;
mod delta;
mod list;
mod map;
mod matches;
mod normalise;
mod return_type;
mod select;

use std::borrow::Cow;

use spikelet_wire::cdt::{CONTEXT, Call, Parameter};
use spikelet_wire::list::ListOp;
use spikelet_wire::map::MapOp;
use spikelet_wire::msgpack::{PERSIST_INDEX, Reader};
use spikelet_wire::{ParticleType, ResultCode};

use collection::{Collection, Done, Edit, Outcome};
use context::Path;
pub(crate) use context::is_read_context;
pub(crate) use normalise::{append_head, is_key};
pub(crate) use normalise::{append_normalised, is_compact};
pub(crate) use return_type::particle;

use super::{Particle, ParticleRef};
use crate::ops::order::Kind;

/// Applies an operation that reads a list or map, or one inside of it.
///
/// `argument` is the operation's code and its arguments as [`spikelet_wire::cdt`] describes them. The result is nothing
/// where the operation gives none, and where there is no bin.
///
/// # Errors
/// - `PARAMETER`: the argument is malformed, or its operation does not read.
/// - `INCOMPATIBLE_TYPE`: the bin, or what the context leads to, is no collection of the operation's type.
/// - `OP_NOT_APPLICABLE`: no such element, a context that leads nowhere, or a return type that the operation does not have.
pub(crate) fn read(bin: Option<&Particle>, argument: &[u8]) -> Result<Option<Particle>, ResultCode> {
    let Some(bin) = bin else {
        return Ok(None);
    };
    let call = Call::read(argument).map_err(|_| ResultCode::PARAMETER)?;
    if call.code == CONTEXT {
        let (context, call) = with_context(call)?;
        let path = Path::follow(Some(nested(bin)?), context, false)?;
        let call = call.inner().map_err(|_| ResultCode::PARAMETER)?;
        return Ok(apply_read(Collection::parse(path.bytes()), call)?.result);
    }
    Ok(apply_read(bin_collection(bin), call)?.result)
}

/// Applies an operation that modifies a list or map, or one inside of it.
///
/// It creates the bin where it is missing and the operation writes. On an error the bin is untouched.
///
/// # Errors
/// As [`read`], and
/// - `ELEMENT_EXISTS`, `ELEMENT_NOT_FOUND`: write flags forbid to write an element, or want it to be there.
/// - `PARAMETER`: a value cannot be stored, or is no number and is to be added to.
/// - `RECORD_TOO_BIG`: a list would be filled up with more nils than a record can hold.
pub(crate) fn modify(bin: &mut Option<Particle>, argument: &[u8]) -> Result<Option<Particle>, ResultCode> {
    let call = Call::read(argument).map_err(|_| ResultCode::PARAMETER)?;
    let (result, changed) = if call.code == CONTEXT {
        let (context, call) = with_context(call)?;
        let root = bin.as_ref().map(nested).transpose()?;
        let path = Path::follow(root, context, true)?;
        let call = call.inner().map_err(|_| ResultCode::PARAMETER)?;
        let done = apply_modify(path.target(), call, path.only_compares)?;
        (done.result, done.edit.map(|edit| path.replace(&edit)).transpose()?)
    } else {
        let target = match bin {
            Some(bin) => bin_collection(bin).map(Target::Present),
            None => Some(Target::Missing),
        };
        let done = apply_modify(target, call, false)?;
        (done.result, done.edit.map(|edit| edit.encode(&[], &[])))
    };
    if let Some(changed) = changed {
        let particle_type = match Kind::first_of(&changed) {
            Some(Kind::List) => ParticleType::LIST,
            _ => ParticleType::MAP,
        };
        *bin = Some(Particle::bytes(particle_type, &changed));
    }
    Ok(result)
}

/// The particle that a context leads to inside of a list or map; nothing where it leads nowhere, or to nil.
#[must_use]
pub(crate) fn at_context(bin: &Particle, context: &[u8]) -> Option<Particle> {
    let path = Path::follow(Some(nested(bin).ok()?), context, false).ok()?;
    particle(path.bytes()).ok().flatten()
}

/// Gives the elements of a stored list, as they stand there, until `each` has had enough and says so.
pub(crate) fn each_element(list: &[u8], mut each: impl FnMut(&[u8]) -> bool) {
    let Some(collection) = Collection::parse(list).filter(|collection| !collection.is_map) else {
        return;
    };
    let mut reader = Reader::new(collection.contents);
    while let Ok(element) = reader.element() {
        if !each(element) {
            return;
        }
    }
}

/// Gives the pairs of a stored map, key and value as they stand there, until `each` has had enough and says so.
pub(crate) fn each_pair(map: &[u8], mut each: impl FnMut(&[u8], &[u8]) -> bool) {
    let Some(collection) = Collection::parse(map).filter(|collection| collection.is_map) else {
        return;
    };
    let mut reader = Reader::new(collection.contents);
    while let (Ok(key), Ok(value)) = (reader.element(), reader.element()) {
        if !each(key, value) {
            return;
        }
    }
}

/// What an operation that modifies is applied to.
#[derive(Debug, Clone, Copy)]
enum Target<'a> {
    /// A collection that exists.
    Present(Collection<'a>),
    /// There is no bin.
    Missing,
    /// The context creates it.
    Created {
        /// In a bin that exists.
        in_bin: bool,
    },
}

impl<'a> Target<'a> {
    /// The collection, or an empty one with these flags.
    const fn or_fresh(&self, is_map: bool, flags: u8) -> Collection<'a> {
        match self {
            Self::Present(collection) => *collection,
            Self::Missing | Self::Created { .. } => Collection::fresh(is_map, flags),
        }
    }

    /// Whether it is the bin's own collection.
    const fn is_outermost(&self) -> bool {
        match self {
            Self::Present(collection) => collection.outermost,
            Self::Missing => true,
            Self::Created { .. } => false,
        }
    }

    /// A writing operation creates the bin even when it writes nothing into it.
    fn at_least(&self, collection: &Collection<'a>, mut done: Done<'a>) -> Done<'a> {
        if matches!(self, Self::Missing) && done.edit.is_none() {
            done.edit = Some(Edit::unchanged(collection));
        }
        done
    }
}

/// The two arguments of a call with a context: the context, and what follows it.
fn with_context(mut call: Call<'_>) -> Result<(&[u8], Call<'_>), ResultCode> {
    if call.arguments != 2 {
        return Err(ResultCode::PARAMETER);
    }
    let context = call.value().map_err(|_| ResultCode::PARAMETER)?;
    Ok((context, call))
}

/// The bin's collection, in which a context can lead on.
fn nested(bin: &Particle) -> Result<&[u8], ResultCode> {
    match bin.view() {
        ParticleRef::Bytes(ParticleType::LIST | ParticleType::MAP, bytes) => Ok(bytes),
        _ => Err(ResultCode::PARAMETER),
    }
}

/// The bin's collection, if it is one.
fn bin_collection(bin: &Particle) -> Option<Collection<'_>> {
    let collection = Collection::parse(nested(bin).ok()?)?;
    Some(Collection {
        outermost: true,
        ..collection
    })
}

/// The code of the first operation on maps; all before are on lists.
const FIRST_MAP: u32 = 64;

fn apply_read<'a>(collection: Option<Collection<'a>>, call: Call<'a>) -> Outcome<'a> {
    let is_map = call.code >= FIRST_MAP;
    let collection = collection.filter(|collection| collection.is_map == is_map);
    let collection = collection.ok_or(ResultCode::INCOMPATIBLE_TYPE)?;
    match (ListOp::from_code(call.code), MapOp::from_code(call.code)) {
        (Some(op), _) => list::read(op, call, &collection),
        (_, Some(op)) => map::read(op, call, &collection),
        _ => Err(ResultCode::PARAMETER),
    }
}

fn apply_modify<'a>(target: Option<Target<'a>>, call: Call<'a>, stores_nothing: bool) -> Outcome<'a> {
    let is_map = call.code >= FIRST_MAP;
    let fits = |target: &Target<'_>| match target {
        Target::Present(collection) => collection.is_map == is_map,
        Target::Missing | Target::Created { .. } => true,
    };
    let target = target.filter(fits).ok_or(ResultCode::INCOMPATIBLE_TYPE)?;
    let (list_op, map_op) = (ListOp::from_code(call.code), MapOp::from_code(call.code));
    let operation = list_op.map(ListOp::operation).or_else(|| map_op.map(MapOp::operation));
    if stores_nothing && operation.is_some_and(|op| op.required.contains(&Parameter::Stored)) {
        return Err(ResultCode::PARAMETER);
    }
    match (list_op, map_op) {
        (Some(op), _) => list::modify(op, call, &target),
        (_, Some(op)) => map::modify(op, call, &target),
        _ => Err(ResultCode::PARAMETER),
    }
}

/// The stored form of a list or map that a client wrote as a whole.
///
/// What goes back over the wire is almost always the same; see [`to_wire`].
///
/// # Errors
/// `SERVER_ERROR` when the bytes are no such collection, hold what cannot be stored, a map has a key twice or one
/// that is no integer, text or blob, or a collection flagged as ordered is not in order.
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

/// What a client gets to read of a stored list or map: all but the flag of a stored index.
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

#[cfg(test)]
mod tests;
