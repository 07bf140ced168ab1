//! The client with a cluster whose nodes join and leave under load.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use spikelet::{NodeState, Server};
use spikelet_client::{Client, ErrorKind, Key, Policy, bins};

const WRITERS: i64 = 8;
const KEYS: i64 = 100;

/// Three nodes with two copies of each record, and a client that tends the cluster often.
async fn start() -> (Server, Client) {
    let server = Server::builder().nodes(3).replication_factor(2).start().unwrap();
    let client = client(&server).await;
    (server, client)
}

async fn client(server: &Server) -> Client {
    let builder = Client::builder(server.addr()).tend_interval(Duration::from_millis(50));
    builder.await.unwrap()
}

fn key(n: i64) -> Key {
    Key::new("test", "demo", n)
}

/// The state of a writer for each of its keys: the last acknowledged value, and the last attempted one.
type Written = Vec<(i64, i64)>;

/// Increments the values of its keys until it is stopped, and returns the state of each.
async fn write(client: Client, writer: i64, ends: Arc<AtomicBool>) -> Written {
    let mut written = vec![(0, 0); KEYS as usize];
    let mut turn = 0;
    while !ends.load(Ordering::Relaxed) {
        let at = turn % KEYS;
        let (acknowledged, tried) = &mut written[at as usize];
        *tried += 1;
        match client.put(key(writer * KEYS + at), bins! {"n" => *tried}).await {
            Ok(()) => *acknowledged = *tried,
            Err(error) => assert!(
                matches!(error.kind(), ErrorKind::Connection | ErrorKind::Timeout),
                "{error}"
            ),
        }
        turn += 1;
    }
    written
}

/// Writes to keys on every node, until all writes succeed at once.
async fn healed(client: &Client) {
    for _ in 0..100 {
        let mut failed = None;
        for n in 0..50 {
            if let Err(error) = client.put(key(-1 - n), bins! {"n" => n}).await {
                failed = Some(error);
            }
        }
        if failed.is_none() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the client does not recover");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost_while_nodes_join_and_leave() {
    let (server, client) = start().await;
    let ends = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write(client.clone(), writer, Arc::clone(&ends))))
        .collect();
    // The last one is the client's seed node.
    for node in [0xB2, 0xB3, 0xB1] {
        healed(&client).await;
        server.kill(node).unwrap();
        healed(&client).await;
        server.restart(node).unwrap();
    }
    server.add_node().unwrap();
    healed(&client).await;
    server.quiesce(0xB2).unwrap();
    healed(&client).await;
    server.kill(0xB2).unwrap();
    healed(&client).await;
    ends.store(true, Ordering::Relaxed);
    for (writer, written) in (0..).zip(writers) {
        let written = written.await.unwrap();
        for (at, (acknowledged, tried)) in (0..).zip(written) {
            assert!(acknowledged > 0, "a key was never written");
            let found: i64 = client.get(key(writer * KEYS + at)).await.unwrap().get("n").unwrap();
            assert!(
                (acknowledged..=tried).contains(&found),
                "{found} where {acknowledged} was acknowledged"
            );
        }
    }
    assert_eq!(
        server.nodes().iter().filter(|node| node.state == NodeState::Up).count(),
        3
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_finds_every_record_once_while_nodes_join_and_leave() {
    const RECORDS: i64 = 5000;
    let (server, client) = start().await;
    for n in 0..RECORDS {
        server.insert("test", "demo", n, [("n", n)]).unwrap();
    }
    let server = Arc::new(server);
    let ends = Arc::new(AtomicBool::new(false));
    // A failing test must end too.
    let guard = Ends(Arc::clone(&ends));
    let unruly = {
        let (server, ends) = (Arc::clone(&server), Arc::clone(&ends));
        tokio::task::spawn_blocking(move || {
            let mut turns = 0;
            while !ends.load(Ordering::Relaxed) {
                let node = 0xB1 + turns % 3;
                server.kill(node).unwrap();
                std::thread::sleep(Duration::from_millis(30));
                server.restart(node).unwrap();
                std::thread::sleep(Duration::from_millis(100));
                turns += 1;
            }
            turns
        })
    };
    for _ in 0..10 {
        let mut found = HashSet::new();
        let patient = Policy {
            max_retries: 100,
            ..Policy::default()
        };
        let mut records = client.query("test", "demo").policy(patient).stream();
        while let Some(record) = records.next().await {
            let n: i64 = record.unwrap().get("n").unwrap();
            assert!(found.insert(n), "{n} was returned twice");
            if n % 500 == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        assert_eq!(found.len(), RECORDS as usize);
    }
    drop(guard);
    assert!(unruly.await.unwrap() > 0);
}

struct Ends(Arc<AtomicBool>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn records_with_one_copy_are_lost_with_their_node() {
    let server = Server::builder().nodes(3).start().unwrap();
    let client = client(&server).await;
    for n in 0..300 {
        client.put(key(n), bins! {"n" => n}).await.unwrap();
    }
    server.kill(0xB3).unwrap();
    healed(&client).await;
    let mut lost = 0;
    for n in 0..300 {
        let exists = client.exists(key(n)).await.unwrap();
        assert_eq!(exists, server.record("test", "demo", n).is_some());
        lost += i64::from(!exists);
        client.put(key(n), bins! {"n" => n}).await.unwrap();
    }
    assert!((50..150).contains(&lost), "{lost} of 300");
    assert_eq!(
        client
            .query("test", "demo")
            .max_records(1000)
            .await
            .unwrap()
            .records
            .len(),
        350
    );
}

#[tokio::test]
async fn records_written_during_migration_have_two_copies() {
    let builder = Server::builder().nodes(2).replication_factor(2).slow_migrations(true);
    let server = builder.start().unwrap();
    server.clock().freeze();
    for n in 0..100 {
        server.insert("test", "demo", n, [("n", n)]).unwrap();
    }
    server.clock().advance(Duration::from_secs(1));
    server.kill(0xB2).unwrap();
    server.restart(0xB2).unwrap();
    let client = client(&server).await;
    client.put(key(1), bins! {"n" => 1}).await.unwrap();
    client.put(key(100), bins! {"n" => 100}).await.unwrap();
    server.kill(0xB1).unwrap();
    let mut left: Vec<_> = server
        .records()
        .into_iter()
        .map(|record| record.bins["n"].clone())
        .collect();
    left.sort_by_key(|n| format!("{n:?}"));
    assert_eq!(left, [1.into(), 100.into()]);
}

/// The value of a statistic of the namespace `test`, or of a parameter.
async fn value(client: &Client, command: &str, name: &str) -> String {
    let text = client.info(command).await.unwrap();
    let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
    let found = pairs.into_iter().find(|(key, _)| *key == name);
    found.unwrap_or_else(|| panic!("no {name} in {text}")).1.to_owned()
}

#[tokio::test]
async fn a_changed_replication_factor_takes_effect_when_the_partitions_are_balanced() {
    const CONFIG: &str = "get-config:context=namespace;namespace=test";
    let server = Server::builder().nodes(2).replication_factor(1).start().unwrap();
    let client = client(&server).await;
    for n in 0..KEYS {
        client.put(key(n), bins! {"n" => n}).await.unwrap();
    }
    let factors = async |client: &Client| {
        let configured = value(client, CONFIG, "replication-factor").await;
        let effective = value(client, "namespace/test", "effective_replication_factor").await;
        (configured, effective)
    };
    let set = "set-config:context=namespace;namespace=test;replication-factor=2";
    assert_eq!(client.info(set).await.unwrap(), "ok");
    assert_eq!(factors(&client).await, ("2".to_owned(), "1".to_owned()));
    // Only one node, the principal, carries it out.
    client.info_all("recluster:").await.unwrap();
    assert_eq!(factors(&client).await, ("2".to_owned(), "2".to_owned()));

    // Every record has a second copy now.
    let nodes = server.nodes();
    server.kill(nodes[1].id).unwrap();
    assert_eq!(server.count(), KEYS as usize);
    server.restart(nodes[1].id).unwrap();
    server.reset();
    let client = Client::connect(server.hosts()).await.unwrap();
    assert_eq!(factors(&client).await, ("1".to_owned(), "1".to_owned()));
}

#[tokio::test]
async fn a_changed_replication_factor_takes_effect_when_a_node_joins() {
    let server = Server::builder().nodes(1).replication_factor(1).start().unwrap();
    let client = client(&server).await;
    let set = "set-config:context=namespace;namespace=test;replication-factor=2";
    assert_eq!(client.info(set).await.unwrap(), "ok");
    let added = server.add_node().unwrap();
    for n in 0..KEYS {
        server.insert("test", "demo", n, [("n", n)]).unwrap();
    }
    server.kill(added).unwrap();
    assert_eq!(server.count(), KEYS as usize);
}
