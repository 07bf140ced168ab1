//! A cluster that is split into subclusters, and the merge when the network heals.

use std::time::Duration;

use spikelet::{ConflictResolutionPolicy, NamespaceConfig, Server, TopologyError};
use spikelet_client::{Client, Key, Policy, ResultCode, bins};

const KEYS: i64 = 300;

fn key(n: i64) -> Key {
    Key::new("test", "demo", n)
}

/// Three nodes with a record `{"n": n}` for each key.
async fn start(replication_factor: u32) -> Server {
    let server = Server::builder()
        .nodes(3)
        .replication_factor(replication_factor)
        .start()
        .unwrap();
    server.clock().freeze();
    for n in 0..KEYS {
        server.insert("test", "demo", n, [("n", n)]).unwrap();
    }
    server
}

/// A client that knows one node only, and finds the other nodes of that node's subcluster.
async fn client_of(server: &Server, node: usize) -> Client {
    let builder = Client::builder(server.nodes()[node].address).tend_interval(Duration::from_millis(50));
    builder.await.unwrap()
}

async fn found(client: &Client) -> Vec<i64> {
    let page = client.query("test", "demo").max_records(10_000).await.unwrap();
    let mut found: Vec<i64> = page.records.iter().map(|record| record.get("n").unwrap()).collect();
    found.sort_unstable();
    found
}

#[tokio::test]
async fn each_subcluster_serves_its_copies_and_accepts_writes() {
    let server = start(2).await;
    server.partition(&[0xB1], &[0xB2, 0xB3]).unwrap();
    assert_eq!(
        server.subclusters(),
        [vec![0xB1.into()], vec![0xB2.into(), 0xB3.into()]]
    );
    let (alone, together) = (client_of(&server, 0).await, client_of(&server, 1).await);
    assert_eq!((alone.nodes().len(), together.nodes().len()), (1, 2));

    // With two copies of each record, the subcluster of two nodes has all records, and the single node has two thirds.
    assert_eq!(found(&together).await, (0..KEYS).collect::<Vec<_>>());
    let had = found(&alone).await.len();
    assert!((150..250).contains(&had), "{had} of {KEYS}");
    assert_eq!(server.count(), had);
    for n in 0..KEYS {
        alone.put(key(n), bins! {"side" => 1}).await.unwrap();
        together.put(key(n), bins! {"side" => 2}).await.unwrap();
        let (one, two) = (alone.get(key(n)).await.unwrap(), together.get(key(n)).await.unwrap());
        assert_eq!(
            (one.get::<i64>("side").unwrap(), two.get::<i64>("side").unwrap()),
            (1, 2)
        );
    }
    assert_eq!(server.count(), KEYS as usize);
    for (node, side) in [(0xB1, 1), (0xB2, 2), (0xB3, 2)] {
        let record = server.record_at(node, "test", "demo", 1).unwrap().unwrap();
        assert_eq!(record.bins["side"], side.into());
    }
    assert!(server.record_at(0xB4, "test", "demo", 1).is_err());
}

#[tokio::test]
async fn conflicts_are_resolved_by_generation_and_then_by_last_update_time() {
    let server = start(3).await;
    server.partition(&[0xB1, 0xB2], &[0xB3]).unwrap();
    let (first, second) = (client_of(&server, 0).await, client_of(&server, 2).await);
    // Written more often in the first subcluster, and later in the other one.
    for client in [&first, &first, &second] {
        server.clock().advance(Duration::from_secs(1));
        client
            .put(key(1), bins! {"by" => format!("{} nodes", client.nodes().len())})
            .await
            .unwrap();
    }
    // Written once in each.
    for client in [&first, &second] {
        server.clock().advance(Duration::from_secs(1));
        client
            .put(key(2), bins! {"by" => format!("{} nodes", client.nodes().len())})
            .await
            .unwrap();
    }
    second.put(key(KEYS), bins! {"by" => "new"}).await.unwrap();
    second.remove(key(3)).await.unwrap();
    let untouched = server.record("test", "demo", 4).unwrap();

    server.heal();
    assert_eq!(server.subclusters().len(), 1);
    let by = |n: i64| server.record("test", "demo", n).unwrap().bins["by"].clone();
    assert_eq!(
        (by(1), by(2), by(KEYS)),
        ("2 nodes".into(), "1 nodes".into(), "new".into())
    );
    assert_eq!(server.record("test", "demo", 1).unwrap().generation, 3);
    // A deletion leaves no trace.
    assert!(server.record("test", "demo", 3).is_some());
    assert_eq!(server.record("test", "demo", 4), Some(untouched));
    assert_eq!(server.count() as i64, KEYS + 1);
    let client = client_of(&server, 1).await;
    assert_eq!(client.nodes().len(), 3);
    assert_eq!(client.get(key(KEYS)).await.unwrap().get::<String>("by").unwrap(), "new");
}

#[tokio::test]
async fn conflicts_can_be_resolved_by_last_update_time() {
    let policy = ConflictResolutionPolicy::LastUpdateTime;
    let namespace = NamespaceConfig {
        conflict_resolution_policy: policy,
        ..NamespaceConfig::new("test")
    };
    let server = Server::builder()
        .namespace(namespace)
        .nodes(2)
        .replication_factor(2)
        .start()
        .unwrap();
    server.clock().freeze();
    server.partition(&[0xB1], &[0xB2]).unwrap();
    let (first, second) = (client_of(&server, 0).await, client_of(&server, 1).await);
    for n in 0..3 {
        first.put(key(1), bins! {"n" => n}).await.unwrap();
    }
    server.clock().advance(Duration::from_millis(1));
    second.put(key(1), bins! {"last" => true}).await.unwrap();
    let told = first.info("get-config:context=namespace;namespace=test").await.unwrap();
    assert!(told.contains("conflict-resolution-policy=last-update-time"), "{told}");
    server.heal();
    let record = server.record("test", "demo", 1).unwrap();
    assert_eq!((record.generation, record.bins.len()), (1, 1));
}

#[tokio::test]
async fn sets_indexes_modules_and_truncations_of_subclusters_are_merged() {
    let server = start(2).await;
    server.partition(&[0xB3], &[0xB1, 0xB2]).unwrap();
    let (first, second) = (client_of(&server, 0).await, client_of(&server, 2).await);
    // The same number identifies a different set in each subcluster.
    first.put(Key::new("test", "fruit", 1), bins! {"n" => 1}).await.unwrap();
    second
        .put(Key::new("test", "stone", 1), bins! {"n" => 2})
        .await
        .unwrap();
    second
        .info("sindex-create:namespace=test;set=stone;indexname=late;bin=n;type=numeric")
        .await
        .unwrap();
    first
        .info("sindex-create:namespace=test;set=fruit;indexname=gone;bin=n;type=numeric")
        .await
        .unwrap();
    // function f(r) return 1 end
    let script = "ZnVuY3Rpb24gZihyKSByZXR1cm4gMSBlbmQK";
    for file in ["kept.lua", "gone.lua"] {
        let put = format!(
            "udf-put:filename={file};content={script};content-len={};udf-type=LUA",
            script.len()
        );
        assert_eq!(first.info(&put).await.unwrap(), "ok");
    }
    server.clock().advance(Duration::from_secs(1));
    second
        .info("sindex-delete:namespace=test;indexname=gone")
        .await
        .unwrap();
    second.info("truncate:namespace=test;set=demo").await.unwrap();
    second.info("udf-remove:filename=gone.lua").await.unwrap();

    server.heal();
    let client = client_of(&server, 2).await;
    let modules = client.info("udf-list").await.unwrap();
    assert!(
        modules.contains("kept.lua") && !modules.contains("gone.lua"),
        "{modules}"
    );
    let indexes = client.info("sindex-list:namespace=test").await.unwrap();
    assert!(
        indexes.contains("indexname=late") && !indexes.contains("indexname=gone"),
        "{indexes}"
    );
    for (set, n) in [("fruit", 1), ("stone", 2)] {
        let page = client.query("test", set).await.unwrap();
        assert_eq!(page.records.len(), 1);
        assert_eq!(page.records[0].get::<i64>("n").unwrap(), n);
    }
    let by_index = client
        .query("test", "stone")
        .matching(spikelet_client::Predicate::equal("n", 2))
        .await
        .unwrap();
    assert_eq!(by_index.records.len(), 1);
    assert!(found(&client).await.is_empty(), "the set was truncated");
}

#[tokio::test]
async fn a_subcluster_that_loses_its_nodes_loses_its_only_copies() {
    let server = start(1).await;
    server.partition(&[0xB1], &[0xB2, 0xB3]).unwrap();
    let had = server.count();
    server.kill(0xB1).unwrap();
    assert_eq!(server.subclusters().len(), 1);
    let others = server.count();
    assert_eq!((had + others) as i64, KEYS);
    server.restart(0xB1).unwrap();
    // It still does not see the others, and is the first node again.
    assert_eq!((server.subclusters().len(), server.count()), (2, 0));
    server.heal();
    assert_eq!(server.count(), others);
}

#[tokio::test]
async fn snapshots_and_resets_cover_all_subclusters() {
    let server = start(2).await;
    let prepared = server.snapshot();
    server.partition(&[0xB1], &[0xB2, 0xB3]).unwrap();
    let second = client_of(&server, 1).await;
    second.put(key(0), bins! {"n" => -1}).await.unwrap();
    server.restore(&prepared).unwrap();
    assert_eq!(second.get(key(0)).await.unwrap().get::<i64>("n").unwrap(), 0);
    assert_eq!(server.count() as i64, KEYS);
    server.reset();
    assert_eq!(
        second.get(key(0)).await.unwrap_err().result_code(),
        Some(ResultCode::NOT_FOUND)
    );
    server.heal();
    assert_eq!(server.count(), 0);
}

#[test]
fn a_split_names_each_node_once() {
    let server = Server::builder().nodes(2).start().unwrap();
    let error = server.partition(&[0xB1, 0xB2], &[0xB2]).unwrap_err();
    assert_eq!(error.to_string(), "node B2 is on both sides");
    assert!(matches!(
        server.partition(&[0xB9], &[0xB1]),
        Err(TopologyError::Cluster(_))
    ));
    assert_eq!(server.subclusters().len(), 1);
}

/// Clients that know all nodes write while the network is split and healed, and no connection breaks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_keep_working_while_networks_split_and_heal() {
    let server = Server::builder().nodes(3).replication_factor(3).start().unwrap();
    let client = Client::builder(server.hosts())
        .tend_interval(Duration::from_millis(20))
        .await
        .unwrap();
    let patient = Policy {
        max_retries: 20,
        ..Policy::default()
    };
    let write = |from: i64| {
        let (client, patient) = (client.clone(), patient);
        tokio::spawn(async move {
            for n in from..from + 2000 {
                client.put(key(n), bins! {"n" => n}).policy(patient).await.unwrap();
            }
        })
    };
    let writers = [write(0), write(2000)];
    for turn in 0..20 {
        let cut = [0xB1, 0xB2, 0xB3][turn % 3];
        let others: Vec<u64> = [0xB1, 0xB2, 0xB3].into_iter().filter(|id| *id != cut).collect();
        server.partition(&[cut], &others).unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
        server.heal();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    // Each key was written once, in one subcluster or all. Nothing is lost if every node has a copy.
    assert_eq!(server.count(), 4000);
    assert_eq!(found(&client).await, (0..4000).collect::<Vec<_>>());
}

#[tokio::test]
async fn rejected_changes_are_not_merged() {
    let server = start(2).await;
    let create = "sindex-create:namespace=test;set=demo;indexname=taken";
    let whole = client_of(&server, 0).await;
    assert_eq!(whole.info(format!("{create};bin=n;type=numeric")).await.unwrap(), "ok");
    server.partition(&[0xB1], &[0xB2, 0xB3]).unwrap();
    let (first, second) = (client_of(&server, 0).await, client_of(&server, 1).await);
    server.clock().advance(Duration::from_secs(1));
    second
        .info("sindex-delete:namespace=test;indexname=taken")
        .await
        .unwrap();
    server.clock().advance(Duration::from_secs(1));
    let refused = first.info(format!("{create};indextype=set")).await;
    assert!(refused.is_err() || refused.unwrap().starts_with("ERROR"));
    server.heal();
    let indexes = first.info("sindex-list:namespace=test").await.unwrap();
    assert!(!indexes.contains("indexname=taken"), "{indexes}");
}
