//! All map operations, with every flag and return type, on unordered and ordered maps.

use spikelet_client::ops::{MapReturn as Return, OnMap, map};
use spikelet_client::{MapOrder, Operation, ResultCode as Code, Value};

use super::operation_cases::{
    by_key, by_value, bytes, cases, empty, gives, leaves, list_of, nothing, pairs, reads, refused,
};
use crate::context::Context;
use crate::outcome::Outcome;
use crate::scenario::scenarios;

scenarios![
    put,
    put_items,
    add_and_replace,
    add_and_replace_items,
    increment_and_decrement,
    clear,
    orders,
    write_flags,
    by_key_single,
    by_index,
    by_rank,
    by_value_single,
    by_key_list,
    by_value_list,
    by_key_interval,
    by_index_range,
    by_value_interval,
    by_rank_range,
    by_key_rel_index_range,
    by_value_rel_rank_range,
    return_types,
    return_types_of_one,
    inverted_return_types,
    keys_of_types,
    not_a_map,
    no_bin,
];

fn b() -> OnMap<&'static str> {
    map("b")
}

/// An unordered map. The server nevertheless keeps its keys sorted.
fn unordered() -> Operation {
    map("b").put_items([("c", 1), ("a", 3), ("b", 2)])
}

/// The same entries, ordered by key.
fn ordered() -> Operation {
    map("b").key_ordered().put_items([("c", 1), ("a", 3), ("b", 2)])
}

/// The same entries, ordered by key and value.
fn ordered_by_value() -> Operation {
    map("b").key_value_ordered().put_items([("c", 1), ("a", 3), ("b", 2)])
}

async fn put(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().put("b", 9) => gives(3, pairs([("a", 3), ("b", 9), ("c", 1)])),
        b().put("d", 9) => gives(4, pairs([("a", 3), ("b", 2), ("c", 1), ("d", 9)])),
        b().key_ordered().put("b", 9) => gives(3, pairs([("a", 3), ("b", 9), ("c", 1)])),
        b().put("b", ()) => gives(3, pairs([("a", 3.into()), ("b", Value::Nil), ("c", 1.into())])),
        b().put("b", Value::Infinity) => refused(Code::PARAMETER),
        b().put(Value::Wildcard, 1) => refused(Code::PARAMETER),
    );
    cases!(t, ordered();
        b().put("aa", 9) => gives(4, by_key([("a", 3), ("aa", 9), ("b", 2), ("c", 1)])),
    );
    cases!(t, nothing();
        b().put("a", 1) => gives(1, pairs([("a", 1)])),
        b().order(MapOrder::Unordered).put("a", 1) => gives(1, pairs([("a", 1)])),
        b().key_ordered().put("a", 1) => gives(1, by_key([("a", 1)])),
        b().key_value_ordered().put("a", 1) => gives(1, by_value([("a", 1)])),
        b().key_ordered().persist_index().put("a", 1) => gives(1, by_key([("a", 1)])),
    );
    Ok(())
}

async fn put_items(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().put_items([("b", 9), ("d", 4)]) => gives(4, pairs([("a", 3), ("b", 9), ("c", 1), ("d", 4)])),
        b().put_items(Vec::<(i64, i64)>::new()) => reads(3),
    );
    cases!(t, nothing();
        b().put_items([(2, 1), (1, 2)]) => gives(2, pairs([(1, 2), (2, 1)])),
        b().key_ordered().put_items([(2, 1), (1, 2)]) => gives(2, by_key([(1, 2), (2, 1)])),
    );
    Ok(())
}

async fn add_and_replace(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().add("d", 9) => gives(4, by_key([("a", 3), ("b", 2), ("c", 1), ("d", 9)])),
        b().add("b", 9) => refused(Code::ELEMENT_EXISTS),
        b().replace("b", 9) => gives(3, by_key([("a", 3), ("b", 9), ("c", 1)])),
        b().replace("d", 9) => refused(Code::ELEMENT_NOT_FOUND),
    );
    cases!(t, nothing();
        b().key_ordered().add("d", 9) => gives(1, by_key([("d", 9)])),
        b().replace("d", 9) => refused(Code::ELEMENT_NOT_FOUND),
    );
    Ok(())
}

async fn add_and_replace_items(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().add_items([("d", 9)]) => gives(4, by_key([("a", 3), ("b", 2), ("c", 1), ("d", 9)])),
        b().add_items([("d", 9), ("b", 9)]) => refused(Code::ELEMENT_EXISTS),
        b().replace_items([("b", 9), ("a", 8)]) => gives(3, by_key([("a", 8), ("b", 9), ("c", 1)])),
        b().replace_items([("b", 9), ("d", 8)]) => refused(Code::ELEMENT_NOT_FOUND),
    );
    cases!(t, nothing();
        b().key_value_ordered().add_items([("d", 9)]) => gives(1, by_value([("d", 9)])),
    );
    Ok(())
}

async fn increment_and_decrement(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().increment("a", 5) => gives(8, by_key([("a", 8), ("b", 2), ("c", 1)])),
        b().decrement("a", 5) => gives(-2, by_key([("a", -2), ("b", 2), ("c", 1)])),
        b().increment("d", 5) => gives(5, by_key([("a", 3), ("b", 2), ("c", 1), ("d", 5)])),
        b().decrement("d", 5) => gives(-5, by_key([("a", 3), ("b", 2), ("c", 1), ("d", -5)])),
        b().increment("a", "x") => refused(Code::PARAMETER),
    );
    cases!(t, map("b").put_items([("f", Value::from(1.5)), ("s", "x".into())]);
        b().increment("f", 0.25) => gives(1.75, pairs([("f", Value::from(1.75)), ("s", "x".into())])),
        b().increment("s", 1) => refused(Code::PARAMETER),
    );
    cases!(t, nothing();
        b().increment("a", 5) => gives(5, pairs([("a", 5)])),
        b().key_ordered().decrement("a", 5) => gives(-5, by_key([("a", -5)])),
    );
    Ok(())
}

async fn clear(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().clear() => leaves(pairs::<i64, i64, 0>([])),
    );
    cases!(t, ordered();
        b().clear() => leaves(by_key::<i64, i64, 0>([])),
        b().size() => reads(3),
    );
    Ok(())
}

async fn orders(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().set_order(MapOrder::Unordered) => leaves(pairs([("a", 3), ("b", 2), ("c", 1)])),
        b().set_order(MapOrder::KeyOrdered) => leaves(by_key([("a", 3), ("b", 2), ("c", 1)])),
        b().set_order(MapOrder::KeyValueOrdered) => leaves(by_value([("a", 3), ("b", 2), ("c", 1)])),
    );
    cases!(t, ordered();
        b().set_order(MapOrder::Unordered) => leaves(pairs([("a", 3), ("b", 2), ("c", 1)])),
        b().key_ordered().persist_index().create() => leaves(by_key([("a", 3), ("b", 2), ("c", 1)])),
    );
    cases!(t, nothing();
        b().set_order(MapOrder::KeyOrdered) => leaves(by_key::<i64, i64, 0>([])),
        b().key_value_ordered().persist_index().create() => leaves(by_value::<i64, i64, 0>([])),
    );
    Ok(())
}

async fn write_flags(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().create_only().put("a", 9) => refused(Code::ELEMENT_EXISTS),
        b().create_only().put("d", 9) => gives(4, by_key([("a", 3), ("b", 2), ("c", 1), ("d", 9)])),
        b().create_only().no_fail().put("a", 9) => reads(3),
        b().update_only().put("d", 9) => refused(Code::ELEMENT_NOT_FOUND),
        b().update_only().put("a", 9) => gives(3, by_key([("a", 9), ("b", 2), ("c", 1)])),
        b().update_only().no_fail().put("d", 9) => reads(3),
        b().create_only().put_items([("d", 4), ("a", 9)]) => refused(Code::ELEMENT_EXISTS),
        b().create_only().no_fail().put_items([("d", 4), ("a", 9)]) => reads(3),
        b().create_only().no_fail().partial().put_items([("d", 4), ("a", 9)])
            => gives(4, by_key([("a", 3), ("b", 2), ("c", 1), ("d", 4)])),
        b().update_only().no_fail().partial().put_items([("d", 4), ("a", 9)])
            => gives(3, by_key([("a", 9), ("b", 2), ("c", 1)])),
        b().no_fail().put("a", 9) => gives(3, by_key([("a", 9), ("b", 2), ("c", 1)])),
    );
    Ok(())
}

async fn by_key_single(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().get_by_key("a", Return::Value) => reads(3),
        b().get_by_key("a", Return::Index) => reads(0),
        b().get_by_key("a", Return::Rank) => reads(2),
        b().get_by_key("z", Return::Value) => reads(()),
        b().get_by_key("z", Return::Index) => reads(-1),
        b().get_by_key("z", Return::Exists) => reads(false),
        b().remove_by_key("a", Return::Value) => gives(3, by_key([("b", 2), ("c", 1)])),
        b().remove_by_key("z", Return::Count) => reads(0),
    );
    Ok(())
}

async fn by_index(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().get_by_index(0, Return::Key) => reads("a"),
        b().get_by_index(-1, Return::Key) => reads("c"),
        b().get_by_index(-1, Return::Value) => reads(1),
        b().get_by_index(3, Return::Value) => refused(Code::OP_NOT_APPLICABLE),
        b().remove_by_index(0, Return::Key) => gives("a", pairs([("b", 2), ("c", 1)])),
        b().remove_by_index(3, Return::Key) => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn by_rank(t: &mut Context) -> Outcome {
    cases!(t, ordered_by_value();
        b().get_by_rank(0, Return::Key) => reads("c"),
        b().get_by_rank(-1, Return::Key) => reads("a"),
        b().get_by_rank(1, Return::Index) => reads(1),
        b().get_by_rank(3, Return::Key) => refused(Code::OP_NOT_APPLICABLE),
        b().remove_by_rank(-1, Return::Value) => gives(3, by_value([("b", 2), ("c", 1)])),
    );
    Ok(())
}

async fn by_value_single(t: &mut Context) -> Outcome {
    cases!(t, map("b").key_ordered().put_items([("x", 1), ("y", 2), ("z", 1)]);
        b().get_by_value(1, Return::Key) => reads("x"),
        b().get_by_value(9, Return::Key) => reads(()),
        b().get_all_by_value(1, Return::Key) => reads(["x", "z"]),
        b().get_all_by_value(1, Return::Key.inverted()) => reads(["y"]),
        b().get_all_by_value(Value::Wildcard, Return::Count) => reads(3),
        b().remove_by_value(1, Return::Key) => gives("x", by_key([("y", 2), ("z", 1)])),
        b().remove_all_by_value(1, Return::Count) => gives(2, by_key([("y", 2)])),
        b().remove_all_by_value(1, Return::Key.inverted()) => gives(["y"], by_key([("x", 1), ("z", 1)])),
    );
    Ok(())
}

async fn by_key_list(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().get_by_key_list(["c", "a", "z"], Return::Value) => reads([3, 1]),
        b().get_by_key_list(["c", "a"], Return::Key.inverted()) => reads(["b"]),
        b().get_by_key_list(Vec::<&str>::new(), Return::Count) => reads(0),
        b().remove_by_key_list(["c", "a", "z"], Return::Count) => gives(2, by_key([("b", 2)])),
        b().remove_by_key_list(["c"], Return::Count.inverted()) => gives(2, by_key([("c", 1)])),
    );
    Ok(())
}

async fn by_value_list(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().get_by_value_list([1, 3, 9], Return::Key) => reads(["a", "c"]),
        b().get_by_value_list([1, 3, 9], Return::Count.inverted()) => reads(1),
        b().remove_by_value_list([1, 3], Return::Count) => gives(2, by_key([("b", 2)])),
        b().remove_by_value_list([1, 3], Return::Value.inverted()) => gives([2], by_key([("a", 3), ("c", 1)])),
    );
    Ok(())
}

async fn by_key_interval(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().get_by_key_interval("a".."c", Return::Key) => reads(["a", "b"]),
        b().get_by_key_interval("b".., Return::Key) => reads(["b", "c"]),
        b().get_by_key_interval(.."b", Return::Key) => reads(["a"]),
        b().get_by_key_interval(.., Return::Count) => reads(3),
        b().get_by_key_interval("c".."a", Return::Count) => reads(0),
        b().get_by_key_interval("b".., Return::Key.inverted()) => reads(["a"]),
        b().remove_by_key_interval("b".., Return::Count) => gives(2, by_key([("a", 3)])),
        b().remove_by_key_interval("b".., Return::Count.inverted()) => gives(1, by_key([("b", 2), ("c", 1)])),
    );
    Ok(())
}

async fn by_index_range(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().get_by_index_range(1.., Return::Key) => reads(["b", "c"]),
        b().get_by_index_range(..2, Return::Value) => reads([3, 2]),
        b().get_by_index_range(-1.., Return::Key) => reads(["c"]),
        b().get_by_index_range(9.., Return::Key) => reads(empty()),
        b().get_by_index_range(..1, Return::Key.inverted()) => reads(["b", "c"]),
        b().remove_by_index_range(1.., Return::Key) => gives(["b", "c"], by_key([("a", 3)])),
        b().remove_by_index_range(1.., Return::Count.inverted()) => gives(1, by_key([("b", 2), ("c", 1)])),
    );
    Ok(())
}

async fn by_value_interval(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().get_by_value_interval(2.., Return::Key) => reads(["a", "b"]),
        b().get_by_value_interval(1..3, Return::Value) => reads([2, 1]),
        b().get_by_value_interval(..2, Return::Key) => reads(["c"]),
        b().get_by_value_interval(2.., Return::Count.inverted()) => reads(1),
        b().remove_by_value_interval(2.., Return::Count) => gives(2, by_key([("c", 1)])),
        b().remove_by_value_interval(2.., Return::None.inverted()) => leaves(by_key([("a", 3), ("b", 2)])),
    );
    Ok(())
}

async fn by_rank_range(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().get_by_rank_range(-2.., Return::Key) => reads(["b", "a"]),
        b().get_by_rank_range(..1, Return::Value) => reads([1]),
        b().get_by_rank_range(1..2, Return::Index) => reads([1]),
        b().get_by_rank_range(..1, Return::Count.inverted()) => reads(2),
        b().remove_by_rank_range(..2, Return::Count) => gives(2, by_key([("a", 3)])),
        b().remove_by_rank_range(..2, Return::Value.inverted()) => gives([3], by_key([("b", 2), ("c", 1)])),
    );
    Ok(())
}

async fn by_key_rel_index_range(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().get_by_key_rel_index_range("b", 0.., Return::Key) => reads(["b", "c"]),
        b().get_by_key_rel_index_range("b", -1.., Return::Key) => reads(["a", "b", "c"]),
        b().get_by_key_rel_index_range("bb", -1..1, Return::Key) => reads(["b", "c"]),
        b().get_by_key_rel_index_range("b", 1..2, Return::Key.inverted()) => reads(["a", "b"]),
        b().remove_by_key_rel_index_range("b", 1.., Return::Key) => gives(["c"], by_key([("a", 3), ("b", 2)])),
    );
    Ok(())
}

async fn by_value_rel_rank_range(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().get_by_value_rel_rank_range(2, 0.., Return::Key) => reads(["b", "a"]),
        b().get_by_value_rel_rank_range(2, -1..1, Return::Key) => reads(["c", "b"]),
        b().get_by_value_rel_rank_range(2, 1.., Return::Value.inverted()) => reads([1, 2]),
        b().remove_by_value_rel_rank_range(2, 1.., Return::Key) => gives(["a"], by_key([("b", 2), ("c", 1)])),
    );
    Ok(())
}

async fn return_types(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().get_by_index_range(1.., Return::None) => reads(()),
        b().get_by_index_range(1.., Return::Index) => reads([1, 2]),
        b().get_by_index_range(1.., Return::ReverseIndex) => reads([0, 1]),
        b().get_by_rank_range(1.., Return::Rank) => reads([1, 2]),
        b().get_by_rank_range(1.., Return::ReverseRank) => reads([0, 1]),
        b().get_by_index_range(1.., Return::Count) => reads(2),
        b().get_by_index_range(1.., Return::Key) => reads(["b", "c"]),
        b().get_by_index_range(1.., Return::Value) => reads([2, 1]),
        b().get_by_index_range(1.., Return::KeyValue) => reads(pairs([("b", 2), ("c", 1)])),
        b().get_by_rank_range(1.., Return::KeyValue) => reads(pairs([("b", 2), ("a", 3)])),
        b().get_by_index_range(1.., Return::IndexRange) => reads([1, 2]),
        b().get_by_index_range(1.., Return::ReverseIndexRange) => reads([0, 2]),
        b().get_by_rank_range(1.., Return::RankRange) => reads([1, 2]),
        b().get_by_rank_range(1.., Return::ReverseRankRange) => reads([0, 2]),
        b().get_by_index_range(1.., Return::Exists) => reads(true),
        b().get_by_rank_range(1.., Return::UnorderedMap) => reads(pairs([("b", 2), ("a", 3)])),
        b().get_by_rank_range(1.., Return::OrderedMap) => reads(by_key([("a", 3), ("b", 2)])),
    );
    Ok(())
}

async fn return_types_of_one(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().get_by_key("b", Return::KeyValue) => reads(pairs([("b", 2)])),
        b().get_by_key("b", Return::UnorderedMap) => reads(pairs([("b", 2)])),
        b().get_by_key("b", Return::OrderedMap) => reads(by_key([("b", 2)])),
        b().get_by_key("b", Return::ReverseIndex) => reads(1),
        b().get_by_key("b", Return::ReverseRank) => reads(1),
        b().get_by_key("b", Return::Count) => reads(1),
        b().get_by_key("b", Return::Exists) => reads(true),
        b().get_by_key("z", Return::KeyValue) => reads(pairs::<i64, i64, 0>([])),
        b().get_by_key("b", Return::None) => reads(()),
    );
    Ok(())
}

async fn inverted_return_types(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().get_by_key_list(["a"], Return::KeyValue.inverted()) => reads(pairs([("b", 2), ("c", 1)])),
        b().get_by_index_range(..1, Return::Index.inverted()) => reads([1, 2]),
        b().get_by_index_range(..1, Return::Exists.inverted()) => reads(true),
        b().get_by_index_range(.., Return::Exists.inverted()) => reads(false),
        b().get_by_index_range(..1, Return::OrderedMap.inverted()) => reads(by_key([("b", 2), ("c", 1)])),
        b().get_by_index_range(..1, Return::IndexRange.inverted()) => reads([1, 2]),
        b().get_by_index_range(1..2, Return::IndexRange.inverted()) => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn keys_of_types(t: &mut Context) -> Outcome {
    cases!(t, nothing();
        b().put(1, "int") => gives(1, pairs([(1, "int")])),
        b().put(bytes([1, 2]), "blob") => gives(1, pairs([(bytes([1, 2]), "blob")])),
        b().put(1.5, "double") => refused(Code::PARAMETER),
        b().put((), "nil") => refused(Code::PARAMETER),
        b().put([1], "list") => refused(Code::PARAMETER),
    );
    cases!(t, map("b").key_ordered().put_items(vec![(Value::from("t"), 1), (1.into(), 2), ((&[1]).into(), 3)]);
        b().get_by_index_range(.., Return::Key) => reads(list_of([1.into(), "t".into(), (&[1]).into()])),
    );
    Ok(())
}

async fn not_a_map(t: &mut Context) -> Outcome {
    cases!(t, Operation::write("b", [1, 2]);
        b().put("a", 1) => refused(Code::INCOMPATIBLE_TYPE),
        b().size() => refused(Code::INCOMPATIBLE_TYPE),
        b().get_by_key("a", Return::Value) => refused(Code::INCOMPATIBLE_TYPE),
    );
    Ok(())
}

async fn no_bin(t: &mut Context) -> Outcome {
    cases!(t, nothing();
        b().size() => reads(()),
        b().get_by_key("a", Return::Value) => reads(()),
        b().remove_by_key("a", Return::Count) => reads(()),
        b().remove_by_rank_range(.., Return::Count) => reads(()),
        b().clear() => reads(()),
    );
    Ok(())
}
