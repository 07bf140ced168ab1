//! Operations on the bits of a blob.

use spikelet_wire::bits::{BitIntegerFlags, BitOp, BitResizeFlags, BitWriteFlags};
use spikelet_wire::context::Context;

use super::argument::Argument;
use super::call::Call;
use super::target::{Bits, Target};

/// Operations on the bits of a blob, which is in a bin or the value of an expression.
///
/// Offsets count from the start, negative ones from the end. Offsets and sizes are in bits unless documented as bytes. Bit 0
/// is the most significant bit of the first byte.
///
/// ```
/// use spikelet_client::ops::{BitIntegerFlags, bits};
///
/// let operations = [
///     bits("flags").set(4, 8, [0xff]),
///     bits("flags").no_fail().partial().not(-8, 16),
///     bits("flags").add(0, 16, 1, BitIntegerFlags::SIGNED | BitIntegerFlags::SATURATE),
///     bits("flags").count(0, 16),
/// ];
/// ```
pub fn bits<T: Target<Bits>>(target: T) -> OnBits<T> {
    OnBits {
        target,
        flags: BitWriteFlags::empty(),
    }
}

/// Operations on bits; see [`bits`].
///
/// Write flags are set before the operation, which then must be one that writes.
#[derive(Debug, Clone)]
#[must_use = "call the method of an operation"]
pub struct OnBits<T, const FLAGS: bool = false> {
    target: T,
    flags: BitWriteFlags,
}

macro_rules! bits_with_bytes {
    ($($(#[doc = $doc:literal])+ $name:ident = $op:ident;)*) => {
        $($(#[doc = $doc])+
        pub fn $name(
            self,
            offset: impl Argument<T::Kind, i64>,
            size: impl Argument<T::Kind, i64>,
            value: impl Argument<T::Kind, Vec<u8>>,
        ) -> T::Modifies {
            self.modify(Self::call(BitOp::$op, offset, size).arg(value.packed()), [])
        })*
    };
}

macro_rules! shifts {
    ($($(#[doc = $doc:literal])+ $name:ident = $op:ident;)*) => {
        $($(#[doc = $doc])+
        pub fn $name(
            self,
            offset: impl Argument<T::Kind, i64>,
            size: impl Argument<T::Kind, i64>,
            shift: impl Argument<T::Kind, i64>,
        ) -> T::Modifies {
            self.modify(Self::call(BitOp::$op, offset, size).arg(shift.packed()), [])
        })*
    };
}

macro_rules! sums {
    ($($(#[doc = $doc:literal])+ $name:ident = $op:ident;)*) => {
        $($(#[doc = $doc])+
        /// of `size` bits, 1 to 64.
        ///
        /// Fails with [`OP_NOT_APPLICABLE`](crate::ResultCode::OP_NOT_APPLICABLE) (26) on overflow, unless the flags say
        /// how to handle it.
        pub fn $name(
            self,
            offset: impl Argument<T::Kind, i64>,
            size: impl Argument<T::Kind, i64>,
            value: impl Argument<T::Kind, i64>,
            integer: BitIntegerFlags,
        ) -> T::Modifies {
            self.modify(Self::call(BitOp::$op, offset, size).arg(value.packed()), [integer.bits()])
        })*
    };
}

impl<T: Target<Bits>, const FLAGS: bool> OnBits<T, FLAGS> {
    /// Fails with [`BIN_EXISTS`](crate::ResultCode::BIN_EXISTS) (6) if the bin exists.
    pub fn create_only(self) -> OnBits<T, true> {
        self.write_flags(BitWriteFlags::CREATE_ONLY)
    }

    /// Fails with [`BIN_NOT_FOUND`](crate::ResultCode::BIN_NOT_FOUND) (17) if the bin does not exist.
    pub fn update_only(self) -> OnBits<T, true> {
        self.write_flags(BitWriteFlags::UPDATE_ONLY)
    }

    /// If the operation cannot be applied, succeeds and changes nothing.
    pub fn no_fail(self) -> OnBits<T, true> {
        self.write_flags(BitWriteFlags::NO_FAIL)
    }

    /// If the bits extend beyond the end of the blob, uses those within it.
    pub fn partial(self) -> OnBits<T, true> {
        self.write_flags(BitWriteFlags::PARTIAL)
    }

    /// Sets several write flags at once.
    pub fn write_flags(self, flags: BitWriteFlags) -> OnBits<T, true> {
        OnBits {
            target: self.target,
            flags: self.flags | flags,
        }
    }

    fn call(op: BitOp, first: impl Argument<T::Kind, i64>, second: impl Argument<T::Kind, i64>) -> Call {
        Call::new(op.code()).arg(first.packed()).arg(second.packed())
    }

    fn modify<const N: usize>(self, call: Call, more: [u64; N]) -> T::Modifies {
        let call = match more.iter().all(|&flags| flags == 0) {
            true => call.flags([self.flags.bits()]),
            false => more
                .into_iter()
                .fold(call.int(self.flags.bits() as i64), |call, flags| call.int(flags as i64)),
        };
        self.target.modifies(call.finish(&Context::new()))
    }

    /// Resizes the blob to a number of bytes, by adding zeros or truncating it. Creates the bin if it does not exist.
    pub fn resize(self, byte_size: impl Argument<T::Kind, i64>, how: BitResizeFlags) -> T::Modifies {
        let call = Call::new(BitOp::Resize.code()).arg(byte_size.packed());
        self.modify(call, [how.bits()])
    }

    /// Inserts bytes at an offset in bytes. Zeros fill the gap to an offset beyond the end. Creates the bin if it does not
    /// exist.
    pub fn insert(
        self,
        byte_offset: impl Argument<T::Kind, i64>,
        value: impl Argument<T::Kind, Vec<u8>>,
    ) -> T::Modifies {
        let call = Call::new(BitOp::Insert.code()).arg(byte_offset.packed());
        self.modify(call.arg(value.packed()), [])
    }

    /// Removes a number of bytes, starting at an offset in bytes.
    pub fn remove(
        self,
        byte_offset: impl Argument<T::Kind, i64>,
        byte_size: impl Argument<T::Kind, i64>,
    ) -> T::Modifies {
        self.modify(Self::call(BitOp::Remove, byte_offset, byte_size), [])
    }

    bits_with_bytes! {
        /// Sets bits to those of a value, starting at the most significant bit of its first byte.
        set = Set;
        /// Sets bits to their bitwise `or` with a value.
        or = Or;
        /// Sets bits to their bitwise `xor` with a value.
        xor = Xor;
        /// Sets bits to their bitwise `and` with a value.
        and = And;
    }

    /// Inverts bits.
    pub fn not(self, offset: impl Argument<T::Kind, i64>, size: impl Argument<T::Kind, i64>) -> T::Modifies {
        self.modify(Self::call(BitOp::Not, offset, size), [])
    }

    shifts! {
        /// Shifts bits towards the start, and fills with zeros.
        lshift = LeftShift;
        /// Shifts bits towards the end, and fills with zeros.
        rshift = RightShift;
    }

    sums! {
        /// Adds to the integer
        add = Add;
        /// Subtracts from the integer
        subtract = Subtract;
    }

    /// Sets `size` bits, 1 to 64, to an integer. The bits of the integer beyond the size are ignored.
    pub fn set_int(
        self,
        offset: impl Argument<T::Kind, i64>,
        size: impl Argument<T::Kind, i64>,
        value: impl Argument<T::Kind, i64>,
    ) -> T::Modifies {
        self.modify(Self::call(BitOp::SetInt, offset, size).arg(value.packed()), [])
    }
}

impl<T: Target<Bits>> OnBits<T> {
    fn read<U: spikelet_wire::exp::build::ExpType>(self, call: Call) -> T::Reads<U> {
        self.target.reads(call.finish(&Context::new()))
    }

    /// Reads bits as a blob.
    pub fn get(self, offset: impl Argument<T::Kind, i64>, size: impl Argument<T::Kind, i64>) -> T::Reads<Vec<u8>> {
        self.read(Self::call(BitOp::Get, offset, size))
    }

    /// Counts the bits that are 1.
    pub fn count(self, offset: impl Argument<T::Kind, i64>, size: impl Argument<T::Kind, i64>) -> T::Reads<i64> {
        self.read(Self::call(BitOp::Count, offset, size))
    }

    /// Finds the first bit with this value, counted from the offset; -1 if there is none.
    pub fn lscan(
        self,
        offset: impl Argument<T::Kind, i64>,
        size: impl Argument<T::Kind, i64>,
        value: impl Argument<T::Kind, bool>,
    ) -> T::Reads<i64> {
        self.read(Self::call(BitOp::LeftScan, offset, size).arg(value.packed()))
    }

    /// Finds the last bit with this value, counted from the offset; negative if there is none.
    pub fn rscan(
        self,
        offset: impl Argument<T::Kind, i64>,
        size: impl Argument<T::Kind, i64>,
        value: impl Argument<T::Kind, bool>,
    ) -> T::Reads<i64> {
        self.read(Self::call(BitOp::RightScan, offset, size).arg(value.packed()))
    }

    /// Reads `size` bits, 1 to 64, as an integer, which is signed with [`BitIntegerFlags::SIGNED`].
    pub fn get_int(
        self,
        offset: impl Argument<T::Kind, i64>,
        size: impl Argument<T::Kind, i64>,
        integer: BitIntegerFlags,
    ) -> T::Reads<i64> {
        self.read(Self::call(BitOp::GetInt, offset, size).flags([integer.bits()]))
    }
}
