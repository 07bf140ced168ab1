//! Operations on HyperLogLogs.

use spikelet_wire::Value;
use spikelet_wire::context::Context;
use spikelet_wire::exp::build::{ExpType, Hll};
use spikelet_wire::hll::{HllOp, HllWriteFlags};

use super::argument::{Argument, Hlls};
use super::call::Call;
use super::target::{HyperLogLogs, Kind, Target};

/// Operations on a HyperLogLog, which is in a bin or the value of an expression.
///
/// ```
/// use spikelet_client::ops::hll;
///
/// let operations = [
///     hll("visitors").index_bits(12).minhash_bits(24).create_only().no_fail().init(),
///     hll("visitors").index_bits(12).add(["Alice", "Bob"]),
///     hll("visitors").get_count(),
/// ];
/// ```
pub fn hll<T: Target<HyperLogLogs>>(target: T) -> OnHll<T> {
    OnHll {
        target,
        index_bits: None,
        minhash_bits: None,
        flags: HllWriteFlags::empty(),
    }
}

/// Operations on a HyperLogLog; see [`hll()`].
///
/// Index bits, minhash bits and write flags are set before the operation, which then must be one that takes them.
#[derive(Debug, Clone)]
#[must_use = "call the method of an operation"]
pub struct OnHll<T, const BITS: bool = false, const FLAGS: bool = false> {
    target: T,
    /// Encoded in msgpack.
    index_bits: Option<Vec<u8>>,
    minhash_bits: Option<Vec<u8>>,
    flags: HllWriteFlags,
}

impl<T: Target<HyperLogLogs>, const BITS: bool, const FLAGS: bool> OnHll<T, BITS, FLAGS> {
    /// Sets the index bits of a new HyperLogLog, 4 to 16. It has 2 to the power of this many registers.
    pub fn index_bits(self, bits: impl Argument<T::Kind, i64>) -> OnHll<T, true, FLAGS> {
        OnHll {
            index_bits: Some(bits.packed()),
            ..self.with(HllWriteFlags::empty())
        }
    }

    /// Sets the minhash bits of a new HyperLogLog, 4 to 51. They make the estimate of similarity more exact. Index bits
    /// and minhash bits together are at most 64.
    pub fn minhash_bits(self, bits: impl Argument<T::Kind, i64>) -> OnHll<T, true, FLAGS> {
        OnHll {
            minhash_bits: Some(bits.packed()),
            ..self.with(HllWriteFlags::empty())
        }
    }

    /// Fails with [`BIN_EXISTS`](crate::ResultCode::BIN_EXISTS) (6) if the bin exists.
    pub fn create_only(self) -> OnHll<T, BITS, true> {
        self.write_flags(HllWriteFlags::CREATE_ONLY)
    }

    /// Fails with [`BIN_NOT_FOUND`](crate::ResultCode::BIN_NOT_FOUND) (17) if the bin does not exist. The server refuses
    /// this flag for [`add`](Self::add).
    pub fn update_only(self) -> OnHll<T, BITS, true> {
        self.write_flags(HllWriteFlags::UPDATE_ONLY)
    }

    /// If a flag forbids the operation, succeeds and changes nothing.
    pub fn no_fail(self) -> OnHll<T, BITS, true> {
        self.write_flags(HllWriteFlags::NO_FAIL)
    }

    /// Lets a union have fewer index bits or fewer minhash bits than the bin. Only for `set_union`.
    pub fn allow_fold(self) -> OnHll<T, BITS, true> {
        self.write_flags(HllWriteFlags::ALLOW_FOLD)
    }

    /// Sets several write flags at once.
    pub fn write_flags(self, flags: HllWriteFlags) -> OnHll<T, BITS, true> {
        self.with(flags)
    }

    fn with<const B: bool, const F: bool>(self, flags: HllWriteFlags) -> OnHll<T, B, F> {
        OnHll {
            target: self.target,
            index_bits: self.index_bits,
            minhash_bits: self.minhash_bits,
            flags: self.flags | flags,
        }
    }

    fn modify(self, call: Call) -> T::Modifies {
        self.target.modifies(call.finish(&Context::new()))
    }

    /// Adds the bits and flags that are set.
    fn bits_and_flags(&self, call: Call) -> Call {
        let open = || <T::Kind as Kind>::pack(&Value::Int(-1));
        match (&self.index_bits, &self.minhash_bits, self.flags.bits()) {
            (None, None, 0) => call,
            (Some(index), None, 0) => call.arg(index.clone()),
            (index, minhash, flags) => {
                let call = call.arg(index.clone().unwrap_or_else(open));
                call.arg(minhash.clone().unwrap_or_else(open)).flags([flags])
            }
        }
    }

    /// Creates an empty HyperLogLog, or resets one. Bits that are not set stay as they are.
    pub fn init(self) -> T::Modifies {
        let call = self.bits_and_flags(Call::new(HllOp::Init.code()));
        self.modify(call)
    }

    /// Adds elements. Returns the number of registers that changed.
    ///
    /// If the bin does not exist and index bits are set, it is created.
    #[expect(clippy::should_implement_trait, reason = "that is the operation's name")]
    pub fn add(self, elements: impl Argument<T::Kind, Vec<Value>>) -> T::Modifies {
        let call = Call::new(HllOp::Add.code()).arg(elements.packed());
        let call = self.bits_and_flags(call);
        self.modify(call)
    }
}

impl<T: Target<HyperLogLogs>, const FLAGS: bool> OnHll<T, false, FLAGS> {
    /// Sets the bin to its union with others.
    pub fn set_union(self, others: impl Argument<T::Kind, Hlls>) -> T::Modifies {
        let call = Call::new(HllOp::SetUnion.code()).arg(others.packed());
        let call = call.flags([self.flags.bits()]);
        self.modify(call)
    }
}

impl<T: Target<HyperLogLogs>> OnHll<T> {
    fn read<U: ExpType>(self, call: Call) -> T::Reads<U> {
        self.target.reads(call.finish(&Context::new()))
    }

    fn with_others<U: ExpType>(self, op: HllOp, others: impl Argument<T::Kind, Hlls>) -> T::Reads<U> {
        self.read(Call::new(op.code()).arg(others.packed()))
    }

    /// Computes the estimated count, stores it and returns it.
    pub fn refresh_count(self) -> T::Modifies {
        self.modify(Call::new(HllOp::RefreshCount.code()))
    }

    /// Reduces the index bits. Only for a HyperLogLog without minhash bits.
    pub fn fold(self, index_bits: impl Argument<T::Kind, i64>) -> T::Modifies {
        self.modify(Call::new(HllOp::Fold.code()).arg(index_bits.packed()))
    }

    /// Returns an estimate of the number of distinct elements that were added.
    pub fn get_count(self) -> T::Reads<i64> {
        self.read(Call::new(HllOp::GetCount.code()))
    }

    /// Returns the union with others.
    pub fn get_union(self, others: impl Argument<T::Kind, Hlls>) -> T::Reads<Hll> {
        self.with_others(HllOp::GetUnion, others)
    }

    /// Returns the estimated count of the union with others.
    pub fn get_union_count(self, others: impl Argument<T::Kind, Hlls>) -> T::Reads<i64> {
        self.with_others(HllOp::GetUnionCount, others)
    }

    /// Returns the estimated count of the intersection with others.
    pub fn get_intersect_count(self, others: impl Argument<T::Kind, Hlls>) -> T::Reads<i64> {
        self.with_others(HllOp::GetIntersectCount, others)
    }

    /// Returns the similarity with others, 0 to 1: the size of the intersection divided by that of the union.
    pub fn get_similarity(self, others: impl Argument<T::Kind, Hlls>) -> T::Reads<f64> {
        self.with_others(HllOp::GetSimilarity, others)
    }

    /// Returns the index bits and the minhash bits as a list.
    pub fn describe(self) -> T::Reads<Vec<Value>> {
        self.read(Call::new(HllOp::Describe.code()))
    }

    /// Returns 1 if all elements may have been added, 0 if at least one was not.
    pub fn may_contain(self, elements: impl Argument<T::Kind, Vec<Value>>) -> T::Reads<i64> {
        self.read(Call::new(HllOp::MayContain.code()).arg(elements.packed()))
    }
}
