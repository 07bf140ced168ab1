//! The arguments of operations: values, numbers, and ranges of indexes, ranks, keys and values.

use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;
use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use spikelet_wire::exp::build::{Exp, ExpType, Hll};
use spikelet_wire::{Map, Value};

use super::target::{InCommand, InExpression, Kind};

/// An argument of type `T`: a value of that type or, within an expression, an expression of that type.
///
/// `T` is one of the types of [expressions](ExpType), that is `i64`, `bool`, `Vec<u8>` for bytes, `Vec<Value>` for a list or
/// [`Map`], or it is [`Any`] or [`Hlls`].
pub trait Argument<K: Kind, T> {
    #[doc(hidden)]
    fn packed(self) -> Vec<u8>;
}

/// The type of an [`Argument`] that can be of any type.
#[derive(Debug)]
pub enum Any {}

/// The type of an [`Argument`] of HyperLogLogs: a list of [`Value::Hll`] or, within an expression, a single HyperLogLog.
#[derive(Debug)]
pub enum Hlls {}

/// A range of indexes or ranks: a start and a count.
///
/// It converts from Rust's ranges and from pairs `(start, count)`. A negative start counts from the end, so `-3..` selects
/// the last three elements, and `-3..-1` the first two of these. A range whose end is not greater than its start is empty,
/// as in Rust: `1..-1` is empty.
#[derive(Debug, Clone)]
pub struct Span<K> {
    pub(super) start: Vec<u8>,
    pub(super) count: Option<Vec<u8>>,
    kind: PhantomData<fn() -> K>,
}

/// A range of values or keys: the start is included, the end is not.
///
/// It converts from Rust's ranges: `1..5`, `"a"..`, `..key`, `..`.
#[derive(Debug, Clone)]
pub struct Interval<K> {
    pub(super) start: Vec<u8>,
    pub(super) end: Option<Vec<u8>>,
    kind: PhantomData<fn() -> K>,
}

impl<V: Into<Value>> Argument<InCommand, Any> for V {
    fn packed(self) -> Vec<u8> {
        InCommand::pack(&self.into())
    }
}

impl<T> Argument<InExpression, Any> for Exp<T> {
    fn packed(self) -> Vec<u8> {
        self.into_bytes()
    }
}

impl<T: ExpType> Argument<InExpression, T> for Exp<T> {
    fn packed(self) -> Vec<u8> {
        self.into_bytes()
    }
}

macro_rules! any {
    ($($of:ty)*) => {
        $(impl Argument<InExpression, Any> for $of {
            fn packed(self) -> Vec<u8> {
                InExpression::pack(&self.into())
            }
        })*
    };
}

any!(() Value bool i64 i32 u32 f64 &str String &[u8] Vec<u8> Vec<Value> Map);

impl<V: Into<Value>, const N: usize> Argument<InExpression, Any> for [V; N] {
    fn packed(self) -> Vec<u8> {
        InExpression::pack(&self.into())
    }
}

macro_rules! arguments {
    ($($of:ty: $(<$($parameter:ident),* $(; $n:ident)?> $from:ty = |$value:ident| $convert:expr),+;)*) => {
        $($(impl<K: Kind, $($parameter: Into<Value>,)* $(const $n: usize)?> Argument<K, $of> for $from {
            fn packed(self) -> Vec<u8> {
                let $value = self;
                K::pack(&$convert)
            }
        })+)*
    };
}

fn list<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> Value {
    Value::List(values.into_iter().map(Into::into).collect())
}

arguments! {
    i64: <> i64 = |n| n.into();
    bool: <> bool = |b| b.into();
    Vec<u8>:
        <> Vec<u8> = |bytes| bytes.into(),
        <> &[u8] = |bytes| bytes.into(),
        <; N> [u8; N] = |bytes| bytes.as_slice().into(),
        <; N> &[u8; N] = |bytes| bytes.into();
    Vec<Value>:
        <V; N> [V; N] = |values| list(values),
        <V> Vec<V> = |values| list(values);
    Map:
        <> Map = |map| map.into(),
        <A, B; N> [(A, B); N] = |pairs| Value::Map(pairs.into_iter().collect()),
        <A, B> Vec<(A, B)> = |pairs| Value::Map(pairs.into_iter().collect()),
        <A, B> HashMap<A, B> = |map| map.into(),
        <A, B> BTreeMap<A, B> = |map| map.into();
    Hlls:
        <; N> [Value; N] = |values| list(values),
        <> Vec<Value> = |values| list(values);
}

impl Argument<InExpression, Hlls> for Exp<Vec<Value>> {
    fn packed(self) -> Vec<u8> {
        self.into_bytes()
    }
}

impl Argument<InExpression, Hlls> for Exp<Hll> {
    fn packed(self) -> Vec<u8> {
        self.into_bytes()
    }
}

impl<K: Kind> Span<K> {
    fn new(start: impl Argument<K, i64>, count: Option<impl Argument<K, i64>>) -> Self {
        Self {
            start: start.packed(),
            count: count.map(Argument::packed),
            kind: PhantomData,
        }
    }
}

impl<K: Kind> From<RangeFrom<i64>> for Span<K> {
    fn from(range: RangeFrom<i64>) -> Self {
        Self::new(range.start, None::<i64>)
    }
}

impl<K: Kind> From<Range<i64>> for Span<K> {
    fn from(range: Range<i64>) -> Self {
        Self::new(range.start, Some(range.end.saturating_sub(range.start).max(0)))
    }
}

impl<K: Kind> From<RangeInclusive<i64>> for Span<K> {
    fn from(range: RangeInclusive<i64>) -> Self {
        Self::from(*range.start()..range.end().saturating_add(1))
    }
}

impl<K: Kind> From<RangeTo<i64>> for Span<K> {
    fn from(range: RangeTo<i64>) -> Self {
        Self::from(0..range.end)
    }
}

impl<K: Kind> From<RangeToInclusive<i64>> for Span<K> {
    fn from(range: RangeToInclusive<i64>) -> Self {
        Self::from(0..range.end.saturating_add(1))
    }
}

impl<K: Kind> From<RangeFull> for Span<K> {
    fn from(_: RangeFull) -> Self {
        Self::from(0..)
    }
}

impl<K: Kind, S: Argument<K, i64>, C: Argument<K, i64>> From<(S, C)> for Span<K> {
    fn from((start, count): (S, C)) -> Self {
        Self::new(start, Some(count))
    }
}

impl From<RangeFrom<Exp<i64>>> for Span<InExpression> {
    fn from(range: RangeFrom<Exp<i64>>) -> Self {
        Self::new(range.start, None::<i64>)
    }
}

impl<K: Kind> Interval<K> {
    /// Without a start the range begins at nil, which sorts before every other value.
    fn new(start: Option<Vec<u8>>, end: Option<Vec<u8>>) -> Self {
        Self {
            start: start.unwrap_or_else(|| K::pack(&Value::Nil)),
            end,
            kind: PhantomData,
        }
    }
}

impl<K: Kind, A: Argument<K, Any>> From<Range<A>> for Interval<K> {
    fn from(range: Range<A>) -> Self {
        Self::new(Some(range.start.packed()), Some(range.end.packed()))
    }
}

impl<K: Kind, A: Argument<K, Any>> From<RangeFrom<A>> for Interval<K> {
    fn from(range: RangeFrom<A>) -> Self {
        Self::new(Some(range.start.packed()), None)
    }
}

impl<K: Kind, A: Argument<K, Any>> From<RangeTo<A>> for Interval<K> {
    fn from(range: RangeTo<A>) -> Self {
        Self::new(None, Some(range.end.packed()))
    }
}

impl<K: Kind> From<RangeFull> for Interval<K> {
    fn from(_: RangeFull) -> Self {
        Self::new(None, None)
    }
}
