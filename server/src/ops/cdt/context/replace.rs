//! Putting a modified collection back into the collections around it.

use std::ops::Range;

use spikelet_wire::ResultCode;

use super::{Parent, Path};
use crate::ops::cdt::collection::Collection;
use crate::ops::cdt::head::append_head;
use crate::ops::cdt::list;
use crate::ops::cdt::outcome::Edit;
use crate::ops::order::Equal;

impl Path<'_> {
    /// The bin's collection, with an edit applied to the collection at the end of the path.
    ///
    /// # Errors
    /// `PARAMETER` if the collection is damaged; `RECORD_TOO_BIG` if a list would be padded with more nils than a record can
    /// hold.
    pub(in crate::ops::cdt) fn replace(&self, edit: &Edit<'_>) -> Result<Vec<u8>, ResultCode> {
        let outside = |at: &Range<usize>| {
            let before = self.root.get(..at.start).unwrap_or_default();
            (before, self.root.get(at.end..).unwrap_or_default())
        };
        let mut at = self.at.clone();
        if self.created.is_none() && self.ordered.is_empty() {
            let (before, after) = outside(&at);
            return Ok(edit.encode(before, after));
        }
        let heads = self.created.as_ref().map_or(&[][..], |created| &created.heads);
        let mut new = edit.encode(heads, &[]);
        if let Some(parent) = self.created.as_ref().and_then(|created| created.parent.as_ref()) {
            new = parent.with(&new)?;
            at = parent.at.clone();
        }
        for (list, index) in self.ordered.iter().rev() {
            new = self.moved(list, *index, &at, &new)?;
            at = list.clone();
        }
        let (before, after) = outside(&at);
        Ok([before, &new, after].concat())
    }

    /// An ordered list in which `new` replaces the range `at` inside the element at `index`, which moves to its new rank.
    fn moved(&self, list: &Range<usize>, index: u32, at: &Range<usize>, new: &[u8]) -> Result<Vec<u8>, ResultCode> {
        let bytes = self.root.get(list.clone()).unwrap_or_default();
        let collection = Collection::parse(bytes).ok_or(ResultCode::PARAMETER)?;
        let mut elements = collection.elements();
        elements.locate_all()?;
        let start = list.start + bytes.len() - collection.contents.len() + elements.offset(index);
        let end = start + elements.get(index).len();
        let part = |range: Range<usize>| self.root.get(range).unwrap_or_default();
        let element = [part(start..at.start), new, part(at.end..end)].concat();
        let rank = list::find(&elements, &element, Equal::First).rank;
        let mut out = Vec::with_capacity(bytes.len() + new.len());
        append_head(&mut out, false, collection.count, collection.flags);
        let pieces: [&[u8]; 5] = if rank < index {
            let shifted = elements.range(rank, index - rank);
            [elements.before(rank), &element, shifted, elements.from(index + 1), &[]]
        } else if rank > index + 1 {
            let shifted = elements.range(index + 1, rank - index - 1);
            [elements.before(index), shifted, &element, elements.from(rank), &[]]
        } else {
            [elements.before(index), &element, elements.from(index + 1), &[], &[]]
        };
        out.extend(pieces.into_iter().flatten());
        Ok(out)
    }
}

impl Parent<'_> {
    /// The collection with a new element.
    fn with(&self, element: &[u8]) -> Result<Vec<u8>, ResultCode> {
        let collection = &self.collection;
        let mut elements = collection.elements();
        elements.locate_all()?;
        let index = match collection.is_ordered_list() {
            true => list::find(&elements, element, Equal::First).rank,
            false => self.index,
        };
        let nils = list::nils(self.nils)?;
        let count = collection.count.checked_add(1).and_then(|n| n.checked_add(self.nils));
        let count = count.ok_or(ResultCode::PARAMETER)?;
        let mut out = Vec::with_capacity(collection.contents.len() + element.len() + 16);
        append_head(&mut out, collection.is_map, count, collection.flags);
        out.extend_from_slice(elements.before(index));
        out.extend_from_slice(&nils);
        out.extend_from_slice(element);
        out.extend_from_slice(elements.from(index));
        Ok(out)
    }
}
