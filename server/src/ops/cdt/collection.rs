//! Stored lists and maps, read without decoding them.

use spikelet_wire::ResultCode;
use spikelet_wire::msgpack::{ORDERED, PERSIST_INDEX, Reader, Token, VALUE_ORDERED};

/// A stored list or map.
#[derive(Debug, Clone, Copy)]
pub(super) struct Collection<'a> {
    pub(super) is_map: bool,
    pub(super) flags: u8,
    /// The number of elements or pairs.
    pub(super) count: u32,
    /// The encoded elements or pairs.
    pub(super) contents: &'a [u8],
    /// Whether it is the bin's own collection, not a nested one.
    pub(super) outermost: bool,
    /// Whether the operation is about to create it.
    pub(super) is_new: bool,
}

impl<'a> Collection<'a> {
    /// Reads the head of a list or map. `None` for any other value.
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
            is_new: false,
        })
    }

    /// An empty collection that is about to be created.
    pub(super) const fn new_empty(is_map: bool, flags: u8) -> Self {
        Self {
            is_map,
            flags,
            count: 0,
            contents: &[],
            outermost: false,
            is_new: true,
        }
    }

    pub(super) const fn is_ordered_list(&self) -> bool {
        !self.is_map && self.flags & ORDERED != 0
    }

    /// Whether the map's order by value is persisted. Some operations then return their results in that order.
    pub(super) const fn is_indexed_by_value(&self) -> bool {
        self.flags & PERSIST_INDEX != 0 && self.flags & VALUE_ORDERED != 0 && self.count > 1
    }

    /// The elements or pairs.
    pub(super) fn elements(&self) -> Elements<'a> {
        Elements {
            contents: self.contents,
            count: self.count,
            values: if self.is_map { 2 } else { 1 },
            offsets: vec![0],
        }
    }
}

/// The elements of a list or the pairs of a map, whose offsets are found as far as needed.
#[derive(Debug)]
pub(super) struct Elements<'a> {
    contents: &'a [u8],
    count: u32,
    /// The number of msgpack values that make an element: 2 for a pair.
    values: u8,
    /// The offsets of the elements that were located so far.
    offsets: Vec<u32>,
}

impl<'a> Elements<'a> {
    pub(super) const fn len(&self) -> u32 {
        self.count
    }

    /// Locates the elements up to `i`. An index after the last element needs no search.
    ///
    /// # Errors
    /// `PARAMETER` if the elements are damaged.
    pub(super) fn locate(&mut self, i: u32) -> Result<(), ResultCode> {
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

    /// Locates all elements.
    ///
    /// # Errors
    /// As [`locate`](Self::locate).
    pub(super) fn locate_all(&mut self) -> Result<(), ResultCode> {
        self.locate(self.count.saturating_sub(1))
    }

    /// The bytes of an element, which must be located.
    pub(super) fn get(&self, i: u32) -> &'a [u8] {
        self.range(i, 1)
    }

    /// The bytes of `count` elements, which must be located.
    pub(super) fn range(&self, start: u32, count: u32) -> &'a [u8] {
        let (from, to) = (self.offset(start), self.offset(start.saturating_add(count)));
        self.contents.get(from..to).unwrap_or_default()
    }

    /// The bytes before an element, which must be located.
    pub(super) fn before(&self, i: u32) -> &'a [u8] {
        self.contents.get(..self.offset(i)).unwrap_or_default()
    }

    /// The bytes from an element to the end. The element must be located.
    pub(super) fn from(&self, i: u32) -> &'a [u8] {
        self.contents.get(self.offset(i)..).unwrap_or_default()
    }

    /// The offset of an element, which must be located.
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

/// Splits off the first value.
fn first_value(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut reader = Reader::new(bytes);
    let first = reader.element().unwrap_or_default();
    (first, reader.rest())
}
