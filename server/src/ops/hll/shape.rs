//! The shape of a HyperLogLog: the number of its registers, and their size.

/// The bytes before the registers.
pub(super) const HEADER: usize = 11;
/// The bits of a register that hold the rank. The minhash bits are below them.
const RANK_BITS: u32 = 6;

/// The number of registers of a sketch, and their size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The number of registers is 2 to the power of this, 4 to 16.
    pub index_bits: u8,
    /// The bits of a register in addition to the 6 of a plain HyperLogLog: 0, or 4 to 51.
    pub minhash_bits: u8,
}

impl Shape {
    /// The shape with these numbers of bits, if each is in its range.
    #[must_use]
    pub(crate) fn in_range(index_bits: i64, minhash_bits: i64) -> Option<Self> {
        Some(Self {
            index_bits: u8::try_from(index_bits).ok().filter(|n| matches!(n, 4..=16))?,
            minhash_bits: u8::try_from(minhash_bits).ok().filter(|n| matches!(n, 0 | 4..=51))?,
        })
    }

    /// Whether a bin may have this shape: index and minhash bits add up to at most 64.
    #[must_use]
    pub(crate) const fn fits(self) -> bool {
        self.index_bits + self.minhash_bits <= 64
    }

    /// The shape to which sketches of both shapes can be reduced. Minhash bits are kept only if they are equal.
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

    /// The size of a sketch of this shape, in bytes.
    #[must_use]
    pub(crate) const fn size(self) -> usize {
        HEADER + (self.register_bits() as usize * self.registers()).div_ceil(8)
    }

    /// The number of registers.
    #[must_use]
    pub(crate) const fn registers(self) -> usize {
        1 << self.index_bits
    }

    /// The register that an element belongs to, and the value that it sets there.
    pub(super) fn place(self, element: &[u8]) -> (usize, u64) {
        // Reading from bytes in memory cannot fail.
        let hash = murmur3::murmur3_x64_128(&mut &*element, 0).unwrap_or_default();
        let (low, high) = (hash as u64, (hash >> 64) as u64);
        let index = low as usize & (self.registers() - 1);
        let minhash = (low >> self.index_bits) & ((1 << self.minhash_bits) - 1);
        let rank = u64::from(high.trailing_zeros()) + 1;
        (index, rank << self.minhash_bits | minhash)
    }

    /// The size of a register, in bits.
    pub(super) const fn register_bits(self) -> u32 {
        RANK_BITS + self.minhash_bits as u32
    }
}
