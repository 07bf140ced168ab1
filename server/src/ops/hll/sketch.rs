//! A HyperLogLog as its bytes: a header of 11 bytes, and the registers, packed one behind the other.

/// The bits of a register that count zeros; minhash bits stand below them.
const RANK_BITS: u32 = 6;
/// Where the count stands that was computed last.
const COUNT: std::ops::Range<usize> = 3..Sketch::HEADER;

/// How many registers a sketch has, and how wide they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// There are 2 to the power of this many registers; 4 to 16.
    pub index_bits: u8,
    /// Bits of a register beyond the 6 of a plain HyperLogLog; 0, or 4 to 51.
    pub minhash_bits: u8,
}

impl Shape {
    /// The shape of these bits, if each number is in its range.
    #[must_use]
    pub(crate) fn in_range(index_bits: i64, minhash_bits: i64) -> Option<Self> {
        Some(Self {
            index_bits: u8::try_from(index_bits).ok().filter(|n| matches!(n, 4..=16))?,
            minhash_bits: u8::try_from(minhash_bits).ok().filter(|n| matches!(n, 0 | 4..=51))?,
        })
    }

    /// Whether a bin may be of this shape: at most 64 bits of both kinds together.
    #[must_use]
    pub(crate) const fn fits(self) -> bool {
        self.index_bits + self.minhash_bits <= 64
    }

    /// The shape into which sketches of two shapes can be brought: minhash bits are kept only where they are equal.
    #[must_use]
    pub(crate) fn common(self, other: Self) -> Self {
        Self {
            index_bits: self.index_bits.min(other.index_bits),
            minhash_bits: if self.minhash_bits == other.minhash_bits {
                self.minhash_bits
            } else {
                0
            },
        }
    }

    /// Bytes of a sketch of this shape.
    #[must_use]
    pub(crate) const fn size(self) -> usize {
        Sketch::HEADER + (self.register_bits() as usize * self.registers()).div_ceil(8)
    }

    /// How many registers there are.
    #[must_use]
    pub(crate) const fn registers(self) -> usize {
        1 << self.index_bits
    }

    /// The register that an element belongs to, and what it would set it to.
    pub(super) fn place(self, element: &[u8]) -> (usize, u64) {
        // Reading from bytes in memory cannot fail.
        let hash = murmur3::murmur3_x64_128(&mut &*element, 0).unwrap_or_default();
        let (low, high) = (hash as u64, (hash >> 64) as u64);
        let index = low as usize & (self.registers() - 1);
        let minhash = (low >> self.index_bits) & ((1 << self.minhash_bits) - 1);
        let rank = u64::from(high.trailing_zeros()) + 1;
        (index, rank << self.minhash_bits | minhash)
    }

    const fn register_bits(self) -> u32 {
        RANK_BITS + self.minhash_bits as u32
    }
}

/// A HyperLogLog, or with minhash bits a HyperMinHash, read from a bin's bytes.
///
/// Its bytes: flags (1 byte, 0), index bits (1), minhash bits (1), the count that was computed last or 0 (8,
/// little-endian), then the registers, big-endian.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sketch<'a> {
    shape: Shape,
    bytes: &'a [u8],
}

impl<'a> Sketch<'a> {
    /// Bytes before the registers.
    pub(crate) const HEADER: usize = 11;

    /// Reads one whose numbers of bits are each in range, and whose size is theirs.
    ///
    /// Only a sketch whose shape [`fits`](Shape::fits) too is one that a bin may hold.
    #[must_use]
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let [0, index_bits, minhash_bits, ..] = *bytes else {
            return None;
        };
        let shape = Shape::in_range(index_bits.into(), minhash_bits.into())?;
        (bytes.len() == shape.size()).then_some(Self { shape, bytes })
    }

    /// Whether a bin may hold these bytes.
    #[must_use]
    pub(crate) fn is_valid(bytes: &[u8]) -> bool {
        Sketch::new(bytes).is_some_and(|sketch| sketch.shape.fits())
    }

    /// Its shape.
    #[must_use]
    pub(crate) const fn shape(&self) -> Shape {
        self.shape
    }

    /// The count that was computed last, if nothing was added since.
    #[must_use]
    pub(crate) fn kept_count(&self) -> Option<u64> {
        let bytes = self.bytes.get(COUNT)?.try_into().ok()?;
        Some(u64::from_le_bytes(bytes)).filter(|&count| count != 0)
    }

    /// A register: its rank, and below it its minhash bits.
    pub(super) fn register(&self, i: usize) -> u64 {
        let at = Place::of(self.shape, i);
        (window(self.bytes, at.byte) << at.bit) >> (64 - self.shape.register_bits())
    }

    /// The rank of a register: how many zeros, and one, the hash of an element ended with at most.
    pub(super) fn rank(&self, i: usize) -> u8 {
        (self.register(i) >> self.shape.minhash_bits) as u8
    }

    /// Whether anything was added, as the server finds out: it looks at one byte for each register, however many
    /// there are.
    pub(super) fn has_data(&self) -> bool {
        let registers = self.bytes.get(Self::HEADER..).unwrap_or_default();
        registers.iter().take(self.shape.registers()).any(|&byte| byte != 0)
    }
}

/// A sketch that is being made.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    shape: Shape,
    bytes: Vec<u8>,
}

impl Draft {
    /// One to which nothing was added.
    pub(super) fn empty(shape: Shape) -> Self {
        let mut bytes = vec![0; shape.size()];
        if let [_, index_bits, minhash_bits, ..] = &mut bytes[..] {
            (*index_bits, *minhash_bits) = (shape.index_bits, shape.minhash_bits);
        }
        Self { shape, bytes }
    }

    /// The union of sketches, in the shape that they have in common.
    ///
    /// `None` if there are none.
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

    /// Keeps a count, or with 0 forgets it.
    pub(super) fn keep_count(&mut self, count: u64) {
        if let Some(kept) = self.bytes.get_mut(COUNT) {
            kept.copy_from_slice(&count.to_le_bytes());
        }
    }

    /// Adds an element, and says whether that changed a register.
    pub(super) fn add(&mut self, element: &[u8]) -> bool {
        let (i, value) = self.shape.place(element);
        let changes = self.as_sketch().register(i) < value;
        if changes {
            self.set_register(i, value);
            self.keep_count(0);
        }
        changes
    }

    /// Takes over the larger of each register. The other sketch has at least as many of them; those with equal low
    /// bits of their number become one.
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

    /// Empties the registers that are not equal to the other sketch's.
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

/// Where a register stands: its first byte, and its first bit within that.
struct Place {
    byte: usize,
    bit: u32,
}

impl Place {
    const fn of(shape: Shape, i: usize) -> Self {
        let bits = shape.register_bits() as usize * i;
        Self {
            byte: Sketch::HEADER + bits / 8,
            bit: (bits % 8) as u32,
        }
    }
}

/// The 8 bytes from an offset, with zeros behind the end. A register has at most 57 bits, so they hold it whole.
fn window(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at..).unwrap_or_default();
    if let Some(&whole) = rest.first_chunk() {
        return u64::from_be_bytes(whole);
    }
    let mut window = [0; 8];
    for (byte, &from) in window.iter_mut().zip(rest) {
        *byte = from;
    }
    u64::from_be_bytes(window)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_do_not_touch_one_another() {
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
    fn bytes_of_a_sketch_are_checked() {
        let bytes = Draft::empty(Shape::in_range(4, 4).unwrap()).into_bytes();
        assert!(Sketch::is_valid(&bytes));
        assert!(!Sketch::is_valid(&bytes[1..]));
        assert!(!Sketch::is_valid(&[&[1], &bytes[1..]].concat()));
        assert!(!Sketch::is_valid(&[]));
    }

    #[test]
    fn an_element_counts_once() {
        let mut draft = Draft::empty(Shape::in_range(8, 0).unwrap());
        assert!(draft.add(&[5]));
        let once = draft.clone();
        assert!(!draft.add(&[5]));
        assert_eq!(draft.into_bytes(), once.into_bytes());
    }
}
