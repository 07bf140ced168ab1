//! Multi-record transactions with `spikelet-client`: what they see, what others see, and how they end.

use std::time::Duration;

use spikelet::journal::{Entry, Filter};
use spikelet::{Command as Fault, Edition, NamespaceConfig, Server};
use spikelet_client::ops::list;
use spikelet_client::verb::Commit;
use spikelet_client::{
    AbortStatus, BatchRow, Client, Command, CommitStatus, Error, ErrorKind, Index, IndexType, Key, OptionalExt as _,
    Policy, Predicate, ResultCode, Transaction, Value, bins, blocking,
};
use spikelet_tests::common::{code, connected, key, numbers};

fn server() -> Server {
    let namespaces = ["test", "bar"].map(|name| {
        let mut namespace = NamespaceConfig::new(name);
        namespace.set("strong-consistency", "true").unwrap();
        namespace
    });
    let mut builder = Server::builder().edition(Edition::Enterprise).journal(1000);
    for namespace in namespaces {
        builder = builder.namespace(namespace);
    }
    builder.start().unwrap()
}

async fn start() -> (Server, Client) {
    let (server, client) = connected(server()).await;
    for n in 0..3 {
        client.put(key(n), bins! {"n" => n}).await.unwrap();
    }
    (server, client)
}

/// The bin `n` of a record, as seen outside of transactions.
async fn n(client: &Client, user_key: i64) -> Option<i64> {
    let record = client.get(key(user_key)).await.optional().unwrap();
    record.map(|record| record.get("n").unwrap())
}

/// The bin `n` of a record, as seen by a transaction.
async fn n_in(client: &Client, user_key: i64, txn: &Transaction<Client>) -> Result<Option<i64>, Error> {
    let record = client.get(key(user_key)).in_transaction(txn).await.optional()?;
    record.map(|record| record.get("n")).transpose()
}

/// A statistic of the namespace `test`.
async fn statistic(client: &Client, name: &str) -> u64 {
    let text = client.info("namespace/test").await.unwrap();
    let prefix = format!("{name}=");
    let found = text.split(';').find_map(|pair| pair.strip_prefix(&prefix));
    found.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

/// Asserts that nothing is left of any transaction.
async fn assert_nothing_is_left(server: &Server, client: &Client) {
    assert_eq!(server.transactions(), []);
    for name in ["mrt_provisionals", "mrt_monitors"] {
        assert_eq!(statistic(client, name).await, 0, "{name}");
    }
}

#[tokio::test]
async fn what_is_written_is_visible_after_the_commit() {
    let (server, client) = start().await;
    let txn = client.begin();
    client
        .put(key(0), bins! {"n" => 10})
        .in_transaction(&txn)
        .await
        .unwrap();
    client.increment(key(1), "n", 10).in_transaction(&txn).await.unwrap();
    client.remove(key(2)).in_transaction(&txn).await.unwrap();
    client
        .put(key(3), bins! {"n" => 13})
        .in_transaction(&txn)
        .await
        .unwrap();
    for (user_key, own, others) in [
        (0, Some(10), Some(0)),
        (1, Some(11), Some(1)),
        (2, None, Some(2)),
        (3, Some(13), None),
    ] {
        assert_eq!(n_in(&client, user_key, &txn).await.unwrap(), own);
        assert_eq!(n(&client, user_key).await, others);
    }
    assert_eq!(numbers(&client.query("test", "demo").await.unwrap().records), [0, 1, 2]);

    let open = server.transactions();
    assert_eq!((open.len(), open[0].id, open[0].records.len()), (1, txn.id(), 4));
    assert_eq!(txn.commit().await.unwrap(), CommitStatus::Committed);
    for (user_key, value) in [(0, Some(10)), (1, Some(11)), (2, None), (3, Some(13))] {
        assert_eq!(n(&client, user_key).await, value);
    }
    assert_eq!(numbers(&client.query("test", "").await.unwrap().records), [10, 11, 13]);
    assert_nothing_is_left(&server, &client).await;
}

#[tokio::test]
async fn nothing_is_left_after_an_abort() {
    let (server, client) = start().await;
    let txn = client.begin();
    client
        .put(key(0), bins! {"n" => 10})
        .in_transaction(&txn)
        .await
        .unwrap();
    client.remove(key(1)).in_transaction(&txn).await.unwrap();
    client
        .put(key(3), bins! {"n" => 13})
        .in_transaction(&txn)
        .await
        .unwrap();
    assert_eq!(txn.abort().await.unwrap(), AbortStatus::Aborted);
    for (user_key, value) in [(0, Some(0)), (1, Some(1)), (3, None)] {
        assert_eq!(n(&client, user_key).await, value);
    }
    assert_eq!(client.get(key(0)).await.unwrap().generation, 1);
    assert_nothing_is_left(&server, &client).await;
}

#[tokio::test]
async fn a_transaction_locks_what_it_has_written() {
    let (_server, client) = start().await;
    let (txn, other) = (client.begin(), client.begin());
    client
        .put(key(0), bins! {"n" => 10})
        .in_transaction(&txn)
        .await
        .unwrap();
    let blocked = ResultCode::MRT_BLOCKED;
    assert_eq!(code(client.put(key(0), bins! {"n" => 20}).await), blocked);
    assert_eq!(code(client.remove(key(0)).durable_delete(true).await), blocked);
    assert_eq!(code(client.get(key(0)).in_transaction(&other).await), blocked);
    let put = client.put(key(0), bins! {"n" => 20}).in_transaction(&other);
    assert_eq!(code(put.await), blocked);
    assert_eq!(n(&client, 0).await, Some(0));
    // What was blocked does not prevent the other transaction from going on.
    client
        .put(key(1), bins! {"n" => 21})
        .in_transaction(&other)
        .await
        .unwrap();
    other.commit().await.unwrap();
    txn.commit().await.unwrap();
    assert_eq!((n(&client, 0).await, n(&client, 1).await), (Some(10), Some(21)));
}

#[tokio::test]
async fn on_locking_only_fails_for_a_record_that_was_written_before() {
    let (_server, client) = start().await;
    let txn = client.begin();
    let put = |value| {
        let put = client.put(key(0), bins! {"n" => value}).on_locking_only(true);
        put.in_transaction(&txn)
    };
    put(10).await.unwrap();
    assert_eq!(code(put(11).await), ResultCode::MRT_ALREADY_LOCKED);
    let rows = [
        BatchRow::write(key(0), bins! {"n" => 12}).on_locking_only(true),
        BatchRow::write(key(0), bins! {"m" => 1}),
    ];
    let results = client.batch(rows).in_transaction(&txn).await.unwrap();
    let codes: Vec<_> = results.iter().map(|row| row.result_code().unwrap()).collect();
    assert_eq!(codes, [ResultCode::MRT_ALREADY_LOCKED, ResultCode::OK]);
    txn.commit().await.unwrap();
    assert_eq!(client.get(key(0)).await.unwrap().bins, bins! {"n" => 10, "m" => 1});
}

#[tokio::test]
async fn an_outdated_read_aborts_the_transaction_and_is_named() {
    let (server, client) = start().await;
    let txn = client.begin();
    assert_eq!(n_in(&client, 0, &txn).await.unwrap(), Some(0));
    assert_eq!(n_in(&client, 1, &txn).await.unwrap(), Some(1));
    // A record that does not exist has a version too.
    assert_eq!(n_in(&client, 7, &txn).await.unwrap(), None);
    client
        .put(key(2), bins! {"n" => 12})
        .in_transaction(&txn)
        .await
        .unwrap();
    client.put(key(1), bins! {"n" => 21}).await.unwrap();
    client.put(key(7), bins! {"n" => 7}).await.unwrap();

    let error = txn.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transaction);
    assert_eq!(error.result_code(), Some(ResultCode::MRT_VERSION_MISMATCH));
    assert!(!error.in_doubt());
    let mut keys = error.unverified_keys().to_vec();
    keys.sort_by_key(Key::digest);
    let mut expected = vec![key(1), key(7)];
    expected.sort_by_key(Key::digest);
    assert_eq!(keys, expected);
    assert!(error.to_string().contains("2 records could not be verified"), "{error}");
    assert_eq!((n(&client, 2).await, n(&client, 1).await), (Some(2), Some(21)));
    assert_nothing_is_left(&server, &client).await;
    let again = txn.commit().await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Transaction, "{again}");
    assert_eq!(txn.abort().await.unwrap(), AbortStatus::Aborted);
}

#[tokio::test]
async fn an_outdated_read_prevents_the_write_of_the_same_record() {
    let (_server, client) = start().await;
    let txn = client.begin();
    assert_eq!(n_in(&client, 0, &txn).await.unwrap(), Some(0));
    client.put(key(0), bins! {"n" => 20}).await.unwrap();
    let put = client.put(key(0), bins! {"n" => 10}).in_transaction(&txn).await;
    assert_eq!(code(put), ResultCode::MRT_VERSION_MISMATCH);
    assert_eq!(code(n_in(&client, 0, &txn).await), ResultCode::MRT_VERSION_MISMATCH);
    assert_eq!(txn.commit().await.unwrap_err().unverified_keys(), [key(0)]);
}

#[tokio::test]
async fn a_transaction_that_only_reads_leaves_no_trace_on_the_server() {
    let (server, client) = start().await;
    let txn = client.begin();
    assert_eq!(n_in(&client, 0, &txn).await.unwrap(), Some(0));
    assert_eq!(server.transactions(), []);
    assert_eq!(txn.commit().await.unwrap(), CommitStatus::Committed);
    assert_eq!(client.begin().commit().await.unwrap(), CommitStatus::Committed);
    assert_eq!(client.begin().abort().await.unwrap(), AbortStatus::Aborted);
}

#[tokio::test]
async fn batches_and_operates_take_part() {
    let (server, client) = start().await;
    let txn = client.begin();
    let operate = client.operate(key(0)).add("n", 10).get("n").op(list("l").append(1));
    let record = operate.in_transaction(&txn).await.unwrap();
    assert_eq!(record.get::<i64>("n").unwrap(), 10);
    let rows = [
        BatchRow::write(key(1), bins! {"n" => 11}),
        BatchRow::remove(key(2)),
        BatchRow::read(key(0)),
        BatchRow::read(key(9)),
        BatchRow::write(key(3), bins! {"n" => 13}).update_only(),
    ];
    let results = client.batch(rows).in_transaction(&txn).await.unwrap();
    let codes: Vec<_> = results.iter().map(|row| row.result_code().unwrap().0).collect();
    assert_eq!(codes, [0, 0, 0, 2, 2]);
    let seen = client
        .batch_read([key(0), key(1), key(2)])
        .in_transaction(&txn)
        .await
        .unwrap();
    let seen = seen
        .iter()
        .map(|row| row.record().map(|record| record.get::<i64>("n").unwrap()));
    assert_eq!(seen.collect::<Vec<_>>(), [Some(10), Some(11), None]);
    assert_eq!(server.transactions()[0].records.len(), 4);
    txn.commit().await.unwrap();
    assert_eq!(
        (n(&client, 0).await, n(&client, 1).await, n(&client, 2).await),
        (Some(10), Some(11), None)
    );
    assert_nothing_is_left(&server, &client).await;
}

#[tokio::test]
async fn the_reads_of_a_batch_are_verified() {
    let (_server, client) = start().await;
    let txn = client.begin();
    let rows = [
        BatchRow::read(key(0)),
        BatchRow::write(key(1), bins! {"n" => 11}),
        BatchRow::read(key(9)),
    ];
    client.batch(rows).in_transaction(&txn).await.unwrap();
    client.put(key(9), bins! {"n" => 9}).await.unwrap();
    assert_eq!(txn.commit().await.unwrap_err().unverified_keys(), [key(9)]);
    assert_eq!(n(&client, 1).await, Some(1));
}

#[tokio::test]
async fn more_records_than_a_batch_of_the_end_holds() {
    let (server, client) = start().await;
    let txn = client.begin();
    let patience = Policy {
        total_timeout: Duration::from_secs(30),
        ..Policy::default()
    };
    let puts = (0..2500).map(|n| (key(1000 + n), bins! {"n" => n}));
    let put = client
        .batch_write(puts)
        .policy(patience)
        .in_transaction(&txn)
        .await
        .unwrap();
    assert!(put.iter().all(|row| row.result.is_ok()));
    let reads = client.batch_read((0..2500).map(|n| key(5000 + n))).policy(patience);
    assert_eq!(reads.in_transaction(&txn).await.unwrap().len(), 2500);
    assert_eq!(txn.commit().policy(patience).await.unwrap(), CommitStatus::Committed);
    assert_eq!((n(&client, 1000).await, n(&client, 3499).await), (Some(0), Some(2499)));
    assert_nothing_is_left(&server, &client).await;

    let txn = client.begin();
    let puts = (0..4097).map(|n| (key(n), bins! {"n" => n}));
    let error = client
        .batch_write(puts)
        .policy(patience)
        .in_transaction(&txn)
        .await
        .unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::MRT_TOO_MANY_WRITES));
}

#[tokio::test]
async fn scripts_take_part() {
    let (server, client) = start().await;
    let script = r"
        function set(record, value) record.n = value; aerospike:update(record); return value end
        function n(record) return record.n end
        function delete(record) return aerospike:remove(record) end
    ";
    client
        .wait(&client.register_udf("mrt.lua", script).await.unwrap())
        .await
        .unwrap();
    let call = |user_key: i64, function, txn: &Transaction<Client>| {
        client
            .execute_udf(key(user_key), "mrt", function, ())
            .in_transaction(txn)
    };
    let txn = client.begin();
    let set = client.execute_udf(key(0), "mrt", "set", (10,)).in_transaction(&txn);
    assert_eq!(set.await.unwrap(), Value::Int(10));
    assert_eq!(call(0, "n", &txn).await.unwrap(), Value::Int(10));
    call(1, "delete", &txn).await.unwrap();
    let rows = [BatchRow::udf(key(2), "mrt", "set", (12,))];
    client.batch(rows).in_transaction(&txn).await.unwrap();
    assert_eq!((n(&client, 0).await, n(&client, 1).await), (Some(0), Some(1)));
    txn.commit().await.unwrap();
    assert_eq!(
        (n(&client, 0).await, n(&client, 1).await, n(&client, 2).await),
        (Some(10), None, Some(12))
    );
    assert_nothing_is_left(&server, &client).await;

    // A script that only reads is verified like a read.
    let txn = client.begin();
    assert_eq!(call(0, "n", &txn).await.unwrap(), Value::Int(10));
    client.put(key(0), bins! {"n" => 20}).await.unwrap();
    assert_eq!(txn.commit().await.unwrap_err().unverified_keys(), [key(0)]);
    assert_nothing_is_left(&server, &client).await;
}

#[tokio::test]
async fn the_server_ends_a_transaction_at_its_deadline() {
    let (server, client) = start().await;
    let txn = client.begin().timeout(Duration::from_secs(30));
    client
        .put(key(0), bins! {"n" => 10})
        .in_transaction(&txn)
        .await
        .unwrap();
    server.clock().advance(Duration::from_secs(29));
    client
        .put(key(1), bins! {"n" => 11})
        .in_transaction(&txn)
        .await
        .unwrap();
    server.clock().advance(Duration::from_secs(2));
    let put = client.put(key(1), bins! {"n" => 12}).in_transaction(&txn).await;
    assert_eq!(code(put), ResultCode::MRT_EXPIRED);
    assert_eq!((n(&client, 0).await, n(&client, 1).await), (Some(0), Some(1)));
    client.put(key(0), bins! {"n" => 20}).await.unwrap();
    let error = txn.commit().await.unwrap_err();
    assert_eq!(
        (error.result_code(), error.in_doubt()),
        (Some(ResultCode::MRT_ABORTED), false)
    );
    assert_eq!(n(&client, 0).await, Some(20));
    assert_eq!(txn.abort().await.unwrap(), AbortStatus::Aborted);
    assert_nothing_is_left(&server, &client).await;

    // The server's default.
    client
        .info_all("set-config:context=namespace;namespace=test;mrt-duration=100")
        .await
        .unwrap();
    let txn = client.begin();
    client
        .put(key(0), bins! {"n" => 30})
        .in_transaction(&txn)
        .await
        .unwrap();
    server.clock().advance(Duration::from_secs(99));
    txn.commit().await.unwrap();
    assert_eq!(n(&client, 0).await, Some(30));
}

#[tokio::test]
async fn a_transaction_that_is_dropped_is_rolled_back_at_its_deadline() {
    let (server, client) = start().await;
    let txn = client.begin();
    client
        .put(key(0), bins! {"n" => 10})
        .in_transaction(&txn)
        .await
        .unwrap();
    drop(txn);
    assert_eq!(
        code(client.put(key(0), bins! {"n" => 20}).await),
        ResultCode::MRT_BLOCKED
    );
    assert_eq!(server.expire_transactions(), 1);
    client.put(key(0), bins! {"n" => 20}).await.unwrap();
    assert_nothing_is_left(&server, &client).await;
}

#[tokio::test]
async fn what_a_transaction_refuses_it_refuses_before_anything_is_sent() {
    let (server, client) = start().await;
    let txn = client.begin();
    client
        .put(key(0), bins! {"n" => 10})
        .in_transaction(&txn)
        .await
        .unwrap();
    server.journal().clear();
    let elsewhere = client.get(("bar", "demo", 1)).in_transaction(&txn).await.unwrap_err();
    assert_eq!(elsewhere.kind(), ErrorKind::Argument);
    let rows = [BatchRow::read(key(0)), BatchRow::read(("bar", "demo", 1))];
    assert_eq!(
        client.batch(rows).in_transaction(&txn).await.unwrap_err().kind(),
        ErrorKind::Argument
    );
    let other = Client::connect(server.addr()).await.unwrap();
    let foreign = other.get(key(0)).in_transaction(&txn).await.unwrap_err();
    assert_eq!(foreign.kind(), ErrorKind::Argument, "{foreign}");
    for timeout in [Duration::ZERO, Duration::from_secs(121)] {
        let txn = client.begin().timeout(timeout);
        let put = client
            .put(key(1), bins! {"n" => 1})
            .in_transaction(&txn)
            .await
            .unwrap_err();
        assert_eq!(put.kind(), ErrorKind::Argument, "{put}");
    }
    assert_eq!(server.journal().count(), 0, "{:?}", server.journal().entries());

    txn.commit().await.unwrap();
    for error in [
        client.get(key(0)).in_transaction(&txn).await.unwrap_err(),
        client.batch_read([key(0)]).in_transaction(&txn).await.unwrap_err(),
        txn.abort().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Transaction);
        assert!(error.to_string().contains("committed"), "{error}");
    }
    assert_eq!(txn.commit().await.unwrap(), CommitStatus::Committed);
}

#[tokio::test]
async fn a_namespace_without_strong_consistency_has_no_transactions() {
    for (edition, expected) in [
        (Edition::Community, ResultCode::ENTERPRISE_ONLY),
        (Edition::Enterprise, ResultCode::UNSUPPORTED_FEATURE),
    ] {
        let server = Server::builder().edition(edition).start().unwrap();
        let (_server, client) = connected(server).await;
        let txn = client.begin();
        assert_eq!(code(client.get(key(0)).in_transaction(&txn).await), expected);
    }
}

#[tokio::test]
async fn commands_of_one_transaction_can_run_concurrently() {
    let (server, client) = start().await;
    let txn = client.begin();
    let mut puts = tokio::task::JoinSet::new();
    for n in 0..50 {
        puts.spawn(
            client
                .put(key(n), bins! {"n" => 100 + n})
                .in_transaction(&txn)
                .into_future(),
        );
    }
    puts.join_all()
        .await
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    assert_eq!(server.transactions()[0].records.len(), 50);
    txn.commit().await.unwrap();
    assert_eq!((n(&client, 0).await, n(&client, 49).await), (Some(100), Some(149)));
    assert_nothing_is_left(&server, &client).await;
}

#[test]
fn the_blocking_client_has_transactions() {
    let server = server();
    let client = blocking::Client::connect(server.addr()).unwrap();
    let txn = client.begin().timeout(Duration::from_secs(60));
    client
        .put(key(0), bins! {"n" => 1})
        .in_transaction(&txn)
        .call()
        .unwrap();
    assert!(!client.exists(key(0)).call().unwrap());
    assert_eq!(txn.commit().call().unwrap(), CommitStatus::Committed);
    assert!(client.exists(key(0)).call().unwrap());
    let txn = client.begin();
    client.remove(key(0)).in_transaction(&txn).call().unwrap();
    assert_eq!(txn.abort().call().unwrap(), AbortStatus::Aborted);
    assert!(client.exists(key(0)).call().unwrap());
}

/// A client whose transactions end after one attempt at each step.
fn impatient(txn: &Transaction<Client>) -> Command<Client, Commit> {
    txn.commit().max_retries(0)
}

#[tokio::test]
async fn a_client_that_stops_between_commit_and_roll_forward_leaves_the_rest_to_the_server() {
    let (server, client) = start().await;
    let txn = client.begin();
    client
        .put(key(0), bins! {"n" => 10})
        .in_transaction(&txn)
        .await
        .unwrap();
    client.remove(key(1)).in_transaction(&txn).await.unwrap();
    let fault = server.faults().on(Fault::RollForward).cut_before().must_fire();
    assert_eq!(impatient(&txn).await.unwrap(), CommitStatus::RollForwardAbandoned);
    assert!(server.transactions()[0].is_committed);
    assert_eq!((n(&client, 0).await, n(&client, 1).await), (Some(0), Some(1)));
    assert_eq!(
        code(client.put(key(0), bins! {"n" => 20}).await),
        ResultCode::MRT_BLOCKED
    );
    server.clock().advance(Duration::from_secs(11));
    assert_eq!((n(&client, 0).await, n(&client, 1).await), (Some(10), None));
    drop(fault);
    assert_eq!(txn.commit().await.unwrap(), CommitStatus::Committed);
    assert_nothing_is_left(&server, &client).await;
}

#[tokio::test]
async fn another_commit_rolls_forward_what_the_first_has_left() {
    let (server, client) = start().await;
    let txn = client.begin();
    for n in 0..2 {
        client
            .put(key(n), bins! {"n" => 10 + n})
            .in_transaction(&txn)
            .await
            .unwrap();
    }
    // One of the two records is rolled.
    let roll = server.faults().on(Fault::RollForward).transaction(txn.id());
    let _fault = roll.key(0).answer(ResultCode::DEVICE_OVERLOAD).must_fire();
    let other = server
        .faults()
        .on(Fault::RollForward)
        .transaction(txn.id() + 1)
        .ignore();
    assert_eq!(impatient(&txn).await.unwrap(), CommitStatus::RollForwardAbandoned);
    assert_eq!((n(&client, 0).await, n(&client, 1).await), (Some(0), Some(11)));
    server.faults().clear();
    assert_eq!(other.fired(), 0);
    assert_eq!(txn.commit().await.unwrap(), CommitStatus::Committed);
    assert_eq!((n(&client, 0).await, n(&client, 1).await), (Some(10), Some(11)));
    assert_nothing_is_left(&server, &client).await;
}

#[tokio::test]
async fn a_commit_whose_reply_is_lost_is_in_doubt_until_another_one() {
    for lost in [true, false] {
        let (server, client) = start().await;
        let txn = client.begin();
        client
            .put(key(0), bins! {"n" => 10})
            .in_transaction(&txn)
            .await
            .unwrap();
        let fault = server.faults().on(Fault::Monitor).transaction(txn.id());
        let fault = if lost { fault.cut_after() } else { fault.ignore() };
        let commit = impatient(&txn).socket_timeout(Duration::from_millis(100));
        let error = commit.await.unwrap_err();
        assert!(error.in_doubt() && error.unverified_keys().is_empty(), "{error}");
        assert_eq!(fault.fired(), 1);
        assert_eq!(server.transactions()[0].is_committed, lost);
        assert_eq!(n(&client, 0).await, Some(0));
        let abort = txn.abort().await.unwrap_err();
        assert_eq!(abort.kind(), ErrorKind::Transaction, "{abort}");
        fault.remove();
        assert_eq!(txn.commit().await.unwrap(), CommitStatus::Committed);
        assert_eq!(n(&client, 0).await, Some(10));
        assert_nothing_is_left(&server, &client).await;
    }
}

#[tokio::test]
async fn the_server_knows_how_a_transaction_in_doubt_ended() {
    for lost in [true, false] {
        let (server, client) = start().await;
        let txn = client.begin();
        client
            .put(key(0), bins! {"n" => 10})
            .in_transaction(&txn)
            .await
            .unwrap();
        let fault = server.faults().on(Fault::Monitor);
        let fault = if lost { fault.cut_after() } else { fault.ignore() };
        let commit = impatient(&txn).socket_timeout(Duration::from_millis(100));
        assert!(commit.await.unwrap_err().in_doubt());
        fault.remove();
        server.clock().advance(Duration::from_secs(11));
        match txn.commit().await {
            Ok(status) => assert!(lost && status == CommitStatus::Committed),
            Err(error) => {
                assert!(!lost && !error.in_doubt());
                assert_eq!(error.result_code(), Some(ResultCode::MRT_ABORTED));
            }
        }
        assert_eq!(n(&client, 0).await, Some(if lost { 10 } else { 0 }));
        assert_nothing_is_left(&server, &client).await;
    }
}

#[tokio::test]
async fn steps_whose_replies_are_lost_are_repeated() {
    let (server, client) = start().await;
    for step in [Fault::Monitor, Fault::Verify, Fault::RollForward, Fault::RollBack] {
        // Every step loses one reply: that of the monitor's creation, of its mark, of its deletion.
        for nth in 1..=3 {
            let txn = client.begin();
            assert!(n_in(&client, 2, &txn).await.unwrap().is_some());
            let fault = server.faults().on(step).nth(nth).cut_after();
            client.increment(key(0), "n", 1).in_transaction(&txn).await.unwrap();
            let before = n(&client, 0).await.unwrap();
            let expected = if step == Fault::RollBack {
                assert_eq!(txn.abort().await.unwrap(), AbortStatus::Aborted);
                before
            } else {
                assert_eq!(txn.commit().await.unwrap(), CommitStatus::Committed);
                before + 1
            };
            assert_eq!(n(&client, 0).await, Some(expected), "{step} {nth}");
            assert_nothing_is_left(&server, &client).await;
            assert_eq!(
                fault.fired(),
                u64::from(step == Fault::Monitor || nth == 1),
                "{step} {nth}"
            );
            server.faults().clear();
        }
    }
}

#[tokio::test]
async fn a_write_in_doubt_must_be_repeated_before_the_commit() {
    let (server, client) = start().await;
    let txn = client.begin();
    let fault = server.faults().on(Fault::Write).times(1).cut_after();
    let put = || client.put(key(0), bins! {"n" => 10}).in_transaction(&txn);
    assert!(put().await.unwrap_err().in_doubt());
    assert_eq!(fault.fired(), 1);
    let refused = txn.commit().await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.in_doubt()),
        (ErrorKind::Transaction, false),
        "{refused}"
    );
    put().await.unwrap();
    assert_eq!(txn.commit().await.unwrap(), CommitStatus::Committed);
    assert_eq!(n(&client, 0).await, Some(10));
    // The client cannot know that the first write does not arrive later.
    assert_eq!(server.transactions().len(), 1);
    server.clock().advance(Duration::from_secs(11));
    assert_nothing_is_left(&server, &client).await;
}

#[tokio::test]
async fn a_command_that_is_dropped_is_in_doubt() {
    let (server, client) = start().await;
    let txn = client.begin();
    let fault = server.faults().on(Fault::Write).delay(Duration::from_millis(200));
    let put = client.put(key(0), bins! {"n" => 10}).in_transaction(&txn).into_future();
    assert!(tokio::time::timeout(Duration::from_millis(50), put).await.is_err());
    fault.remove();
    assert_eq!(txn.commit().await.unwrap_err().kind(), ErrorKind::Transaction);
    assert_eq!(txn.abort().await.unwrap(), AbortStatus::Aborted);
    // Whenever the write arrives, the monitor rolls it back.
    tokio::time::sleep(Duration::from_millis(250)).await;
    server.clock().advance(Duration::from_secs(11));
    assert_eq!(n(&client, 0).await, Some(0));
    assert_nothing_is_left(&server, &client).await;
}

#[tokio::test]
async fn a_cluster_that_fails_to_verify_aborts() {
    let (server, client) = start().await;
    let txn = client.begin();
    assert_eq!(n_in(&client, 1, &txn).await.unwrap(), Some(1));
    client
        .put(key(0), bins! {"n" => 10})
        .in_transaction(&txn)
        .await
        .unwrap();
    let fault = server
        .faults()
        .on(Fault::Verify)
        .answer(ResultCode::UNAVAILABLE)
        .must_fire();
    let error = impatient(&txn).await.unwrap_err();
    assert_eq!((error.unverified_keys(), error.in_doubt()), (&[key(1)][..], false));
    assert_eq!(error.result_code(), Some(ResultCode::UNAVAILABLE));
    drop(fault);
    assert_nothing_is_left(&server, &client).await;
}

#[tokio::test]
async fn an_abort_that_does_not_arrive_is_left_to_the_server() {
    let (server, client) = start().await;
    let txn = client.begin();
    client
        .put(key(0), bins! {"n" => 10})
        .in_transaction(&txn)
        .await
        .unwrap();
    let fault = server.faults().on(Fault::RollBack).cut_before().must_fire();
    assert_eq!(
        txn.abort().max_retries(0).await.unwrap(),
        AbortStatus::RollBackAbandoned
    );
    drop(fault);
    assert_eq!(txn.abort().await.unwrap(), AbortStatus::Aborted);
    assert_nothing_is_left(&server, &client).await;
}

#[tokio::test]
async fn the_journal_shows_transactions() {
    let (server, client) = start().await;
    let txn = client.begin();
    assert_eq!(n_in(&client, 1, &txn).await.unwrap(), Some(1));
    client
        .put(key(0), bins! {"n" => 10})
        .in_transaction(&txn)
        .await
        .unwrap();
    client.put(key(2), bins! {"n" => 12}).await.unwrap();
    txn.commit().await.unwrap();
    let commands = |filter: Filter| {
        let entries = server.journal().matching(filter).entries();
        let command = |entry: &Entry| match &entry.rows[..] {
            [] => entry.request.command,
            rows => rows[0].request.command,
        };
        entries.iter().map(command).collect::<Vec<_>>()
    };
    use Fault::{Monitor, Read, RollForward, Verify, Write};
    assert_eq!(
        commands(Filter::new().transaction(txn.id())),
        [Read, Monitor, Write, Monitor, RollForward, Monitor]
    );
    assert_eq!(commands(Verify.into()), [Verify]);
    assert_eq!(commands(Filter::new().writes().transaction(txn.id())), [Write]);
    let write = server
        .journal()
        .matching(Filter::new().writes().transaction(txn.id()))
        .last()
        .unwrap();
    assert_eq!(write.request.policies.transaction, Some(txn.id()));
    assert!(
        write.to_string().contains(&format!("transaction {}", txn.id())),
        "{write}"
    );
}

#[tokio::test]
async fn statistics_count_transactions() {
    let (server, client) = start().await;
    let txn = client.begin();
    assert_eq!(n_in(&client, 2, &txn).await.unwrap(), Some(2));
    for n in 0..2 {
        client
            .put(key(n), bins! {"n" => 10})
            .in_transaction(&txn)
            .await
            .unwrap();
    }
    assert_eq!(statistic(&client, "mrt_provisionals").await, 2);
    assert_eq!(statistic(&client, "mrt_monitors").await, 1);
    client.put(key(0), bins! {"n" => 20}).await.unwrap_err();
    txn.commit().await.unwrap();
    let txn = client.begin();
    client
        .put(key(0), bins! {"n" => 10})
        .in_transaction(&txn)
        .await
        .unwrap();
    txn.abort().await.unwrap();
    let txn = client.begin();
    client
        .put(key(7), bins! {"n" => 10})
        .in_transaction(&txn)
        .await
        .unwrap();
    server.expire_transactions();
    for (name, count) in [
        ("mrt_verify_read_success", 1),
        ("mrt_roll_forward_success", 2),
        ("mrt_roll_back_success", 1),
        ("mrt_monitor_roll_back_success", 1),
        ("mrt_monitor_roll_forward_success", 0),
        ("fail_mrt_blocked", 1),
    ] {
        assert_eq!(statistic(&client, name).await, count, "{name}");
    }
    assert_nothing_is_left(&server, &client).await;
}

#[tokio::test]
async fn secondary_indexes_follow_the_commit() {
    let (_server, client) = start().await;
    let index = Index::on("n", IndexType::Numeric);
    client
        .wait(&client.create_index("test", "demo", "by_n", index).await.unwrap())
        .await
        .unwrap();
    let txn = client.begin();
    client
        .put(key(0), bins! {"n" => 10})
        .in_transaction(&txn)
        .await
        .unwrap();
    client.remove(key(1)).in_transaction(&txn).await.unwrap();
    let found = |range| {
        let query = client.query("test", "demo").matching(Predicate::range("n", range));
        async move { numbers(&query.await.unwrap().records) }
    };
    assert_eq!(found(0..100).await, [0, 1, 2]);
    txn.commit().await.unwrap();
    assert_eq!(found(0..100).await, [2, 10]);
}
