//! A naive model of records, scalars, lists, maps and bits, which implements every rule in the simplest way.
//!
//! Some results depend on the internals of the real server, such as the ranks of equal elements or the order of
//! elements in a result. For these the model returns that the result is unknown or in any order.

pub mod bits;
pub mod list;
pub mod map;
pub mod nested;
pub mod record;
pub mod scalar;
pub mod strategies;

use std::cmp::Ordering;

use spikelet_wire::cdt::ReturnType;
use spikelet_wire::{Map, ResultCode, Value};

/// The result of an operation that the model expects.
#[derive(Debug, Clone, PartialEq)]
pub enum ExpectedValue {
    /// Exactly this value.
    Exactly(Value),
    /// A list of these values, or a map of these entries, in any order.
    InAnyOrder(Vec<Value>),
    /// Any value, because the result depends on the server's internals.
    Any,
}

/// The expected result or error of an operation.
pub type Outcome = Result<ExpectedValue, ResultCode>;

/// The error if there is no element with an index or rank.
const OUT_OF_BOUNDS: ResultCode = ResultCode::OP_NOT_APPLICABLE;

/// What an operation returns for the selected elements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReturnSpec {
    /// The return type.
    pub kind: ReturnType,
    /// Whether all other elements are selected instead.
    pub inverted: bool,
}

impl ExpectedValue {
    /// Whether the model allows a value that the server returned.
    #[must_use]
    pub fn allows(&self, actual: &Value) -> bool {
        match (self, actual) {
            (Self::Any, _) => true,
            (Self::Exactly(value), actual) => by_key(value) == by_key(actual),
            (Self::InAnyOrder(values), Value::List(actual)) => {
                let in_order = |values: &[Value]| sorted(values.iter().map(by_key).collect());
                in_order(values) == in_order(actual)
            }
            (Self::InAnyOrder(values), Value::Map(map)) => {
                let actual = pairs(map).into_iter().map(|(k, v)| Value::List(vec![k, v]));
                Self::InAnyOrder(values.clone()).allows(&Value::List(actual.collect()))
            }
            (Self::InAnyOrder(_), _) => false,
        }
    }
}

/// The order of values, for the types that the model uses.
#[must_use]
pub fn order(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Nil => 0,
        Value::Bool(_) => 1,
        Value::Int(n) if *n < 0 => 2,
        Value::Int(_) => 3,
        Value::String(_) => 4,
        Value::List(_) => 5,
        Value::Map(_) => 6,
        Value::Blob(_) => 7,
        Value::Float(_) => 8,
        _ => 9,
    };
    rank(a).cmp(&rank(b)).then_with(|| match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Blob(a), Value::Blob(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
        (Value::List(a), Value::List(b)) => {
            let first = a.iter().zip(b).map(|(a, b)| order(a, b)).find(|order| order.is_ne());
            first.unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (Value::Map(a), Value::Map(b)) => {
            let flat = |map: &Map| Value::List(pairs(map).into_iter().flat_map(|(k, v)| [k, v]).collect());
            a.len().cmp(&b.len()).then_with(|| order(&flat(a), &flat(b)))
        }
        _ => Ordering::Equal,
    })
}

/// A value with the entries of all maps sorted by key, because the order in which a client reads them does not matter.
fn by_key(value: &Value) -> Value {
    match value {
        Value::List(items) => Value::List(items.iter().map(by_key).collect()),
        Value::Map(map) => {
            let pairs = pairs(map).into_iter().map(|(k, v)| (k, by_key(&v)));
            let mut in_order: Map = pairs.collect();
            in_order.order = map.order;
            Value::Map(in_order)
        }
        plain => plain.clone(),
    }
}

/// The entries of a map, sorted by key.
fn pairs(map: &Map) -> Vec<(Value, Value)> {
    let mut pairs: Vec<_> = map.iter().cloned().collect();
    pairs.sort_by(|(a, _), (b, _)| order(a, b));
    pairs
}

/// Whether the server considers two values equal. The order of a map does not matter.
fn same(a: &Value, b: &Value) -> bool {
    order(a, b).is_eq()
}

/// Sorts values.
#[must_use]
pub fn sorted(mut values: Vec<Value>) -> Vec<Value> {
    values.sort_by(order);
    values
}

/// The positions that an index and a count select from `n` elements. Without a count, the element must exist.
fn positions(index: i64, count: Option<i64>, n: usize) -> Result<Vec<usize>, ResultCode> {
    let n = n as i64;
    let start = if index < 0 { n + index } else { index };
    let Some(count) = count else {
        return match (0..n).contains(&start) {
            true => Ok(vec![start as usize]),
            false => Err(OUT_OF_BOUNDS),
        };
    };
    let end = start.saturating_add(count).min(n);
    Ok((start.max(0)..end).map(|i| i as usize).collect())
}

/// The positions that are not among the selected ones.
fn others(selected: &[usize], n: usize) -> Vec<usize> {
    (0..n).filter(|i| !selected.contains(i)).collect()
}

/// The result for the return types that lists and maps have in common. `index` and `rank` return those of an element.
fn give(
    returns: ReturnSpec,
    multi: bool,
    selected: &[usize],
    n: usize,
    rank: impl Fn(usize) -> usize,
    element: impl Fn(usize) -> Value,
) -> ExpectedValue {
    let number = |i: usize| match returns.kind {
        ReturnType::Index => i,
        ReturnType::ReverseIndex => n - 1 - i,
        ReturnType::Rank => rank(i),
        _ => n - 1 - rank(i),
    };
    let each: Vec<Value> = match returns.kind {
        ReturnType::None => return ExpectedValue::Exactly(Value::Nil),
        ReturnType::Count => return ExpectedValue::Exactly((selected.len() as i64).into()),
        ReturnType::Exists => return ExpectedValue::Exactly((!selected.is_empty()).into()),
        ReturnType::Index | ReturnType::ReverseIndex | ReturnType::Rank | ReturnType::ReverseRank => {
            selected.iter().map(|&i| Value::Int(number(i) as i64)).collect()
        }
        _ => selected.iter().map(|&i| element(i)).collect(),
    };
    let is_map = returns.kind == ReturnType::KeyValue;
    let is_element = matches!(returns.kind, ReturnType::Key | ReturnType::Value);
    match each.first() {
        _ if multi || is_map => ExpectedValue::InAnyOrder(each),
        Some(only) => ExpectedValue::Exactly(only.clone()),
        None if is_element => ExpectedValue::Exactly(Value::Nil),
        None => ExpectedValue::Exactly(Value::Int(-1)),
    }
}
