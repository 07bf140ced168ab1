//! HyperLogLog: bins that count distinct elements.
//!
//! `sketch.rs` reads the bytes of a bin, `draft.rs` modifies them, `union.rs` unites sketches, and `estimate.rs` computes
//! counts and similarities.

mod draft;
mod estimate;
mod shape;
mod sketch;
mod union;

use spikelet_wire::hll::{HllOperation, HllWriteFlags};
use spikelet_wire::{ParticleType, ResultCode, msgpack};

use self::draft::Draft;
pub(crate) use self::shape::Shape;
pub(crate) use self::sketch::Sketch;
use self::union::{comparable, fold, sketches, union, with_own};
use super::Particle;

/// Executes an operation that reads a HyperLogLog. `None` if there is no bin.
///
/// # Errors
/// - [`ResultCode::PARAMETER`]: no such operation, a parameter out of range, or bytes that are not a HyperLogLog.
/// - [`ResultCode::INCOMPATIBLE_TYPE`]: the bin is not a HyperLogLog.
/// - [`ResultCode::SERVER_ERROR`]: the bin is the result of a union, and has more than 64 index and minhash bits.
/// - [`ResultCode::OP_NOT_APPLICABLE`]: two or more sketches in the argument, whose minhash bits differ from the bin's.
pub(crate) fn read(bin: Option<&Particle>, argument: &[u8]) -> Result<Option<Particle>, ResultCode> {
    let Some(bin) = bin else {
        return Ok(None);
    };
    expect(argument, true)?;
    let own = bin_sketch(bin)?;
    Ok(Some(match decode(argument)? {
        HllOperation::GetCount {} => Particle::Int(estimate::count(&own) as i64),
        HllOperation::GetUnion { others } => {
            let union = Draft::union(&with_own(&others, own)?).ok_or(ResultCode::PARAMETER)?;
            hll(union)
        }
        HllOperation::GetUnionCount { others } => Particle::Int(estimate::union_count(&with_own(&others, own)?) as i64),
        HllOperation::GetIntersectCount { others } => {
            let sketches = comparable(with_own(&others, own)?)?;
            Particle::Int(estimate::intersect_count(&sketches) as i64)
        }
        HllOperation::GetSimilarity { others } => {
            let sketches = comparable(with_own(&others, own)?)?;
            Particle::Float(estimate::similarity(&sketches))
        }
        HllOperation::Describe {} => {
            let mut list = Vec::new();
            msgpack::write::list(&mut list, 2);
            msgpack::write::int(&mut list, own.shape().index_bits.into());
            msgpack::write::int(&mut list, own.shape().minhash_bits.into());
            Particle::bytes(ParticleType::LIST, &list)
        }
        HllOperation::MayContain { elements } => {
            let may_contain = |element: &[u8]| {
                let (i, value) = own.shape().place(element);
                value <= own.register(i)
            };
            Particle::Int(elements.iter().all(may_contain).into())
        }
        _ => return Err(ResultCode::PARAMETER),
    }))
}

/// Executes an operation that modifies a HyperLogLog.
///
/// # Errors
/// - [`ResultCode::PARAMETER`]: no such operation, a parameter out of range, or bytes that are not a HyperLogLog.
/// - [`ResultCode::INCOMPATIBLE_TYPE`]: the bin is not a HyperLogLog.
/// - [`ResultCode::SERVER_ERROR`]: the bin is the result of a union, and has more than 64 index and minhash bits.
/// - [`ResultCode::BIN_EXISTS`], [`ResultCode::BIN_NOT_FOUND`]: the flags require a missing or an existing bin, or
///   there is no bin to count or fold. [`HllWriteFlags::NO_FAIL`] turns the refusal by a flag into a success that changes
///   nothing.
/// - [`ResultCode::OP_NOT_APPLICABLE`]: the shape is not possible.
pub(crate) fn modify(bin: &mut Option<Particle>, argument: &[u8]) -> Result<Option<Particle>, ResultCode> {
    expect(argument, false)?;
    let own = bin.as_ref().map(bin_sketch).transpose()?;
    let operation = decode(argument)?;
    let flags = flags(&operation);
    let forbidden = match own {
        Some(_) if flags.contains(HllWriteFlags::CREATE_ONLY) => Some(ResultCode::BIN_EXISTS),
        None if flags.contains(HllWriteFlags::UPDATE_ONLY) => Some(ResultCode::BIN_NOT_FOUND),
        _ => None,
    };
    // The parameters are checked before the flags.
    let others = match &operation {
        HllOperation::SetUnion { others, .. } => sketches(others)?,
        _ => Vec::new(),
    };
    if let Some(code) = forbidden {
        return if flags.contains(HllWriteFlags::NO_FAIL) {
            Ok(None)
        } else {
            Err(code)
        };
    }
    let existing = own.ok_or(ResultCode::BIN_NOT_FOUND);
    let (made, result) = match operation {
        HllOperation::Init {
            index_bits,
            minhash_bits,
            ..
        } => (Draft::empty(new_shape(own, index_bits, minhash_bits)?), None),
        HllOperation::Add {
            elements,
            index_bits,
            minhash_bits,
            ..
        } => {
            let mut draft = match own {
                Some(own) => own.into(),
                None => Draft::empty(new_shape(None, index_bits, minhash_bits)?),
            };
            let added = elements.iter().filter(|element| draft.add(element)).count();
            (draft, Some(Particle::Int(added as i64)))
        }
        HllOperation::SetUnion { flags, .. } => (union(own, others, flags)?, None),
        HllOperation::RefreshCount {} => {
            let own = existing?;
            let mut draft = Draft::from(own);
            let count = estimate::count(&own);
            draft.cache_count(count);
            (draft, Some(Particle::Int(count as i64)))
        }
        HllOperation::Fold { index_bits } => (fold(existing?, index_bits)?, None),
        _ => return Err(ResultCode::PARAMETER),
    };
    *bin = Some(hll(made));
    Ok(result)
}

/// Checks that an argument is an operation that reads, or one that modifies, before the bin is checked.
fn expect(argument: &[u8], read: bool) -> Result<(), ResultCode> {
    match HllOperation::code_of(argument) {
        Ok(code) if HllOperation::reads(code) == read => Ok(()),
        _ => Err(ResultCode::PARAMETER),
    }
}

/// The HyperLogLog in a bin.
fn bin_sketch(bin: &Particle) -> Result<Sketch<'_>, ResultCode> {
    let bytes = bin.bytes_of(ParticleType::HLL).ok_or(ResultCode::INCOMPATIBLE_TYPE)?;
    let sketch = Sketch::new(bytes).filter(|sketch| sketch.shape().fits());
    sketch.ok_or(ResultCode::SERVER_ERROR)
}

/// Decodes an argument, and checks its parameters as far as that needs no sketch.
fn decode(argument: &[u8]) -> Result<HllOperation<'_>, ResultCode> {
    let operation = HllOperation::decode(argument).map_err(|_| ResultCode::PARAMETER)?;
    /// A number of bits that is always in range.
    const IN_RANGE: i64 = 4;
    let (in_range, allowed) = match &operation {
        HllOperation::Init {
            index_bits,
            minhash_bits,
            ..
        }
        | HllOperation::Add {
            index_bits,
            minhash_bits,
            ..
        } => {
            let shape = Shape::in_range(index_bits.unwrap_or(IN_RANGE), minhash_bits.unwrap_or(IN_RANGE));
            let fits = shape.is_some_and(|shape| index_bits.is_none() || minhash_bits.is_none() || shape.fits());
            let update_only = match operation {
                HllOperation::Init { .. } => HllWriteFlags::UPDATE_ONLY,
                _ => HllWriteFlags::empty(),
            };
            (fits, HllWriteFlags::CREATE_ONLY | HllWriteFlags::NO_FAIL | update_only)
        }
        HllOperation::Fold { index_bits } => {
            let in_range = Shape::in_range(index_bits.unwrap_or(IN_RANGE), IN_RANGE).is_some();
            (in_range, HllWriteFlags::empty())
        }
        _ => (true, HllWriteFlags::all()),
    };
    let contradiction = HllWriteFlags::CREATE_ONLY | HllWriteFlags::UPDATE_ONLY;
    let flags = flags(&operation);
    let valid = in_range && allowed.contains(flags) && !flags.contains(contradiction);
    valid.then_some(operation).ok_or(ResultCode::PARAMETER)
}

const fn flags(operation: &HllOperation<'_>) -> HllWriteFlags {
    match operation {
        HllOperation::Init { flags, .. } | HllOperation::Add { flags, .. } | HllOperation::SetUnion { flags, .. } => {
            *flags
        }
        _ => HllWriteFlags::empty(),
    }
}

/// The requested shape. A number of bits that is not requested is the bin's.
fn new_shape(own: Option<Sketch<'_>>, index_bits: Option<i64>, minhash_bits: Option<i64>) -> Result<Shape, ResultCode> {
    let own = own.map(|own| own.shape());
    let shape = || {
        let index_bits = index_bits.or(own.map(|own| own.index_bits.into()))?;
        let minhash_bits = minhash_bits.or(own.map(|own| own.minhash_bits.into()));
        Shape::in_range(index_bits, minhash_bits.unwrap_or(0)).filter(|shape| shape.fits())
    };
    shape().ok_or(ResultCode::OP_NOT_APPLICABLE)
}

fn hll(draft: Draft) -> Particle {
    Particle::bytes(ParticleType::HLL, &draft.into_bytes())
}

#[cfg(test)]
mod tests {
    use spikelet_wire::Value;
    use spikelet_wire::hll::{Elements, Others};

    use super::*;

    fn argument(operation: &HllOperation<'_>) -> Vec<u8> {
        let mut argument = Vec::new();
        operation.encode(&mut argument);
        argument
    }

    fn init(index_bits: Option<i64>, minhash_bits: Option<i64>, flags: HllWriteFlags) -> Vec<u8> {
        argument(&HllOperation::Init {
            index_bits,
            minhash_bits,
            flags,
        })
    }

    fn add(elements: &[Value], index_bits: Option<i64>) -> Vec<u8> {
        argument(&HllOperation::Add {
            elements: Elements::from_iter(elements),
            index_bits,
            minhash_bits: None,
            flags: HllWriteFlags::empty(),
        })
    }

    fn created(index_bits: i64, minhash_bits: i64) -> Option<Particle> {
        let mut bin = None;
        let init = init(Some(index_bits), Some(minhash_bits), HllWriteFlags::empty());
        modify(&mut bin, &init).unwrap();
        bin
    }

    fn describe(bin: &Option<Particle>) -> Particle {
        read(bin.as_ref(), &argument(&HllOperation::Describe {}))
            .unwrap()
            .unwrap()
    }

    fn shape(index_bits: u8, minhash_bits: u8) -> Particle {
        Particle::bytes(ParticleType::LIST, &[0x92, index_bits, minhash_bits][..])
    }

    #[test]
    fn added_elements_may_be_contained() {
        let mut bin = None;
        let values = [Value::from(1), Value::from("one")];
        assert_eq!(
            modify(&mut bin, &add(&values, None)),
            Err(ResultCode::OP_NOT_APPLICABLE)
        );
        assert_eq!(modify(&mut bin, &add(&values, Some(8))), Ok(Some(Particle::Int(2))));
        assert_eq!(modify(&mut bin, &add(&values, None)), Ok(Some(Particle::Int(0))));
        let contains = |values: &[Value]| {
            let elements = Elements::from_iter(values);
            read(bin.as_ref(), &argument(&HllOperation::MayContain { elements })).unwrap()
        };
        assert_eq!(contains(&values), Some(Particle::Int(1)));
        assert_eq!(contains(&[Value::from(1), Value::from("two")]), Some(Particle::Int(0)));
    }

    #[test]
    fn init_keeps_the_numbers_that_it_omits() {
        let mut bin = created(8, 10);
        modify(&mut bin, &init(Some(12), None, HllWriteFlags::empty())).unwrap();
        assert_eq!(describe(&bin), shape(12, 10));
        modify(&mut bin, &init(None, Some(0), HllWriteFlags::empty())).unwrap();
        assert_eq!(describe(&bin), shape(12, 0));
        let mut narrow = created(4, 51);
        let too_wide = init(Some(16), None, HllWriteFlags::empty());
        assert_eq!(modify(&mut narrow, &too_wide), Err(ResultCode::OP_NOT_APPLICABLE));
        let never = init(Some(16), Some(51), HllWriteFlags::empty());
        assert_eq!(modify(&mut narrow, &never), Err(ResultCode::PARAMETER));
    }

    #[test]
    fn flags_refuse_with_or_without_an_error() {
        let mut bin = created(8, 0);
        let create_only = HllWriteFlags::CREATE_ONLY;
        let before = bin.clone();
        assert_eq!(
            modify(&mut bin, &init(Some(9), None, create_only)),
            Err(ResultCode::BIN_EXISTS)
        );
        let silent = init(Some(9), None, create_only | HllWriteFlags::NO_FAIL);
        assert_eq!(modify(&mut bin, &silent), Ok(None));
        assert_eq!(bin, before);
        let mut none = None;
        let update_only = init(Some(9), None, HllWriteFlags::UPDATE_ONLY);
        assert_eq!(modify(&mut none, &update_only), Err(ResultCode::BIN_NOT_FOUND));
        assert_eq!(none, None);
    }

    #[test]
    fn a_union_folds_only_where_allowed() {
        let small = created(6, 0).unwrap();
        let others = Others(vec![small.bytes_of(ParticleType::HLL).unwrap()]);
        let union = |flags| {
            argument(&HllOperation::SetUnion {
                others: others.clone(),
                flags,
            })
        };
        let mut bin = created(8, 4);
        let plain = union(HllWriteFlags::empty());
        assert_eq!(modify(&mut bin, &plain), Err(ResultCode::OP_NOT_APPLICABLE));
        assert_eq!(modify(&mut bin, &union(HllWriteFlags::ALLOW_FOLD)), Ok(None));
        assert_eq!(describe(&bin), shape(6, 0));
    }

    #[test]
    fn a_fold_keeps_the_largest_of_the_combined_registers() {
        let values: Vec<Value> = (0..500).map(Value::from).collect();
        let (mut folded, mut small) = (None, None);
        modify(&mut folded, &add(&values, Some(10))).unwrap();
        modify(&mut small, &add(&values, Some(6))).unwrap();
        modify(&mut folded, &argument(&HllOperation::Fold { index_bits: Some(6) })).unwrap();
        assert_eq!(folded, small);
        let back = argument(&HllOperation::Fold { index_bits: Some(7) });
        assert_eq!(modify(&mut folded, &back), Err(ResultCode::OP_NOT_APPLICABLE));
        assert_eq!(modify(&mut None, &back), Err(ResultCode::BIN_NOT_FOUND));
    }

    #[test]
    fn the_bin_is_checked_before_the_parameters() {
        let mut text = Some(Particle::bytes(ParticleType::STRING, &b"x"[..]));
        assert_eq!(modify(&mut text, &[0x92, 0, 99]), Err(ResultCode::INCOMPATIBLE_TYPE));
        assert_eq!(modify(&mut text, &[0x92, 9, 99]), Err(ResultCode::PARAMETER));
        assert_eq!(modify(&mut created(8, 0), &[0x92, 0, 99]), Err(ResultCode::PARAMETER));
    }
}
