//! Estimates from sketches: counts, and similarity.
//!
//! The estimates are floating-point sums. Their order is the server's, since the results depend on it.

use super::draft::Draft;
use super::shape::Shape;
use super::sketch::Sketch;

/// The number of ranks that a register can hold: 0 to 63.
const RANKS: usize = 64;
/// The NaN of 0 / 0 on x86-64.
const ZERO_BY_ZERO: f64 = f64::from_bits(0xfff8_0000_0000_0000);
/// The NaN that the server returns for the similarity of empty sketches.
const NO_SIMILARITY: f64 = f64::from_bits(0x7ff8_0000_0000_0000);

/// The number of distinct elements in a sketch, by Ertl's improved estimator (arXiv 1702.01284, algorithm 6).
pub(super) fn count(sketch: &Sketch<'_>) -> u64 {
    if let Some(count) = sketch.cached_count() {
        return count;
    }
    let registers = sketch.shape().registers();
    let mut with_rank = [0_u32; RANKS];
    for i in 0..registers {
        if let Some(n) = with_rank.get_mut(usize::from(sketch.rank(i))) {
            *n += 1;
        }
    }
    let registers = registers as f64;
    let mut z = 0.0;
    for &n in with_rank[1..].iter().rev() {
        z = 0.5 * (z + f64::from(n));
    }
    z += registers * sigma(f64::from(with_rank[0]) / registers);
    rounded(alpha(sketch.shape()) * registers * registers / z)
}

/// The number of distinct elements in the union of sketches.
pub(super) fn union_count(sketches: &[Sketch<'_>]) -> u64 {
    Draft::union(sketches).map_or(0, |union| count(&union.as_sketch()))
}

/// The number of distinct elements in the intersection of sketches.
pub(super) fn intersect_count(sketches: &[Sketch<'_>]) -> u64 {
    if minhash_bits(sketches) == 0 {
        return intersect_count_of_counts(sketches);
    }
    match similarity(sketches) {
        nan if nan.is_nan() => 0,
        similarity => rounded(union_count(sketches) as f64 * similarity),
    }
}

/// The size of the intersection divided by that of the union.
pub(super) fn similarity(sketches: &[Sketch<'_>]) -> f64 {
    let Some((first, rest)) = sketches.split_first() else {
        return NO_SIMILARITY;
    };
    if minhash_bits(sketches) == 0 {
        return match (intersect_count_of_counts(sketches), union_count(sketches)) {
            (0, 0) => ZERO_BY_ZERO,
            (intersection, union) => intersection as f64 / union as f64,
        };
    }
    let with_data = sketches.iter().filter(|sketch| sketch.has_data()).count();
    if with_data < sketches.len() {
        return if with_data == 0 { NO_SIMILARITY } else { 0.0 };
    }
    let Some(union) = Draft::union(sketches) else {
        return NO_SIMILARITY;
    };
    let shape = union.as_sketch().shape();
    let mut intersection = Draft::empty(shape);
    intersection.merge(first);
    rest.iter().for_each(|sketch| intersection.intersect(sketch));
    let expected_collisions = match sketches {
        [a, b] => collisions(shape, count(a) as f64, count(b) as f64),
        _ => 0.0,
    };
    let similarity = (used(&intersection) - expected_collisions) / used(&union);
    if similarity < 0.0 { 0.0 } else { similarity }
}

/// The minhash bits of the shape to which all sketches can be reduced.
fn minhash_bits(sketches: &[Sketch<'_>]) -> u8 {
    let shape = sketches.iter().map(Sketch::shape).reduce(Shape::common);
    shape.map_or(0, |shape| shape.minhash_bits)
}

/// The size of the intersection of two or three sketches, by inclusion and exclusion.
fn intersect_count_of_counts(sketches: &[Sketch<'_>]) -> u64 {
    let union = union_count(sketches);
    let sum = sketches.iter().map(count).fold(0, u64::saturating_add);
    let &[a, b, c] = sketches else {
        return sum.saturating_sub(union);
    };
    let pairs = [[a, b], [b, c], [a, c]].map(|pair| intersect_count(&pair));
    let pairs = pairs.into_iter().fold(0, u64::wrapping_add);
    let left = (union as i64).wrapping_sub((sum as i64).wrapping_sub(pairs as i64));
    left.max(0) as u64
}

/// The number of registers that are not 0.
fn used(draft: &Draft) -> f64 {
    let sketch = draft.as_sketch();
    let used = (0..sketch.shape().registers()).filter(|&i| sketch.register(i) != 0);
    used.count() as f64
}

/// The expected number of registers of two sketches that are equal by chance (HyperMinHash, arXiv 1710.08436).
fn collisions(shape: Shape, count_a: f64, count_b: f64) -> f64 {
    let registers = shape.registers() as f64;
    let mut sum = 0.0;
    for i in 1..=RANKS as i32 {
        let low = if i == RANKS as i32 { 0.0 } else { 2_f64.powi(-i) };
        let (low, high) = (low / registers, 2_f64.powi(1 - i) / registers);
        let chance = |count| (1.0 - low).powf(count) - (1.0 - high).powf(count);
        sum += chance(count_a) * chance(count_b);
    }
    sum * registers / 2_f64.powi(shape.minhash_bits.into())
}

fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

fn alpha(shape: Shape) -> f64 {
    match shape.index_bits {
        4 => 0.673,
        5 => 0.697,
        6 => 0.709,
        _ => 0.7213 / (1.0 + 1.079 / shape.registers() as f64),
    }
}

/// The nearest integer. Halves are rounded away from 0.
fn rounded(x: f64) -> u64 {
    x.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(shape: (i64, i64), elements: std::ops::Range<u32>) -> Draft {
        let mut draft = Draft::empty(Shape::in_range(shape.0, shape.1).unwrap());
        for element in elements {
            draft.add(&element.to_be_bytes());
        }
        draft
    }

    #[test]
    fn estimates_are_near_the_true_values() {
        let (a, b) = (sketch((12, 0), 0..3000), sketch((12, 0), 2000..5000));
        let both = [a.as_sketch(), b.as_sketch()];
        let near = |estimate: u64, truth: u64| estimate.abs_diff(truth) * 20 < truth.max(3000);
        assert!(near(count(&both[0]), 3000));
        assert!(near(union_count(&both), 5000));
        assert!(near(intersect_count(&both), 1000));
        assert!((similarity(&both) - 0.2).abs() < 0.05);
        let (a, b) = (sketch((12, 20), 0..3000), sketch((12, 20), 2000..5000));
        let both = [a.as_sketch(), b.as_sketch()];
        assert!(near(intersect_count(&both), 1000));
        assert!((similarity(&both) - 0.2).abs() < 0.05);
    }

    #[test]
    fn empty_sketches_have_no_similarity() {
        let (plain, minhash) = (sketch((8, 0), 0..0), sketch((8, 4), 0..0));
        let (plain, minhash) = (plain.as_sketch(), minhash.as_sketch());
        assert_eq!(count(&plain), 0);
        assert!(similarity(&[plain, plain]).is_nan());
        assert!(similarity(&[minhash, minhash]).is_nan());
        assert_eq!(intersect_count(&[minhash, minhash]), 0);
        let some = sketch((8, 4), 0..100);
        assert_eq!(similarity(&[minhash, some.as_sketch()]), 0.0);
    }

    #[test]
    fn a_cached_count_is_returned() {
        let mut draft = sketch((8, 0), 0..100);
        draft.cache_count(7);
        assert_eq!(count(&draft.as_sketch()), 7);
        draft.add(&[1]);
        assert_ne!(
            count(&draft.as_sketch()),
            7,
            "an element that changes a register ends it"
        );
    }
}
