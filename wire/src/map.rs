//! The operations on maps.

use crate::cdt::operations;

bitflags::bitflags! {
    /// How entries are written into a map.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct MapWriteFlags: u64 {
        /// Do not write keys that are in the map.
        const NO_OVERWRITE = 1;
        /// Do not write keys that are not in the map.
        const NO_CREATE = 1 << 1;
        /// If a flag forbids the write, succeed and write nothing.
        const NO_FAIL = 1 << 2;
        /// With [`NO_FAIL`](Self::NO_FAIL): write those entries that no flag forbids.
        const DO_PARTIAL = 1 << 3;
    }
}

operations! {
    /// An operation on a map.
    MapOp:
    /// Sets the order of the map.
    SetType = 64, modify(Flags);
    /// Writes a key that is not in the map: key, value; order.
    Add = 65, modify(Stored, Stored; Flags);
    /// Writes keys that are not in the map: map; order.
    AddItems = 66, modify(Stored; Flags);
    /// Writes a key: key, value; order, write flags.
    Put = 67, modify(Stored, Stored; Flags, Flags);
    /// Writes keys: map; order, write flags.
    PutItems = 68, modify(Stored; Flags, Flags);
    /// Writes a key that is in the map: key, value.
    Replace = 69, modify(Stored, Stored);
    /// Writes keys that are in the map.
    ReplaceItems = 70, modify(Stored);
    /// Adds to the number at a key: key; number, order.
    Increment = 73, modify(Value; Value, Flags);
    /// Subtracts from the number at a key: key; number, order.
    Decrement = 74, modify(Value; Value, Flags);
    /// Removes all entries.
    Clear = 75, modify();
    /// Removes what [`GetByKey`](Self::GetByKey) selects.
    RemoveByKey = 76, modify(Flags, Value);
    /// Removes what [`GetByIndex`](Self::GetByIndex) selects.
    RemoveByIndex = 77, modify(Flags, Index);
    /// Removes what [`GetByValue`](Self::GetByValue) selects.
    RemoveByValue = 78, modify(Flags, Value);
    /// Removes what [`GetByRank`](Self::GetByRank) selects.
    RemoveByRank = 79, modify(Flags, Index);
    /// Removes what [`GetByKeyList`](Self::GetByKeyList) selects.
    RemoveByKeyList = 81, modify(Flags, Value);
    /// Removes what [`GetAllByValue`](Self::GetAllByValue) selects.
    RemoveAllByValue = 82, modify(Flags, Value);
    /// Removes what [`GetByValueList`](Self::GetByValueList) selects.
    RemoveByValueList = 83, modify(Flags, Value);
    /// Removes what [`GetByKeyInterval`](Self::GetByKeyInterval) selects.
    RemoveByKeyInterval = 84, modify(Flags, Value; Value);
    /// Removes what [`GetByIndexRange`](Self::GetByIndexRange) selects.
    RemoveByIndexRange = 85, modify(Flags, Index; Count);
    /// Removes what [`GetByValueInterval`](Self::GetByValueInterval) selects.
    RemoveByValueInterval = 86, modify(Flags, Value; Value);
    /// Removes what [`GetByRankRange`](Self::GetByRankRange) selects.
    RemoveByRankRange = 87, modify(Flags, Index; Count);
    /// Removes what [`GetByKeyRelIndexRange`](Self::GetByKeyRelIndexRange) selects.
    RemoveByKeyRelIndexRange = 88, modify(Flags, Value, Index; Count);
    /// Removes what [`GetByValueRelRankRange`](Self::GetByValueRelRankRange) selects.
    RemoveByValueRelRankRange = 89, modify(Flags, Value, Index; Count);
    /// Counts the entries.
    Size = 96, read();
    /// Selects the entry of a key: return type, key.
    GetByKey = 97, read(Flags, Value);
    /// Selects the entry at an index: return type, index.
    GetByIndex = 98, read(Flags, Index);
    /// Selects the first entry with a value: return type, value.
    GetByValue = 99, read(Flags, Value);
    /// Selects the entry with a rank: return type, rank.
    GetByRank = 100, read(Flags, Index);
    /// Selects all entries with a value: return type, value.
    GetAllByValue = 102, read(Flags, Value);
    /// Selects the entries from a key (inclusive) to another (exclusive): return type, key; key.
    GetByKeyInterval = 103, read(Flags, Value; Value);
    /// Selects the entries starting at an index: return type, index; count.
    GetByIndexRange = 104, read(Flags, Index; Count);
    /// Selects the entries with values from one (inclusive) to another (exclusive): return type, value; value.
    GetByValueInterval = 105, read(Flags, Value; Value);
    /// Selects the entries starting at a rank: return type, rank; count.
    GetByRankRange = 106, read(Flags, Index; Count);
    /// Selects the entries of several keys: return type, list.
    GetByKeyList = 107, read(Flags, Value);
    /// Selects the entries with one of several values: return type, list.
    GetByValueList = 108, read(Flags, Value);
    /// Selects the entries starting at an index relative to that of a key: return type, key, index; count.
    GetByKeyRelIndexRange = 109, read(Flags, Value, Index; Count);
    /// Selects the entries starting at a rank relative to that of a value: return type, value, rank; count.
    GetByValueRelRankRange = 110, read(Flags, Value, Index; Count);
}
