//! Lists and maps as they are stored, looked at without decoding them.

use std::borrow::Cow;

use spikelet_wire::ResultCode;
use spikelet_wire::msgpack::{ORDERED, PERSIST_INDEX, Reader, Token, VALUE_ORDERED};

use super::normalise::append_head;
use crate::ops::Particle;

/// A stored list or map.
#[derive(Debug, Clone, Copy)]
pub(super) struct Collection<'a> {
    pub(super) is_map: bool,
    pub(super) flags: u8,
    /// How many elements or pairs.
    pub(super) count: u32,
    /// The elements or pairs themselves.
    pub(super) contents: &'a [u8],
    /// It is the bin's own.
    pub(super) outermost: bool,
    /// It is about to be created.
    pub(super) fresh: bool,
}

impl<'a> Collection<'a> {
    /// Reads the head of a list or map; nothing, when something else stands there.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let (is_map, mut count) = match reader.token().ok()? {
            Token::List(n) => (false, n),
            Token::Map(n) => (true, n),
            _ => return None,
        };
        let mut flags = 0;
        if count > 0
            && let Ok(Token::Ext(ext_type, _)) = reader.peek()
        {
            reader.token().ok()?;
            if is_map {
                reader.element().ok()?;
            }
            flags = ext_type as u8;
            count -= 1;
        }
        Some(Self {
            is_map,
            flags,
            count,
            contents: reader.rest(),
            outermost: false,
            fresh: false,
        })
    }

    /// An empty collection that is about to be created.
    pub(super) const fn fresh(is_map: bool, flags: u8) -> Self {
        Self {
            is_map,
            flags,
            count: 0,
            contents: &[],
            outermost: false,
            fresh: true,
        }
    }

    pub(super) const fn is_ordered_list(&self) -> bool {
        !self.is_map && self.flags & ORDERED != 0
    }

    /// Whether a map has a stored order of its values, by which the results of some operations are ordered.
    pub(super) const fn is_indexed_by_value(&self) -> bool {
        self.flags & PERSIST_INDEX != 0 && self.flags & VALUE_ORDERED != 0 && self.count > 1
    }

    /// Its elements or pairs.
    pub(super) fn elements(&self) -> Elements<'a> {
        Elements {
            contents: self.contents,
            count: self.count,
            values: if self.is_map { 2 } else { 1 },
            offsets: vec![0],
        }
    }
}

/// The elements of a list or the pairs of a map; where they begin is found out as far as it is needed.
#[derive(Debug)]
pub(super) struct Elements<'a> {
    contents: &'a [u8],
    count: u32,
    /// How many values an element is: a pair is two.
    values: u8,
    offsets: Vec<u32>,
}

impl<'a> Elements<'a> {
    pub(super) const fn len(&self) -> u32 {
        self.count
    }

    /// Finds out where the elements up to `i` begin; behind the last there is nothing to find out.
    ///
    /// # Errors
    /// `PARAMETER` when they are damaged.
    pub(super) fn know(&mut self, i: u32) -> Result<(), ResultCode> {
        let known = self.offsets.last().map_or(0, |&offset| offset as usize);
        if i >= self.count || (i as usize) < self.offsets.len() {
            return Ok(());
        }
        let mut reader = Reader::new(self.contents.get(known..).unwrap_or_default());
        while self.offsets.len() <= i as usize {
            for _ in 0..self.values {
                reader.element().map_err(|_| ResultCode::PARAMETER)?;
            }
            self.offsets.push((known + reader.at()) as u32);
        }
        Ok(())
    }

    /// Finds out where all elements begin.
    ///
    /// # Errors
    /// As [`know`](Self::know).
    pub(super) fn know_all(&mut self) -> Result<(), ResultCode> {
        self.know(self.count.saturating_sub(1))
    }

    /// The bytes of an element, which must be known.
    pub(super) fn get(&self, i: u32) -> &'a [u8] {
        self.range(i, 1)
    }

    /// The bytes of `count` elements, which must be known.
    pub(super) fn range(&self, start: u32, count: u32) -> &'a [u8] {
        let (from, to) = (self.offset(start), self.offset(start.saturating_add(count)));
        self.contents.get(from..to).unwrap_or_default()
    }

    /// The bytes before an element, which must be known.
    pub(super) fn before(&self, i: u32) -> &'a [u8] {
        self.contents.get(..self.offset(i)).unwrap_or_default()
    }

    /// The bytes from an element on, which must be known.
    pub(super) fn from(&self, i: u32) -> &'a [u8] {
        self.contents.get(self.offset(i)..).unwrap_or_default()
    }

    /// Where an element begins, which must be known.
    pub(super) fn offset(&self, i: u32) -> usize {
        match self.offsets.get(i as usize) {
            Some(&offset) => offset as usize,
            None => self.contents.len(),
        }
    }

    /// The key of a pair.
    pub(super) fn key(&self, i: u32) -> &'a [u8] {
        first_value(self.get(i)).0
    }

    /// The value of a pair.
    pub(super) fn value(&self, i: u32) -> &'a [u8] {
        first_value(self.get(i)).1
    }
}

/// Parts the first value from what follows it.
fn first_value(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut reader = Reader::new(bytes);
    let first = reader.element().unwrap_or_default();
    (first, reader.rest())
}

/// What becomes of a collection.
#[derive(Debug)]
pub(super) struct Edit<'a> {
    pub(super) is_map: bool,
    pub(super) flags: u8,
    pub(super) count: u32,
    /// Its contents, in pieces of the old ones and new ones.
    pub(super) pieces: Vec<Cow<'a, [u8]>>,
}

impl<'a> Edit<'a> {
    /// The collection with `count` elements, made of `pieces`.
    pub(super) fn of(collection: &Collection<'a>, count: u32, pieces: Vec<Cow<'a, [u8]>>) -> Self {
        Self {
            is_map: collection.is_map,
            flags: collection.flags,
            count,
            pieces,
        }
    }

    /// The collection as it is.
    pub(super) fn unchanged(collection: &Collection<'a>) -> Self {
        Self::of(collection, collection.count, vec![Cow::Borrowed(collection.contents)])
    }

    /// It as it is stored, with `before` and `after` around it.
    pub(super) fn encode(&self, before: &[u8], after: &[u8]) -> Vec<u8> {
        let mut head = Vec::with_capacity(MAX_HEAD);
        append_head(&mut head, self.is_map, self.count, self.flags);
        let contents: usize = self.pieces.iter().map(|piece| piece.len()).sum();
        // Exactly what it takes, so that it can be kept without being copied once more.
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

/// Bytes that the head of a collection takes at most, with its flags.
const MAX_HEAD: usize = 9;

/// What an operation did.
#[derive(Debug, Default)]
pub(super) struct Done<'a> {
    pub(super) result: Option<Particle>,
    /// What becomes of the collection; nothing where it stays as it is.
    pub(super) edit: Option<Edit<'a>>,
}

impl<'a> Done<'a> {
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

    /// With the number of elements as its result.
    pub(super) fn count(n: u32) -> Self {
        Self::result(Particle::Int(i64::from(n)))
    }
}

/// What an operation did, or why it cannot be done.
pub(super) type Outcome<'a> = Result<Done<'a>, ResultCode>;
