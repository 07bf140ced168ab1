//! Selections: which elements an operation is about, and what is left when they are removed.

use std::borrow::Cow;

use spikelet_wire::ResultCode;
use spikelet_wire::msgpack::Reader;

use super::collection::{Collection, Edit, Elements};
use crate::ops::Particle;

/// What an operation selected, and its result.
#[derive(Debug)]
pub(super) struct Selected {
    pub(super) result: Option<Particle>,
    pub(super) elements: Chosen,
}

impl Selected {
    /// A result, and no element.
    pub(super) const fn none(result: Option<Particle>) -> Self {
        Self {
            result,
            elements: Chosen::Run(0, 0),
        }
    }
}

/// The elements that were selected.
#[derive(Debug)]
pub(super) enum Chosen {
    /// Some from an index on.
    Run(u32, u32),
    /// All but those from an index on.
    AllBut(u32, u32),
    /// Single ones.
    Mask(Mask),
}

impl Chosen {
    /// The collection without them; nothing where none is selected.
    ///
    /// # Errors
    /// `PARAMETER` when the collection is damaged.
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
                elements.know(*start)?;
                elements.know(end)?;
                (
                    n.saturating_sub(*count),
                    vec![elements.before(*start), elements.from(end)],
                )
            }
            Self::AllBut(start, count) => {
                elements.know(*start)?;
                elements.know(start.saturating_add(*count))?;
                (*count, vec![elements.range(*start, *count)])
            }
            Self::Mask(mask) if mask.count() == 0 => return Ok(None),
            Self::Mask(mask) => {
                elements.know_all()?;
                let kept = mask.runs(false).map(|(start, count)| elements.range(start, count));
                (n - mask.count(), kept.collect())
            }
        };
        let pieces = pieces.into_iter().map(Cow::Borrowed).collect();
        Ok(Some(Edit::of(collection, left, pieces)))
    }
}

/// A set of elements.
#[derive(Debug, Clone)]
pub(super) struct Mask(Vec<bool>);

impl Mask {
    /// None of `n` elements, or all of them.
    pub(super) fn new(n: u32, all: bool) -> Self {
        Self(vec![all; n as usize])
    }

    /// Those of `n` elements; all others if `inverted`.
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

    /// Those in it, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..).zip(&self.0).filter(|&(_, &bit)| bit).map(|(i, _)| i)
    }

    /// Runs of elements that are in it, or that are not: where one starts, and how many.
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

/// Turns an index, which may count from the end, and a count into a range within `n` elements.
///
/// # Errors
/// `OP_NOT_APPLICABLE` when only one element is meant, and it is not there.
pub(super) fn bounds(index: i64, count: u64, n: u32, multi: bool) -> Result<(u32, u32), ResultCode> {
    let len = i64::from(n);
    if index >= len {
        return if multi {
            Ok((n, 0))
        } else {
            Err(ResultCode::OP_NOT_APPLICABLE)
        };
    }
    let index = if index < 0 { index.saturating_add(len) } else { index };
    if index >= 0 {
        let count = count.min((len - index) as u64);
        return Ok((index as u32, count as u32));
    }
    if !multi {
        return Err(ResultCode::OP_NOT_APPLICABLE);
    }
    // What lies before the first element counts, but is not there.
    let count = count.saturating_sub(index.unsigned_abs()).min(u64::from(n));
    Ok((0, count as u32))
}

/// Turns an index that counts from `base`, and a count, into an index from 0 and a count.
pub(super) const fn relative(index: i64, count: u64, base: u32) -> (i64, u64) {
    let index = index.saturating_add(base as i64);
    if index < 0 {
        (0, count.saturating_sub(index.unsigned_abs()))
    } else {
        (index, count)
    }
}

/// The values of an argument that is a list of them.
///
/// # Errors
/// `PARAMETER` when it is no list, or has over 2^20 values.
pub(super) fn items(argument: &[u8]) -> Result<Vec<&[u8]>, ResultCode> {
    const MOST: u32 = 1 << 20;
    let mut reader = Reader::new(argument);
    let n = reader.list().map_err(|_| ResultCode::PARAMETER)?;
    if n > MOST {
        return Err(ResultCode::PARAMETER);
    }
    (0..n)
        .map(|_| reader.element().map_err(|_| ResultCode::PARAMETER))
        .collect()
}
