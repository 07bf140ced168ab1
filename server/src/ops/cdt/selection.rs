//! Selections: the elements that an operation selects, and the collection that is left when they are removed.

use std::borrow::Cow;

use spikelet_wire::ResultCode;

use super::collection::{Collection, Elements};
use super::outcome::Edit;
use crate::ops::Particle;

/// The elements that an operation selected, and its result.
#[derive(Debug)]
pub(super) struct Selected {
    pub(super) result: Option<Particle>,
    pub(super) elements: ElementSet,
}

impl Selected {
    /// A result without a selected element.
    pub(super) const fn none(result: Option<Particle>) -> Self {
        Self {
            result,
            elements: ElementSet::Run(0, 0),
        }
    }
}

/// The result of a selection, or the code with which it is refused.
pub(super) type Selection = Result<Selected, ResultCode>;

/// A set of selected elements.
#[derive(Debug)]
pub(super) enum ElementSet {
    /// A run: an index, and a count.
    Run(u32, u32),
    /// All but a run: an index, and a count.
    AllBut(u32, u32),
    /// Single elements.
    Mask(Mask),
}

impl ElementSet {
    /// The collection without the selected elements; `None` if none is selected.
    ///
    /// # Errors
    /// `PARAMETER` if the collection is damaged.
    pub(super) fn removed<'a>(
        &self,
        collection: &Collection<'a>,
        elements: &mut Elements<'a>,
    ) -> Result<Option<Edit<'a>>, ResultCode> {
        let n = elements.len();
        let (left, pieces) = match self {
            Self::Run(_, 0) => return Ok(None),
            Self::Run(start, count) => {
                let end = start.saturating_add(*count);
                elements.locate(*start)?;
                elements.locate(end)?;
                (
                    n.saturating_sub(*count),
                    vec![elements.before(*start), elements.from(end)],
                )
            }
            Self::AllBut(start, count) => {
                elements.locate(*start)?;
                elements.locate(start.saturating_add(*count))?;
                (*count, vec![elements.range(*start, *count)])
            }
            Self::Mask(mask) if mask.count() == 0 => return Ok(None),
            Self::Mask(mask) => {
                elements.locate_all()?;
                let kept = mask.runs(false).map(|(start, count)| elements.range(start, count));
                (n - mask.count(), kept.collect())
            }
        };
        let pieces = pieces.into_iter().map(Cow::Borrowed).collect();
        Ok(Some(Edit::of(collection, left, pieces)))
    }
}

/// A set of elements, with a flag for each.
#[derive(Debug, Clone)]
pub(super) struct Mask(Vec<bool>);

impl Mask {
    /// A set of none of `n` elements, or of all of them.
    pub(super) fn new(n: u32, all: bool) -> Self {
        Self(vec![all; n as usize])
    }

    /// A set of `elements` out of `n`, or of all others if `inverted`.
    pub(super) fn of(n: u32, elements: impl IntoIterator<Item = u32>, inverted: bool) -> Self {
        let mut mask = Self::new(n, inverted);
        for i in elements {
            mask.set(i, !inverted);
        }
        mask
    }

    pub(super) fn set(&mut self, i: u32, value: bool) {
        if let Some(bit) = self.0.get_mut(i as usize) {
            *bit = value;
        }
    }

    pub(super) fn count(&self) -> u32 {
        self.0.iter().map(|&bit| u32::from(bit)).sum()
    }

    /// The elements in the set, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..).zip(&self.0).filter(|&(_, &bit)| bit).map(|(i, _)| i)
    }

    /// The runs of elements that are in the set, or of those that are not: start and count.
    fn runs(&self, value: bool) -> impl Iterator<Item = (u32, u32)> + '_ {
        let mut at = 0;
        let runs = self.0.chunk_by(|a, b| a == b).map(move |run| {
            let start = at;
            at += run.len() as u32;
            (start, run)
        });
        runs.filter(move |(_, run)| run.first() == Some(&value))
            .map(|(start, run)| (start, run.len() as u32))
    }
}
