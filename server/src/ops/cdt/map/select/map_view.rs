//! A map, as the selections see it.

use spikelet_wire::ResultCode;
use spikelet_wire::cdt::ReturnType as R;
use spikelet_wire::msgpack::ORDERED;

use crate::ops::Particle;
use crate::ops::cdt::map::pairs::Pairs;
use crate::ops::cdt::result::{ParticleResult, map};
use crate::ops::cdt::return_type::ReturnSpec;
use crate::ops::cdt::selection::{ElementSet, Mask, Selected, Selection};

const NOT_APPLICABLE: ResultCode = ResultCode::OP_NOT_APPLICABLE;

/// A map to select from.
pub(super) struct Map<'a> {
    pub(super) pairs: Pairs<'a>,
    /// Whether it is flagged as ordered. The server has other code for unordered maps, and some results differ.
    pub(super) is_ordered: bool,
    /// Whether its order by value is persisted. The server then uses that order where it can.
    pub(super) is_indexed: bool,
    pub(super) n: u32,
}

impl Map<'_> {
    /// The keys, the values or both at `places`, in the order of `places`.
    pub(super) fn elements(&self, spec: &ReturnSpec, places: impl Iterator<Item = u32>) -> ParticleResult {
        let elements = self.pairs.elements();
        if !spec.is_map() {
            return match spec.kind == Some(R::Key) {
                true => spec.values(places.map(|i| elements.key(i))),
                false => spec.values(places.map(|i| elements.value(i))),
            };
        }
        let flags = spec.map_flags();
        if flags == Some(ORDERED) && !self.pairs.is_sorted() {
            let mut indexes: Vec<u32> = places.map(|place| self.pairs.index(place)).collect();
            indexes.sort_unstable();
            let pairs = indexes.into_iter().map(|i| elements.get(self.pairs.place(i)));
            return Ok(Some(map(pairs, flags)));
        }
        Ok(Some(map(places.map(|i| elements.get(i)), flags)))
    }

    /// The indexes of the pairs at `places`.
    pub(super) fn indexes(&self, spec: &ReturnSpec, places: impl Iterator<Item = u32>) -> Option<Particle> {
        spec.each(places.map(|place| self.pairs.index(place)), self.n)
    }

    /// The ranks of the pairs at `places`.
    pub(super) fn ranks(&self, spec: &ReturnSpec, places: &[u32]) -> Option<Particle> {
        spec.each(self.pairs.ranks(places), self.n)
    }

    /// All places except those of a run of indexes.
    pub(super) fn all_but(&self, start: u32, count: u32) -> impl Iterator<Item = u32> + '_ {
        let end = start.saturating_add(count);
        (0..start).chain(end..self.n).map(|i| self.pairs.place(i))
    }

    /// The places of a run of indexes.
    pub(super) fn run(&self, start: u32, count: u32) -> impl Iterator<Item = u32> + '_ {
        (start..start.saturating_add(count)).map(|i| self.pairs.place(i))
    }
}

/// A selection of the places in a mask.
pub(super) const fn masked(result: Option<Particle>, mask: Mask) -> Selected {
    Selected {
        result,
        elements: ElementSet::Mask(mask),
    }
}

/// The result if no pair was selected by key or index.
pub(super) fn no_key(spec: &ReturnSpec, index: i64) -> Selection {
    match spec.is_rank_range() {
        true => Err(NOT_APPLICABLE),
        false => Ok(Selected::none(spec.empty(index)?)),
    }
}

/// The result if no pair was selected by value or rank.
pub(super) fn no_value(spec: &ReturnSpec, rank: i64) -> Selection {
    match spec.is_index_range() {
        true => Err(NOT_APPLICABLE),
        false => Ok(Selected::none(spec.empty(rank)?)),
    }
}
