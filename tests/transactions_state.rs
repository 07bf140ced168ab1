//! Open transactions and everything that changes the server beneath them: truncations, expiry, snapshots, lost nodes, cut
//! networks, scripts and queries in the background.

use std::time::Duration;

use spikelet::{Edition, NamespaceConfig, NodeId, Server};
use spikelet_client::{Client, CommitStatus, Error, Operation, OptionalExt as _, ResultCode, Transaction, bins};
use spikelet_tests::common::{code, connected, key, numbers};

/// The id of the node at this position.
fn node(server: &Server, at: usize) -> NodeId {
    server.nodes()[at].id
}

async fn start(nodes: usize, parameters: &[(&str, &str)]) -> (Server, Client) {
    let mut namespace = NamespaceConfig::new("test");
    namespace.set("strong-consistency", "true").unwrap();
    for (name, value) in parameters {
        namespace.set(name, value).unwrap();
    }
    let server = Server::builder()
        .edition(Edition::Enterprise)
        .nodes(nodes)
        .namespace(namespace);
    let (server, client) = connected(server.start().unwrap()).await;
    for n in 0..3 {
        client.put(key(n), bins! {"n" => n}).await.unwrap();
    }
    (server, client)
}

async fn n(client: &Client, user_key: i64) -> Option<i64> {
    let record = client.get(key(user_key)).await.optional().unwrap();
    record.map(|record| record.get("n").unwrap())
}

async fn n_in(client: &Client, user_key: i64, txn: &Transaction<Client>) -> Result<Option<i64>, Error> {
    let record = client.get(key(user_key)).in_transaction(txn).await.optional()?;
    record.map(|record| record.get("n")).transpose()
}

async fn put(client: &Client, user_key: i64, value: i64, txn: &Transaction<Client>) -> Result<(), Error> {
    client
        .put(key(user_key), bins! {"n" => value})
        .in_transaction(txn)
        .await
}

/// A statistic of the namespace, of one node.
async fn statistic(client: &Client, name: &str) -> u64 {
    let text = client.info("namespace/test").await.unwrap();
    let prefix = format!("{name}=");
    let found = text.split(';').find_map(|pair| pair.strip_prefix(&prefix));
    found.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

async fn assert_nothing_is_left(server: &Server, client: &Client) {
    assert_eq!(server.transactions(), []);
    assert_eq!(statistic(client, "mrt_provisionals").await, 0);
}

#[tokio::test]
async fn a_truncation_spares_the_monitor_and_what_is_written_later() {
    let (server, client) = start(1, &[]).await;
    let txn = client.begin();
    put(&client, 0, 10, &txn).await.unwrap();
    server.clock().advance(Duration::from_millis(10));
    client.truncate("test", "").await.unwrap();
    server.clock().advance(Duration::from_millis(10));
    assert_eq!(
        (n(&client, 0).await, n_in(&client, 0, &txn).await.unwrap()),
        (None, None)
    );
    put(&client, 1, 11, &txn).await.unwrap();
    assert_eq!(txn.commit().await.unwrap(), CommitStatus::Committed);
    assert_eq!((n(&client, 0).await, n(&client, 1).await), (None, Some(11)));
    assert_eq!(statistic(&client, "objects").await, 1);
    assert_nothing_is_left(&server, &client).await;
}

#[tokio::test]
async fn a_truncation_outdates_what_was_read() {
    let (server, client) = start(1, &[]).await;
    let txn = client.begin();
    assert_eq!(n_in(&client, 0, &txn).await.unwrap(), Some(0));
    server.clock().advance(Duration::from_millis(10));
    client.truncate("test", "demo").await.unwrap();
    assert_eq!(txn.commit().await.unwrap_err().unverified_keys(), [key(0)]);
}

#[tokio::test]
async fn an_expired_record_has_the_version_of_none() {
    let (server, client) = start(1, &[("strong-consistency-allow-expunge", "true"), ("nsup-period", "1")]).await;
    client
        .put(key(0), bins! {"n" => 1})
        .ttl(Duration::from_secs(5))
        .await
        .unwrap();
    let outdated = client.begin();
    assert_eq!(n_in(&client, 0, &outdated).await.unwrap(), Some(1));
    server.clock().advance(Duration::from_secs(6));
    assert_eq!(outdated.commit().await.unwrap_err().unverified_keys(), [key(0)]);
    let txn = client.begin();
    assert_eq!(n_in(&client, 0, &txn).await.unwrap(), None);
    server.run_nsup();
    put(&client, 1, 11, &txn).await.unwrap();
    assert_eq!(txn.commit().await.unwrap(), CommitStatus::Committed);

    // A provisional record has the TTL of its write.
    let txn = client.begin();
    let put = client.put(key(2), bins! {"n" => 12}).ttl(Duration::from_secs(5));
    put.in_transaction(&txn).await.unwrap();
    txn.commit().await.unwrap();
    assert_eq!(n(&client, 2).await, Some(12));
    server.clock().advance(Duration::from_secs(6));
    assert_eq!(n(&client, 2).await, None);
}

#[tokio::test]
async fn a_snapshot_holds_open_transactions() {
    let (server, client) = start(1, &[]).await;
    let txn = client.begin();
    put(&client, 0, 10, &txn).await.unwrap();
    let open = server.transactions();
    let snapshot = server.snapshot();
    txn.commit().await.unwrap();
    assert_eq!(n(&client, 0).await, Some(10));

    server.restore(&snapshot).unwrap();
    assert_eq!((n(&client, 0).await, server.transactions()), (Some(0), open));
    assert_eq!(
        code(client.put(key(0), bins! {"n" => 1}).await),
        ResultCode::MRT_BLOCKED
    );
    server.clock().advance(Duration::from_secs(11));
    client.put(key(0), bins! {"n" => 1}).await.unwrap();
    assert_nothing_is_left(&server, &client).await;
}

#[tokio::test]
async fn a_reset_drops_open_transactions() {
    let (server, client) = start(1, &[]).await;
    let txn = client.begin();
    put(&client, 0, 10, &txn).await.unwrap();
    server.reset();
    assert_nothing_is_left(&server, &client).await;
    client.put(key(0), bins! {"n" => 1}).await.unwrap();
    let error = txn.commit().await.unwrap_err();
    assert_eq!(
        (error.result_code(), error.in_doubt()),
        (Some(ResultCode::NOT_FOUND), false)
    );
    assert_eq!(n(&client, 0).await, Some(1));
}

#[tokio::test]
async fn a_transaction_that_was_ended_locks_nothing_more() {
    let (server, client) = start(1, &[]).await;
    let txn = client.begin();
    put(&client, 0, 10, &txn).await.unwrap();
    assert_eq!(server.expire_transactions(), 1);
    assert_eq!(code(put(&client, 0, 11, &txn).await), ResultCode::MRT_EXPIRED);
    assert_eq!(code(put(&client, 1, 11, &txn).await), ResultCode::MRT_EXPIRED);
    client.put(key(0), bins! {"n" => 1}).await.unwrap();
    assert_nothing_is_left(&server, &client).await;
}

#[tokio::test]
async fn background_queries_do_not_change_locked_records() {
    let (_server, client) = start(1, &[]).await;
    let txn = client.begin();
    put(&client, 0, 10, &txn).await.unwrap();
    let add = client.query("test", "demo").operate([Operation::add("n", 100)]);
    client.wait(&add.await.unwrap()).await.unwrap();
    let seen = client.query("test", "demo").await.unwrap().records;
    assert_eq!(numbers(&seen), [0, 101, 102]);
    txn.commit().await.unwrap();
    assert_eq!(n(&client, 0).await, Some(10));
}

#[tokio::test]
async fn the_loss_of_every_copy_leaves_no_lock() {
    let (server, client) = start(2, &[("replication-factor", "1")]).await;
    let txn = client.begin();
    for n in 0..40 {
        put(&client, n, 10, &txn).await.unwrap();
    }
    server.kill(node(&server, 1)).unwrap();
    // What the node held is lost: records, their locks, and perhaps the monitor.
    let left = server.transactions();
    assert!(statistic(&client, "mrt_provisionals").await < 40);
    // The node does not come back, and its partitions are used without what is lost.
    server.set_roster("test", &[node(&server, 0)]).unwrap();
    server.revive("test").unwrap();
    // It comes back empty, and its partitions are dead until they are revived.
    server.restart(node(&server, 1)).unwrap();
    server.revive("test").unwrap();
    server.clock().advance(Duration::from_secs(11));
    for n in 0..40 {
        client.put(key(n), bins! {"n" => 1}).await.unwrap();
    }
    assert_nothing_is_left(&server, &client).await;
    assert!(left.len() <= 1);
}

#[tokio::test]
async fn a_transaction_survives_a_node_whose_partitions_have_another_copy() {
    let (server, client) = start(3, &[("replication-factor", "2")]).await;
    let txn = client.begin();
    for n in 0..20 {
        put(&client, n, 10 + n, &txn).await.unwrap();
    }
    server.kill(node(&server, 1)).unwrap();
    assert_eq!(txn.commit().await.unwrap(), CommitStatus::Committed);
    for user_key in 0..20 {
        assert_eq!(n(&client, user_key).await, Some(10 + user_key));
    }
    assert_nothing_is_left(&server, &client).await;
}

#[tokio::test]
async fn a_network_that_is_cut_and_heals_keeps_open_transactions() {
    let (server, client) = start(3, &[("replication-factor", "2")]).await;
    let txn = client.begin();
    for n in 0..10 {
        put(&client, n, 10 + n, &txn).await.unwrap();
    }
    let [alone, second, third] = [0, 1, 2].map(|at| node(&server, at));
    server.partition(&[alone], &[second, third]).unwrap();
    let majority = Client::connect(server.nodes()[1].address).await.unwrap();
    let during = majority.begin();
    put(&majority, 20, 30, &during).await.unwrap();
    assert_eq!(n(&majority, 20).await, None);
    server.heal();
    assert_eq!(server.transactions().len(), 2);
    assert_eq!(
        code(client.put(key(20), bins! {"n" => 1}).await),
        ResultCode::MRT_BLOCKED
    );
    for txn in [&txn, &during] {
        assert_eq!(txn.commit().await.unwrap(), CommitStatus::Committed);
    }
    for user_key in 0..10 {
        assert_eq!(n(&client, user_key).await, Some(10 + user_key));
    }
    assert_eq!(n(&client, 20).await, Some(30));
    assert_nothing_is_left(&server, &client).await;
}

#[tokio::test]
async fn a_deadline_that_passes_while_the_network_is_cut_leaves_nothing() {
    let (server, client) = start(3, &[("replication-factor", "2")]).await;
    let txn = client.begin();
    put(&client, 0, 10, &txn).await.unwrap();
    let [alone, second, third] = [0, 1, 2].map(|at| node(&server, at));
    server.partition(&[alone], &[second, third]).unwrap();
    // The clock ends the transaction in both parts. Nothing is left when they meet again.
    server.clock().advance(Duration::from_secs(11));
    server.heal();
    assert_eq!(n(&client, 0).await, Some(0));
    client.put(key(0), bins! {"n" => 1}).await.unwrap();
    assert_nothing_is_left(&server, &client).await;
}
