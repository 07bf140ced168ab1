//! Durable deletes of the Enterprise Edition: what tombstones do to reads, writes, queries, statistics and merges.

use std::time::Duration;

use spikelet::{Edition, Server};
use spikelet_client::ops::{ListSortFlags, list};
use spikelet_client::{Client, Error, Index, IndexType, Key, Operation, Predicate, ResultCode, Value, bins};

async fn start() -> (Server, Client) {
    let server = Server::builder().edition(Edition::Enterprise).start().unwrap();
    let client = Client::connect(server.addr()).await.unwrap();
    (server, client)
}

fn key() -> Key {
    Key::new("test", "demo", "a")
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ResultCode {
    result.unwrap_err().result_code().unwrap()
}

/// A statistic of the namespace `test`.
async fn statistic(client: &Client, name: &str) -> u64 {
    let text = client.info("namespace/test").await.unwrap();
    let prefix = format!("{name}=");
    let found = text.split(';').find_map(|pair| pair.strip_prefix(&prefix));
    found.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

/// The number of records and tombstones in the namespace, and of those in the set.
async fn counts(client: &Client) -> ([u64; 2], String) {
    let sets = client.info("sets/test/demo").await.unwrap();
    let sets: Vec<_> = sets
        .split(':')
        .filter(|pair| pair.starts_with("objects") || pair.starts_with("tomb"))
        .collect();
    let counts = [
        statistic(client, "objects").await,
        statistic(client, "tombstones").await,
    ];
    (counts, sets.join(" "))
}

#[tokio::test]
async fn a_durable_delete_leaves_a_tombstone_that_commands_do_not_see() {
    let (server, client) = start().await;
    client.put(key(), bins! {"n" => 1}).await.unwrap();
    client.remove(key()).durable_delete(true).await.unwrap();
    assert_eq!(counts(&client).await, ([0, 1], "objects=0 tombstones=1".to_owned()));
    assert_eq!(code(client.get(key()).await), ResultCode::NOT_FOUND);
    assert!(!client.exists(key()).await.unwrap());
    assert_eq!(code(client.touch(key()).await), ResultCode::NOT_FOUND);
    assert_eq!(
        code(client.put(key(), bins! {"n" => 1}).update_only().await),
        ResultCode::NOT_FOUND
    );
    assert_eq!(code(client.remove(key()).await), ResultCode::NOT_FOUND);
    assert_eq!(
        code(client.remove(key()).durable_delete(true).await),
        ResultCode::NOT_FOUND
    );
    assert!(client.query("test", "demo").stream().next().await.is_none());
    assert_eq!((server.count(), server.record("test", "demo", "a")), (0, None));
    assert_eq!(counts(&client).await.0, [0, 1]);
}

#[tokio::test]
async fn a_record_written_again_continues_the_generation_of_its_tombstone() {
    let (server, client) = start().await;
    client
        .put(key(), bins! {"n" => 1})
        .ttl(Duration::from_secs(1000))
        .await
        .unwrap();
    client.put(key(), bins! {"n" => 2}).await.unwrap();
    client.remove(key()).durable_delete(true).await.unwrap();
    // The tombstone has generation 3. It does not keep a record from being created.
    let expected = client.put(key(), bins! {"m" => 1}).generation_equal(2).await;
    assert_eq!(code(expected), ResultCode::GENERATION);
    client.put(key(), bins! {"m" => 1}).create_only().await.unwrap();
    let record = server.record("test", "demo", "a").unwrap();
    assert_eq!((record.generation, record.void_time), (4, 0));
    assert_eq!(record.bins.keys().collect::<Vec<_>>(), ["m"]);
    assert_eq!(counts(&client).await, ([1, 0], "objects=1 tombstones=0".to_owned()));
}

#[tokio::test]
async fn removing_the_last_bin_can_be_durable() {
    let (_server, client) = start().await;
    client.put(key(), bins! {"n" => 1}).await.unwrap();
    client
        .put(key(), bins! {"n" => Value::Nil})
        .durable_delete(true)
        .await
        .unwrap();
    assert_eq!(counts(&client).await.0, [0, 1]);
    // Long values are worked on beside the serving thread.
    let long: Vec<i64> = (0..20_000).collect();
    client.put(key(), bins! {"l" => long}).await.unwrap();
    let sort = list("l").sort(ListSortFlags::default());
    client
        .operate(key())
        .op(sort)
        .op(Operation::delete())
        .durable_delete(true)
        .await
        .unwrap();
    assert_eq!(counts(&client).await.0, [0, 1]);
    client.put(key(), bins! {"n" => 1}).await.unwrap();
    client.put(key(), bins! {"n" => Value::Nil}).await.unwrap();
    assert_eq!(counts(&client).await.0, [0, 0]);
}

#[tokio::test]
async fn scripts_and_background_operations_delete_durably() {
    let (server, client) = start().await;
    let script = "function drop(rec) return aerospike:remove(rec) end\n\
                  function make(rec) rec['n'] = 1; return aerospike:create(rec) end\n\
                  function is(rec) return aerospike:exists(rec) end";
    client
        .wait(&client.register_udf("m.lua", script).await.unwrap())
        .await
        .unwrap();
    client.put(key(), bins! {"n" => 1}).await.unwrap();
    client
        .execute_udf(key(), "m", "drop", ())
        .durable_delete(true)
        .await
        .unwrap();
    assert_eq!(counts(&client).await.0, [0, 1]);
    assert_eq!(
        client.execute_udf(key(), "m", "is", ()).await.unwrap(),
        Value::Bool(false)
    );
    client.execute_udf(key(), "m", "make", ()).await.unwrap();
    assert_eq!(server.record("test", "demo", "a").unwrap().generation, 3);
    let all = client
        .query("test", "demo")
        .operate([Operation::delete()])
        .durable_delete(true);
    client.wait(&all.await.unwrap()).await.unwrap();
    assert_eq!(counts(&client).await.0, [0, 1]);
}

#[tokio::test]
async fn a_durable_delete_is_filtered_and_checked_like_a_write() {
    use spikelet_client::exp::int_bin;
    let (_server, client) = start().await;
    client.put(key(), bins! {"n" => 1}).await.unwrap();
    let filtered = client
        .remove(key())
        .durable_delete(true)
        .filter(int_bin("n").eq(2))
        .await;
    assert_eq!(code(filtered), ResultCode::FILTERED_OUT);
    let expected = client.remove(key()).durable_delete(true).generation_equal(7).await;
    assert_eq!(code(expected), ResultCode::GENERATION);
    assert_eq!(counts(&client).await.0, [1, 0]);
    let community = Server::start().unwrap();
    let client = Client::connect(community.addr()).await.unwrap();
    client.put(key(), bins! {"n" => 1}).await.unwrap();
    let refused = client.remove(key()).durable_delete(true).await;
    assert_eq!(code(refused), ResultCode::ENTERPRISE_ONLY);
}

#[tokio::test]
async fn the_tomb_raider_goes_by_the_clock_of_the_server() {
    let (server, client) = start().await;
    let delete = async |key: &str| {
        let key = Key::new("test", "demo", key);
        client.put(&key, bins! {"n" => 1}).await.unwrap();
        client.remove(&key).durable_delete(true).await.unwrap();
    };
    delete("a").await;
    assert_eq!(server.run_tomb_raider(), 0);
    server.clock().advance(Duration::from_secs(23 * 3600));
    delete("b").await;
    assert_eq!(counts(&client).await.0, [0, 2]);
    server.clock().advance(Duration::from_secs(2 * 3600));
    assert_eq!(counts(&client).await, ([0, 1], "objects=0 tombstones=1".to_owned()));
    client
        .info("set-config:context=namespace;id=test;tomb-raider-eligible-age=60")
        .await
        .unwrap();
    assert_eq!(server.run_tomb_raider(), 1);
}

#[tokio::test]
async fn snapshots_truncations_and_indexes_know_tombstones() {
    let (server, client) = start().await;
    let by_n = Index::on("n", IndexType::Numeric);
    client
        .wait(&client.create_index("test", "demo", "by_n", by_n).await.unwrap())
        .await
        .unwrap();
    client.put(key(), bins! {"n" => 1}).await.unwrap();
    client.remove(key()).durable_delete(true).await.unwrap();
    let found = || async {
        let query = client.query("test", "demo").matching(Predicate::equal("n", 1));
        query.stream().next().await.is_some()
    };
    assert!(!found().await);
    let snapshot = server.snapshot();
    client.put(key(), bins! {"n" => 1}).await.unwrap();
    assert!(found().await);
    server.restore(&snapshot).unwrap();
    assert_eq!((counts(&client).await.0, found().await), ([0, 1], false));
    client.put(key(), bins! {"n" => 1}).await.unwrap();
    assert_eq!(server.record("test", "demo", "a").unwrap().generation, 3);
    client.remove(key()).durable_delete(true).await.unwrap();
    client.truncate("test", "demo").await.unwrap();
    assert_eq!(counts(&client).await.0, [0, 0]);
}

/// Without durability a record that one side deleted exists again when the network heals.
#[tokio::test]
async fn a_tombstone_wins_over_an_older_copy_when_the_network_heals() {
    for (durable, left) in [(false, 1), (true, 0)] {
        let builder = Server::builder().edition(Edition::Enterprise);
        let server = builder.nodes(2).replication_factor(2).start().unwrap();
        let client = Client::connect(server.hosts()).await.unwrap();
        client.put(key(), bins! {"n" => 1}).await.unwrap();
        server.partition(&[0xB1_u64], &[0xB2_u64]).unwrap();
        let nodes = server.nodes();
        let side = Client::connect(nodes[0].address).await.unwrap();
        side.remove(key()).durable_delete(durable).await.unwrap();
        server.heal();
        assert_eq!(server.count(), left, "durable: {durable}");
    }
}
