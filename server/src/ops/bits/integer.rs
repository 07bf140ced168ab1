//! Integers of 1 to 64 bits, signed and unsigned.

use spikelet_wire::bits::BitIntegerFlags;

/// An integer of 1 to 64 bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Integer {
    /// The number of bits, 1 to 64.
    pub(super) size: u32,
    /// The bits of the integer, in the low bits. All higher bits are 0.
    pub(super) bits: u64,
}

impl Integer {
    /// The integer in the first `size` bits of `front`.
    pub(super) fn from_front(front: &[u8], size: u32) -> Self {
        let mut bytes = [0; 8];
        for (byte, &from) in bytes.iter_mut().zip(front) {
            *byte = from;
        }
        let bits = u64::from_be_bytes(bytes) >> (64 - size);
        Self { size, bits }
    }

    /// The low `size` bits of an integer of 64 bits.
    pub(super) const fn low(value: i64, size: u32) -> Self {
        let bits = value as u64 & (u64::MAX >> (64 - size));
        Self { size, bits }
    }

    /// The bits of the integer, in the first bits of the bytes.
    pub(super) const fn to_front(self) -> [u8; 8] {
        (self.bits << (64 - self.size)).to_be_bytes()
    }

    /// The integer, sign-extended to 64 bits.
    pub(super) const fn signed(self) -> i64 {
        let unused = 64 - self.size;
        ((self.bits << unused) as i64) >> unused
    }

    /// Adds. `None` for an overflow, if the flags say neither saturate nor wrap.
    pub(super) fn add(self, other: Self, flags: BitIntegerFlags) -> Option<Self> {
        let sum = Self::low(self.bits.wrapping_add(other.bits) as i64, self.size);
        if flags.contains(BitIntegerFlags::SIGNED) {
            self.signed_result(other.signed(), sum, flags)
        } else {
            overflow(sum.bits < self.bits, sum, Self::low(-1, self.size), flags)
        }
    }

    /// Subtracts. `None` for an overflow, if the flags say neither saturate nor wrap.
    pub(super) fn subtract(self, other: Self, flags: BitIntegerFlags) -> Option<Self> {
        let difference = Self::low(self.bits.wrapping_sub(other.bits) as i64, self.size);
        if flags.contains(BitIntegerFlags::SIGNED) {
            let negated = Self::low((other.bits as i64).wrapping_neg(), self.size);
            self.signed_result(negated.signed(), difference, flags)
        } else {
            overflow(difference.bits > self.bits, difference, Self::low(0, self.size), flags)
        }
    }

    /// The result of adding `other`. An overflow is a sum whose sign differs from the sign of both summands.
    ///
    /// The server tests for the opposite sign, so a sum of exactly 0 is not an overflow.
    fn signed_result(self, other: i64, sum: Self, flags: BitIntegerFlags) -> Option<Self> {
        let (own, signed_sum) = (self.signed(), sum.signed());
        let smallest = Self::low(1 << (self.size - 1), self.size);
        if own < 0 && other < 0 {
            overflow(signed_sum > 0, sum, smallest, flags)
        } else {
            let largest = Self::low(!(smallest.bits as i64), self.size);
            overflow(own > 0 && other > 0 && signed_sum < 0, sum, largest, flags)
        }
    }
}

fn overflow(overflows: bool, result: Integer, limit: Integer, flags: BitIntegerFlags) -> Option<Integer> {
    match overflows {
        true if flags.contains(BitIntegerFlags::SATURATE) => Some(limit),
        true if !flags.contains(BitIntegerFlags::WRAP) => None,
        _ => Some(result),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAIL: BitIntegerFlags = BitIntegerFlags::empty();
    const SIGNED: BitIntegerFlags = BitIntegerFlags::SIGNED;
    const SATURATE: BitIntegerFlags = BitIntegerFlags::SATURATE;
    const WRAP: BitIntegerFlags = BitIntegerFlags::WRAP;

    fn add(a: i64, b: i64, flags: BitIntegerFlags) -> Option<u64> {
        Some(Integer::low(a, 8).add(Integer::low(b, 8), flags)?.bits)
    }

    fn subtract(a: i64, b: i64, flags: BitIntegerFlags) -> Option<u64> {
        Some(Integer::low(a, 8).subtract(Integer::low(b, 8), flags)?.bits)
    }

    #[test]
    fn unsigned_overflow_follows_the_flags() {
        assert_eq!(add(200, 50, FAIL), Some(250));
        assert_eq!(add(200, 56, FAIL), None);
        assert_eq!(add(200, 57, WRAP), Some(1));
        assert_eq!(add(200, 57, SATURATE), Some(255));
        assert_eq!(subtract(1, 2, FAIL), None);
        assert_eq!(subtract(1, 2, WRAP), Some(255));
        assert_eq!(subtract(1, 2, SATURATE), Some(0));
    }

    #[test]
    fn signed_overflow_follows_the_flags() {
        assert_eq!(add(100, 27, SIGNED), Some(127));
        assert_eq!(add(100, 28, SIGNED), None);
        assert_eq!(add(100, 28, SIGNED | WRAP), Some(0x80));
        assert_eq!(add(100, 28, SIGNED | SATURATE), Some(0x7f));
        assert_eq!(add(-100, -29, SIGNED), None);
        assert_eq!(add(-100, -29, SIGNED | SATURATE), Some(0x80));
        assert_eq!(subtract(-100, 29, SIGNED | SATURATE), Some(0x80));
        assert_eq!(subtract(100, -28, SIGNED), None);
        assert_eq!(add(-128, -128, SIGNED), Some(0), "0 has no sign");
    }

    #[test]
    fn integers_of_all_sizes_are_converted() {
        for size in 1..=64 {
            let all = Integer::low(-1, size);
            assert_eq!(all.signed(), -1);
            assert_eq!(Integer::from_front(&all.to_front(), size).bits, all.bits);
        }
    }
}
