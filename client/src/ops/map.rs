//! Operations on maps.

use spikelet_wire::context::Context;
use spikelet_wire::map::{MapOp, MapWriteFlags};
use spikelet_wire::msgpack::PERSIST_INDEX;
use spikelet_wire::{Map, MapOrder};

use super::argument::{Any, Argument};
use super::build::{Call, selections};
use super::returns::MapReturn;
use super::target::{Collections, Target};

/// Operations on a map: that of a bin, the value of an expression, or one inside of these.
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
/// An order and write flags stand before the operation, which then is one that takes them.
#[derive(Debug, Clone)]
#[must_use = "say which operation"]
pub struct OnMap<T, const ORDER: bool = false, const FLAGS: bool = false> {
    target: T,
    context: Context,
    order: u8,
    flags: MapWriteFlags,
}

impl<T: Target<Collections>, const ORDER: bool, const FLAGS: bool> OnMap<T, ORDER, FLAGS> {
    /// Operates on the map that a context leads to.
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

    /// Where there is no map yet, one of this order is created.
    pub fn order(self, order: MapOrder) -> OnMap<T, true, FLAGS> {
        self.with(order.flags(), MapWriteFlags::empty())
    }

    /// Where there is no map yet, one ordered by key is created.
    pub fn key_ordered(self) -> OnMap<T, true, FLAGS> {
        self.order(MapOrder::KeyOrdered)
    }

    /// Where there is no map yet, one ordered by key and value is created.
    pub fn key_value_ordered(self) -> OnMap<T, true, FLAGS> {
        self.order(MapOrder::KeyValueOrdered)
    }

    /// The map that is created stores its index, which makes it faster to find elements and larger to keep; only where it
    /// is ordered.
    pub fn persist_index(self) -> OnMap<T, true, FLAGS> {
        self.with(PERSIST_INDEX, MapWriteFlags::empty())
    }

    /// Only writes keys that are not in the map, and fails with
    /// [`ELEMENT_EXISTS`](crate::ResultCode::ELEMENT_EXISTS) (24) otherwise.
    pub fn create_only(self) -> OnMap<T, ORDER, true> {
        self.write_flags(MapWriteFlags::NO_OVERWRITE)
    }

    /// Only writes keys that are in the map, and fails with
    /// [`ELEMENT_NOT_FOUND`](crate::ResultCode::ELEMENT_NOT_FOUND) (23) otherwise.
    pub fn update_only(self) -> OnMap<T, ORDER, true> {
        self.write_flags(MapWriteFlags::NO_CREATE)
    }

    /// Where a flag forbids it, succeeds and writes nothing.
    pub fn no_fail(self) -> OnMap<T, ORDER, true> {
        self.write_flags(MapWriteFlags::NO_FAIL)
    }

    /// With [`no_fail`](Self::no_fail), writes those of several keys that no flag forbids.
    pub fn partial(self) -> OnMap<T, ORDER, true> {
        self.write_flags(MapWriteFlags::DO_PARTIAL)
    }

    /// Several write flags at once.
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

    /// Sets the value of a key. Gives the new size.
    pub fn put(self, key: impl Argument<T::Kind, Any>, value: impl Argument<T::Kind, Any>) -> T::Modifies {
        let flags = [self.order.into(), self.flags.bits()];
        let call = Self::call(MapOp::Put).arg(key.packed()).arg(value.packed());
        self.modify(call.flags(flags))
    }

    /// Sets the values of keys. Gives the new size.
    pub fn put_items(self, pairs: impl Argument<T::Kind, Map>) -> T::Modifies {
        let flags = [self.order.into(), self.flags.bits()];
        self.modify(Self::call(MapOp::PutItems).arg(pairs.packed()).flags(flags))
    }
}

impl<T: Target<Collections>, const ORDER: bool> OnMap<T, ORDER, false> {
    /// Creates an empty map of the order that was said before, or gives the map that is there this order.
    pub fn create(self) -> T::Modifies {
        let order = self.order;
        self.modify(Self::call(MapOp::SetType).int(order.into()))
    }

    /// Sets the value of a key that is not in the map. Gives the new size.
    ///
    /// Fails with [`ELEMENT_EXISTS`](crate::ResultCode::ELEMENT_EXISTS) (24) for one that is.
    pub fn add(self, key: impl Argument<T::Kind, Any>, value: impl Argument<T::Kind, Any>) -> T::Modifies {
        let flags = [self.order.into()];
        let call = Self::call(MapOp::Add).arg(key.packed()).arg(value.packed());
        self.modify(call.flags(flags))
    }

    /// Sets the values of keys that are not in the map. Gives the new size.
    ///
    /// Fails with [`ELEMENT_EXISTS`](crate::ResultCode::ELEMENT_EXISTS) (24) where one is.
    pub fn add_items(self, pairs: impl Argument<T::Kind, Map>) -> T::Modifies {
        let flags = [self.order.into()];
        self.modify(Self::call(MapOp::AddItems).arg(pairs.packed()).flags(flags))
    }

    /// Adds to the number of a key, which is 0 where there is none. Gives the sum.
    pub fn increment(self, key: impl Argument<T::Kind, Any>, by: impl Argument<T::Kind, Any>) -> T::Modifies {
        let flags = [self.order.into()];
        let call = Self::call(MapOp::Increment).arg(key.packed()).arg(by.packed());
        self.modify(call.flags(flags))
    }

    /// Subtracts from the number of a key, which is 0 where there is none. Gives the difference.
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

    /// Gives the map that is there an order; an empty one of that order is created where there is none.
    pub fn set_order(self, order: MapOrder) -> T::Modifies {
        self.order(order).create()
    }

    /// Sets the value of a key that is in the map. Gives the size.
    ///
    /// Fails with [`ELEMENT_NOT_FOUND`](crate::ResultCode::ELEMENT_NOT_FOUND) (23) for one that is not.
    pub fn replace(self, key: impl Argument<T::Kind, Any>, value: impl Argument<T::Kind, Any>) -> T::Modifies {
        self.modify(Self::call(MapOp::Replace).arg(key.packed()).arg(value.packed()))
    }

    /// Sets the values of keys that are in the map. Gives the size.
    ///
    /// Fails with [`ELEMENT_NOT_FOUND`](crate::ResultCode::ELEMENT_NOT_FOUND) (23) where one is not.
    pub fn replace_items(self, pairs: impl Argument<T::Kind, Map>) -> T::Modifies {
        self.modify(Self::call(MapOp::ReplaceItems).arg(pairs.packed()))
    }

    /// Removes all pairs.
    pub fn clear(self) -> T::Modifies {
        self.modify(Self::call(MapOp::Clear))
    }

    /// Counts the pairs.
    pub fn size(self) -> T::Reads<i64> {
        let call = Self::call(MapOp::Size).finish(&self.context);
        self.target.reads(call)
    }
}

selections! { OnMap, MapOp, MapReturn;
    /// Selects a key.
    get_by_key = GetByKey, remove_by_key = RemoveByKey: one(key: value);
    /// Selects the key at an index; from the end where it is negative.
    get_by_index = GetByIndex, remove_by_index = RemoveByIndex: one(index: number);
    /// Selects the first pair of a value.
    get_by_value = GetByValue, remove_by_value = RemoveByValue: one(value: value);
    /// Selects the pair whose value has a rank; from the greatest where it is negative.
    get_by_rank = GetByRank, remove_by_rank = RemoveByRank: one(rank: number);
    /// Selects all pairs of a value.
    get_all_by_value = GetAllByValue, remove_all_by_value = RemoveAllByValue: many(value: value);
    /// Selects some keys.
    get_by_key_list = GetByKeyList, remove_by_key_list = RemoveByKeyList: many(keys: list);
    /// Selects all pairs of some values.
    get_by_value_list = GetByValueList, remove_by_value_list = RemoveByValueList: many(values: list);
    /// Selects the keys from one on, before another.
    get_by_key_interval = GetByKeyInterval, remove_by_key_interval = RemoveByKeyInterval: many(range: interval);
    /// Selects the keys of a range of indexes.
    get_by_index_range = GetByIndexRange, remove_by_index_range = RemoveByIndexRange: many(range: span);
    /// Selects the pairs of the values from one on, before another.
    get_by_value_interval = GetByValueInterval, remove_by_value_interval = RemoveByValueInterval: many(range: interval);
    /// Selects the pairs whose values have a range of ranks.
    get_by_rank_range = GetByRankRange, remove_by_rank_range = RemoveByRankRange: many(range: span);
    /// Selects the keys of a range of indexes counted from that of a key, whether it is in the map or not.
    get_by_key_rel_index_range = GetByKeyRelIndexRange, remove_by_key_rel_index_range = RemoveByKeyRelIndexRange:
        many(key: value, range: span);
    /// Selects the pairs whose values have a range of ranks counted from that of a value, whether it is in the map or not.
    get_by_value_rel_rank_range = GetByValueRelRankRange, remove_by_value_rel_rank_range = RemoveByValueRelRankRange:
        many(value: value, range: span);
}
