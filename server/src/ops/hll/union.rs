//! Unions of HyperLogLogs, and folding to fewer registers.

use spikelet_wire::ResultCode;
use spikelet_wire::hll::{HllWriteFlags, Others};

use super::draft::Draft;
use super::shape::Shape;
use super::sketch::Sketch;

/// The sketches in an operation's argument.
///
/// # Errors
/// `PARAMETER` if one of them is not a sketch.
pub(super) fn sketches<'a>(others: &Others<'a>) -> Result<Vec<Sketch<'a>>, ResultCode> {
    let sketches = others.0.iter().map(|bytes| Sketch::new(bytes));
    sketches.collect::<Option<_>>().ok_or(ResultCode::PARAMETER)
}

/// The sketches in an operation's argument, followed by the bin's.
pub(super) fn with_own<'a>(others: &Others<'a>, own: Sketch<'a>) -> Result<Vec<Sketch<'a>>, ResultCode> {
    let mut sketches = sketches(others)?;
    sketches.push(own);
    Ok(sketches)
}

/// Checks that sketches, the last of which is the bin's, can be intersected. If the argument holds two or more, all must have
/// the same number of minhash bits, and at least one.
pub(super) fn comparable(sketches: Vec<Sketch<'_>>) -> Result<Vec<Sketch<'_>>, ResultCode> {
    let minhash_bits = |sketch: &Sketch<'_>| sketch.shape().minhash_bits;
    if let [first, others @ .., own] = &sketches[..]
        && others.len() >= 2
    {
        let n = minhash_bits(first);
        if n == 0 || others.iter().any(|other| minhash_bits(other) != n) {
            return Err(ResultCode::PARAMETER);
        }
        if minhash_bits(own) != n {
            return Err(ResultCode::OP_NOT_APPLICABLE);
        }
    }
    Ok(sketches)
}

/// The union of the bin's sketch, if there is one, with others.
///
/// # Errors
/// `OP_NOT_APPLICABLE` if the bin's sketch would be reduced, and the flags do not allow that.
pub(super) fn union<'a>(
    own: Option<Sketch<'a>>,
    mut sketches: Vec<Sketch<'a>>,
    flags: HllWriteFlags,
) -> Result<Draft, ResultCode> {
    sketches.extend(own);
    let union = Draft::union(&sketches).ok_or(ResultCode::PARAMETER)?;
    let folds = own.is_some_and(|own| own.shape() != union.as_sketch().shape());
    match folds && !flags.contains(HllWriteFlags::ALLOW_FOLD) {
        true => Err(ResultCode::OP_NOT_APPLICABLE),
        false => Ok(union),
    }
}

/// Folds a sketch to fewer registers. A sketch with minhash bits cannot be folded.
pub(super) fn fold(own: Sketch<'_>, index_bits: Option<i64>) -> Result<Draft, ResultCode> {
    let shape = index_bits.and_then(|n| Shape::in_range(n, 0));
    match shape {
        Some(shape) if shape == own.shape() => Ok(own.into()),
        Some(shape) if own.shape().minhash_bits == 0 && shape.index_bits < own.shape().index_bits => {
            let mut folded = Draft::empty(shape);
            folded.merge(&own);
            Ok(folded)
        }
        _ => Err(ResultCode::OP_NOT_APPLICABLE),
    }
}
