//! Paths, which select elements at several places of a nested list or map.

use super::expression::Exp;
use crate::exp::path as wire;
use crate::msgpack::write;
use crate::value::Value;

/// A path to elements at several places of a nested list or map, with a step for each level.
///
/// ```
/// use spikelet_wire::exp::build::{Path, Select, loop_value};
///
/// // The low prices of {"shop": {"books": [{"price": 8}, ...]}}.
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

/// The result of a [`Path`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub enum Select {
    /// The elements, nested as in the original collection.
    Tree = wire::TREE,
    /// A list of the elements.
    Values = wire::VALUES,
    /// A list of their keys.
    Keys = wire::KEYS,
    /// A list of alternating keys and values.
    KeysAndValues = wire::KEYS | wire::VALUES,
}

impl Path {
    /// A path without steps, which the server rejects.
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

    /// Selects every element.
    pub fn all(self) -> Self {
        self.value(wire::BY_EXPRESSION, true)
    }

    /// Selects the elements for which an expression is true.
    pub fn filter(self, expression: impl Into<Exp<bool>>) -> Self {
        let expression = expression.into();
        self.pair(wire::BY_EXPRESSION, &expression.bytes)
    }

    /// Selects the value of a key.
    pub fn key(self, key: impl Into<Value>) -> Self {
        self.value(wire::MAP | wire::BY_KEY, key)
    }

    /// Selects the values of several keys.
    pub fn keys(self, keys: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        let keys: Vec<Value> = keys.into_iter().map(Into::into).collect();
        self.value(wire::MAP | wire::BY_KEY_LIST, keys)
    }

    /// Selects the element at an index of a list; a negative index counts from the end.
    pub fn list_index(self, index: i64) -> Self {
        self.value(wire::LIST | wire::BY_INDEX, index)
    }

    /// Selects the element with a rank in a list; a negative rank counts from the greatest.
    pub fn list_rank(self, rank: i64) -> Self {
        self.value(wire::LIST | wire::BY_RANK, rank)
    }

    /// Selects the value of the key at an index of a map; a negative index counts from the end.
    pub fn map_index(self, index: i64) -> Self {
        self.value(wire::MAP | wire::BY_INDEX, index)
    }

    /// Selects the value with a rank in a map; a negative rank counts from the greatest.
    pub fn map_rank(self, rank: i64) -> Self {
        self.value(wire::MAP | wire::BY_RANK, rank)
    }

    /// Selects the elements of a list that equal a value.
    pub fn list_value(self, value: impl Into<Value>) -> Self {
        self.value(wire::LIST | wire::BY_VALUE, value)
    }

    /// Selects the values of a map that equal a value.
    pub fn map_value(self, value: impl Into<Value>) -> Self {
        self.value(wire::MAP | wire::BY_VALUE, value)
    }

    /// Adds a step with any [code](crate::exp::path). Without [`LIST`](wire::LIST) and [`MAP`](wire::MAP) it selects in
    /// both.
    pub fn step(self, code: u64, value: impl Into<Value>) -> Self {
        self.value(code, value)
    }

    /// Keeps only those elements of the last step for which an expression is true.
    ///
    /// The server rejects it after [`all`](Self::all) and [`filter`](Self::filter), and twice in a row.
    pub fn and(self, expression: impl Into<Exp<bool>>) -> Self {
        let expression = expression.into();
        self.pair(wire::AND | wire::BY_EXPRESSION, &expression.bytes)
    }

    /// Treats unknown expressions as false, and skips elements to which a step does not apply.
    pub const fn no_fail(mut self) -> Self {
        self.no_fail = true;
        self
    }

    /// The argument of an operation that selects elements.
    #[must_use]
    pub fn select(&self, what: Select) -> Vec<u8> {
        self.argument(what as i64, &[])
    }

    /// The argument of an operation that replaces elements with the value of an expression, or removes them.
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
