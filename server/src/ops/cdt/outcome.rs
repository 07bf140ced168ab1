//! The outcome of an operation: its result, and the edit that it makes to the collection.

use std::borrow::Cow;

use spikelet_wire::ResultCode;

use super::collection::Collection;
use super::head::append_head;
use crate::ops::Particle;

/// The new contents of a collection.
#[derive(Debug)]
pub(super) struct Edit<'a> {
    pub(super) is_map: bool,
    pub(super) flags: u8,
    pub(super) count: u32,
    /// The encoded elements, in pieces of old and new contents.
    pub(super) pieces: Vec<Cow<'a, [u8]>>,
}

impl<'a> Edit<'a> {
    /// The collection with `count` elements, whose contents are `pieces`.
    pub(super) fn of(collection: &Collection<'a>, count: u32, pieces: Vec<Cow<'a, [u8]>>) -> Self {
        Self {
            is_map: collection.is_map,
            flags: collection.flags,
            count,
            pieces,
        }
    }

    /// The collection without a change.
    pub(super) fn unchanged(collection: &Collection<'a>) -> Self {
        Self::of(collection, collection.count, vec![Cow::Borrowed(collection.contents)])
    }

    /// Encodes the collection as it is stored, between `before` and `after`.
    pub(super) fn encode(&self, before: &[u8], after: &[u8]) -> Vec<u8> {
        let mut head = Vec::with_capacity(MAX_HEAD);
        append_head(&mut head, self.is_map, self.count, self.flags);
        let contents: usize = self.pieces.iter().map(|piece| piece.len()).sum();
        // The exact capacity, so that the bytes can be stored without another copy.
        let mut out = Vec::with_capacity(before.len() + head.len() + contents + after.len());
        out.extend_from_slice(before);
        out.extend_from_slice(&head);
        for piece in &self.pieces {
            out.extend_from_slice(piece);
        }
        out.extend_from_slice(after);
        out
    }
}

/// The longest head of a collection with its flags, in bytes.
const MAX_HEAD: usize = 9;

/// The outcome of an operation.
#[derive(Debug, Default)]
pub(super) struct Outcome<'a> {
    pub(super) result: Option<Particle>,
    /// The new contents of the collection; `None` if it is unchanged.
    pub(super) edit: Option<Edit<'a>>,
}

impl<'a> Outcome<'a> {
    pub(super) const fn result(result: Particle) -> Self {
        Self {
            result: Some(result),
            edit: None,
        }
    }

    pub(super) const fn edit(edit: Edit<'a>) -> Self {
        Self {
            result: None,
            edit: Some(edit),
        }
    }

    /// An outcome whose result is the number of elements.
    pub(super) fn count(n: u32) -> Self {
        Self::result(Particle::Int(i64::from(n)))
    }
}

/// The outcome of an operation, or the code with which it is refused.
pub(super) type OpResult<'a> = Result<Outcome<'a>, ResultCode>;
