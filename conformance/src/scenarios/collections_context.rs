//! Contexts: list and map operations on nested collections, and the creation of missing collections.

use spikelet_client::ops::{Context as Path, ListCreate, ListReturn, MapReturn, OnList, OnMap, ctx, list, map};
use spikelet_client::{MapOrder, Operation, ResultCode as Code, Value};

use super::operation_cases::{by_key, by_value, cases, gives, leaves, list_of, nothing, pairs, reads, refused};
use crate::context::Context;
use crate::outcome::Outcome;
use crate::scenario::scenarios;

scenarios![
    list_index,
    list_rank,
    list_value,
    map_key,
    map_index,
    map_rank,
    map_value,
    deep,
    leads_nowhere,
    map_key_create,
    list_index_create,
    create_from_nothing,
    persist_index,
    set_order_inside,
];

fn l(context: Path) -> OnList<&'static str> {
    list("b").at(context)
}

fn m(context: Path) -> OnMap<&'static str> {
    map("b").at(context)
}

/// Lists in a list.
fn lists() -> Operation {
    Operation::write("b", [[3, 1], [2, 4], [0, 9]])
}

/// Maps in a map.
fn maps() -> Operation {
    map("b")
        .key_ordered()
        .put_items([("x", pairs([(1, 5)])), ("y", pairs([(2, 4)]))])
}

/// A list and a number in a map.
fn mixed() -> Operation {
    map("b")
        .key_ordered()
        .put_items([("l", Value::from([1, 2])), ("n", 7.into())])
}

async fn list_index(t: &mut Context) -> Outcome {
    cases!(t, lists();
        l(ctx().list_index(1)).append(8) => gives(3, list_of([[3, 1].into(), [2, 4, 8].into(), [0, 9].into()])),
        l(ctx().list_index(-1)).get(0) => reads(0),
        l(ctx().list_index(-1)).pop(0) => gives(0, list_of([[3, 1].into(), [2, 4].into(), [9].into()])),
        l(ctx().list_index(0)).get_by_rank(0, ListReturn::Value) => reads(1),
    );
    Ok(())
}

async fn list_rank(t: &mut Context) -> Outcome {
    cases!(t, lists();
        l(ctx().list_rank(0)).append(8) => gives(3, list_of([[3, 1].into(), [2, 4].into(), [0, 9, 8].into()])),
        l(ctx().list_rank(-1)).size() => reads(2),
        l(ctx().list_rank(-1)).get(0) => reads(3),
    );
    Ok(())
}

async fn list_value(t: &mut Context) -> Outcome {
    cases!(t, lists();
        l(ctx().list_value([2, 4])).clear() => leaves(list_of([[3, 1].into(), Value::List(vec![]), [0, 9].into()])),
        l(ctx().list_value([2, 5])).clear() => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn map_key(t: &mut Context) -> Outcome {
    cases!(t, mixed();
        l(ctx().map_key("l")).append(3) => gives(3, by_key([("l", Value::from([1, 2, 3])), ("n", 7.into())])),
        l(ctx().map_key("l")).size() => reads(2),
        l(ctx().map_key("l")).get_by_value_interval(2.., ListReturn::Index) => reads([1]),
        l(ctx().map_key("n")).append(3) => refused(Code::INCOMPATIBLE_TYPE),
        l(ctx().map_key("z")).append(3) => refused(Code::OP_NOT_APPLICABLE),
    );
    cases!(t, maps();
        m(ctx().map_key("x")).put(3, 3) => gives(2, by_key([("x", pairs([(1, 5), (3, 3)])), ("y", pairs([(2, 4)]))])),
        m(ctx().map_key("x")).get_by_key(1, MapReturn::Value) => reads(5),
        m(ctx().map_key("x")).increment(1, 2) => gives(7, by_key([("x", pairs([(1, 7)])), ("y", pairs([(2, 4)]))])),
    );
    Ok(())
}

async fn map_index(t: &mut Context) -> Outcome {
    cases!(t, maps();
        m(ctx().map_index(0)).size() => reads(1),
        m(ctx().map_index(-1)).get_by_index(0, MapReturn::Key) => reads(2),
        m(ctx().map_index(2)).size() => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn map_rank(t: &mut Context) -> Outcome {
    cases!(t, maps();
        m(ctx().map_rank(0)).get_by_index(0, MapReturn::Key) => reads(1),
        m(ctx().map_rank(-1)).get_by_index(0, MapReturn::Key) => reads(2),
    );
    Ok(())
}

async fn map_value(t: &mut Context) -> Outcome {
    cases!(t, mixed();
        l(ctx().map_value([1, 2])).append(3) => gives(3, by_key([("l", Value::from([1, 2, 3])), ("n", 7.into())])),
        l(ctx().map_value([9])).append(3) => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn deep(t: &mut Context) -> Outcome {
    let nested = || Operation::write("b", list_of([pairs([("k", [[1], [2]])]), 5.into()]));
    cases!(t, nested();
        l(ctx().list_index(0).map_key("k").list_index(-1)).append(3)
            => gives(2, list_of([pairs([("k", list_of([[1].into(), [2, 3].into()]))]), 5.into()])),
        l(ctx().list_index(0).map_key("k").list_rank(0)).get(0) => reads(1),
        m(ctx().list_index(0)).size() => reads(1),
    );
    Ok(())
}

async fn leads_nowhere(t: &mut Context) -> Outcome {
    cases!(t, lists();
        l(ctx().list_index(3)).size() => refused(Code::OP_NOT_APPLICABLE),
        l(ctx().list_index(3)).append(1) => refused(Code::OP_NOT_APPLICABLE),
        l(ctx().map_key("x")).size() => refused(Code::OP_NOT_APPLICABLE),
        l(ctx().list_index(0).list_index(0)).size() => refused(Code::INCOMPATIBLE_TYPE),
    );
    cases!(t, nothing();
        l(ctx().list_index(0)).size() => reads(()),
        l(ctx().list_index(0)).append(1) => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn map_key_create(t: &mut Context) -> Outcome {
    let create = |order| ctx().map_key_create("new", order);
    cases!(t, mixed();
        l(create(MapOrder::Unordered)).append(1)
            => gives(1, by_key([("l", Value::from([1, 2])), ("n", 7.into()), ("new", [1].into())])),
        m(create(MapOrder::Unordered)).put(1, 2)
            => gives(1, by_key([("l", Value::from([1, 2])), ("n", 7.into()), ("new", pairs([(1, 2)]))])),
        m(create(MapOrder::KeyOrdered)).key_ordered().put(1, 2)
            => gives(1, by_key([("l", Value::from([1, 2])), ("n", 7.into()), ("new", by_key([(1, 2)]))])),
        m(ctx().map_key_create("new", MapOrder::KeyOrdered).map_key_create("in", MapOrder::KeyValueOrdered)).put(1, 2)
            => gives(1, by_key([
                ("l", Value::from([1, 2])),
                ("n", 7.into()),
                ("new", by_value([("in", pairs([(1, 2)]))])),
            ])),
    );
    Ok(())
}

async fn list_index_create(t: &mut Context) -> Outcome {
    let create = |index, how| ctx().list_index_create(index, how);
    cases!(t, Operation::write("b", [[1]]);
        l(create(1, ListCreate::Unordered)).append(5) => gives(1, [[1], [5]]),
        l(create(1, ListCreate::Ordered)).append(5) => gives(1, [[1], [5]]),
        l(create(3, ListCreate::Unordered)).append(5) => refused(Code::OP_NOT_APPLICABLE),
        l(create(3, ListCreate::Padded)).append(5)
            => gives(1, list_of([[1].into(), Value::Nil, Value::Nil, [5].into()])),
        l(create(0, ListCreate::Unordered)).append(5) => gives(2, [[1, 5]]),
    );
    Ok(())
}

async fn create_from_nothing(t: &mut Context) -> Outcome {
    cases!(t, nothing();
        l(ctx().map_key_create("a", MapOrder::KeyOrdered)).append(1) => gives(1, by_key([("a", [1])])),
        l(ctx().map_key_create("a", MapOrder::Unordered)).append(1) => gives(1, pairs([("a", [1])])),
        l(ctx().list_index_create(0, ListCreate::Unordered)).append(1) => gives(1, [[1]]),
        l(ctx().list_index_create(2, ListCreate::Padded)).append(1)
            => gives(1, list_of([Value::Nil, Value::Nil, [1].into()])),
        m(ctx().list_index_create(0, ListCreate::Ordered)).put(1, 2) => gives(1, list_of([pairs([(1, 2)])])),
        l(ctx().map_key("a")).append(1) => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn persist_index(t: &mut Context) -> Outcome {
    cases!(t, nothing();
        l(ctx().map_key_create("a", MapOrder::KeyOrdered).persist_index()).append(1) => gives(1, by_key([("a", [1])])),
        l(ctx().map_key_create("a", MapOrder::KeyOrdered).map_key_create("b", MapOrder::KeyOrdered).persist_index())
            .append(1) => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn set_order_inside(t: &mut Context) -> Outcome {
    cases!(t, maps();
        m(ctx().map_key("x")).set_order(MapOrder::KeyOrdered)
            => leaves(by_key([("x", by_key([(1, 5)])), ("y", pairs([(2, 4)]))])),
        m(ctx().map_key_create("z", MapOrder::KeyOrdered)).set_order(MapOrder::KeyOrdered) => leaves(by_key([
            ("x", pairs([(1, 5)])),
            ("y", pairs([(2, 4)])),
            ("z", by_key::<i64, i64, 0>([])),
        ])),
    );
    cases!(t, lists();
        l(ctx().list_index(0)).ordered().create() => leaves([[1, 3], [2, 4], [0, 9]]),
    );
    Ok(())
}
