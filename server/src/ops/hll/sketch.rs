//! A HyperLogLog as its bytes: a header of 11 bytes, and the registers, packed one behind the other.

/// The bits of a register that count zeros; minhash bits stand below them.
const RANK_BITS: u32 = 6;

/// How many registers a sketch has, and how wide they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// There are 2 to the power of this many registers; 4 to 16.
    pub index_bits: u8,
    /// Bits of a register beyond the 6 of a plain HyperLogLog; 0, or 4 to 51.
    pub minhash_bits: u8,
}

impl Shape {
    /// Whether there may be so many index bits.
    #[must_use]
    pub const fn allows_index_bits(n: i64) -> bool {
        matches!(n, 4..=16)
    }

    /// Whether there may be so many minhash bits.
    #[must_use]
    pub const fn allows_minhash_bits(n: i64) -> bool {
        matches!(n, 0 | 4..=51)
    }

    /// Whether a sketch may be of this shape: both numbers in their ranges, and at most 64 together.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        Self::allows_index_bits(self.index_bits as i64)
            && Self::allows_minhash_bits(self.minhash_bits as i64)
            && self.index_bits + self.minhash_bits <= 64
    }

    /// Bytes of a sketch of this shape.
    #[must_use]
    pub const fn size(self) -> usize {
        Sketch::HEADER + (self.register_bits() as usize * self.registers() as usize).div_ceil(8)
    }

    /// How many registers there are.
    #[must_use]
    pub const fn registers(self) -> u32 {
        1 << self.index_bits
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
pub struct Sketch<'a> {
    shape: Shape,
    bytes: &'a [u8],
}

impl<'a> Sketch<'a> {
    /// Bytes before the registers.
    pub const HEADER: usize = 11;

    /// Reads one whose numbers of bits are each in range, and whose size is theirs.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let [0, index_bits, minhash_bits, ..] = *bytes else {
            return None;
        };
        let shape = Shape {
            index_bits,
            minhash_bits,
        };
        let in_range = Shape::allows_index_bits(index_bits.into()) && Shape::allows_minhash_bits(minhash_bits.into());
        (in_range && bytes.len() == shape.size()).then_some(Self { shape, bytes })
    }

    /// Whether a bin may hold these bytes.
    #[must_use]
    pub fn is_valid(bytes: &[u8]) -> bool {
        Sketch::new(bytes).is_some_and(|sketch| sketch.shape.is_valid())
    }

    /// Its shape.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}
