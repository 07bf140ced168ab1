//! All list operations, with every flag and return type, on unordered and ordered lists.

use spikelet_client::ops::{ListOrder, ListReturn as Return, ListSortFlags, OnList, list};
use spikelet_client::{Operation, ResultCode as Code, Value};

use super::operation_cases::{bytes, cases, empty, gives, leaves, list_of, nothing, reads, refused};
use crate::context::Context;
use crate::outcome::Outcome;
use crate::scenario::scenarios;

scenarios![
    append,
    append_items,
    insert,
    insert_items,
    set,
    increment,
    pop_and_remove,
    trim_and_clear,
    sort,
    orders,
    write_flags,
    size_and_get,
    by_index,
    by_index_range,
    by_rank,
    by_rank_range,
    by_value,
    by_value_list,
    by_value_interval,
    by_value_rel_rank_range,
    return_types,
    inverted_return_types,
    order_of_types,
    not_a_list,
    no_bin,
];

fn b() -> OnList<&'static str> {
    list("b")
}

/// An unordered list.
fn unordered() -> Operation {
    Operation::write("b", [4, 1, 3, 1])
}

/// The same values in an ordered list.
fn ordered() -> Operation {
    list("b").ordered().append_items([4, 1, 3, 1])
}

async fn append(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().append(2) => gives(5, [4, 1, 3, 1, 2]),
        b().ordered().append(2) => gives(5, [4, 1, 3, 1, 2]),
        b().append(()) => gives(5, list_of([4.into(), 1.into(), 3.into(), 1.into(), Value::Nil])),
        b().append([7]) => gives(5, list_of([4.into(), 1.into(), 3.into(), 1.into(), [7].into()])),
        b().append(Value::Wildcard) => refused(Code::PARAMETER),
        b().append(Value::Infinity) => refused(Code::PARAMETER),
    );
    cases!(t, ordered();
        b().append(2) => gives(5, [1, 1, 2, 3, 4]),
        b().append(9) => gives(5, [1, 1, 3, 4, 9]),
    );
    cases!(t, nothing();
        b().append(2) => gives(1, [2]),
        b().ordered().append(2) => gives(1, [2]),
        b().ordered().persist_index().append(2) => gives(1, [2]),
    );
    Ok(())
}

async fn append_items(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().append_items([2, 0]) => gives(6, [4, 1, 3, 1, 2, 0]),
        b().append_items(Vec::<i64>::new()) => gives(4, [4, 1, 3, 1]),
    );
    cases!(t, ordered();
        b().append_items([9, 2, 0]) => gives(7, [0, 1, 1, 2, 3, 4, 9]),
    );
    cases!(t, nothing();
        b().append_items([2, 0]) => gives(2, [2, 0]),
        b().order(ListOrder::Unordered).append_items([2, 0]) => gives(2, [2, 0]),
        b().ordered().append_items([2, 0]) => gives(2, [0, 2]),
    );
    Ok(())
}

async fn insert(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().insert(0, 9) => gives(5, [9, 4, 1, 3, 1]),
        b().insert(-1, 9) => gives(5, [4, 1, 3, 9, 1]),
        b().insert(4, 9) => gives(5, [4, 1, 3, 1, 9]),
        b().insert(6, 9) => gives(7, list_of([4.into(), 1.into(), 3.into(), 1.into(), Value::Nil, Value::Nil, 9.into()])),
        b().insert(-5, 9) => refused(Code::OP_NOT_APPLICABLE),
    );
    cases!(t, ordered();
        b().insert(0, 9) => refused(Code::OP_NOT_APPLICABLE),
    );
    cases!(t, nothing();
        b().insert(0, 9) => gives(1, [9]),
        b().insert(1, 9) => gives(2, list_of([Value::Nil, 9.into()])),
    );
    Ok(())
}

async fn insert_items(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().insert_items(1, [8, 9]) => gives(6, [4, 8, 9, 1, 3, 1]),
        b().insert_items(-2, [8, 9]) => gives(6, [4, 1, 8, 9, 3, 1]),
        b().insert_bounded().insert_items(5, [8, 9]) => refused(Code::OP_NOT_APPLICABLE),
    );
    cases!(t, ordered();
        b().insert_items(1, [8, 9]) => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn set(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().set(1, 9) => leaves([4, 9, 3, 1]),
        b().set(-1, 9) => leaves([4, 1, 3, 9]),
        b().set(4, 9) => leaves([4, 1, 3, 1, 9]),
        b().set(5, 9) => leaves(list_of([4.into(), 1.into(), 3.into(), 1.into(), Value::Nil, 9.into()])),
        b().set(-5, 9) => refused(Code::OP_NOT_APPLICABLE),
        b().insert_bounded().set(4, 9) => leaves([4, 1, 3, 1, 9]),
        b().insert_bounded().set(5, 9) => refused(Code::OP_NOT_APPLICABLE),
        b().add_unique().set(1, 3) => refused(Code::ELEMENT_EXISTS),
    );
    cases!(t, ordered();
        b().set(1, 9) => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn increment(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().increment(0, 5) => gives(9, [9, 1, 3, 1]),
        b().increment(-1, -5) => gives(-4, [4, 1, 3, -4]),
        b().increment(0, 0.5) => gives(4, [4, 1, 3, 1]),
        b().increment(4, 5) => gives(5, [4, 1, 3, 1, 5]),
        b().increment(0, "x") => refused(Code::PARAMETER),
        b().insert_bounded().increment(4, 5) => gives(5, [4, 1, 3, 1, 5]),
        b().insert_bounded().increment(5, 5) => refused(Code::OP_NOT_APPLICABLE),
        b().add_unique().increment(1, 2) => refused(Code::ELEMENT_EXISTS),
        b().add_unique().no_fail().increment(1, 2) => reads(3),
    );
    cases!(t, ordered();
        b().increment(0, 5) => gives(6, [1, 3, 4, 6]),
        b().increment(9, 5) => refused(Code::OP_NOT_APPLICABLE),
    );
    cases!(t, Operation::write("b", list_of([1.5.into(), "x".into()]));
        b().increment(0, 0.25) => gives(1.75, list_of([1.75.into(), "x".into()])),
        b().increment(1, 1) => refused(Code::PARAMETER),
    );
    cases!(t, nothing();
        b().increment(0, 5) => gives(5, [5]),
        b().ordered().increment(0, 5) => gives(5, [5]),
    );
    Ok(())
}

async fn pop_and_remove(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().pop(0) => gives(4, [1, 3, 1]),
        b().pop(-2) => gives(3, [4, 1, 1]),
        b().pop(4) => refused(Code::OP_NOT_APPLICABLE),
        b().pop_range(1..) => gives([1, 3, 1], [4]),
        b().pop_range(1..3) => gives([1, 3], [4, 1]),
        b().pop_range(-2..) => gives([3, 1], [4, 1]),
        b().pop_range(9..) => reads(empty()),
        b().remove(0) => gives(1, [1, 3, 1]),
        b().remove(-1) => gives(1, [4, 1, 3]),
        b().remove(4) => refused(Code::OP_NOT_APPLICABLE),
        b().remove_range(2..) => gives(2, [4, 1]),
        b().remove_range(0..2) => gives(2, [3, 1]),
        b().remove_range(..) => gives(4, empty()),
    );
    cases!(t, ordered();
        b().pop(0) => gives(1, [1, 3, 4]),
        b().remove_range(1..3) => gives(2, [1, 4]),
    );
    Ok(())
}

async fn trim_and_clear(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().trim(1, 2) => gives(2, [1, 3]),
        b().trim(-2, 2) => gives(2, [3, 1]),
        b().trim(0, 9) => gives(0, [4, 1, 3, 1]),
        b().clear() => leaves(empty()),
    );
    cases!(t, ordered();
        b().trim(1, 2) => gives(2, [1, 3]),
        b().clear() => leaves(empty()),
    );
    Ok(())
}

async fn sort(t: &mut Context) -> Outcome {
    let (descending, drop) = (ListSortFlags::DESCENDING, ListSortFlags::DROP_DUPLICATES);
    cases!(t, unordered();
        b().sort(ListSortFlags::empty()) => leaves([1, 1, 3, 4]),
        b().sort(descending) => leaves([4, 3, 1, 1]),
        b().sort(drop) => leaves([1, 3, 4]),
        // The real server removes duplicates only when it sorts in ascending order.
        b().sort(descending | drop) => refused(Code::PARAMETER),
    );
    cases!(t, ordered();
        b().sort(drop) => leaves([1, 3, 4]),
    );
    Ok(())
}

async fn orders(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().set_order(ListOrder::Ordered) => leaves([1, 1, 3, 4]),
        b().set_order(ListOrder::Unordered) => leaves([4, 1, 3, 1]),
        b().persist_index().create() => leaves([4, 1, 3, 1]),
    );
    cases!(t, ordered();
        b().set_order(ListOrder::Unordered) => leaves([1, 1, 3, 4]),
    );
    cases!(t, nothing();
        b().set_order(ListOrder::Ordered) => leaves(empty()),
        b().ordered().persist_index().create() => leaves(empty()),
    );
    Ok(())
}

async fn write_flags(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().add_unique().append(3) => refused(Code::ELEMENT_EXISTS),
        b().add_unique().append(2) => gives(5, [4, 1, 3, 1, 2]),
        b().add_unique().no_fail().append(3) => gives(4, [4, 1, 3, 1]),
        b().add_unique().append_items([2, 3]) => refused(Code::ELEMENT_EXISTS),
        b().add_unique().no_fail().append_items([2, 3]) => gives(4, [4, 1, 3, 1]),
        b().add_unique().no_fail().partial().append_items([2, 3, 5]) => gives(6, [4, 1, 3, 1, 2, 5]),
        b().insert_bounded().insert(4, 9) => gives(5, [4, 1, 3, 1, 9]),
        b().insert_bounded().insert(5, 9) => refused(Code::OP_NOT_APPLICABLE),
        b().insert_bounded().no_fail().insert(5, 9) => gives(4, [4, 1, 3, 1]),
        b().add_unique().insert(0, 1) => refused(Code::ELEMENT_EXISTS),
        b().add_unique().no_fail().partial().insert_items(0, [1, 2]) => gives(5, [2, 4, 1, 3, 1]),
        b().no_fail().append(3) => gives(5, [4, 1, 3, 1, 3]),
    );
    cases!(t, ordered();
        b().add_unique().append(3) => refused(Code::ELEMENT_EXISTS),
        b().add_unique().no_fail().partial().append_items([2, 3, 5]) => gives(6, [1, 1, 2, 3, 4, 5]),
    );
    Ok(())
}

async fn size_and_get(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().size() => reads(4),
        b().get(0) => reads(4),
        b().get(-1) => reads(1),
        b().get(4) => refused(Code::OP_NOT_APPLICABLE),
        b().get(-5) => refused(Code::OP_NOT_APPLICABLE),
        b().get_range(..) => reads([4, 1, 3, 1]),
        b().get_range(1..3) => reads([1, 3]),
        b().get_range(-2..) => reads([3, 1]),
        b().get_range(2..=9) => reads([3, 1]),
        b().get_range(9..) => reads(empty()),
    );
    Ok(())
}

async fn by_index(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().get_by_index(2, Return::Value) => reads(3),
        b().get_by_index(-4, Return::Value) => reads(4),
        b().get_by_index(4, Return::Value) => refused(Code::OP_NOT_APPLICABLE),
        b().get_by_index(-1, Return::Index) => reads(3),
        b().get_by_index(0, Return::Rank) => reads(3),
        b().remove_by_index(2, Return::Value) => gives(3, [4, 1, 1]),
        b().remove_by_index(-1, Return::None) => leaves([4, 1, 3]),
        b().remove_by_index(4, Return::Value) => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn by_index_range(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().get_by_index_range(1.., Return::Value) => reads([1, 3, 1]),
        b().get_by_index_range(1..3, Return::Value) => reads([1, 3]),
        b().get_by_index_range(1..3, Return::Value.inverted()) => reads([4, 1]),
        b().get_by_index_range((1, 0), Return::Count) => reads(0),
        b().get_by_index_range(9.., Return::Value) => reads(empty()),
        b().remove_by_index_range(1..3, Return::Value) => gives([1, 3], [4, 1]),
        b().remove_by_index_range(1..3, Return::Count.inverted()) => gives(2, [1, 3]),
    );
    Ok(())
}

async fn by_rank(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().get_by_rank(0, Return::Value) => reads(1),
        b().get_by_rank(-1, Return::Value) => reads(4),
        b().get_by_rank(-1, Return::Index) => reads(0),
        b().get_by_rank(4, Return::Value) => refused(Code::OP_NOT_APPLICABLE),
        b().remove_by_rank(0, Return::Value) => gives(1, [4, 3, 1]),
        b().remove_by_rank(-1, Return::Index) => gives(0, [1, 3, 1]),
    );
    Ok(())
}

async fn by_rank_range(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().get_by_rank_range(2.., Return::Value) => reads([3, 4]),
        b().get_by_rank_range(..2, Return::Value) => reads([1, 1]),
        b().get_by_rank_range(-1.., Return::Value) => reads([4]),
        b().get_by_rank_range(-2.., Return::Count.inverted()) => reads(2),
        b().remove_by_rank_range(-2.., Return::Count) => gives(2, [1, 1]),
        b().remove_by_rank_range(..1, Return::None.inverted()) => leaves([1]),
    );
    cases!(t, ordered();
        b().get_by_rank_range(2.., Return::RankRange) => reads([2, 2]),
        b().remove_by_rank_range(..3, Return::Value) => gives([1, 1, 3], [4]),
    );
    Ok(())
}

async fn by_value(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().get_by_value(1, Return::Index) => reads(1),
        b().get_by_value(2, Return::Index) => reads(-1),
        b().get_all_by_value(1, Return::Index) => reads([1, 3]),
        b().get_all_by_value(1, Return::Value.inverted()) => reads([4, 3]),
        b().get_all_by_value(2, Return::Index) => reads(empty()),
        b().get_all_by_value(Value::Wildcard, Return::Count) => reads(4),
        b().get_all_by_value(Value::Infinity, Return::Count) => reads(0),
        b().remove_by_value(1, Return::Count) => gives(1, [4, 3, 1]),
        b().remove_all_by_value(1, Return::Count) => gives(2, [4, 3]),
        b().remove_all_by_value(2, Return::Count) => gives(0, [4, 1, 3, 1]),
    );
    cases!(t, ordered();
        b().get_all_by_value(1, Return::RankRange) => reads([0, 2]),
        b().remove_all_by_value(1, Return::None.inverted()) => leaves([1, 1]),
    );
    Ok(())
}

async fn by_value_list(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().get_by_value_list([3, 4, 9], Return::Value) => reads([4, 3]),
        b().get_by_value_list([3, 4, 9], Return::Count.inverted()) => reads(2),
        b().get_by_value_list(Vec::<i64>::new(), Return::Count) => reads(0),
        b().remove_by_value_list([1, 4], Return::Count) => gives(3, [3]),
        b().remove_by_value_list([1, 4], Return::Value.inverted()) => gives([3], [4, 1, 1]),
    );
    Ok(())
}

async fn by_value_interval(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().get_by_value_interval(1..4, Return::Value) => reads([1, 3, 1]),
        b().get_by_value_interval(3.., Return::Value) => reads([4, 3]),
        b().get_by_value_interval(..3, Return::Value) => reads([1, 1]),
        b().get_by_value_interval(.., Return::Count) => reads(4),
        b().get_by_value_interval(Value::Int(4)..1.into(), Return::Count) => reads(0),
        b().get_by_value_interval(1..4, Return::Value.inverted()) => reads([4]),
        b().get_by_value_interval(Value::Int(3)..Value::Infinity, Return::Count) => reads(2),
        b().remove_by_value_interval(2.., Return::Value) => gives([4, 3], [1, 1]),
        b().remove_by_value_interval(2.., Return::Count.inverted()) => gives(2, [4, 3]),
    );
    cases!(t, ordered();
        b().get_by_value_interval(1..4, Return::IndexRange) => reads([0, 3]),
    );
    Ok(())
}

async fn by_value_rel_rank_range(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().get_by_value_rel_rank_range(3, 0.., Return::Value) => reads([3, 4]),
        b().get_by_value_rel_rank_range(3, 1.., Return::Value) => reads([4]),
        b().get_by_value_rel_rank_range(3, -1.., Return::Value) => reads([1, 3, 4]),
        b().get_by_value_rel_rank_range(2, -1..1, Return::Value) => reads([1, 3]),
        b().get_by_value_rel_rank_range(3, 0..1, Return::Value.inverted()) => reads([1, 1, 4]),
        b().remove_by_value_rel_rank_range(3, 0..1, Return::Value) => gives([3], [1, 1, 4]),
    );
    cases!(t, unordered();
        b().get_by_value_rel_rank_range(3, 1.., Return::Value) => reads([4]),
        b().remove_by_value_rel_rank_range(2, 0.., Return::Count) => gives(2, [1, 1]),
    );
    Ok(())
}

async fn return_types(t: &mut Context) -> Outcome {
    cases!(t, ordered();
        b().get_by_index_range(2.., Return::None) => reads(()),
        b().get_by_index_range(2.., Return::Index) => reads([2, 3]),
        b().get_by_index_range(2.., Return::ReverseIndex) => reads([0, 1]),
        b().get_by_index_range(2.., Return::Rank) => reads([2, 3]),
        b().get_by_index_range(2.., Return::ReverseRank) => reads([0, 1]),
        b().get_by_index_range(2.., Return::Count) => reads(2),
        b().get_by_index_range(2.., Return::Value) => reads([3, 4]),
        b().get_by_index_range(2.., Return::IndexRange) => reads([2, 2]),
        b().get_by_index_range(2.., Return::ReverseIndexRange) => reads([0, 2]),
        b().get_by_index_range(2.., Return::RankRange) => reads([2, 2]),
        b().get_by_index_range(2.., Return::ReverseRankRange) => reads([0, 2]),
        b().get_by_index_range(2.., Return::Exists) => reads(true),
        b().get_by_index_range(9.., Return::Exists) => reads(false),
        b().get_by_rank(0, Return::ReverseIndex) => reads(3),
        b().get_by_value(3, Return::Exists) => reads(true),
    );
    Ok(())
}

async fn inverted_return_types(t: &mut Context) -> Outcome {
    cases!(t, unordered();
        b().get_by_index_range(1..3, Return::None.inverted()) => reads(()),
        b().get_by_index_range(1..3, Return::Index.inverted()) => reads([0, 3]),
        b().get_by_index_range(1..3, Return::ReverseIndex.inverted()) => reads([3, 0]),
        b().get_by_index_range(1..3, Return::Count.inverted()) => reads(2),
        b().get_by_index_range(1..3, Return::Exists.inverted()) => reads(true),
        b().get_by_index_range(.., Return::Exists.inverted()) => reads(false),
        b().get_by_index_range(1..3, Return::IndexRange.inverted()) => refused(Code::OP_NOT_APPLICABLE),
        b().get_by_rank_range(..2, Return::RankRange.inverted()) => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn order_of_types(t: &mut Context) -> Outcome {
    let mixed = || {
        list("b").ordered().append_items(vec![
            Value::GeoJson(r#"{"type":"Point","coordinates":[1,2]}"#.into()),
            1.5.into(),
            (&[1, 2]).into(),
            Value::Map([(1, 2)].into_iter().collect()),
            [1].into(),
            "text".into(),
            (-1).into(),
            true.into(),
            Value::Nil,
        ])
    };
    cases!(t, mixed();
        b().get_by_rank(0, Return::Value) => reads(()),
        b().get_by_rank(1, Return::Value) => reads(true),
        b().get_by_rank(2, Return::Value) => reads(-1),
        b().get_by_rank(3, Return::Value) => reads("text"),
        b().get_by_rank(4, Return::Value) => reads([1]),
        b().get_by_rank(5, Return::Value) => reads(Value::Map([(1, 2)].into_iter().collect())),
        b().get_by_rank(6, Return::Value) => reads(bytes([1, 2])),
        b().get_by_rank(7, Return::Value) => reads(1.5),
        b().get_by_value_interval("".., Return::Count) => reads(6),
    );
    Ok(())
}

async fn not_a_list(t: &mut Context) -> Outcome {
    cases!(t, Operation::write("b", 5);
        b().append(1) => refused(Code::INCOMPATIBLE_TYPE),
        b().size() => refused(Code::INCOMPATIBLE_TYPE),
        b().clear() => refused(Code::INCOMPATIBLE_TYPE),
    );
    cases!(t, Operation::write("b", Value::Map([(1, 2)].into_iter().collect()));
        b().append(1) => refused(Code::INCOMPATIBLE_TYPE),
        b().get_by_index(0, Return::Value) => refused(Code::INCOMPATIBLE_TYPE),
    );
    Ok(())
}

async fn no_bin(t: &mut Context) -> Outcome {
    cases!(t, nothing();
        b().size() => reads(()),
        b().get(0) => reads(()),
        b().get_by_rank_range(.., Return::Count) => reads(()),
        b().clear() => reads(()),
        b().pop(0) => reads(()),
        b().remove_range(..) => reads(()),
        b().remove_by_index(0, Return::Value) => reads(()),
        b().remove_all_by_value(1, Return::Count) => reads(()),
        b().sort(ListSortFlags::empty()) => refused(Code::INCOMPATIBLE_TYPE),
    );
    Ok(())
}
