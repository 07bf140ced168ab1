//! Operations on maps.

use spikelet_wire::context::Context;
use spikelet_wire::map::{MapOp, MapWriteFlags};
use spikelet_wire::msgpack::PERSIST_INDEX;
use spikelet_wire::{Map, MapOrder};

use super::argument::{Any, Argument};
use super::call::{Call, selections};
use super::returns::MapReturn;
use super::target::{Collections, Target};

/// Operations on a map, which is in a bin, the value of an expression, or nested in one of these.
///
/// ```
/// use spikelet_client::ops::{MapReturn, map};
///
/// let operations = [
///     map("ages").key_ordered().put("Alice", 30),
///     map("ages").create_only().no_fail().put_items([("Alice", 31), ("Bob", 25)]),
///     map("ages").get_by_key_interval("A".."B", MapReturn::KeyValue),
///     map("ages").remove_by_rank_range(..1, MapReturn::Key.inverted()),
/// ];
/// ```
pub fn map<T: Target<Collections>>(target: T) -> OnMap<T> {
    OnMap {
        target,
        context: Context::new(),
        order: 0,
        flags: MapWriteFlags::empty(),
    }
}

/// Operations on a map; see [`map`].
///
/// An order and write flags are set before the operation, which then must be one that takes them.
#[derive(Debug, Clone)]
#[must_use = "call the method of an operation"]
pub struct OnMap<T, const ORDER: bool = false, const FLAGS: bool = false> {
    target: T,
    context: Context,
    order: u8,
    flags: MapWriteFlags,
}

impl<T: Target<Collections>, const ORDER: bool, const FLAGS: bool> OnMap<T, ORDER, FLAGS> {
    /// Operates on the map at a context.
    pub fn at(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    fn with<const O: bool, const F: bool>(self, order: u8, flags: MapWriteFlags) -> OnMap<T, O, F> {
        OnMap {
            target: self.target,
            context: self.context,
            order: self.order | order,
            flags: self.flags | flags,
        }
    }

    /// Creates a map of this order if there is none yet.
    pub fn order(self, order: MapOrder) -> OnMap<T, true, FLAGS> {
        self.with(order.flags(), MapWriteFlags::empty())
    }

    /// Creates a map ordered by key if there is none yet.
    pub fn key_ordered(self) -> OnMap<T, true, FLAGS> {
        self.order(MapOrder::KeyOrdered)
    }

    /// Creates a map ordered by key and value if there is none yet.
    pub fn key_value_ordered(self) -> OnMap<T, true, FLAGS> {
        self.order(MapOrder::KeyValueOrdered)
    }

    /// Stores the index with a map that is created, which makes lookups faster and the map larger. Only for ordered maps.
    pub fn persist_index(self) -> OnMap<T, true, FLAGS> {
        self.with(PERSIST_INDEX, MapWriteFlags::empty())
    }

    /// Fails with [`ELEMENT_EXISTS`](crate::ResultCode::ELEMENT_EXISTS) (24) if a written key is in the map already.
    pub fn create_only(self) -> OnMap<T, ORDER, true> {
        self.write_flags(MapWriteFlags::NO_OVERWRITE)
    }

    /// Fails with [`ELEMENT_NOT_FOUND`](crate::ResultCode::ELEMENT_NOT_FOUND) (23) if a written key is not in the map.
    pub fn update_only(self) -> OnMap<T, ORDER, true> {
        self.write_flags(MapWriteFlags::NO_CREATE)
    }

    /// If a flag forbids the operation, succeeds and writes nothing.
    pub fn no_fail(self) -> OnMap<T, ORDER, true> {
        self.write_flags(MapWriteFlags::NO_FAIL)
    }

    /// With [`no_fail`](Self::no_fail), writes those of several keys that the flags allow.
    pub fn partial(self) -> OnMap<T, ORDER, true> {
        self.write_flags(MapWriteFlags::DO_PARTIAL)
    }

    /// Sets several write flags at once.
    pub fn write_flags(self, flags: MapWriteFlags) -> OnMap<T, ORDER, true> {
        self.with(0, flags)
    }

    fn call(op: MapOp) -> Call {
        Call::new(op.operation().code)
    }

    fn modify(self, call: Call) -> T::Modifies {
        let call = call.finish(&self.context);
        self.target.modifies(call)
    }

    /// Sets the value of a key. Returns the new size.
    pub fn put(self, key: impl Argument<T::Kind, Any>, value: impl Argument<T::Kind, Any>) -> T::Modifies {
        let flags = [self.order.into(), self.flags.bits()];
        let call = Self::call(MapOp::Put).arg(key.packed()).arg(value.packed());
        self.modify(call.flags(flags))
    }

    /// Sets the values of several keys. Returns the new size.
    pub fn put_items(self, pairs: impl Argument<T::Kind, Map>) -> T::Modifies {
        let flags = [self.order.into(), self.flags.bits()];
        self.modify(Self::call(MapOp::PutItems).arg(pairs.packed()).flags(flags))
    }
}

impl<T: Target<Collections>, const ORDER: bool> OnMap<T, ORDER, false> {
    /// Creates an empty map of the order that is set, or changes the order of an existing map to it.
    pub fn create(self) -> T::Modifies {
        let order = self.order;
        self.modify(Self::call(MapOp::SetType).int(order.into()))
    }

    /// Sets the value of a key that is not in the map. Returns the new size.
    ///
    /// Fails with [`ELEMENT_EXISTS`](crate::ResultCode::ELEMENT_EXISTS) (24) if it is.
    pub fn add(self, key: impl Argument<T::Kind, Any>, value: impl Argument<T::Kind, Any>) -> T::Modifies {
        let flags = [self.order.into()];
        let call = Self::call(MapOp::Add).arg(key.packed()).arg(value.packed());
        self.modify(call.flags(flags))
    }

    /// Sets the values of several keys that are not in the map. Returns the new size.
    ///
    /// Fails with [`ELEMENT_EXISTS`](crate::ResultCode::ELEMENT_EXISTS) (24) if one of them is.
    pub fn add_items(self, pairs: impl Argument<T::Kind, Map>) -> T::Modifies {
        let flags = [self.order.into()];
        self.modify(Self::call(MapOp::AddItems).arg(pairs.packed()).flags(flags))
    }

    /// Adds to the number of a key; a key that is not in the map counts as 0. Returns the sum.
    pub fn increment(self, key: impl Argument<T::Kind, Any>, by: impl Argument<T::Kind, Any>) -> T::Modifies {
        let flags = [self.order.into()];
        let call = Self::call(MapOp::Increment).arg(key.packed()).arg(by.packed());
        self.modify(call.flags(flags))
    }

    /// Subtracts from the number of a key; a key that is not in the map counts as 0. Returns the difference.
    pub fn decrement(self, key: impl Argument<T::Kind, Any>, by: impl Argument<T::Kind, Any>) -> T::Modifies {
        let flags = [self.order.into()];
        let call = Self::call(MapOp::Decrement).arg(key.packed()).arg(by.packed());
        self.modify(call.flags(flags))
    }
}

impl<T: Target<Collections>> OnMap<T> {
    fn select(self, call: Call) -> T::Selects {
        let call = call.finish(&self.context);
        self.target.selects(call)
    }

    /// Changes the order of the map. An empty map of this order is created if there is none.
    pub fn set_order(self, order: MapOrder) -> T::Modifies {
        self.order(order).create()
    }

    /// Sets the value of a key that is in the map. Returns the size.
    ///
    /// Fails with [`ELEMENT_NOT_FOUND`](crate::ResultCode::ELEMENT_NOT_FOUND) (23) if it is not.
    pub fn replace(self, key: impl Argument<T::Kind, Any>, value: impl Argument<T::Kind, Any>) -> T::Modifies {
        self.modify(Self::call(MapOp::Replace).arg(key.packed()).arg(value.packed()))
    }

    /// Sets the values of several keys that are in the map. Returns the size.
    ///
    /// Fails with [`ELEMENT_NOT_FOUND`](crate::ResultCode::ELEMENT_NOT_FOUND) (23) if one of them is not.
    pub fn replace_items(self, pairs: impl Argument<T::Kind, Map>) -> T::Modifies {
        self.modify(Self::call(MapOp::ReplaceItems).arg(pairs.packed()))
    }

    /// Removes all pairs.
    pub fn clear(self) -> T::Modifies {
        self.modify(Self::call(MapOp::Clear))
    }

    /// Returns the number of pairs.
    pub fn size(self) -> T::Reads<i64> {
        let call = Self::call(MapOp::Size).finish(&self.context);
        self.target.reads(call)
    }
}

selections! { OnMap, MapOp, MapReturn;
    /// Selects the pair with a key.
    get_by_key = GetByKey, remove_by_key = RemoveByKey: one(key: value);
    /// Selects the pair at an index. A negative index counts from the end.
    get_by_index = GetByIndex, remove_by_index = RemoveByIndex: one(index: number);
    /// Selects the first pair with a value.
    get_by_value = GetByValue, remove_by_value = RemoveByValue: one(value: value);
    /// Selects the pair whose value has a rank. A negative rank counts from the greatest.
    get_by_rank = GetByRank, remove_by_rank = RemoveByRank: one(rank: number);
    /// Selects all pairs with a value.
    get_all_by_value = GetAllByValue, remove_all_by_value = RemoveAllByValue: many(value: value);
    /// Selects the pairs with several keys.
    get_by_key_list = GetByKeyList, remove_by_key_list = RemoveByKeyList: many(keys: list);
    /// Selects all pairs whose value equals one of several values.
    get_by_value_list = GetByValueList, remove_by_value_list = RemoveByValueList: many(values: list);
    /// Selects the pairs in a range of keys, which includes its start and excludes its end.
    get_by_key_interval = GetByKeyInterval, remove_by_key_interval = RemoveByKeyInterval: many(range: interval);
    /// Selects the pairs in a range of indexes.
    get_by_index_range = GetByIndexRange, remove_by_index_range = RemoveByIndexRange: many(range: span);
    /// Selects the pairs in a range of values, which includes its start and excludes its end.
    get_by_value_interval = GetByValueInterval, remove_by_value_interval = RemoveByValueInterval: many(range: interval);
    /// Selects the pairs whose values are in a range of ranks.
    get_by_rank_range = GetByRankRange, remove_by_rank_range = RemoveByRankRange: many(range: span);
    /// Selects the pairs in a range of indexes relative to the index of a key, whether or not the map contains it.
    get_by_key_rel_index_range = GetByKeyRelIndexRange, remove_by_key_rel_index_range = RemoveByKeyRelIndexRange:
        many(key: value, range: span);
    /// Selects the pairs in a range of ranks relative to the rank of a value, whether or not the map contains it.
    get_by_value_rel_rank_range = GetByValueRelRankRange, remove_by_value_rel_rank_range = RemoveByValueRelRankRange:
        many(value: value, range: span);
}
