//! A naive model of records, scalars, lists, maps and bits: every rule stated in the plainest way, nothing fast.
//!
//! Where the real server's answer depends on how it works inside (which of several equal elements has which rank, in which
//! order the elements of a result come), the model says so instead of guessing.

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

/// What the model expects of an operation.
#[derive(Debug, Clone, PartialEq)]
pub enum ExpectedValue {
    /// This value.
    Exactly(Value),
    /// A list of these values, or a map of these pairs, in any order.
    InAnyOrder(Vec<Value>),
    /// The server may answer anything: it depends on how it works inside.
    Any,
}

/// An answer or an error.
pub type Outcome = Result<ExpectedValue, ResultCode>;

/// Where there is no element of an index or rank.
const OUT_OF_BOUNDS: ResultCode = ResultCode::OP_NOT_APPLICABLE;

/// What is wanted of the selected elements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReturnSpec {
    /// The return type.
    pub kind: ReturnType,
    /// All other elements are selected instead.
    pub inverted: bool,
}

impl ExpectedValue {
    /// Whether the server's answer is one that the model expects.
    #[must_use]
    pub fn allows(&self, answer: &Value) -> bool {
        match (self, answer) {
            (Self::Any, _) => true,
            (Self::Exactly(value), answer) => by_key(value) == by_key(answer),
            (Self::InAnyOrder(values), Value::List(answer)) => {
                let in_order = |values: &[Value]| sorted(values.iter().map(by_key).collect());
                in_order(values) == in_order(answer)
            }
            (Self::InAnyOrder(values), Value::Map(map)) => {
                let answer = pairs(map).into_iter().map(|(k, v)| Value::List(vec![k, v]));
                Self::InAnyOrder(values.clone()).allows(&Value::List(answer.collect()))
            }
            (Self::InAnyOrder(_), _) => false,
        }
    }
}

/// The order of values, of the types that the model uses.
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

/// A value all of whose maps have their pairs by key: in which order a client reads them does not matter here.
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

/// The pairs of a map, by key.
fn pairs(map: &Map) -> Vec<(Value, Value)> {
    let mut pairs: Vec<_> = map.iter().cloned().collect();
    pairs.sort_by(|(a, _), (b, _)| order(a, b));
    pairs
}

/// Whether two values are the same to the server: how a map is kept is no part of it.
fn same(a: &Value, b: &Value) -> bool {
    order(a, b).is_eq()
}

/// Values in order.
#[must_use]
pub fn sorted(mut values: Vec<Value>) -> Vec<Value> {
    values.sort_by(order);
    values
}

/// The positions that an index and a count select of `n`; without a count it must be one that is there.
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

/// The positions that are not selected.
fn others(selected: &[usize], n: usize) -> Vec<usize> {
    (0..n).filter(|i| !selected.contains(i)).collect()
}

/// What the return types that are the same for lists and maps give; `index` and `rank` tell of an element which it has.
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
