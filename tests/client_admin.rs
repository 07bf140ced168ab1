//! Administrative commands of the client: background queries, indexes, UDFs, truncation.

use std::time::{Duration, SystemTime};

use spikelet::Server;
use spikelet_client::wire::context::Context;
use spikelet_client::{
    BatchRow, Client, CollectionIndexType, Cursor, Error, ErrorKind, Index, IndexState, IndexType, Key, Map, Operation,
    Page, Predicate, ResultCode, Task, Value, bins, blocking, exp,
};
use spikelet_tests::common::{code, connected, numbers};

async fn start(records: i64) -> (Server, Client) {
    let server = Server::start().unwrap();
    for n in 0..records {
        server.insert("test", "demo", n, [("n", n)]).unwrap();
    }
    server.insert("test", "other", 1, [("n", 1)]).unwrap();
    connected(server).await
}

#[tokio::test]
async fn operations_run_in_the_background() {
    let (_server, client) = start(500).await;
    let query = || client.query("test", "demo");
    let low = exp::int_bin("n").lt(100);
    let add = [Operation::add("n", 1000)];
    let task = query()
        .filter(low)
        .operate(add)
        .ttl(Duration::from_secs(500))
        .await
        .unwrap();
    client.wait(&task).await.unwrap();
    let records = query().await.unwrap().records;
    assert_eq!(numbers(&records), (100..500).chain(1000..1100).collect::<Vec<_>>());
    assert!(
        records
            .iter()
            .all(|record| record.ttl().is_some() == (record.generation == 2))
    );
    let jobs = client
        .info(format!("query-show:id={}", task.query_id().unwrap()))
        .await
        .unwrap();
    assert!(jobs.contains("status=done(ok)"), "{jobs}");

    let task = query()
        .filter(exp::int_bin("n").ge(100))
        .operate([Operation::delete()])
        .await;
    client.wait(&task.unwrap()).await.unwrap();
    assert!(query().await.unwrap().records.is_empty());
    assert_eq!(client.query("test", "other").await.unwrap().records.len(), 1);

    let none: [Operation; 0] = [];
    assert_eq!(code(query().operate(none).await), ResultCode::PARAMETER);
    assert_eq!(
        code(query().operate([Operation::get("n")]).await),
        ResultCode::PARAMETER
    );
    let nobody = client.query("test", "nobody").operate([Operation::touch()]);
    assert_eq!(code(nobody.await), ResultCode::NOT_FOUND);
}

#[tokio::test]
async fn background_queries_can_be_waited_for_and_aborted() {
    let (_server, client) = start(500).await;
    let slow = client.query("test", "demo").records_per_second(100);
    let task = slow.operate([Operation::add("n", 1)]).await.unwrap();
    let impatient = client.wait(&task).total_timeout(Duration::from_millis(30));
    assert_eq!(impatient.await.unwrap_err().kind(), ErrorKind::Timeout);
    let id = task.query_id().unwrap();
    client.info(format!("query-abort:id={id}")).await.unwrap();
    let error = client.wait(&Task::query(id)).await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::QUERY_ABORTED));
    client.wait(&Task::query(12345)).await.unwrap();
}

async fn find(client: &Client, predicate: Predicate) -> Vec<i64> {
    numbers(&client.query("test", "demo").matching(predicate).await.unwrap().records)
}

#[tokio::test]
async fn indexes_are_created_listed_and_dropped() {
    let (_server, client) = start(100).await;
    let by_n = || client.create_index("test", "demo", "by_n", Index::on("n", IndexType::Numeric));
    assert_eq!(
        code(client.query("test", "demo").matching(Predicate::equal("n", 1)).await),
        ResultCode::INDEX_NOT_FOUND
    );
    client.wait(&by_n().await.unwrap()).await.unwrap();
    client.wait(&by_n().await.unwrap()).await.unwrap();
    let other = Index::on("n", IndexType::String);
    let error = client.create_index("test", "demo", "by_n", other).await;
    assert_eq!(code(error), ResultCode::INDEX_FOUND);

    let indexes = client.list_indexes("test").await.unwrap();
    assert_eq!(indexes.len(), 1);
    let index = &indexes[0];
    assert_eq!((index.namespace.as_str(), index.name.as_str()), ("test", "by_n"));
    assert_eq!((index.set.as_deref(), index.bin.as_deref()), (Some("demo"), Some("n")));
    assert_eq!(
        (index.index_type, index.collection, index.state),
        (
            Some(IndexType::Numeric),
            CollectionIndexType::Default,
            IndexState::ReadWrite
        )
    );

    assert_eq!(find(&client, Predicate::equal("n", 7)).await, [7]);
    assert_eq!(
        find(&client, Predicate::range("n", 90..)).await,
        (90..100).collect::<Vec<_>>()
    );
    assert_eq!(find(&client, Predicate::range("", 1..3).index("by_n")).await, [1, 2]);

    client
        .wait(&client.drop_index("test", "by_n").await.unwrap())
        .await
        .unwrap();
    client
        .wait(&client.drop_index("test", "by_n").await.unwrap())
        .await
        .unwrap();
    assert!(client.list_indexes("test").await.unwrap().is_empty());
    let bad = client.create_index("test", "demo;x", "y", Index::on("n", IndexType::Numeric));
    assert_eq!(bad.await.unwrap_err().kind(), ErrorKind::Argument);
}

#[tokio::test]
async fn index_queries_are_resumed_by_value_and_digest() {
    let (server, client) = start(0).await;
    for n in 0..300 {
        server.insert("test", "demo", n, [("n", n % 5), ("id", n)]).unwrap();
    }
    let index = Index::on("n", IndexType::Numeric);
    let task = client.create_index("test", "demo", "by_n", index).await.unwrap();
    client.wait(&task).await.unwrap();
    let (mut ids, mut cursor) = (Vec::new(), Cursor::default());
    while !cursor.is_done() {
        let query = client.query("test", "demo").matching(Predicate::range("n", 1..=3));
        let after = cursor.to_string().parse::<Cursor>().unwrap();
        let page: Page = query.after(after).max_records(17).await.unwrap();
        assert!(page.records.len() == 17 || page.cursor.is_done());
        ids.extend(page.records.iter().map(|record| record.get::<i64>("id").unwrap()));
        cursor = page.cursor;
    }
    ids.sort_unstable();
    let expected: Vec<i64> = (0..300).filter(|n| (1..=3).contains(&(n % 5))).collect();
    assert_eq!(ids, expected);

    let background = client.query("test", "demo").matching(Predicate::equal("n", 4));
    let task = background.operate([Operation::write("hit", 1)]).await.unwrap();
    client.wait(&task).await.unwrap();
    let hit = client
        .query("test", "demo")
        .filter(exp::bin_exists("hit"))
        .await
        .unwrap();
    assert_eq!(hit.records.len(), 60);
}

#[tokio::test]
async fn indexes_support_all_collection_types_and_contexts() {
    let (server, client) = start(0).await;
    let point = |n: i64| Value::GeoJson(format!(r#"{{"type":"Point","coordinates":[{n}.0,10.0]}}"#));
    for n in 0..10 {
        let map: Map = [("city", format!("c{n}"))].into_iter().collect();
        let bins = [
            ("n", Value::Int(n)),
            ("tags", Value::List(vec![format!("t{}", n % 3).into(), "all".into()])),
            ("map", Value::Map(map)),
            ("blob", Value::Blob(vec![n as u8])),
            ("at", point(n)),
        ];
        server.insert("test", "demo", n, bins).unwrap();
    }
    let area = r#"{"type":"AeroCircle","coordinates":[[3.0,10.0],1000]}"#;
    server
        .insert(
            "test",
            "demo",
            100,
            [("n", Value::Int(100)), ("area", Value::GeoJson(area.into()))],
        )
        .unwrap();
    let city = Context::new().map_key("city");
    let double = exp::int_bin("n") * 2;
    let indexes = [
        (
            "tags",
            Index::on("tags", IndexType::String).within(CollectionIndexType::List),
        ),
        (
            "keys",
            Index::on("map", IndexType::String).within(CollectionIndexType::MapKeys),
        ),
        (
            "values",
            Index::on("map", IndexType::String).within(CollectionIndexType::MapValues),
        ),
        ("city", Index::on("map", IndexType::String).context(&city)),
        ("blob", Index::on("blob", IndexType::Blob)),
        ("at", Index::on("at", IndexType::Geo2dSphere)),
        ("area", Index::on("area", IndexType::Geo2dSphere)),
        ("double", Index::on_expression(&double, IndexType::Numeric)),
    ];
    for (name, index) in indexes {
        let task = client.create_index("test", "demo", name, index).await.unwrap();
        client.wait(&task).await.unwrap();
    }
    assert_eq!(client.list_indexes("test").await.unwrap().len(), 8);
    let cases: [(Predicate, &[i64]); 10] = [
        (
            Predicate::equal("tags", "t1").within(CollectionIndexType::List),
            &[1, 4, 7],
        ),
        (
            Predicate::equal("map", "city").within(CollectionIndexType::MapKeys),
            &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        ),
        (
            Predicate::equal("map", "c3").within(CollectionIndexType::MapValues),
            &[3],
        ),
        (Predicate::equal("map", "c4").context(&city), &[4]),
        (Predicate::equal("", "c5").index("city"), &[5]),
        (Predicate::equal("blob", &[6]), &[6]),
        (Predicate::within_radius("at", 2.0, 10.0, 500.0), &[2]),
        (
            Predicate::within_region(
                "at",
                r#"{"type":"Polygon","coordinates":[[[4.5,9],[7.5,9],[7.5,11],[4.5,11],[4.5,9]]]}"#,
            ),
            &[5, 6, 7],
        ),
        (
            Predicate::contains_point("area", r#"{"type":"Point","coordinates":[3.0,10.0]}"#),
            &[100],
        ),
        (Predicate::range("", 10..=13).expression(&double), &[5, 6]),
    ];
    for (predicate, expected) in cases {
        assert_eq!(find(&client, predicate.clone()).await, expected, "{predicate:?}");
    }
}

const SUMS: &str = r"
function add(record, a, b) return a + b end
function set(record, bin, value)
  record[bin] = value
  if aerospike:exists(record) then aerospike:update(record) else aerospike:create(record) end
end
function fail(record) error('no way') end
function total(stream)
  return stream : map(function(record) return record.n end) : reduce(function(a, b) return a + b end)
end
function broken(stream)
  return stream : map(function(record) error('no way') end)
end
";

async fn register(client: &Client) {
    let task = client.register_udf("sums.lua", SUMS).await.unwrap();
    client.wait(&task).await.unwrap();
}

#[tokio::test]
async fn modules_are_registered_listed_and_removed() {
    let (_server, client) = start(0).await;
    register(&client).await;
    let modules = client.list_udfs().await.unwrap();
    assert_eq!(modules.len(), 1);
    assert_eq!(
        (modules[0].file.as_str(), modules[0].language.as_str()),
        ("sums.lua", "LUA")
    );
    assert_eq!(modules[0].hash.len(), 40);

    let error = client.register_udf("bad.lua", "function (").await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::UDF_BAD_RESPONSE));
    assert!(error.to_string().contains("line 1"), "{error}");
    assert!(client.register_udf("noextension", SUMS).await.is_err());

    client
        .wait(&client.remove_udf("sums.lua").await.unwrap())
        .await
        .unwrap();
    assert!(client.list_udfs().await.unwrap().is_empty());
}

#[tokio::test]
async fn udfs_run_on_records_in_batches_and_in_the_background() {
    let (_server, client) = start(50).await;
    register(&client).await;
    let key = |n: i64| Key::new("test", "demo", n);
    let three = client.execute_udf(key(1), "sums", "add", (1, 2)).await.unwrap();
    assert_eq!(three, Value::Int(3));
    let nothing = client.execute_udf(key(1), "sums", "set", ("text", "x")).await.unwrap();
    assert_eq!(nothing, Value::Nil);
    assert_eq!(client.get(key(1)).await.unwrap().bins, bins! {"n" => 1, "text" => "x"});

    let error = client.execute_udf(key(1), "sums", "fail", ()).await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::UDF_BAD_RESPONSE));
    assert!(error.to_string().contains("no way") && !error.in_doubt(), "{error}");
    let filtered = client
        .execute_udf(key(1), "sums", "add", (1, 2))
        .filter(exp::int_bin("n").eq(9));
    assert!(filtered.await.unwrap_err().is_filtered_out());

    let rows = [
        BatchRow::udf(key(1), "sums", "add", [3, 4]),
        BatchRow::udf(key(2), "sums", "fail", ()),
        BatchRow::udf(key(3), "sums", "set", ("text", "y")),
        BatchRow::read(key(3)),
    ];
    let records = client.batch(rows).await.unwrap();
    assert_eq!(records[0].record().unwrap().bins["SUCCESS"], Value::Int(7));
    assert_eq!(records[1].result_code(), Some(ResultCode::UDF_BAD_RESPONSE));
    assert!(records[1].result.as_ref().unwrap_err().to_string().contains("no way"));
    assert_eq!(records[3].record().unwrap().bins["text"], "y".into());

    let task = client.query("test", "demo").execute_udf("sums", "set", ("all", true));
    client.wait(&task.await.unwrap()).await.unwrap();
    let all = client.query("test", "").filter(exp::bin_exists("all")).await.unwrap();
    assert_eq!(all.records.len(), 50);
}

#[tokio::test]
async fn queries_are_aggregated() {
    let (server, client) = start(200).await;
    register(&client).await;
    let query = || client.query("test", "demo");
    let sum = |values: &[Value]| -> i64 {
        let parts = values.iter().map(|value| i64::try_from(value.clone()).unwrap());
        parts.sum()
    };
    let mut stream = query().aggregate("sums", "total", ()).stream();
    let mut values = Vec::new();
    while let Some(value) = stream.next().await {
        values.push(value.unwrap());
    }
    assert_eq!(sum(&values), (0..200).sum::<i64>());
    assert_eq!(
        query().aggregate("sums", "total", ()).await.unwrap().len(),
        values.len()
    );

    let index = Index::on("n", IndexType::Numeric);
    let task = client.create_index("test", "demo", "by_n", index).await.unwrap();
    client.wait(&task).await.unwrap();
    let some = query()
        .matching(Predicate::range("n", ..10))
        .aggregate("sums", "total", ());
    assert_eq!(sum(&some.await.unwrap()), 45);

    let error = query().aggregate("sums", "broken", ()).await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::UDF_BAD_RESPONSE));
    assert!(error.to_string().contains("no way"), "{error}");

    let blocking = blocking::Client::connect(server.addr()).unwrap();
    let values: Result<Vec<Value>, Error> = blocking
        .query("test", "demo")
        .aggregate("sums", "total", ())
        .into_iter()
        .collect();
    assert_eq!(sum(&values.unwrap()), (0..200).sum::<i64>());
}

#[tokio::test]
async fn truncation_keeps_records_written_after_its_time() {
    let (server, client) = start(10).await;
    let query = || client.query("test", "demo");
    // According to the server's clock.
    let now = || SystemTime::UNIX_EPOCH + Duration::from_nanos(server.now().unix_nanoseconds() as u64);
    tokio::time::sleep(Duration::from_millis(5)).await;
    let between = now();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let later = Key::new("test", "demo", 3);
    client.touch(&later).await.unwrap();
    client.truncate("test", "demo").before(between).await.unwrap();
    assert_eq!(numbers(&query().await.unwrap().records), [3]);
    assert_eq!(client.query("test", "other").await.unwrap().records.len(), 1);

    let future = client
        .truncate("test", "")
        .before(now() + Duration::from_secs(1000))
        .await;
    assert_eq!(code(future), ResultCode::PARAMETER);
    let ancient = client.truncate("test", "").before(SystemTime::UNIX_EPOCH).await;
    assert_eq!(code(ancient), ResultCode::PARAMETER);
    // Records written in the millisecond of the truncation are kept.
    tokio::time::sleep(Duration::from_millis(2)).await;
    client.truncate("test", "").await.unwrap();
    assert!(client.query("test", "").await.unwrap().records.is_empty());
}

/// Changes a parameter of the namespace `test`.
async fn configure(client: &Client, parameter: &str) {
    let command = format!("set-config:context=namespace;id=test;{parameter}");
    assert_eq!(client.info(command).await.unwrap(), "ok", "{parameter}");
}

/// A statistic of the namespace `test`.
async fn statistic(client: &Client, name: &str) -> String {
    let statistics = client.info("namespace/test").await.unwrap();
    let mut pairs = statistics.split(';').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).unwrap().1.to_owned()
}

#[tokio::test]
async fn parameters_of_a_namespace_take_effect() {
    let (_server, client) = start(0).await;
    let key = Key::new("test", "demo", 1);
    let put = |key: &Key, size: usize| client.put(key, bins! {"a" => "x".repeat(size)});

    configure(&client, "max-record-size=256").await;
    put(&key, 10).await.unwrap();
    assert_eq!(code(put(&key, 300).await), ResultCode::RECORD_TOO_BIG);
    assert_eq!(statistic(&client, "fail_record_too_big").await, "1");

    configure(&client, "reject-non-xdr-writes=true").await;
    assert_eq!(code(put(&key, 10).await), ResultCode::FORBIDDEN);
    assert_eq!(code(client.remove(&key).await), ResultCode::FORBIDDEN);
    assert_eq!(statistic(&client, "fail_xdr_forbidden").await, "2");
    configure(&client, "reject-non-xdr-writes=false").await;

    configure(&client, "disallow-null-setname=true").await;
    assert_eq!(code(put(&Key::new("test", "", 1), 10).await), ResultCode::PARAMETER);
    put(&key, 10).await.unwrap();

    configure(&client, "apply-ttl-reductions=false").await;
    put(&key, 10).ttl(Duration::from_secs(1000)).await.unwrap();
    assert_eq!(client.get(&key).await.unwrap().ttl(), None, "it was to live forever");
    configure(&client, "apply-ttl-reductions=true").await;
    put(&key, 10).ttl(Duration::from_secs(1000)).await.unwrap();
    assert!(client.get(&key).await.unwrap().ttl().is_some());
    let reductions = ["ttl_reductions_ignored", "ttl_reductions_applied"];
    for name in reductions {
        assert_eq!(statistic(&client, name).await, "1", "{name}");
    }

    client.remove_bin(&key, ["a"]).await.unwrap();
    assert_eq!(statistic(&client, "deleted_last_bin").await, "1");
    let expected = client.put(&key, bins! {"a" => 1}).generation_equal(7);
    assert_eq!(code(expected.await), ResultCode::GENERATION);
    assert_eq!(statistic(&client, "fail_generation").await, "1");
}

#[tokio::test]
async fn parameters_of_a_set_take_effect() {
    let (server, client) = start(3).await;
    let put = |n: i64| {
        let client = &client;
        async move { client.put(Key::new("test", "demo", n), bins! {"n" => n}).await }
    };
    configure(&client, "set=demo;stop-writes-count=4").await;
    put(3).await.unwrap();
    assert_eq!(code(put(4).await), ResultCode::FORBIDDEN);
    put(3).await.unwrap();
    client
        .put(Key::new("test", "other", 4), bins! {"n" => 4})
        .await
        .unwrap();

    configure(&client, "set=demo;stop-writes-size=100").await;
    assert_eq!(code(put(3).await), ResultCode::FORBIDDEN);
    configure(&client, "set=demo;stop-writes-size=0").await;

    configure(&client, "set=demo;default-ttl=1h").await;
    put(3).await.unwrap();
    let ttl = |set: &'static str, n: i64| {
        let client = &client;
        async move { client.get(Key::new("test", set, n)).await.unwrap().ttl() }
    };
    assert!(ttl("demo", 3).await.is_some() && ttl("other", 1).await.is_none());
    // A set can keep its records forever where the namespace does not.
    configure(&client, "default-ttl=1h").await;
    configure(&client, "set=demo;default-ttl=-1").await;
    put(3).await.unwrap();
    assert_eq!(ttl("demo", 3).await, None);

    // Reads touch what has less than half of its TTL left.
    configure(&client, "set=demo;default-ttl=100s").await;
    configure(&client, "set=demo;default-read-touch-ttl-pct=50").await;
    put(3).await.unwrap();
    server.clock().freeze();
    server.clock().advance(Duration::from_secs(60));
    client.get(Key::new("test", "demo", 3)).await.unwrap();
    assert_eq!(statistic(&client, "read_touch_success").await, "1");
    // The client counts from its own clock, which is 60 s behind.
    assert!(ttl("demo", 3).await > Some(Duration::from_secs(150)));

    // A snapshot holds the configuration.
    let sets = client.info("sets/test/demo").await.unwrap();
    assert!(
        sets.contains("default-ttl=100:") && sets.contains("stop-writes-count=4:"),
        "{sets}"
    );
    let snapshot = server.snapshot();
    server.reset();
    assert_eq!(client.info("sets/test/demo").await.unwrap(), "");
    server.restore(&snapshot).unwrap();
    assert_eq!(client.info("sets/test/demo").await.unwrap(), sets);
}

#[tokio::test]
async fn latencies_are_reported_for_each_slice_of_ten_seconds() {
    let (server, client) = start(10).await;
    server.clock().freeze();
    let tick = || server.clock().advance(Duration::from_secs(10));
    client.get(Key::new("test", "demo", 1)).await.unwrap();
    tick();
    for _ in 0..5 {
        client.get(Key::new("test", "demo", 1)).await.unwrap();
    }
    client.query("test", "demo").await.unwrap();
    tick();
    let zeros = ",0.00".repeat(17);
    let read = client.info("latencies:hist={test}-read").await.unwrap();
    assert_eq!(read, format!("{{test}}-read:msec,0.5{zeros}"));
    let all = client.info("latencies:").await.unwrap();
    assert!(
        all.starts_with("batch-index:;{test}-read:msec,0.5") && all.contains("{test}-write:;"),
        "{all}"
    );
    tick();
    let queries = client.info("latencies:hist={test}-pi-query").await.unwrap();
    assert_eq!(queries, format!("{{test}}-pi-query:msec,0.0{zeros}"));
}
