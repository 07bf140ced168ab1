//! Operations on lists.

use spikelet_wire::Value;
use spikelet_wire::context::Context;
use spikelet_wire::list::{ListOp, ListSortFlags, ListWriteFlags};
use spikelet_wire::msgpack::{ORDERED, PERSIST_INDEX};

use super::argument::{Any, Argument, Span};
use super::call::{Call, selections};
use super::returns::ListReturn;
use super::target::{Collections, Target};

/// Operations on a list, which is in a bin, the value of an expression, or nested in one of these.
///
/// ```
/// use spikelet_client::ops::{ListReturn, list};
///
/// let operations = [
///     list("scores").ordered().append(5),
///     list("scores").add_unique().no_fail().append_items([5, 7]),
///     list("scores").get_by_rank_range(-3.., ListReturn::Value),
///     list("scores").remove_by_value_interval(..3, ListReturn::Count),
/// ];
/// ```
pub fn list<T: Target<Collections>>(target: T) -> OnList<T> {
    OnList {
        target,
        context: Context::new(),
        order: 0,
        flags: ListWriteFlags::empty(),
    }
}

/// Operations on a list; see [`list`].
///
/// An order and write flags are set before the operation, which then must be one that takes them.
#[derive(Debug, Clone)]
#[must_use = "call the method of an operation"]
pub struct OnList<T, const ORDER: bool = false, const FLAGS: bool = false> {
    target: T,
    context: Context,
    order: u8,
    flags: ListWriteFlags,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ListOrder {
    /// In the order of insertion.
    #[default]
    Unordered,
    /// Sorted by value.
    Ordered,
}

impl ListOrder {
    const fn flag(self) -> u8 {
        match self {
            Self::Unordered => 0,
            Self::Ordered => ORDERED,
        }
    }
}

impl<T: Target<Collections>, const ORDER: bool, const FLAGS: bool> OnList<T, ORDER, FLAGS> {
    /// Operates on the list at a context.
    pub fn at(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    fn with<const O: bool, const F: bool>(self, order: u8, flags: ListWriteFlags) -> OnList<T, O, F> {
        OnList {
            target: self.target,
            context: self.context,
            order: self.order | order,
            flags: self.flags | flags,
        }
    }

    /// Creates an ordered list if there is none yet.
    pub fn ordered(self) -> OnList<T, true, FLAGS> {
        self.with(ORDERED, ListWriteFlags::empty())
    }

    /// Creates a list of this order if there is none yet.
    pub fn order(self, order: ListOrder) -> OnList<T, true, FLAGS> {
        self.with(order.flag(), ListWriteFlags::empty())
    }

    /// Stores the index with a list that is created, which makes lookups faster and the list larger.
    pub fn persist_index(self) -> OnList<T, true, FLAGS> {
        self.with(PERSIST_INDEX, ListWriteFlags::empty())
    }

    /// Fails with [`ELEMENT_EXISTS`](crate::ResultCode::ELEMENT_EXISTS) (24) if a written value is in the list already.
    pub fn add_unique(self) -> OnList<T, ORDER, true> {
        self.write_flags(ListWriteFlags::ADD_UNIQUE)
    }

    /// Fails with [`OP_NOT_APPLICABLE`](crate::ResultCode::OP_NOT_APPLICABLE) (26) for an index beyond the end of the
    /// list, instead of filling the gap with nil.
    pub fn insert_bounded(self) -> OnList<T, ORDER, true> {
        self.write_flags(ListWriteFlags::INSERT_BOUNDED)
    }

    /// If a flag forbids the operation, succeeds and writes nothing.
    pub fn no_fail(self) -> OnList<T, ORDER, true> {
        self.write_flags(ListWriteFlags::NO_FAIL)
    }

    /// With [`no_fail`](Self::no_fail), writes those of several values that the flags allow.
    pub fn partial(self) -> OnList<T, ORDER, true> {
        self.write_flags(ListWriteFlags::DO_PARTIAL)
    }

    /// Sets several write flags at once.
    pub fn write_flags(self, flags: ListWriteFlags) -> OnList<T, ORDER, true> {
        self.with(0, flags)
    }

    fn call(op: ListOp) -> Call {
        Call::new(op.operation().code)
    }

    fn order_and_flags(&self) -> [u64; 2] {
        [self.order.into(), self.flags.bits()]
    }

    fn modify(self, call: Call) -> T::Modifies {
        let call = call.finish(&self.context);
        self.target.modifies(call)
    }

    /// Adds a value at the end, or at its place in an ordered list. Returns the new size.
    pub fn append(self, value: impl Argument<T::Kind, Any>) -> T::Modifies {
        let flags = self.order_and_flags();
        self.modify(Self::call(ListOp::Append).arg(value.packed()).flags(flags))
    }

    /// Adds values at the end, or at their places in an ordered list. Returns the new size.
    pub fn append_items(self, values: impl Argument<T::Kind, Vec<Value>>) -> T::Modifies {
        let flags = self.order_and_flags();
        self.modify(Self::call(ListOp::AppendItems).arg(values.packed()).flags(flags))
    }

    /// Adds to the number at an index. Returns the sum.
    ///
    /// At the end of the list the number counts as 0; in an ordered list the element must exist. Adding a double turns an
    /// integer into a double.
    pub fn increment(self, index: impl Argument<T::Kind, i64>, by: impl Argument<T::Kind, Any>) -> T::Modifies {
        let flags = self.order_and_flags();
        let call = Self::call(ListOp::Increment).arg(index.packed()).arg(by.packed());
        self.modify(call.flags(flags))
    }
}

impl<T: Target<Collections>, const FLAGS: bool> OnList<T, false, FLAGS> {
    /// Inserts a value before an index. Nil fills the gap to an index beyond the end. Returns the new size.
    ///
    /// Fails with [`OP_NOT_APPLICABLE`](crate::ResultCode::OP_NOT_APPLICABLE) (26) on an ordered list.
    pub fn insert(self, index: impl Argument<T::Kind, i64>, value: impl Argument<T::Kind, Any>) -> T::Modifies {
        let flags = [self.flags.bits()];
        let call = Self::call(ListOp::Insert).arg(index.packed()).arg(value.packed());
        self.modify(call.flags(flags))
    }

    /// Inserts values before an index. Nil fills the gap to an index beyond the end. Returns the new size.
    ///
    /// Fails with [`OP_NOT_APPLICABLE`](crate::ResultCode::OP_NOT_APPLICABLE) (26) on an ordered list.
    pub fn insert_items(
        self,
        index: impl Argument<T::Kind, i64>,
        values: impl Argument<T::Kind, Vec<Value>>,
    ) -> T::Modifies {
        let flags = [self.flags.bits()];
        let call = Self::call(ListOp::InsertItems).arg(index.packed()).arg(values.packed());
        self.modify(call.flags(flags))
    }

    /// Sets the element at an index. Nil fills the gap to an index beyond the end.
    ///
    /// Fails with [`OP_NOT_APPLICABLE`](crate::ResultCode::OP_NOT_APPLICABLE) (26) on an ordered list.
    pub fn set(self, index: impl Argument<T::Kind, i64>, value: impl Argument<T::Kind, Any>) -> T::Modifies {
        let flags = [self.flags.bits()];
        let call = Self::call(ListOp::Set).arg(index.packed()).arg(value.packed());
        self.modify(call.flags(flags))
    }
}

impl<T: Target<Collections>, const ORDER: bool> OnList<T, ORDER, false> {
    /// Creates an empty list of the order that is set, or changes the order of an existing list to it.
    pub fn create(self) -> T::Modifies {
        let order = self.order;
        self.modify(Self::call(ListOp::SetType).int(order.into()))
    }
}

impl<T: Target<Collections>> OnList<T> {
    fn select(self, call: Call) -> T::Selects {
        let call = call.finish(&self.context);
        self.target.selects(call)
    }

    /// Changes the order of the list. An empty list of this order is created if there is none.
    pub fn set_order(self, order: ListOrder) -> T::Modifies {
        self.order(order).create()
    }

    /// Sorts the elements once.
    pub fn sort(self, flags: ListSortFlags) -> T::Modifies {
        self.modify(Self::call(ListOp::Sort).flags([flags.bits()]))
    }

    /// Removes all elements.
    pub fn clear(self) -> T::Modifies {
        self.modify(Self::call(ListOp::Clear))
    }

    /// Removes the element at an index and returns it.
    pub fn pop(self, index: impl Argument<T::Kind, i64>) -> T::Modifies {
        self.modify(Self::call(ListOp::Pop).arg(index.packed()))
    }

    /// Removes the elements in a range of indexes and returns them.
    pub fn pop_range(self, range: impl Into<Span<T::Kind>>) -> T::Modifies {
        self.modify(Self::call(ListOp::PopRange).span(range.into()))
    }

    /// Removes the element at an index. Returns the number of removed elements.
    pub fn remove(self, index: impl Argument<T::Kind, i64>) -> T::Modifies {
        self.modify(Self::call(ListOp::Remove).arg(index.packed()))
    }

    /// Removes the elements in a range of indexes. Returns the number of removed elements.
    pub fn remove_range(self, range: impl Into<Span<T::Kind>>) -> T::Modifies {
        self.modify(Self::call(ListOp::RemoveRange).span(range.into()))
    }

    /// Removes all elements except for `count` elements starting at an index. Returns the number of removed elements.
    pub fn trim(self, index: impl Argument<T::Kind, i64>, count: impl Argument<T::Kind, i64>) -> T::Modifies {
        self.modify(Self::call(ListOp::Trim).arg(index.packed()).arg(count.packed()))
    }

    /// Returns the number of elements.
    pub fn size(self) -> T::Reads<i64> {
        let call = Self::call(ListOp::Size).finish(&self.context);
        self.target.reads(call)
    }

    /// Returns the element at an index.
    pub fn get(self, index: impl Argument<T::Kind, i64>) -> T::Selects {
        self.select(Self::call(ListOp::Get).arg(index.packed()))
    }

    /// Returns the elements in a range of indexes.
    pub fn get_range(self, range: impl Into<Span<T::Kind>>) -> T::Reads<Vec<Value>> {
        let call = Self::call(ListOp::GetRange).span(range.into()).finish(&self.context);
        self.target.reads(call)
    }
}

selections! { OnList, ListOp, ListReturn;
    /// Selects the element at an index.
    get_by_index = GetByIndex, remove_by_index = RemoveByIndex: one(index: number);
    /// Selects the element with a rank. A negative rank counts from the greatest.
    get_by_rank = GetByRank, remove_by_rank = RemoveByRank: one(rank: number);
    /// Selects the first element that equals a value.
    get_by_value = GetByValue, remove_by_value = RemoveByValue: one(value: value);
    /// Selects all elements that equal a value.
    get_all_by_value = GetAllByValue, remove_all_by_value = RemoveAllByValue: many(value: value);
    /// Selects all elements that equal one of several values.
    get_by_value_list = GetAllByValueList, remove_by_value_list = RemoveAllByValueList: many(values: list);
    /// Selects the elements in a range of indexes.
    get_by_index_range = GetByIndexRange, remove_by_index_range = RemoveByIndexRange: many(range: span);
    /// Selects the elements in a range of ranks.
    get_by_rank_range = GetByRankRange, remove_by_rank_range = RemoveByRankRange: many(range: span);
    /// Selects the elements in a range of values, which includes its start and excludes its end.
    get_by_value_interval = GetByValueInterval, remove_by_value_interval = RemoveByValueInterval: many(range: interval);
    /// Selects the elements in a range of ranks relative to the rank of a value, whether or not the list contains it.
    get_by_value_rel_rank_range = GetByValueRelRankRange, remove_by_value_rel_rank_range = RemoveByValueRelRankRange:
        many(value: value, range: span);
}
