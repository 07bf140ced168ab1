//! Return types: turning the selected elements into the result of an operation.

use spikelet_wire::ResultCode;
use spikelet_wire::cdt::ReturnType;
use spikelet_wire::msgpack::ORDERED;

use super::result::{ParticleResult, int, int_list, list, map, particle};
use crate::ops::Particle;

/// The return type of an operation, and how it is applied.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReturnSpec {
    /// `None` if the return type is unknown.
    pub(super) kind: Option<ReturnType>,
    /// Whether the selection is inverted: all other elements are selected.
    pub(super) inverted: bool,
    /// Whether the operation can select several elements, and therefore returns a list.
    pub(super) multi: bool,
}

impl ReturnSpec {
    pub(super) const fn new(return_type: u64, multi: bool) -> Self {
        Self {
            kind: ReturnType::from_code(return_type),
            inverted: return_type & ReturnType::INVERTED != 0,
            multi,
        }
    }

    pub(super) const fn of(kind: ReturnType, multi: bool) -> Self {
        Self {
            kind: Some(kind),
            inverted: false,
            multi,
        }
    }

    pub(super) const fn is_reverse(&self) -> bool {
        matches!(self.kind, Some(ReturnType::ReverseIndex | ReturnType::ReverseRank))
    }

    pub(super) const fn is_index(&self) -> bool {
        matches!(self.kind, Some(ReturnType::Index | ReturnType::ReverseIndex))
    }

    pub(super) const fn is_rank(&self) -> bool {
        matches!(self.kind, Some(ReturnType::Rank | ReturnType::ReverseRank))
    }

    pub(super) const fn is_index_range(&self) -> bool {
        matches!(self.kind, Some(ReturnType::IndexRange | ReturnType::ReverseIndexRange))
    }

    pub(super) const fn is_rank_range(&self) -> bool {
        matches!(self.kind, Some(ReturnType::RankRange | ReturnType::ReverseRankRange))
    }

    pub(super) const fn is_map(&self) -> bool {
        self.map_flags().is_some()
    }

    /// Whether keys or values are returned.
    pub(super) const fn is_elements(&self) -> bool {
        self.is_map() || matches!(self.kind, Some(ReturnType::Key | ReturnType::Value))
    }

    /// The flags of the returned map, if a map is returned.
    pub(super) const fn map_flags(&self) -> Option<u8> {
        /// The pairs are in the order of their selection.
        const PRESERVE_ORDER: u8 = 8;
        match self.kind {
            Some(ReturnType::KeyValue) => Some(PRESERVE_ORDER),
            Some(ReturnType::UnorderedMap) => Some(0),
            Some(ReturnType::OrderedMap) => Some(ORDERED),
            _ => None,
        }
    }

    /// The result if no element was selected. A range starts at `index`.
    pub(super) fn empty(&self, index: i64) -> ParticleResult {
        use ReturnType as R;
        Ok(match self.kind {
            Some(R::None) => None,
            Some(R::IndexRange | R::ReverseIndexRange | R::RankRange | R::ReverseRankRange) => {
                Some(int_list([index, 0]))
            }
            Some(R::Index | R::ReverseIndex | R::Rank | R::ReverseRank) => {
                Some(if self.multi { int_list([]) } else { Particle::Int(-1) })
            }
            Some(R::Count) => Some(Particle::Int(0)),
            Some(R::Exists) => Some(Particle::Bool(false)),
            Some(R::Key | R::Value) => self.multi.then(|| int_list([])),
            Some(R::KeyValue | R::UnorderedMap | R::OrderedMap) => Some(map([].into_iter(), self.map_flags())),
            None => return Err(ResultCode::OP_NOT_APPLICABLE),
        })
    }

    /// The result if `count` of `n` elements were selected, with consecutive indexes or ranks from `start`.
    pub(super) fn range(&self, start: u32, count: u32, n: u32) -> ParticleResult {
        use ReturnType as R;
        let start = match self.kind {
            Some(R::ReverseIndexRange | R::ReverseRankRange) => n.saturating_sub(start).saturating_sub(count),
            Some(R::IndexRange | R::RankRange) => start,
            _ => return self.indexes(start, count, n),
        };
        match self.inverted {
            true => Err(ResultCode::OP_NOT_APPLICABLE),
            false => Ok(Some(int_list([i64::from(start), i64::from(count)]))),
        }
    }

    /// As [`range`](Self::range), but refuses return types that are ranges.
    pub(super) fn indexes(&self, start: u32, count: u32, n: u32) -> ParticleResult {
        use ReturnType as R;
        Ok(Some(match self.kind {
            Some(R::None) => return Ok(None),
            Some(R::Count) if self.inverted => int(n.saturating_sub(count)),
            Some(R::Count) => int(count),
            Some(R::Exists) => Particle::Bool((count != 0) != self.inverted),
            Some(R::Index | R::ReverseIndex | R::Rank | R::ReverseRank) => {
                let end = start.saturating_add(count);
                match (self.multi, self.inverted) {
                    (false, _) if count == 0 => Particle::Int(-1),
                    (false, _) => Particle::Int(self.directed(start, n)),
                    (true, true) => {
                        let tail = n.saturating_sub(end);
                        int_list(self.run(0, start, n).chain(self.run(end, tail, n)))
                    }
                    (true, false) => int_list(self.run(start, count, n)),
                }
            }
            _ => return Err(ResultCode::OP_NOT_APPLICABLE),
        }))
    }

    /// An index or rank of `n` elements, counted from the start or the end as the return type says.
    pub(super) fn directed(&self, i: u32, n: u32) -> i64 {
        match self.is_reverse() {
            true => i64::from(n) - i64::from(i) - 1,
            false => i64::from(i),
        }
    }

    /// `count` indexes or ranks of `n` elements from `start`, counted as the return type says, always ascending.
    pub(super) fn run(&self, start: u32, count: u32, n: u32) -> impl Iterator<Item = i64> + use<> {
        let start = match self.is_reverse() {
            true => i64::from(n) - i64::from(start) - i64::from(count),
            false => i64::from(start),
        };
        start..start + i64::from(count)
    }

    /// The result for single indexes or ranks of `n` elements: a list, or the first of them.
    pub(super) fn each(&self, indexes: impl IntoIterator<Item = u32>, n: u32) -> Option<Particle> {
        let mut indexes = indexes.into_iter().map(|i| self.directed(i, n));
        match self.multi {
            true => Some(int_list(indexes)),
            false => indexes.next().map(Particle::Int),
        }
    }

    /// The result for values: a list, or the first of them.
    ///
    /// # Errors
    /// `SERVER_ERROR` if a single value has no particle type.
    pub(super) fn values<'a>(&self, values: impl IntoIterator<Item = &'a [u8]>) -> ParticleResult {
        let mut values = values.into_iter();
        match self.multi {
            true => Ok(Some(list(values))),
            false => values.next().map_or(Ok(None), particle),
        }
    }

    /// The result for the return types count and exists, where `count` elements are selected after inversion. `None` for
    /// other return types.
    pub(super) fn counted(&self, count: u32) -> Option<Particle> {
        match self.kind {
            Some(ReturnType::Count) => Some(int(count)),
            Some(ReturnType::Exists) => Some(Particle::Bool(count != 0)),
            _ => None,
        }
    }
}
