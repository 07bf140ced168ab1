//! Return types: what operations return of the elements that they select.

use spikelet_wire::cdt;

/// The return type of an operation that selects elements, and whether the selection is inverted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReturnType<R> {
    returns: R,
    inverted: bool,
}

macro_rules! returns {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])+ $variant:ident,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl $name {
            /// All return types.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Inverts the selection: the operation applies to all elements except for those selected.
            ///
            /// The server refuses it for the return types that are ranges, with
            /// [`OP_NOT_APPLICABLE`](crate::ResultCode::OP_NOT_APPLICABLE) (26).
            #[must_use]
            pub const fn inverted(self) -> ReturnType<Self> {
                ReturnType { returns: self, inverted: true }
            }

            pub(super) const fn code(self) -> i64 {
                match self {
                    $(Self::$variant => cdt::ReturnType::$variant as i64,)*
                }
            }
        }

        impl From<$name> for ReturnType<$name> {
            fn from(returns: $name) -> Self {
                Self { returns, inverted: false }
            }
        }

        impl ReturnType<$name> {
            pub(super) const fn code(self) -> i64 {
                let flag = if self.inverted { cdt::ReturnType::INVERTED as i64 } else { 0 };
                self.returns.code() | flag
            }
        }
    };
}

returns! {
    /// What an operation on a list returns of the elements that it selects.
    ///
    /// It returns one value for an operation that selects a single element, otherwise a list.
    ListReturn {
        /// Nothing.
        None,
        /// Indexes, counted from the start.
        Index,
        /// Indexes, counted from the end.
        ReverseIndex,
        /// Ranks, counted from the least.
        Rank,
        /// Ranks, counted from the greatest.
        ReverseRank,
        /// The number of selected elements.
        Count,
        /// The elements.
        Value,
        /// The index of the first selected element, and their number. Only for consecutive elements.
        IndexRange,
        /// Like `IndexRange`, with the index counted from the end.
        ReverseIndexRange,
        /// The rank of the first selected element, and their number. Only for consecutive elements.
        RankRange,
        /// Like `RankRange`, with the rank counted from the greatest.
        ReverseRankRange,
        /// Whether any element is selected.
        Exists,
    }
}

returns! {
    /// What an operation on a map returns of the pairs that it selects.
    ///
    /// It returns one value for an operation that selects a single pair, otherwise a list.
    MapReturn {
        /// Nothing.
        None,
        /// Indexes, counted from the start.
        Index,
        /// Indexes, counted from the end.
        ReverseIndex,
        /// Ranks, counted from the least value.
        Rank,
        /// Ranks, counted from the greatest value.
        ReverseRank,
        /// The number of selected elements.
        Count,
        /// The keys.
        Key,
        /// The values.
        Value,
        /// Keys and values as a [`Map`](crate::Map), in the order in which they were selected.
        KeyValue,
        /// The index of the first selected element, and their number. Only for consecutive elements.
        IndexRange,
        /// Like `IndexRange`, with the index counted from the end.
        ReverseIndexRange,
        /// The rank of the first selected element, and their number. Only for consecutive elements.
        RankRange,
        /// Like `RankRange`, with the rank counted from the greatest.
        ReverseRankRange,
        /// Whether any element is selected.
        Exists,
        /// Keys and values as an unordered [`Map`](crate::Map).
        UnorderedMap,
        /// Keys and values as a [`Map`](crate::Map) ordered by key.
        OrderedMap,
    }
}
