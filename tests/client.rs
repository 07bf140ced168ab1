//! The client against the embedded server: every method, its options and its errors.

use std::collections::BTreeMap;
use std::time::Duration;

use spikelet::Server;
use spikelet_client::{
    BatchRow, Bins, Client, Error, ErrorKind, Key, Operation, OptionalExt as _, Policy, ResultCode, Serde, Ttl, Value,
    bins, blocking, exp,
};
use spikelet_tests::common::{code, key, start};

#[tokio::test]
async fn a_record_is_put_and_read() {
    let (_server, client) = start().await;
    let key = key("user1");
    let bins = bins! {
        "str_bin" => "hello",
        "int_bin" => 42,
        "float_bin" => 3.25,
        "bool_bin" => true,
        "blob_bin" => &[1, 2, 3],
        "list_bin" => vec![1, 2, 3],
        "map_bin" => Value::Map([("nested", "dict")].into_iter().collect()),
        "geo_bin" => Value::GeoJson(r#"{"type":"Point","coordinates":[1.0,2.0]}"#.into()),
    };
    client.put(&key, &bins).await.unwrap();

    let record = client.get(&key).await.unwrap();
    assert_eq!(record.bins, bins);
    assert_eq!((record.generation, record.ttl(), &record.key), (1, None, &key));
    assert_eq!(record.get::<i64>("int_bin").unwrap(), 42);

    let some = client.select(&key, ["int_bin", "none"]).await.unwrap();
    assert_eq!(some.bins, bins! {"int_bin" => 42});
    let header = client.header(&key).await.unwrap();
    assert_eq!((header.generation, header.bins.len()), (1, 0));
    assert!(client.exists(&key).await.unwrap());
}

#[tokio::test]
async fn missing_records_are_not_found() {
    let (_server, client) = start().await;
    let key = key("nobody");
    assert!(client.get(&key).await.unwrap_err().is_not_found());
    assert_eq!(client.get(&key).await.optional().unwrap(), None);
    assert!(!client.exists(&key).await.unwrap());
    assert_eq!(code(client.header(&key).await), ResultCode::NOT_FOUND);
    assert_eq!(code(client.remove(&key).await), ResultCode::NOT_FOUND);
    assert_eq!(code(client.touch(&key).await), ResultCode::NOT_FOUND);
    assert_eq!(code(client.remove_bin(&key, ["a"]).await), ResultCode::NOT_FOUND);
    let error = client.get(Key::new("nope", "demo", 1)).await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::INVALID_NAMESPACE));
    assert_eq!(error.node(), client.nodes().first().map(String::as_str));
}

#[tokio::test]
async fn bins_are_modified_and_removed() {
    let (_server, client) = start().await;
    let key = key("modified");
    client.put(&key, [("name", "Alice")]).await.unwrap();
    client.append(&key, "name", " Smith").await.unwrap();
    client.prepend(&key, "name", "Dr ").await.unwrap();
    client.increment(&key, "age", 30).await.unwrap();
    client.increment(&key, "age", -1).await.unwrap();
    client.increment(&key, "score", 0.5).await.unwrap();
    let record = client.get(&key).await.unwrap();
    assert_eq!(
        record.bins,
        bins! {"name" => "Dr Alice Smith", "age" => 29, "score" => 0.5}
    );
    assert_eq!(record.generation, 6);

    assert_eq!(
        code(client.append(&key, "age", "x").await),
        ResultCode::INCOMPATIBLE_TYPE
    );
    client.remove_bin(&key, ["age", "score"]).await.unwrap();
    assert_eq!(client.get(&key).await.unwrap().bins, bins! {"name" => "Dr Alice Smith"});
    client.remove(&key).await.unwrap();
    assert!(!client.exists(&key).await.unwrap());
}

#[tokio::test]
async fn exists_actions_and_generations_are_checked() {
    let (_server, client) = start().await;
    let key = key("guarded");
    let (a, b) = (bins! {"a" => 1}, bins! {"b" => 2});
    assert_eq!(code(client.put(&key, &a).update_only().await), ResultCode::NOT_FOUND);
    assert_eq!(code(client.put(&key, &a).replace_only().await), ResultCode::NOT_FOUND);
    client.put(&key, &a).create_only().await.unwrap();
    let error = client.put(&key, &a).create_only().await.unwrap_err();
    assert!(error.is_record_exists() && !error.in_doubt());
    client.put(&key, &b).update_only().await.unwrap();
    assert_eq!(client.get(&key).await.unwrap().bins.len(), 2);
    client.put(&key, &b).replace().await.unwrap();
    assert_eq!(client.get(&key).await.unwrap().bins, b);

    let generation = client.header(&key).await.unwrap().generation;
    client.put(&key, &a).generation_equal(generation).await.unwrap();
    assert!(
        client
            .put(&key, &a)
            .generation_equal(generation)
            .await
            .unwrap_err()
            .is_generation()
    );
    assert_eq!(
        code(client.remove(&key).generation_equal(99).await),
        ResultCode::GENERATION
    );
    assert_eq!(
        code(client.put(&key, &a).generation_greater(1).await),
        ResultCode::GENERATION
    );
    client.put(&key, &a).generation_greater(generation + 5).await.unwrap();
}

#[tokio::test]
async fn ttls_are_set_kept_and_removed() {
    let (_server, client) = start().await;
    let key = key("mortal");
    let ttl = async |client: &Client| {
        client
            .header(&key)
            .await
            .unwrap()
            .ttl()
            .map(|ttl| ttl.as_secs().div_ceil(10) * 10)
    };
    client
        .put(&key, bins! {"a" => 1})
        .ttl(Duration::from_secs(300))
        .await
        .unwrap();
    assert_eq!(ttl(&client).await, Some(300));
    client.put(&key, bins! {"a" => 2}).keep_ttl().await.unwrap();
    assert_eq!(ttl(&client).await, Some(300));
    client.touch(&key).ttl(Ttl::Seconds(600)).await.unwrap();
    assert_eq!(ttl(&client).await, Some(600));
    client.put(&key, bins! {"a" => 3}).never_expire().await.unwrap();
    assert_eq!(ttl(&client).await, None);
    let refused = client.touch(&key).ttl(Ttl::Seconds(u32::MAX - 2)).await;
    assert_eq!(code(refused), ResultCode::PARAMETER);
}

#[tokio::test]
async fn operations_are_executed_in_order() {
    let (_server, client) = start().await;
    let key = key("operated");
    client
        .put(&key, bins! {"name" => "Alice", "counter" => 1})
        .await
        .unwrap();
    let record = client
        .operate(&key)
        .write("name", "Bob")
        .add("counter", 1)
        .get("counter")
        .await
        .unwrap();
    assert_eq!((record.bins, record.generation), (bins! {"counter" => 2}, 2));

    let ordered = client
        .operate_ordered(&key)
        .get("counter")
        .add("counter", 1)
        .get("counter")
        .get("name");
    let bins = ordered.await.unwrap().bins;
    let expected: [(_, Value); 3] = [("counter", 2.into()), ("counter", 3.into()), ("name", "Bob".into())];
    assert_eq!(bins, expected.map(|(name, value)| (name.to_owned(), value)));

    let all = client
        .operate_ordered(&key)
        .add("counter", 1)
        .get("counter")
        .respond_all_ops(true);
    let bins = all.await.unwrap().bins;
    assert_eq!(
        bins,
        [("counter".to_owned(), Value::Nil), ("counter".to_owned(), 4.into())]
    );

    let record = client.operate(&key).delete().write("new", 1).get_all().await.unwrap();
    assert_eq!(record.bins, bins! {"new" => 1});
    assert_eq!(
        code(client.operate(&key).add("new", "x").await),
        ResultCode::INCOMPATIBLE_TYPE
    );
}

#[tokio::test]
async fn batches_return_a_result_for_each_row() {
    let (_server, client) = start().await;
    let keys: Vec<Key> = (0..100).map(|n| Key::new("test", "demo", n)).collect();
    let written = client
        .batch_write(keys.iter().zip(0..).map(|(key, n)| (key, bins! {"n" => n})))
        .await
        .unwrap();
    assert!(written.iter().all(|row| row.result_code() == Some(ResultCode::OK)));

    let rows = client
        .batch_operate(&keys[..50], [Operation::add("n", 1000), Operation::get("n")])
        .await
        .unwrap();
    let values: Vec<i64> = rows.iter().map(|row| row.record().unwrap().get("n").unwrap()).collect();
    assert_eq!(values, (1000..1050).collect::<Vec<_>>());

    let removed = client.batch_remove(&keys[10..20]).await.unwrap();
    assert_eq!(removed.len(), 10);
    let rows = client.batch_read(&keys).await.unwrap();
    let missing: Vec<usize> = (0..100).filter(|&at| rows[at].record().is_none()).collect();
    assert_eq!(missing, (10..20).collect::<Vec<_>>());
    assert!(rows[10].result.as_ref().unwrap_err().is_not_found());
    assert_eq!(rows[99].record().unwrap().bins, bins! {"n" => 99});
    assert_eq!(rows[99].key, keys[99]);

    let headers = client.batch_header(&keys[..2]).await.unwrap();
    assert_eq!(headers[0].record().unwrap().generation, 2);
    let some = client.batch_select(&keys[..1], ["none"]).await.unwrap();
    assert!(some[0].record().unwrap().bins.is_empty());
    assert_eq!(client.batch_read([] as [Key; 0]).await.unwrap().len(), 0);
}

#[tokio::test]
async fn batch_rows_have_their_own_options() {
    let (_server, client) = start().await;
    let keys: Vec<Key> = (0..4).map(|n| Key::new("test", "demo", n)).collect();
    client.put(&keys[0], bins! {"a" => 1}).await.unwrap();
    let rows = [
        BatchRow::write(&keys[0], bins! {"a" => 2}).create_only(),
        BatchRow::write(&keys[1], bins! {"a" => 2}).create_only(),
        BatchRow::operate(
            &keys[0],
            [Operation::get("a"), Operation::add("a", 5), Operation::get("a")],
        ),
        BatchRow::remove(&keys[2]),
        BatchRow::select(&keys[0], ["a"]),
        BatchRow::remove(&keys[0]).generation_equal(77),
        BatchRow::write(Key::new("nope", "demo", 1), bins! {"a" => 1}),
    ];
    let records = client
        .batch(rows)
        .ttl(Duration::from_secs(100))
        .ordered()
        .await
        .unwrap();
    let codes: Vec<_> = records.iter().map(|row| row.result_code().unwrap()).collect();
    assert_eq!(
        codes,
        [
            ResultCode::RECORD_EXISTS,
            ResultCode::OK,
            ResultCode::OK,
            ResultCode::NOT_FOUND,
            ResultCode::OK,
            ResultCode::GENERATION,
            ResultCode::PARAMETER
        ]
    );
    let ordered = &records[2].record().unwrap().bins;
    assert_eq!(*ordered, [("a".to_owned(), 1.into()), ("a".to_owned(), 6.into())]);
    assert!(client.header(&keys[1]).await.unwrap().ttl().is_some());
}

#[tokio::test]
async fn stored_keys_are_compared() {
    let (_server, client) = start().await;
    let key = key("stored");
    client.put(&key, bins! {"a" => 1}).send_key(true).await.unwrap();
    client.put(&key, bins! {"a" => 2}).send_key(true).await.unwrap();
    let by_digest = Key::from_digest("test", key.digest());
    assert_eq!(client.get(&by_digest).await.unwrap().bins, bins! {"a" => 2});
}

#[tokio::test]
async fn info_commands_are_sent_to_nodes() {
    let (_server, client) = start().await;
    assert_eq!(client.nodes().len(), 1);
    let node = client.info("node").await.unwrap();
    assert_eq!(vec![node.clone()], client.nodes());
    assert_eq!(client.info_all("node").await.unwrap(), [(node.clone(), node.clone())]);
    assert_eq!(client.info("node").node(&node).await.unwrap(), node);
    assert_eq!(
        client.info("node").node("Z9").await.unwrap_err().kind(),
        ErrorKind::Cluster
    );
    assert_eq!(code(client.info("nope").await), ResultCode::PARAMETER);
}

#[tokio::test]
async fn concurrent_commands_share_few_connections() {
    let server = Server::start().unwrap();
    let client = Client::builder(server.hosts()).max_connections(4).await.unwrap();
    let mut puts = tokio::task::JoinSet::new();
    for n in 0..500 {
        puts.spawn(client.put(Key::new("test", "many", n), bins! {"n" => n}).into_future());
    }
    assert!(puts.join_all().await.into_iter().all(|put| put.is_ok()));
    let statistics = client.info("statistics").await.unwrap();
    let connections = statistics
        .split(';')
        .find_map(|pair| pair.strip_prefix("client_connections="));
    assert!(connections.unwrap().parse::<u32>().unwrap() <= 6, "{connections:?}");
}

#[tokio::test]
async fn a_stopped_server_differs_from_a_rejection() {
    let (server, client) = start().await;
    client.put(key("a"), bins! {"a" => 1}).await.unwrap();
    drop(server);
    let policy = Policy {
        total_timeout: Duration::from_millis(300),
        ..Policy::default()
    };
    let error = client.put(key("a"), bins! {"a" => 2}).policy(policy).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Connection | ErrorKind::Cluster),
        "{error:?}"
    );
    assert!(
        !error.in_doubt(),
        "a connection that is known to be closed is not written to: {error:?}"
    );
}

#[test]
fn the_blocking_client_has_the_same_verbs() {
    let server = Server::start().unwrap();
    let client = blocking::Client::connect(server.addr()).unwrap();
    let key = key("blocking");
    client
        .put(&key, bins! {"name" => "Alice"})
        .ttl(Duration::from_secs(300))
        .call()
        .unwrap();
    let record = client.operate(&key).add("n", 1).get_all().call().unwrap();
    assert_eq!(record.bins, bins! {"name" => "Alice", "n" => 1});
    assert_eq!(client.batch_read([&key]).call().unwrap().len(), 1);

    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (client, key) = (client.clone(), key.clone());
            std::thread::spawn(move || (0..50).try_for_each(|_| client.increment(&key, "n", 1).call()))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
    assert_eq!(client.get(&key).call().unwrap().get::<i64>("n").unwrap(), 401);
}

#[tokio::test]
async fn the_blocking_client_works_within_an_async_runtime() {
    let server = Server::start().unwrap();
    let client = blocking::Client::connect(server.addr()).unwrap();
    client.put(("test", "demo", 1), bins! {"a" => 1}).call().unwrap();
    let elsewhere = client.clone();
    let exists = tokio::task::spawn_blocking(move || elsewhere.exists(("test", "demo", 1)).call());
    assert!(exists.await.unwrap().unwrap());
}

#[tokio::test]
async fn clusters_are_distinguished_by_name() {
    let server = Server::builder().cluster_name("mine").start().unwrap();
    assert!(Client::builder(server.addr()).cluster_name("mine").await.is_ok());
    let error = Client::builder(server.addr()).cluster_name("yours").await.unwrap_err();
    assert!(
        error.to_string().contains(r#"the cluster is "mine", not "yours""#),
        "{error}"
    );
    assert_eq!(Client::connect("").await.unwrap_err().kind(), ErrorKind::Cluster);
    assert_eq!(Client::connect("a:b").await.unwrap_err().kind(), ErrorKind::Argument);
}

#[tokio::test]
async fn a_client_without_connections_is_refused() {
    let server = Server::start().unwrap();
    let error = Client::builder(server.addr()).max_connections(0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    assert!(error.to_string().contains("max_connections"), "{error}");
}

#[tokio::test]
async fn empty_puts_and_long_names_are_rejected_by_the_server() {
    let (_server, client) = start().await;
    let key = key("odd");
    assert_eq!(code(client.put(&key, Bins::new()).await), ResultCode::PARAMETER);
    assert_eq!(
        code(client.put(&key, bins! {"a_name_of_16_chr" => 1}).await),
        ResultCode::BIN_NAME
    );
    let error = client.put(&key, bins! {"x".repeat(256) => 1}).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_in_a_pipeline_get_their_own_responses() {
    let server = Server::start().unwrap();
    let client = Client::builder(server.hosts()).pipelines(2).await.unwrap();
    let mut commands = tokio::task::JoinSet::new();
    for n in 0..2000 {
        let (client, key) = (client.clone(), Key::new("test", "pipe", n % 100));
        commands.spawn(async move {
            client
                .put(&key, bins! {"n" => n % 100, "text" => "x".repeat(n as usize)})
                .await?;
            // Some callers drop their request before the response arrives.
            let get = tokio::time::timeout(Duration::from_micros(n as u64), client.get(&key)).await;
            let record = match get {
                Ok(record) => record?,
                Err(_) => client.get(&key).await?,
            };
            Ok::<_, Error>((n % 100, record.get::<i64>("n")?))
        });
    }
    for result in commands.join_all().await {
        let (expected, n) = result.unwrap();
        assert_eq!(i64::from(expected), n);
    }
    assert!(client.get(key("nobody")).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn sets_and_namespaces_are_truncated() {
    let (_server, client) = start().await;
    let other = Key::new("test", "other", 1);
    client.put(key("a"), bins! {"a" => 1}).await.unwrap();
    client.put(&other, bins! {"a" => 1}).await.unwrap();
    // Records written in the millisecond of the truncation are kept.
    tokio::time::sleep(Duration::from_millis(2)).await;
    client.truncate("test", "demo").await.unwrap();
    assert!(!client.exists(key("a")).await.unwrap());
    assert!(client.exists(&other).await.unwrap());
    client.truncate("test", "").await.unwrap();
    assert!(!client.exists(&other).await.unwrap());
}

#[tokio::test]
async fn a_filter_decides_whether_a_command_is_executed() {
    let (_server, client) = start().await;
    let five = || exp::int_bin("a").eq(5);
    let (five_key, six_key) = (key("five"), key("six"));
    client.put(&five_key, bins! {"a" => 5}).await.unwrap();
    client.put(&six_key, bins! {"a" => 6}).await.unwrap();
    assert_eq!(
        client.get(&five_key).filter(five()).await.unwrap().bins,
        bins! {"a" => 5}
    );
    assert!(client.get(&six_key).filter(five()).await.unwrap_err().is_filtered_out());
    assert!(
        client
            .remove(&six_key)
            .filter(five())
            .await
            .unwrap_err()
            .is_filtered_out()
    );
    let rows = client.batch_remove([&six_key, &five_key]).filter(five()).await.unwrap();
    let codes: Vec<_> = rows.iter().map(|row| row.result_code().unwrap()).collect();
    assert_eq!(codes, [ResultCode::FILTERED_OUT, ResultCode::OK]);
}

#[tokio::test]
async fn fields_that_are_none_delete_their_bins() {
    let (_server, client) = start().await;
    let key = key("fields");
    let put = async |fields: [(&'static str, Option<i64>); 2]| {
        client.put(&key, Serde(BTreeMap::from(fields))).await.unwrap();
        client
            .get(&key)
            .await
            .unwrap()
            .deserialize::<BTreeMap<String, i64>>()
            .unwrap()
    };
    assert_eq!(put([("a", Some(1)), ("b", Some(2))]).await.len(), 2);
    assert_eq!(
        put([("a", None), ("b", Some(3))]).await,
        BTreeMap::from([("b".to_owned(), 3)])
    );
}

#[tokio::test]
async fn servers_list_the_client() {
    let server = Server::start().unwrap();
    let client = Client::builder(server.addr()).application("shop").await.unwrap();
    assert!(client.info("user-agents:").await.unwrap().contains("user-agent="));
}

#[tokio::test]
async fn a_client_that_is_dropped_closes_its_connections() {
    let (_server, watcher) = start().await;
    let open = async || {
        let statistics = watcher.info("statistics").await.unwrap();
        let open = statistics
            .split(';')
            .find_map(|pair| pair.strip_prefix("client_connections="));
        open.unwrap().parse::<u32>().unwrap()
    };
    let alone = open().await;
    for pipelines in [0, 1] {
        for _ in 0..20 {
            let client = Client::builder(watcher.info("service-clear-std").await.unwrap());
            client
                .pipelines(pipelines)
                .await
                .unwrap()
                .exists(key("a"))
                .await
                .unwrap();
        }
    }
    while open().await > alone {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
