//! A HyperLogLog that is being modified.

use super::shape::Shape;
use super::sketch::{COUNT, Place, Sketch, window};

/// A sketch that is being built.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    shape: Shape,
    bytes: Vec<u8>,
}

impl Draft {
    /// An empty sketch.
    pub(super) fn empty(shape: Shape) -> Self {
        let mut bytes = vec![0; shape.size()];
        if let [_, index_bits, minhash_bits, ..] = &mut bytes[..] {
            (*index_bits, *minhash_bits) = (shape.index_bits, shape.minhash_bits);
        }
        Self { shape, bytes }
    }

    /// The union of sketches, in the shape to which all can be reduced. `None` if there are no sketches.
    pub(super) fn union(sketches: &[Sketch<'_>]) -> Option<Self> {
        let shape = sketches.iter().map(Sketch::shape).reduce(Shape::common)?;
        let mut union = Self::empty(shape);
        sketches.iter().for_each(|sketch| union.merge(sketch));
        Some(union)
    }

    pub(super) fn as_sketch(&self) -> Sketch<'_> {
        Sketch {
            shape: self.shape,
            bytes: &self.bytes,
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Caches a count; 0 clears the cache.
    pub(super) fn cache_count(&mut self, count: u64) {
        if let Some(kept) = self.bytes.get_mut(COUNT) {
            kept.copy_from_slice(&count.to_le_bytes());
        }
    }

    /// Adds an element. Returns whether a register changed.
    pub(super) fn add(&mut self, element: &[u8]) -> bool {
        let (i, value) = self.shape.place(element);
        let changes = self.as_sketch().register(i) < value;
        if changes {
            self.set_register(i, value);
            self.cache_count(0);
        }
        changes
    }

    /// Sets each register to the larger of both sketches. The other sketch has at least as many registers; those whose
    /// indexes have equal low bits are combined.
    pub(super) fn merge(&mut self, other: &Sketch<'_>) {
        for r in 0..other.shape.registers() {
            let i = r & (self.shape.registers() - 1);
            let value = match self.shape.minhash_bits {
                0 => u64::from(other.rank(r)),
                _ => other.register(r),
            };
            if self.as_sketch().register(i) < value {
                self.set_register(i, value);
            }
        }
    }

    /// Clears the registers that differ from those of the other sketch.
    pub(super) fn intersect(&mut self, other: &Sketch<'_>) {
        for r in 0..other.shape.registers() {
            let i = r & (self.shape.registers() - 1);
            if self.as_sketch().register(i) != other.register(r) {
                self.set_register(i, 0);
            }
        }
    }

    fn set_register(&mut self, i: usize, value: u64) {
        let at = Place::of(self.shape, i);
        let unused = 64 - self.shape.register_bits();
        let mask = (u64::MAX << unused) >> at.bit;
        let changed = window(&self.bytes, at.byte) & !mask | (value << unused) >> at.bit;
        let registers = self.bytes.get_mut(at.byte..).unwrap_or_default();
        for (byte, changed) in registers.iter_mut().zip(changed.to_be_bytes()) {
            *byte = changed;
        }
    }
}

impl From<Sketch<'_>> for Draft {
    fn from(sketch: Sketch<'_>) -> Self {
        Self {
            shape: sketch.shape,
            bytes: sketch.bytes.to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_do_not_overlap() {
        for minhash_bits in [0, 4, 11, 51] {
            let shape = Shape::in_range(4, minhash_bits).unwrap();
            let mut draft = Draft::empty(shape);
            let all = u64::MAX >> (64 - shape.register_bits());
            let value = |i: usize| (i as u64 * 0x0123_4567_89ab_cdef) & all;
            for i in 0..shape.registers() {
                draft.set_register(i, all);
            }
            for i in 0..shape.registers() {
                draft.set_register(i, value(i));
            }
            for i in 0..shape.registers() {
                assert_eq!(draft.as_sketch().register(i), value(i), "{shape:?} {i}");
            }
            assert_eq!(draft.bytes[..3], [0, 4, minhash_bits as u8]);
        }
    }

    #[test]
    fn shapes_have_limits() {
        assert_eq!(Shape::in_range(3, 0), None);
        assert_eq!(Shape::in_range(17, 0), None);
        assert_eq!(Shape::in_range(12, 3), None);
        assert_eq!(Shape::in_range(12, 52), None);
        assert!(Shape::in_range(13, 51).unwrap().fits());
        assert!(!Shape::in_range(14, 51).unwrap().fits());
        assert_eq!(Shape::in_range(12, 0).unwrap().size(), 11 + 4096 * 6 / 8);
    }

    #[test]
    fn the_bytes_of_a_sketch_are_checked() {
        let bytes = Draft::empty(Shape::in_range(4, 4).unwrap()).into_bytes();
        assert!(Sketch::is_valid(&bytes));
        assert!(!Sketch::is_valid(&bytes[1..]));
        assert!(!Sketch::is_valid(&[&[1], &bytes[1..]].concat()));
        assert!(!Sketch::is_valid(&[]));
    }

    #[test]
    fn an_element_is_counted_once() {
        let mut draft = Draft::empty(Shape::in_range(8, 0).unwrap());
        assert!(draft.add(&[5]));
        let once = draft.clone();
        assert!(!draft.add(&[5]));
        assert_eq!(draft.into_bytes(), once.into_bytes());
    }
}
