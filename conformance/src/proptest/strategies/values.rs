//! Strategies for values and bin names.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use spikelet_wire::{MapOrder, Value};

/// The names of all bins. An operation is mostly on the bin with its type of value.
pub(super) const BINS: [&str; 5] = ["scalar", "list", "map", "blob", "hll"];

/// The name of a bin.
pub fn bin() -> impl Strategy<Value = &'static str> {
    select(&BINS[..])
}

/// The name of a bin, which is mostly `of`.
pub(super) fn mostly(of: &'static str) -> impl Strategy<Value = &'static str> {
    prop_oneof![12 => Just(of), 1 => bin()]
}

/// An element of a list or map.
pub fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => (-2..4_i64).prop_map(Value::Int),
        3 => select(vec!["", "a", "b"]).prop_map(Value::from),
        1 => Just(Value::Nil),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => select(vec![0.5, 2.0]).prop_map(Value::Float),
        1 => vec((0..2_i64).prop_map(Value::Int), 0..3).prop_map(Value::List),
        1 => (0..2_i64).prop_map(|n| Value::Map([("a", n)].into_iter().collect())),
    ]
}

/// The value of a bin: a scalar or a small collection.
pub fn plain() -> impl Strategy<Value = Value> {
    // Writing nil would delete the bin.
    value().prop_map(|value| if value == Value::Nil { 0.into() } else { value })
}

/// The key of a map entry.
pub fn key() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-1..4_i64).prop_map(Value::Int),
        select(vec!["a", "b", "c"]).prop_map(Value::from),
        Just(Value::Blob(vec![1])),
    ]
}

/// A blob.
pub fn blob() -> impl Strategy<Value = Value> {
    let bytes = vec![&[][..], &[0x0f], &[0xff, 0x00, 0x5a], &[0x12, 0x34]];
    select(bytes).prop_map(|bytes: &[u8]| Value::Blob(bytes.to_vec()))
}

/// A list.
pub fn list() -> impl Strategy<Value = Value> {
    vec(value(), 0..5).prop_map(Value::List)
}

/// An unordered map. Its keys are unique and sorted by type and value, as the server keeps them.
pub fn map() -> impl Strategy<Value = Value> {
    let ints = proptest::collection::btree_map(-1..4_i64, value(), 0..3);
    let texts = proptest::collection::btree_map(select(vec!["a", "b", "c"]), value(), 0..3);
    (ints, texts).prop_map(|(ints, texts)| {
        let mut map = spikelet_wire::Map::new(MapOrder::Unordered);
        ints.into_iter().for_each(|(key, value)| drop(map.insert(key, value)));
        texts.into_iter().for_each(|(key, value)| drop(map.insert(key, value)));
        Value::Map(map)
    })
}

/// The value of a bin, of any type but HyperLogLog.
pub fn stored() -> impl Strategy<Value = Value> {
    prop_oneof![3 => plain(), 1 => blob(), 1 => list(), 1 => map()]
}
