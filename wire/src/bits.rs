//! Bit operations on a blob: their codes, names, parameters and flags.

use crate::bit_hll::{flags_parameter, operations};

bitflags::bitflags! {
    /// When a bit operation may write, and what it does if it cannot.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct BitWriteFlags: u64 {
        /// Only if there is no bin.
        const CREATE_ONLY = 1 << 0;
        /// Only if there is a bin.
        const UPDATE_ONLY = 1 << 1;
        /// If the operation cannot be applied, succeed and change nothing.
        const NO_FAIL = 1 << 2;
        /// If the bits extend past the end of the blob, use those inside it.
        const PARTIAL = 1 << 3;
    }
}

bitflags::bitflags! {
    /// How a blob is resized.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct BitResizeFlags: u64 {
        /// Add or remove bytes at the front, not at the end.
        const FROM_FRONT = 1 << 0;
        /// Only make it larger.
        const GROW_ONLY = 1 << 1;
        /// Only make it smaller.
        const SHRINK_ONLY = 1 << 2;
    }
}

bitflags::bitflags! {
    /// How bits are treated as an integer. Without [`SATURATE`](Self::SATURATE) and [`WRAP`](Self::WRAP), an overflow
    /// fails.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct BitIntegerFlags: u64 {
        /// The integer is signed, in two's complement.
        const SIGNED = 1 << 0;
        /// On overflow, use the largest or smallest integer of the size.
        const SATURATE = 1 << 1;
        /// On overflow, drop the bits that do not fit.
        const WRAP = 1 << 2;
    }
}

flags_parameter!(BitWriteFlags, BitResizeFlags, BitIntegerFlags);

operations! {
    /// A bit operation and its parameters.
    ///
    /// Offsets count from the front, negative ones from the end. Offsets and sizes are in bits unless documented as
    /// bytes; bit 0 is the highest bit of the first byte.
    ///
    /// ```
    /// use spikelet_wire::bits::{BitOperation, BitWriteFlags};
    ///
    /// let operation = BitOperation::Not { offset: 4, size: 8, flags: BitWriteFlags::PARTIAL };
    /// let mut argument = Vec::new();
    /// operation.encode(&mut argument);
    /// assert_eq!(argument, [0x94, 7, 4, 8, 8]);
    /// assert_eq!(BitOperation::decode(&argument)?, operation);
    /// # Ok::<(), spikelet_wire::DecodeError>(())
    /// ```
    #[derive(Debug, Clone, PartialEq)]
    BitOperation as BitOp {
        /// Resizes the blob, by adding zeros or by truncating it.
        0 "bit_resize" Resize {
            /// The size, in bytes.
            byte_size: i64;
            /// When the operation may write.
            flags: BitWriteFlags,
            /// At which end, and whether it may grow or shrink.
            resize_flags: BitResizeFlags
        }
        /// Inserts bytes. If the offset is past the end, zeros fill the gap.
        1 "bit_insert" Insert {
            /// The offset, in bytes.
            byte_offset: i64,
            /// The bytes to insert.
            value: &'a [u8];
            /// When the operation may write.
            flags: BitWriteFlags
        }
        /// Removes bytes.
        2 "bit_remove" Remove {
            /// The offset, in bytes.
            byte_offset: i64,
            /// The size, in bytes.
            byte_size: i64;
            /// When the operation may write.
            flags: BitWriteFlags
        }
        /// Overwrites bits with those of a value.
        3 "bit_set" Set {
            /// The offset.
            offset: i64,
            /// The size.
            size: i64,
            /// The bits, starting with the highest of the first byte.
            value: &'a [u8];
            /// When the operation may write.
            flags: BitWriteFlags
        }
        /// Sets bits to their `or` with those of a value.
        4 "bit_or" Or {
            /// The offset.
            offset: i64,
            /// The size.
            size: i64,
            /// The bits, starting with the highest of the first byte.
            value: &'a [u8];
            /// When the operation may write.
            flags: BitWriteFlags
        }
        /// Sets bits to their `xor` with those of a value.
        5 "bit_xor" Xor {
            /// The offset.
            offset: i64,
            /// The size.
            size: i64,
            /// The bits, starting with the highest of the first byte.
            value: &'a [u8];
            /// When the operation may write.
            flags: BitWriteFlags
        }
        /// Sets bits to their `and` with those of a value.
        6 "bit_and" And {
            /// The offset.
            offset: i64,
            /// The size.
            size: i64,
            /// The bits, starting with the highest of the first byte.
            value: &'a [u8];
            /// When the operation may write.
            flags: BitWriteFlags
        }
        /// Inverts bits.
        7 "bit_not" Not {
            /// The offset.
            offset: i64,
            /// The size.
            size: i64;
            /// When the operation may write.
            flags: BitWriteFlags
        }
        /// Shifts bits left and fills with zeros.
        8 "bit_lshift" LeftShift {
            /// The offset.
            offset: i64,
            /// The size.
            size: i64,
            /// The number of positions to shift by.
            shift: i64;
            /// When the operation may write.
            flags: BitWriteFlags
        }
        /// Shifts bits right and fills with zeros.
        9 "bit_rshift" RightShift {
            /// The offset.
            offset: i64,
            /// The size.
            size: i64,
            /// The number of positions to shift by.
            shift: i64;
            /// When the operation may write.
            flags: BitWriteFlags
        }
        /// Adds to the integer in the bits.
        10 "bit_add" Add {
            /// The offset.
            offset: i64,
            /// The size, 1 to 64.
            size: i64,
            /// The summand; bits beyond the size are ignored.
            value: i64;
            /// When the operation may write.
            flags: BitWriteFlags,
            /// How the bits are treated as an integer.
            integer_flags: BitIntegerFlags
        }
        /// Subtracts from the integer in the bits.
        11 "bit_subtract" Subtract {
            /// The offset.
            offset: i64,
            /// The size, 1 to 64.
            size: i64,
            /// The subtrahend; bits beyond the size are ignored.
            value: i64;
            /// When the operation may write.
            flags: BitWriteFlags,
            /// How the bits are treated as an integer.
            integer_flags: BitIntegerFlags
        }
        /// Overwrites bits with an integer.
        12 "bit_set_int" SetInt {
            /// The offset.
            offset: i64,
            /// The size, 1 to 64.
            size: i64,
            /// The integer; bits beyond the size are ignored.
            value: i64;
            /// When the operation may write.
            flags: BitWriteFlags
        }
        /// Reads bits, as a blob.
        50 "bit_get" Get {
            /// The offset.
            offset: i64,
            /// The size.
            size: i64;
        }
        /// Counts the bits that are set.
        51 "bit_count" Count {
            /// The offset.
            offset: i64,
            /// The size.
            size: i64;
        }
        /// Finds the first bit with a value, from the offset; -1 if there is none.
        52 "bit_lscan" LeftScan {
            /// The offset.
            offset: i64,
            /// The size.
            size: i64,
            /// The value of the bit.
            value: bool;
        }
        /// Finds the last bit with a value, from the offset; negative if there is none.
        53 "bit_rscan" RightScan {
            /// The offset.
            offset: i64,
            /// The size.
            size: i64,
            /// The value of the bit.
            value: bool;
        }
        /// Reads bits as an integer.
        54 "bit_get_int" GetInt {
            /// The offset.
            offset: i64,
            /// The size, 1 to 64.
            size: i64;
            /// Whether the integer is signed.
            integer_flags: BitIntegerFlags
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_after_the_required_ones_are_optional() {
        let decoded = BitOperation::decode(&[0x92, 0, 5]).unwrap();
        let resize = BitOperation::Resize {
            byte_size: 5,
            flags: BitWriteFlags::empty(),
            resize_flags: BitResizeFlags::empty(),
        };
        assert_eq!(decoded, resize);
        assert_eq!((decoded.name(), decoded.is_read()), ("bit_resize", false));
        assert!(BitOperation::decode(&[0x91, 0]).is_err());
        assert!(BitOperation::decode(&[0x95, 0, 5, 0, 0, 0]).is_err());
        assert!(BitOperation::decode(&[0x90]).is_err());
        assert!(BitOperation::decode(&[0x92, 13, 5]).is_err());
    }

    #[test]
    fn a_value_carries_a_particle_type() {
        let insert = BitOperation::Insert {
            byte_offset: -1,
            value: &[7],
            flags: BitWriteFlags::NO_FAIL,
        };
        let mut argument = Vec::new();
        insert.encode(&mut argument);
        assert_eq!(argument, [0x94, 1, 0xff, 0xa2, 4, 7, 4]);
        assert_eq!(BitOperation::decode(&argument).unwrap(), insert);
        assert!(BitOperation::decode(&[0x93, 1, 0, 0xa0]).is_err());
    }
}
