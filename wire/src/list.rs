//! The operations on lists.

use crate::cdt::operations;

bitflags::bitflags! {
    /// How elements are written into a list.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct ListWriteFlags: u64 {
        /// Only write values that are not in the list.
        const ADD_UNIQUE = 1;
        /// Do not write past the end of the list.
        const INSERT_BOUNDED = 1 << 1;
        /// If a flag forbids the write, succeed and write nothing.
        const NO_FAIL = 1 << 2;
        /// With [`NO_FAIL`](Self::NO_FAIL): write those values that no flag forbids.
        const DO_PARTIAL = 1 << 3;
    }
}

bitflags::bitflags! {
    /// How a list is sorted.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct ListSortFlags: u64 {
        /// From the greatest to the least.
        const DESCENDING = 1;
        /// Remove duplicates, keeping the first of equal values.
        const DROP_DUPLICATES = 1 << 1;
    }
}

operations! {
    /// An operation on a list.
    ListOp:
    /// Sets whether the list is ordered.
    SetType = 0, modify(Flags);
    /// Appends a value, or inserts it in order into an ordered list: value; order, write flags.
    Append = 1, modify(Stored; Flags, Flags);
    /// Appends values, or inserts them in order: list; order, write flags.
    AppendItems = 2, modify(Stored; Flags, Flags);
    /// Inserts a value before an index: index, value; write flags.
    Insert = 3, modify(Index, Stored; Flags);
    /// Inserts values before an index: index, list; write flags.
    InsertItems = 4, modify(Index, Stored; Flags);
    /// Removes the element at an index and returns it.
    Pop = 5, modify(Index);
    /// Removes elements starting at an index and returns them: index; count.
    PopRange = 6, modify(Index; Count);
    /// Removes the element at an index.
    Remove = 7, modify(Index);
    /// Removes elements starting at an index: index; count.
    RemoveRange = 8, modify(Index; Count);
    /// Sets the element at an index: index, value; write flags.
    Set = 9, modify(Index, Stored; Flags);
    /// Removes all elements except those starting at an index: index, count.
    Trim = 10, modify(Index, Count);
    /// Removes all elements.
    Clear = 11, modify();
    /// Adds to the number at an index: index; number, order, write flags.
    Increment = 12, modify(Index; Value, Flags, Flags);
    /// Sorts the elements; sort flags.
    Sort = 13, modify(; Flags);
    /// Counts the elements.
    Size = 16, read();
    /// Returns the element at an index.
    Get = 17, read(Index);
    /// Returns the elements starting at an index: index; count.
    GetRange = 18, read(Index; Count);
    /// Selects the element at an index: return type, index.
    GetByIndex = 19, read(Flags, Index);
    /// Selects the first element equal to a value: return type, value.
    GetByValue = 20, read(Flags, Value);
    /// Selects the element with a rank: return type, rank.
    GetByRank = 21, read(Flags, Index);
    /// Selects all elements equal to a value: return type, value.
    GetAllByValue = 22, read(Flags, Value);
    /// Selects all elements equal to one of several values: return type, list.
    GetAllByValueList = 23, read(Flags, Value);
    /// Selects the elements starting at an index: return type, index; count.
    GetByIndexRange = 24, read(Flags, Index; Count);
    /// Selects the elements from a value (inclusive) to another (exclusive): return type, value; value.
    GetByValueInterval = 25, read(Flags, Value; Value);
    /// Selects the elements starting at a rank: return type, rank; count.
    GetByRankRange = 26, read(Flags, Index; Count);
    /// Selects the elements starting at a rank relative to that of a value: return type, value, rank; count.
    GetByValueRelRankRange = 27, read(Flags, Value, Index; Count);
    /// Removes what [`GetByIndex`](Self::GetByIndex) selects.
    RemoveByIndex = 32, modify(Flags, Index);
    /// Removes what [`GetByValue`](Self::GetByValue) selects.
    RemoveByValue = 33, modify(Flags, Value);
    /// Removes what [`GetByRank`](Self::GetByRank) selects.
    RemoveByRank = 34, modify(Flags, Index);
    /// Removes what [`GetAllByValue`](Self::GetAllByValue) selects.
    RemoveAllByValue = 35, modify(Flags, Value);
    /// Removes what [`GetAllByValueList`](Self::GetAllByValueList) selects.
    RemoveAllByValueList = 36, modify(Flags, Value);
    /// Removes what [`GetByIndexRange`](Self::GetByIndexRange) selects.
    RemoveByIndexRange = 37, modify(Flags, Index; Count);
    /// Removes what [`GetByValueInterval`](Self::GetByValueInterval) selects.
    RemoveByValueInterval = 38, modify(Flags, Value; Value);
    /// Removes what [`GetByRankRange`](Self::GetByRankRange) selects.
    RemoveByRankRange = 39, modify(Flags, Index; Count);
    /// Removes what [`GetByValueRelRankRange`](Self::GetByValueRelRankRange) selects.
    RemoveByValueRelRankRange = 40, modify(Flags, Value, Index; Count);
}
