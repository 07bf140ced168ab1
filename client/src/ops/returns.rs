//! What operations give of the elements that they select.

use spikelet_wire::cdt::ReturnType;

/// What a selecting operation is asked for: a return type, and whether the selection is turned around.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<R> {
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
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The same of all elements but those selected.
            ///
            /// The server refuses the return types that are ranges with
            /// [`OP_NOT_APPLICABLE`](crate::ResultCode::OP_NOT_APPLICABLE).
            #[must_use]
            pub const fn inverted(self) -> Wanted<Self> {
                Wanted { returns: self, inverted: true }
            }

            pub(super) const fn code(self) -> i64 {
                match self {
                    $(Self::$variant => ReturnType::$variant as i64,)*
                }
            }
        }

        impl From<$name> for Wanted<$name> {
            fn from(returns: $name) -> Self {
                Self { returns, inverted: false }
            }
        }

        impl Wanted<$name> {
            pub(super) const fn code(self) -> i64 {
                let flag = if self.inverted { ReturnType::INVERTED as i64 } else { 0 };
                self.returns.code() | flag
            }
        }
    };
}

returns! {
    /// What an operation on a list gives of the elements that it selects.
    ///
    /// Of a single element it is one value, and of several a list.
    ListReturn {
        /// Nothing.
        None,
        /// Indexes, from the beginning.
        Index,
        /// Indexes, from the end.
        ReverseIndex,
        /// Ranks, from the least.
        Rank,
        /// Ranks, from the greatest.
        ReverseRank,
        /// How many they are.
        Count,
        /// The elements.
        Value,
        /// The index of the first of them, and how many they are; only of what is in a row.
        IndexRange,
        /// The same with the index from the end.
        ReverseIndexRange,
        /// The rank of the first of them, and how many they are; only of what is in a row.
        RankRange,
        /// The same with the rank from the greatest.
        ReverseRankRange,
        /// Whether there are any.
        Exists,
    }
}

returns! {
    /// What an operation on a map gives of the pairs that it selects.
    ///
    /// Of a single pair it is one value, and of several a list.
    MapReturn {
        /// Nothing.
        None,
        /// Indexes, from the beginning.
        Index,
        /// Indexes, from the end.
        ReverseIndex,
        /// Ranks, from the least value.
        Rank,
        /// Ranks, from the greatest value.
        ReverseRank,
        /// How many they are.
        Count,
        /// The keys.
        Key,
        /// The values.
        Value,
        /// Keys and values as a [`Map`](crate::Map), in the order in which they were selected.
        KeyValue,
        /// The index of the first of them, and how many they are; only of what is in a row.
        IndexRange,
        /// The same with the index from the end.
        ReverseIndexRange,
        /// The rank of the first of them, and how many they are; only of what is in a row.
        RankRange,
        /// The same with the rank from the greatest.
        ReverseRankRange,
        /// Whether there are any.
        Exists,
        /// Keys and values as an unordered [`Map`](crate::Map).
        UnorderedMap,
        /// Keys and values as a [`Map`](crate::Map) ordered by key.
        OrderedMap,
    }
}
