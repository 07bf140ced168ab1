//! Tables of cases: an operation on a bin, and what it must give and leave behind.

use spikelet_client::{Map, MapOrder, Operation, Value};
use spikelet_wire::ResultCode;

use crate::context::Context;
use crate::outcome::{End, Outcome};

/// The bin that the operations of a table are on.
pub(super) const BIN: &str = "b";

/// One line of a table.
pub(super) struct Case {
    /// The operation, as the table puts it.
    pub(super) request: &'static str,
    pub(super) operation: Operation,
    pub(super) expected: Expected,
}

/// What an operation must give, and leave in the bin.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expected {
    /// This result; the bin is as it was.
    Reads(Value),
    /// This result; the bin has this value then, nil for none.
    Gives(Value, Value),
    /// This result; the bin is another one then, whose value stands in the transcript.
    Changes(Value),
    /// A refusal; the bin is as it was.
    Refused(ResultCode),
}

pub(super) fn reads(result: impl Into<Value>) -> Expected {
    Expected::Reads(result.into())
}

pub(super) fn gives(result: impl Into<Value>, after: impl Into<Value>) -> Expected {
    Expected::Gives(result.into(), after.into())
}

pub(super) fn changes(result: impl Into<Value>) -> Expected {
    Expected::Changes(result.into())
}

/// Gives nothing, and leaves a value.
pub(super) fn leaves(after: impl Into<Value>) -> Expected {
    gives((), after)
}

pub(super) const fn refused(code: ResultCode) -> Expected {
    Expected::Refused(code)
}

/// Bytes, which without this word would be a list.
pub(super) fn bytes<const N: usize>(bytes: [u8; N]) -> Value {
    Value::Blob(bytes.into())
}

/// A list without elements.
pub(super) fn empty() -> Value {
    Value::List(Vec::new())
}

/// A list of values of any type.
pub(super) fn list_of<const N: usize>(values: [Value; N]) -> Value {
    Value::List(values.into())
}

fn ordered<K: Into<Value>, V: Into<Value>, const N: usize>(order: MapOrder, pairs: [(K, V); N]) -> Value {
    let mut map: Map = pairs.into_iter().collect();
    map.order = order;
    map.into()
}

/// An unordered map; so do pairs in the order of selection come, too.
pub(super) fn pairs<K: Into<Value>, V: Into<Value>, const N: usize>(pairs: [(K, V); N]) -> Value {
    ordered(MapOrder::Unordered, pairs)
}

/// A map ordered by key.
pub(super) fn by_key<K: Into<Value>, V: Into<Value>, const N: usize>(pairs: [(K, V); N]) -> Value {
    ordered(MapOrder::KeyOrdered, pairs)
}

/// A map ordered by key and value.
pub(super) fn by_value<K: Into<Value>, V: Into<Value>, const N: usize>(pairs: [(K, V); N]) -> Value {
    ordered(MapOrder::KeyValueOrdered, pairs)
}

/// No bin, but a record.
pub(super) fn nothing() -> Operation {
    Operation::write("other", 1)
}

/// Carries out the operations of a table, each on a record of its own that was made as `before` says.
pub(super) async fn run<const N: usize>(t: &mut Context, before: (&str, Operation), table: [Case; N]) -> Outcome {
    let (made, before) = before;
    let mut failed = Vec::new();
    for case in table {
        let request = format!("{made}, then {}", case.request);
        let key = t.key(&request);
        let made = t.client().operate(&key).op(before.clone());
        let made = made.write("other", 1).get(BIN).await?;
        let then = t.client().operate_ordered(&key).op(case.operation);
        let answer = then.get(BIN).respond_all_ops(true).await;
        t.tell(&request, &answer);
        let before = made.bins[BIN].clone();
        let after = t.client().get(&key).await?.bins[BIN].clone();
        let expected = match case.expected {
            Expected::Reads(result) => (Ok(result), before),
            Expected::Gives(result, after) => (Ok(result), after),
            Expected::Changes(result) if after != before => (Ok(result), after.clone()),
            Expected::Changes(result) => (Ok(result), "something else".into()),
            Expected::Refused(code) => (Err(Some(code)), before),
        };
        let answered = match answer {
            Ok(answer) => (Ok(answer.result(0)?), after),
            Err(error) => (Err(error.result_code()), after),
        };
        if answered != expected {
            failed.push(format!("{request}: {answered:?}, not {expected:?}"));
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(End::failed(failed.join("; "))),
    }
}

/// Runs a table: what makes the record, then each operation with what is expected of it.
macro_rules! cases {
    ($t:ident, $before:expr; $($operation:expr => $expected:expr),+ $(,)?) => {
        $crate::scenarios::operation_cases::run(
            $t,
            (stringify!($before), $before),
            [$($crate::scenarios::operation_cases::Case {
                request: stringify!($operation),
                operation: $operation,
                expected: $expected,
            }),+],
        )
        .await?
    };
}

pub(super) use cases;
