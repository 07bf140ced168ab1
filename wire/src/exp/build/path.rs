//! Paths: elements at many places of a list or map.

use super::expression::Exp;
use crate::exp::path as wire;
use crate::msgpack::write;
use crate::value::Value;

/// A way through a list or map to elements at many places, a step for each level.
///
/// ```
/// use spikelet_wire::exp::build::{Path, Select, loop_value};
///
/// // {"shop": {"books": [{"price": 8}, ...]}}: what is cheap.
/// let cheap = Path::new()
///     .key("shop")
///     .key("books")
///     .all()
///     .key("price")
///     .and(loop_value::<i64>().lt(10));
/// assert!(!cheap.select(Select::Values).is_empty());
/// ```
#[must_use]
#[derive(Debug, Clone, Default)]
pub struct Path {
    pairs: Vec<u8>,
    count: u32,
    no_fail: bool,
}

/// What is selected of the elements at the end of a [`Path`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub enum Select {
    /// They, in collections like those that they are in.
    Tree = wire::TREE,
    /// A list of them.
    Values = wire::VALUES,
    /// A list of their keys.
    Keys = wire::KEYS,
    /// A list of keys and values by turns.
    KeysAndValues = wire::KEYS | wire::VALUES,
}

impl Path {
    /// A path without steps, which the server refuses.
    pub fn new() -> Self {
        Self::default()
    }

    fn pair(mut self, code: u64, value: &[u8]) -> Self {
        write::uint(&mut self.pairs, code);
        self.pairs.extend_from_slice(value);
        self.count += 2;
        self
    }

    fn value(self, code: u64, value: impl Into<Value>) -> Self {
        let mut packed = Vec::new();
        value.into().pack(&mut packed);
        self.pair(code, &packed)
    }

    /// To every element.
    pub fn all(self) -> Self {
        self.value(wire::BY_EXPRESSION, true)
    }

    /// To the elements for which an expression is true.
    pub fn filter(self, expression: impl Into<Exp<bool>>) -> Self {
        let expression = expression.into();
        self.pair(wire::BY_EXPRESSION, &expression.bytes)
    }

    /// To the value of a key.
    pub fn key(self, key: impl Into<Value>) -> Self {
        self.value(wire::MAP | wire::BY_KEY, key)
    }

    /// To the values of some keys.
    pub fn keys(self, keys: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        let keys: Vec<Value> = keys.into_iter().map(Into::into).collect();
        self.value(wire::MAP | wire::BY_KEY_LIST, keys)
    }

    /// To the element at an index of a list, from the end where it is negative.
    pub fn list_index(self, index: i64) -> Self {
        self.value(wire::LIST | wire::BY_INDEX, index)
    }

    /// To the element of a rank of a list, from the greatest where it is negative.
    pub fn list_rank(self, rank: i64) -> Self {
        self.value(wire::LIST | wire::BY_RANK, rank)
    }

    /// To the value of the key at an index of a map, from the end where it is negative.
    pub fn map_index(self, index: i64) -> Self {
        self.value(wire::MAP | wire::BY_INDEX, index)
    }

    /// To the value of a rank of a map, from the greatest where it is negative.
    pub fn map_rank(self, rank: i64) -> Self {
        self.value(wire::MAP | wire::BY_RANK, rank)
    }

    /// To the elements of a list that equal a value.
    pub fn list_value(self, value: impl Into<Value>) -> Self {
        self.value(wire::LIST | wire::BY_VALUE, value)
    }

    /// To the values of a map that equal a value.
    pub fn map_value(self, value: impl Into<Value>) -> Self {
        self.value(wire::MAP | wire::BY_VALUE, value)
    }

    /// A step of any [integer](crate::exp::path); without [`LIST`](wire::LIST) and [`MAP`](wire::MAP) it leads through both.
    pub fn step(self, code: u64, value: impl Into<Value>) -> Self {
        self.value(code, value)
    }

    /// Of the elements of the last step, only those for which an expression is true.
    ///
    /// The server refuses it behind [`all`](Self::all) and [`filter`](Self::filter), and twice in a row.
    pub fn and(self, expression: impl Into<Exp<bool>>) -> Self {
        let expression = expression.into();
        self.pair(wire::AND | wire::BY_EXPRESSION, &expression.bytes)
    }

    /// Takes expressions that are unknown for false, and passes over what does not fit.
    pub const fn no_fail(mut self) -> Self {
        self.no_fail = true;
        self
    }

    /// The argument of an operation that selects.
    #[must_use]
    pub fn select(&self, what: Select) -> Vec<u8> {
        self.argument(what as i64, &[])
    }

    /// The argument of an operation that puts the values of an expression in place of elements, or removes them.
    #[must_use]
    pub fn modify<T>(&self, to: &Exp<T>) -> Vec<u8> {
        self.argument(wire::MODIFY, &to.bytes)
    }

    fn argument(&self, flags: i64, expression: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.pairs.len() + expression.len() + 12);
        write::list(&mut out, 3 + u32::from(!expression.is_empty()));
        write::int(&mut out, wire::SELECT);
        write::list(&mut out, self.count);
        out.extend_from_slice(&self.pairs);
        write::int(&mut out, flags | if self.no_fail { wire::NO_FAIL } else { 0 });
        out.extend_from_slice(expression);
        out
    }
}
