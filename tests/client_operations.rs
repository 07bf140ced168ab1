//! The operation builders against the embedded server: combinations of operations, batches, and typed results.
//!
//! The conformance scenarios cover each operation with each flag.

use std::collections::{BTreeMap, HashMap};

use spikelet::Server;
use spikelet_client::exp::{self, Exp, Hll, int_bin, list_bin, map_bin, string_bin};
use spikelet_client::ops::{
    BitIntegerFlags, ListReturn, ListWriteFlags, MapReturn, bits, ctx, expression, hll, list, map, path,
};
use spikelet_client::{
    BatchRow, Client, Error, ErrorKind, Key, Map, MapOrder, Operation, ResultCode, Value, bins, blocking,
};

async fn start() -> (Server, Client) {
    let server = Server::start().unwrap();
    let client = Client::connect(server.addr()).await.unwrap();
    (server, client)
}

fn key(user_key: impl Into<Value>) -> Key {
    match user_key.into() {
        Value::Int(n) => Key::new("test", "demo", n),
        other => Key::new("test", "demo", other.to_string()),
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ResultCode {
    result.unwrap_err().result_code().unwrap()
}

#[tokio::test]
async fn operations_of_all_languages_in_one_command() {
    let (_server, client) = start().await;
    let record = client
        .operate_ordered(key("a"))
        .op(list("scores").append_items([7, 3, 9]))
        .op(list("scores").get_by_rank_range(-2.., ListReturn::Value))
        .op(map("ages").key_ordered().put_items([("Bob", 25), ("Alice", 30)]))
        .op(map("ages").get_by_key_interval("A".."C", MapReturn::KeyValue))
        .op(bits("flags").insert(0, [0x0f]))
        .op(bits("flags").get_int(0, 8, BitIntegerFlags::SIGNED))
        .op(hll("seen").index_bits(8).add(["x", "y"]))
        .op(hll("seen").get_count())
        .op(expression("sum").read(list(list_bin("scores")).size() + 1))
        .respond_all_ops(true)
        .await
        .unwrap();
    assert_eq!(record.result::<i64>(0).unwrap(), 3);
    assert_eq!(record.result::<Vec<i64>>(1).unwrap(), [7, 9]);
    assert_eq!(record.result::<i64>(2).unwrap(), 2);
    let ages: BTreeMap<String, i64> = record.result(3).unwrap();
    assert_eq!(
        ages.into_iter().collect::<Vec<_>>(),
        [("Alice".into(), 30), ("Bob".into(), 25)]
    );
    assert_eq!(record.result::<Value>(4).unwrap(), Value::Nil);
    assert_eq!(record.result::<i64>(5).unwrap(), 15);
    assert_eq!(record.result::<i64>(7).unwrap(), 2);
    assert_eq!(record.result::<i64>(8).unwrap(), 4);
    assert_eq!(record.results("scores").count(), 2);
    assert_eq!(record.results("scores").last(), Some(&Value::from([7, 9])));
}

#[tokio::test]
async fn results_of_another_type_are_errors() {
    let (_server, client) = start().await;
    let record = client
        .operate_ordered(key("a"))
        .op(list("l").append("x"))
        .op(list("l").get_range(..));
    let record = record.await.unwrap();
    let error = record.result::<String>(0).unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Value, "the value 1 is no String")
    );
    assert!(record.result::<Vec<i64>>(1).is_err());
    assert!(record.result::<HashMap<String, i64>>(1).is_err());
    assert_eq!(record.result::<Vec<String>>(1).unwrap(), ["x"]);
    assert_eq!(record.result::<i64>(2).unwrap_err().to_string(), "there is no result 2");
}

#[tokio::test]
async fn a_failure_leaves_the_record_unchanged() {
    let (_server, client) = start().await;
    let key = key("a");
    client.operate(&key).op(list("l").append_items([1, 2])).await.unwrap();
    let failing = client
        .operate(&key)
        .write("other", 1)
        .op(list("l").append(3))
        .op(list("l").add_unique().append(1));
    assert_eq!(code(failing.await), ResultCode::ELEMENT_EXISTS);
    let record = client.get(&key).await.unwrap();
    assert_eq!((record.generation, record.bins), (1, bins! {"l" => [1, 2]}));
    let flags = ListWriteFlags::ADD_UNIQUE | ListWriteFlags::NO_FAIL | ListWriteFlags::DO_PARTIAL;
    let record = client
        .operate(&key)
        .op(list("l").write_flags(flags).append_items([1, 3]))
        .await
        .unwrap();
    assert_eq!(record.get::<i64>("l").unwrap(), 3);
}

#[tokio::test]
async fn contexts_select_and_create_nested_collections() {
    let (_server, client) = start().await;
    let key = key("a");
    let inside = || {
        ctx()
            .map_key_create("Alice", MapOrder::KeyOrdered)
            .map_key_create("scores", MapOrder::KeyOrdered)
    };
    let record = client
        .operate_ordered(&key)
        .op(list("players").at(inside()).append_items([4, 8]))
        .op(list("players").at(inside()).get_by_rank(-1, ListReturn::Value))
        .op(map("players").at(ctx().map_key("Alice")).size())
        .await
        .unwrap();
    assert_eq!([0, 1, 2].map(|n| record.result::<i64>(n).unwrap()), [2, 8, 1]);
    let nowhere = client
        .operate(&key)
        .op(list("players").at(ctx().map_key("Bob")).append(1))
        .await;
    assert_eq!(code(nowhere), ResultCode::OP_NOT_APPLICABLE);
}

#[tokio::test]
async fn batches_accept_every_operation() {
    let (_server, client) = start().await;
    let keys: Vec<Key> = (0..3).map(key).collect();
    let operations = [
        list("l").ordered().append_items([3, 1, 2]),
        map("m").put("k", 1),
        expression("size").write(list(list_bin("l")).size()),
        list("l").get(0),
    ];
    for row in client.batch_operate(&keys, operations).ordered().await.unwrap() {
        let record = row.result.unwrap();
        assert_eq!(
            record.results("l").collect::<Vec<_>>(),
            [&Value::Int(3), &Value::Int(1)]
        );
    }
    let rows = [
        BatchRow::operate(&keys[0], [list("l").remove_by_value_interval(2.., ListReturn::Count)]),
        BatchRow::operate(&keys[1], [map("m").create_only().put("k", 2)]),
        BatchRow::operate(&keys[2], [Operation::get("size")]).filter(int_bin("size").gt(3)),
    ];
    let rows = client.batch(rows).await.unwrap();
    assert_eq!(rows[0].record().unwrap().get::<i64>("l").unwrap(), 2);
    assert_eq!(rows[1].result_code(), Some(ResultCode::ELEMENT_EXISTS));
    assert_eq!(rows[2].result_code(), Some(ResultCode::FILTERED_OUT));
}

#[tokio::test]
async fn hyperloglogs_are_copied_between_records() {
    let (_server, client) = start().await;
    let (a, b) = (key("a"), key("b"));
    client
        .operate(&a)
        .op(hll("h").index_bits(10).add(["x", "y"]))
        .await
        .unwrap();
    client
        .operate(&b)
        .op(hll("h").index_bits(10).add(["y", "z"]))
        .await
        .unwrap();
    let other: Value = client.get(&b).await.unwrap().get("h").unwrap();
    let record = client
        .operate_ordered(&a)
        .op(hll("h").get_union_count([other.clone()]))
        .op(hll("h").get_intersect_count([other.clone()]))
        .op(hll("h").set_union([other.clone()]))
        .op(hll("h").get_count())
        .await
        .unwrap();
    assert_eq!([0, 1, 2].map(|n| record.result::<i64>(n).unwrap()), [3, 1, 3]);
    let literal: Exp<Hll> = Exp::literal(&other);
    let known = client.get(&a).filter(hll(literal).may_contain(["z"]).eq(1)).await;
    assert_eq!(known.unwrap().bins.len(), 1);
}

#[tokio::test]
async fn paths_select_and_change_several_elements() {
    let (_server, client) = start().await;
    let key = key("a");
    let book = |title: &str, price: i64| {
        let pairs = [("title", Value::from(title)), ("price", price.into())];
        Value::Map(pairs.into_iter().collect())
    };
    client
        .put(&key, bins! {"books" => [book("A", 8), book("B", 30)]})
        .await
        .unwrap();
    let prices = || exp::Path::new().all().key("price");
    let dear = || prices().and(exp::loop_value::<i64>().gt(10));
    let record = client
        .operate_ordered(&key)
        .op(path("books").select(&prices(), exp::Select::Values))
        .op(path("books").modify(&dear(), &(exp::loop_value::<i64>() - 5)))
        .op(path("books").select(&prices(), exp::Select::Values))
        .op(path("books").remove(&dear()))
        .op(path("books").select(&prices(), exp::Select::Values))
        .await
        .unwrap();
    assert_eq!(
        [0, 1, 2].map(|n| record.result::<Vec<i64>>(n).unwrap()),
        [vec![8, 30], vec![8, 25], vec![8]]
    );
}

#[tokio::test]
async fn expressions_filter_every_command() {
    let (_server, client) = start().await;
    let key = key("a");
    client
        .put(&key, bins! {"age" => 20, "name" => "x", "l" => [1, 2]})
        .await
        .unwrap();
    let fits = || int_bin("age").ge(18).and(string_bin("name").eq("x"));
    assert!(client.exists(&key).filter(fits()).await.unwrap());
    let long = list(list_bin("l")).size().gt(2);
    assert_eq!(
        code(client.remove(&key).filter(!fits()).await),
        ResultCode::FILTERED_OUT
    );
    assert_eq!(code(client.get(&key).filter(long).await), ResultCode::FILTERED_OUT);
    assert_eq!(
        code(client.get(&key).filter(map_bin("l").keys().eq([1])).await),
        ResultCode::FILTERED_OUT
    );
    client.operate(&key).add("age", 1).filter(fits()).await.unwrap();
    assert_eq!(client.get(&key).await.unwrap().get::<i64>("age").unwrap(), 21);
}

#[test]
fn the_blocking_client_accepts_the_same_operations() {
    let server = Server::start().unwrap();
    let client = blocking::Client::connect(server.addr()).unwrap();
    let key = key("a");
    let record = client.operate(&key).op(map("m").increment("n", 2)).call().unwrap();
    assert_eq!(record.get::<i64>("m").unwrap(), 2);
    let pairs: Map = client
        .get(&key)
        .filter(exp::bin_exists("m"))
        .call()
        .unwrap()
        .get("m")
        .unwrap();
    assert_eq!(pairs.get("n"), Some(&Value::Int(2)));
}
