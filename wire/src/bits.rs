//! Bit operations on a blob: their codes, names, parameters and flags.

use crate::bit_hll::{flags_parameter, operations};

bitflags::bitflags! {
    /// When a bit operation may write, and what it does where it cannot.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct BitWriteFlags: u64 {
        /// Only if there is no bin.
        const CREATE_ONLY = 1 << 0;
        /// Only if there is a bin.
        const UPDATE_ONLY = 1 << 1;
        /// Where the operation cannot be applied, succeed and change nothing.
        const NO_FAIL = 1 << 2;
        /// Where the bits reach over the end of the blob, take those within it.
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
    /// What kind of integer bits are. Without [`SATURATE`](Self::SATURATE) and [`WRAP`](Self::WRAP), an overflow fails.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct BitIntegerFlags: u64 {
        /// It has a sign, in two's complement.
        const SIGNED = 1 << 0;
        /// An overflow gives the largest or smallest integer of the size.
        const SATURATE = 1 << 1;
        /// An overflow drops the bits that do not fit.
        const WRAP = 1 << 2;
    }
}

flags_parameter!(BitWriteFlags, BitResizeFlags, BitIntegerFlags);

operations! {
    /// A bit operation and its parameters.
    ///
    /// Offsets count from the front, negative ones from the end. Offsets and sizes are in bits, where they are not said
    /// to be in bytes; bit 0 is the highest of the first byte.
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
        /// Makes the blob as long as said, with zeros or by cutting off.
        0 "bit_resize" Resize {
            /// Bytes.
            byte_size: i64;
            /// When to write.
            flags: BitWriteFlags,
            /// At which end, and in which direction.
            resize_flags: BitResizeFlags
        }
        /// Inserts bytes; zeros fill the way to an offset behind the end.
        1 "bit_insert" Insert {
            /// Where, in bytes.
            byte_offset: i64,
            /// What.
            value: &'a [u8];
            /// When to write.
            flags: BitWriteFlags
        }
        /// Removes bytes.
        2 "bit_remove" Remove {
            /// Where, in bytes.
            byte_offset: i64,
            /// Bytes.
            byte_size: i64;
            /// When to write.
            flags: BitWriteFlags
        }
        /// Sets bits to those of a value.
        3 "bit_set" Set {
            /// Where.
            offset: i64,
            /// Bits.
            size: i64,
            /// The bits, from the highest of the first byte on.
            value: &'a [u8];
            /// When to write.
            flags: BitWriteFlags
        }
        /// Sets bits to their `or` with those of a value.
        4 "bit_or" Or {
            /// Where.
            offset: i64,
            /// Bits.
            size: i64,
            /// The bits, from the highest of the first byte on.
            value: &'a [u8];
            /// When to write.
            flags: BitWriteFlags
        }
        /// Sets bits to their `xor` with those of a value.
        5 "bit_xor" Xor {
            /// Where.
            offset: i64,
            /// Bits.
            size: i64,
            /// The bits, from the highest of the first byte on.
            value: &'a [u8];
            /// When to write.
            flags: BitWriteFlags
        }
        /// Sets bits to their `and` with those of a value.
        6 "bit_and" And {
            /// Where.
            offset: i64,
            /// Bits.
            size: i64,
            /// The bits, from the highest of the first byte on.
            value: &'a [u8];
            /// When to write.
            flags: BitWriteFlags
        }
        /// Turns bits over.
        7 "bit_not" Not {
            /// Where.
            offset: i64,
            /// Bits.
            size: i64;
            /// When to write.
            flags: BitWriteFlags
        }
        /// Shifts bits to the front; zeros follow.
        8 "bit_lshift" LeftShift {
            /// Where.
            offset: i64,
            /// Bits.
            size: i64,
            /// By how many bits.
            shift: i64;
            /// When to write.
            flags: BitWriteFlags
        }
        /// Shifts bits to the end; zeros follow.
        9 "bit_rshift" RightShift {
            /// Where.
            offset: i64,
            /// Bits.
            size: i64,
            /// By how many bits.
            shift: i64;
            /// When to write.
            flags: BitWriteFlags
        }
        /// Adds to bits that are an integer.
        10 "bit_add" Add {
            /// Where.
            offset: i64,
            /// Bits, 1 to 64.
            size: i64,
            /// The summand; bits beyond the size are ignored.
            value: i64;
            /// When to write.
            flags: BitWriteFlags,
            /// What kind of integer it is.
            integer_flags: BitIntegerFlags
        }
        /// Subtracts from bits that are an integer.
        11 "bit_subtract" Subtract {
            /// Where.
            offset: i64,
            /// Bits, 1 to 64.
            size: i64,
            /// The subtrahend; bits beyond the size are ignored.
            value: i64;
            /// When to write.
            flags: BitWriteFlags,
            /// What kind of integer it is.
            integer_flags: BitIntegerFlags
        }
        /// Sets bits to an integer.
        12 "bit_set_int" SetInt {
            /// Where.
            offset: i64,
            /// Bits, 1 to 64.
            size: i64,
            /// The integer; bits beyond the size are ignored.
            value: i64;
            /// When to write.
            flags: BitWriteFlags
        }
        /// Reads bits, as a blob.
        50 "bit_get" Get {
            /// Where.
            offset: i64,
            /// Bits.
            size: i64;
        }
        /// Counts the bits that are 1.
        51 "bit_count" Count {
            /// Where.
            offset: i64,
            /// Bits.
            size: i64;
        }
        /// Finds the first bit of a value, from the offset; -1 if there is none.
        52 "bit_lscan" LeftScan {
            /// Where.
            offset: i64,
            /// Bits.
            size: i64,
            /// The bit.
            value: bool;
        }
        /// Finds the last bit of a value, from the offset; negative if there is none.
        53 "bit_rscan" RightScan {
            /// Where.
            offset: i64,
            /// Bits.
            size: i64,
            /// The bit.
            value: bool;
        }
        /// Reads bits as an integer.
        54 "bit_get_int" GetInt {
            /// Where.
            offset: i64,
            /// Bits, 1 to 64.
            size: i64;
            /// Whether it has a sign.
            integer_flags: BitIntegerFlags
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_behind_the_needed_ones_may_be_left_out() {
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
