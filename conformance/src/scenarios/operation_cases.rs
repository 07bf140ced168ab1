//! Tables of cases: operations on a bin, with their expected results and the expected value of the bin afterwards.

use spikelet_client::{Map, MapOrder, Operation, Value};
use spikelet_wire::ResultCode;

use crate::context::Context;
use crate::outcome::{NotPassed, Outcome};

/// The bin of the operations in a table.
pub(super) const BIN: &str = "b";

/// A row of a table.
pub(super) struct Case {
    /// The source text of the operation.
    pub(super) request: &'static str,
    pub(super) operation: Operation,
    pub(super) expected: Expected,
}

/// The expected result of an operation, and its effect on the bin.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expected {
    /// Returns this result; the bin is unchanged.
    Reads(Value),
    /// Returns the first value; the bin then has the second one, nil for no bin.
    Gives(Value, Value),
    /// Returns this result; the bin changes to a value that only the transcript shows.
    Changes(Value),
    /// Is rejected with this result code; the bin is unchanged.
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

/// Returns nil; the bin then has this value.
pub(super) fn leaves(after: impl Into<Value>) -> Expected {
    gives((), after)
}

pub(super) const fn refused(code: ResultCode) -> Expected {
    Expected::Refused(code)
}

/// A blob. (An array converts to a list.)
pub(super) fn bytes<const N: usize>(bytes: [u8; N]) -> Value {
    Value::Blob(bytes.into())
}

/// An empty list.
pub(super) fn empty() -> Value {
    Value::List(Vec::new())
}

/// A list of values of different types.
pub(super) fn list_of<const N: usize>(values: [Value; N]) -> Value {
    Value::List(values.into())
}

fn ordered<K: Into<Value>, V: Into<Value>, const N: usize>(order: MapOrder, pairs: [(K, V); N]) -> Value {
    let mut map: Map = pairs.into_iter().collect();
    map.order = order;
    map.into()
}

/// An unordered map. It also represents entries returned in the order of selection.
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

/// Creates a record without the bin.
pub(super) fn nothing() -> Operation {
    Operation::write("other", 1)
}

/// Executes the operations of a table, each on a separate record that is created by the operation `before`.
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
        t.transcribe(&request, &answer);
        let before = made.bins[BIN].clone();
        let after = t.client().get(&key).await?.bins[BIN].clone();
        let expected = match case.expected {
            Expected::Reads(result) => (Ok(result), before),
            Expected::Gives(result, after) => (Ok(result), after),
            Expected::Changes(result) if after != before => (Ok(result), after.clone()),
            Expected::Changes(result) => (Ok(result), "a changed value".into()),
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
        false => Err(NotPassed::failed(failed.join("; "))),
    }
}

/// Runs a table: an operation that creates the bin, followed by operations with their expected results.
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
