//! Namespaces with strong consistency: what clients get when nodes are lost, the network is cut, and the roster changes.

use std::time::Duration;

use bytes::BytesMut;
use spikelet::{Builder, ClusterError, Edition, NamespaceConfig, Outage, Server, TopologyError};
use spikelet_client::{Client, Error, Key, ReadMode, ResultCode, bins};
use spikelet_wire::{FieldType, Header, Info1, Info2, Info3, MessageWriter, Op, OpCode, ParticleType};

/// The keys of a test: enough that each node is the master of some of them, in every state of the cluster.
const KEYS: i64 = 60;

fn builder() -> Builder {
    let mut namespace = NamespaceConfig::new("test");
    namespace.set("strong-consistency", "true").unwrap();
    let builder = Server::builder().edition(Edition::Enterprise).namespace(namespace);
    builder.replication_factor(2)
}

fn start(nodes: usize) -> Server {
    builder().nodes(nodes).start().unwrap()
}

fn key(n: i64) -> Key {
    Key::new("test", "demo", n)
}

/// A client that has seen the last change of the server.
async fn client(server: &Server) -> Client {
    let nodes = server.nodes();
    let seed = nodes.iter().find(|node| node.is_up()).unwrap().address;
    let builder = Client::builder(seed).tend_interval(Duration::from_millis(20));
    builder.await.unwrap()
}

async fn put_all(client: &Client, value: i64) {
    for n in 0..KEYS {
        client.put(key(n), bins! {"n" => value}).await.unwrap();
    }
}

/// What a connection to a node replies: the result code, and whether there is an operation in the reply.
struct Reply {
    code: ResultCode,
    ops: usize,
}

/// Sends a command on a key to a node itself, as a client does whose partition map is out of date.
async fn send(server: &Server, node: u64, n: i64, info1: Info1, info2: Info2, info3: Info3) -> Reply {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let nodes = server.nodes();
    let address = nodes.iter().find(|known| known.id.0 == node).unwrap().address;
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let mut out = BytesMut::new();
    let header = Header {
        info1,
        info2,
        info3,
        ..Header::default()
    };
    let mut message = MessageWriter::frame(&mut out, &header);
    message.field(FieldType::NAMESPACE, b"test");
    message.field(FieldType::SET, b"demo");
    message.field(FieldType::DIGEST, &key(n).digest().0);
    if info2.contains(Info2::WRITE) {
        message.op(&Op {
            code: OpCode::WRITE,
            particle_type: ParticleType::INTEGER,
            flags: 0,
            name: b"n",
            value: &7_i64.to_be_bytes(),
        });
    }
    message.finish();
    socket.write_all(&out).await.unwrap();
    let mut header = [0; 8];
    socket.read_exact(&mut header).await.unwrap();
    let size = u64::from_be_bytes(header) & 0xFFFF_FFFF_FFFF;
    let mut body = vec![0; usize::try_from(size).unwrap()];
    socket.read_exact(&mut body).await.unwrap();
    let message = spikelet_wire::Message::decode(&body).unwrap();
    Reply {
        code: message.header.result_code(),
        ops: message.op_count(),
    }
}

const SESSION: Info3 = Info3::empty();

async fn read(server: &Server, node: u64, n: i64, mode: Info3) -> Reply {
    send(server, node, n, Info1::READ | Info1::GET_ALL, Info2::empty(), mode).await
}

async fn write(server: &Server, node: u64, n: i64) -> ResultCode {
    send(server, node, n, Info1::empty(), Info2::WRITE, SESSION).await.code
}

/// A statistic of the namespace on a node.
async fn statistic(server: &Server, node: u64, name: &str) -> u64 {
    let text = info(server, node, "namespace/test").await;
    let prefix = format!("{name}=");
    let found = text.split(';').find_map(|pair| pair.strip_prefix(&prefix));
    found.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

async fn info(server: &Server, node: u64, command: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let nodes = server.nodes();
    let address = nodes.iter().find(|known| known.id.0 == node).unwrap().address;
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let mut out = BytesMut::new();
    spikelet_wire::frame::write(
        &mut out,
        spikelet_wire::FrameType::INFO,
        format!("{command}\n").as_bytes(),
    );
    socket.write_all(&out).await.unwrap();
    let mut header = [0; 8];
    socket.read_exact(&mut header).await.unwrap();
    let size = u64::from_be_bytes(header) & 0xFFFF_FFFF_FFFF;
    let mut body = vec![0; usize::try_from(size).unwrap()];
    socket.read_exact(&mut body).await.unwrap();
    let text = String::from_utf8(body).unwrap();
    let (_, value) = text.trim_end().split_once('\t').unwrap();
    value.to_owned()
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> Option<ResultCode> {
    result
        .err()
        .map(|error| error.result_code().unwrap_or_else(|| panic!("{error:?}")))
}

fn outage(server: &Server, node: u64) -> [u32; 2] {
    let Outage { unavailable, dead, .. } = server.outage(node, "test").unwrap();
    [unavailable, dead]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_node_is_survived_and_a_lost_majority_is_not() {
    let server = start(3);
    put_all(&client(&server).await, 1).await;
    server.kill(0xB1).unwrap();
    let after = client(&server).await;
    put_all(&after, 2).await;
    for n in 0..KEYS {
        assert_eq!(after.get(key(n)).await.unwrap().bins["n"], 2.into());
    }
    server.kill(0xB2).unwrap();
    assert_eq!(outage(&server, 0xB3), [4096, 0]);
    for n in 0..KEYS {
        assert_eq!(read(&server, 0xB3, n, SESSION).await.code, ResultCode::UNAVAILABLE);
        assert_eq!(write(&server, 0xB3, n).await, ResultCode::UNAVAILABLE);
    }
    assert_eq!(statistic(&server, 0xB3, "unavailable_partitions").await, 4096);
    assert_eq!(statistic(&server, 0xB3, "client_tsvc_error").await, 2 * KEYS as u64);
    server.restart(0xB2).unwrap();
    assert_eq!(outage(&server, 0xB3), [0, 0]);
    let after = client(&server).await;
    for n in 0..KEYS {
        assert_eq!(
            after.get(key(n)).await.unwrap().bins["n"],
            2.into(),
            "the third node has it all"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connected_client_gets_result_code_11_and_recovers() {
    let server = start(2);
    let client = client(&server).await;
    put_all(&client, 1).await;
    server.partition(&[0xB1], &[0xB2]).unwrap();
    // Each node is half of the roster, and has the partitions of which it is the roster master. So the client, which knows both,
    // goes on; a node itself refuses the others.
    for n in 0..KEYS {
        let codes = [write(&server, 0xB1, n).await, write(&server, 0xB2, n).await];
        assert!(
            codes.contains(&ResultCode::OK) && codes.contains(&ResultCode::UNAVAILABLE),
            "{codes:?}"
        );
    }
    server.heal();
    server.set_roster("test", &[0xB1, 0xB2, 0xB8, 0xB9, 0xBA]).unwrap();
    assert_eq!(outage(&server, 0xB1)[1], 0);
    let unavailable = outage(&server, 0xB1)[0];
    assert!(unavailable > 3000, "two of five: {unavailable}");
    let mut results = Vec::new();
    for n in 0..KEYS {
        results.push(code(client.put(key(n), bins! {"n" => 3}).await));
    }
    assert!(results.contains(&Some(ResultCode::UNAVAILABLE)), "{results:?}");
    server.set_roster("test", &[0xB1, 0xB2]).unwrap();
    assert_eq!(outage(&server, 0xB1), [0, 0]);
    for n in 0..KEYS {
        client.put(key(n), bins! {"n" => 4}).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_majority_wrote_is_what_counts_after_a_cut() {
    let server = start(3);
    let before = client(&server).await;
    put_all(&before, 1).await;
    server.partition(&[0xB1], &[0xB2, 0xB3]).unwrap();
    assert_eq!(outage(&server, 0xB1), [4096, 0]);
    for n in 0..KEYS {
        assert_eq!(write(&server, 0xB1, n).await, ResultCode::UNAVAILABLE);
        assert_eq!(write(&server, 0xB2, n).await, ResultCode::OK);
    }
    server.heal();
    assert_eq!(outage(&server, 0xB1), [0, 0]);
    let after = client(&server).await;
    for n in 0..KEYS {
        assert_eq!(after.get(key(n)).await.unwrap().bins["n"], 7.into());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_durable_delete_during_a_cut_stays_deleted() {
    let server = start(3);
    put_all(&client(&server).await, 1).await;
    server.partition(&[0xB1], &[0xB2, 0xB3]).unwrap();
    for n in 0..KEYS {
        let flags = Info2::WRITE | Info2::DELETE | Info2::DURABLE_DELETE;
        let deleted = send(&server, 0xB3, n, Info1::empty(), flags, SESSION).await;
        assert_eq!(deleted.code, ResultCode::OK);
    }
    server.heal();
    let after = client(&server).await;
    for n in 0..KEYS {
        assert_eq!(code(after.get(key(n)).await), Some(ResultCode::NOT_FOUND));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn relaxed_reads_get_what_an_unavailable_partition_has() {
    let server = start(3);
    put_all(&client(&server).await, 1).await;
    server.partition(&[0xB1], &[0xB2, 0xB3]).unwrap();
    let linearize = Info3::SC_READ_TYPE;
    let allow_replica = Info3::SC_READ_RELAX;
    let allow_unavailable = Info3::SC_READ_TYPE | Info3::SC_READ_RELAX;
    let mut copies = 0;
    for n in 0..KEYS {
        for mode in [SESSION, linearize, allow_replica] {
            assert_eq!(read(&server, 0xB1, n, mode).await.code, ResultCode::UNAVAILABLE);
            assert_eq!(read(&server, 0xB2, n, mode).await.code, ResultCode::OK);
        }
        match read(&server, 0xB1, n, allow_unavailable).await {
            Reply {
                code: ResultCode::OK,
                ops: 1,
            } => copies += 1,
            Reply { code, ops } => assert_eq!((code, ops), (ResultCode::UNAVAILABLE, 0)),
        }
    }
    assert!(
        (20..60).contains(&copies),
        "the node has copies of two thirds: {copies}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_reads_in_the_mode_that_it_is_told() {
    let server = start(3);
    let connected = client(&server).await;
    put_all(&connected, 1).await;
    server.partition(&[0xB1], &[0xB2, 0xB3]).unwrap();
    let minority = Client::builder(server.nodes()[0].address).await.unwrap();
    let keys: Vec<Key> = (0..KEYS).map(key).collect();
    let mut copies = 0;
    for key in &keys {
        for mode in [ReadMode::Session, ReadMode::Linearize, ReadMode::AllowReplica] {
            let refused = minority.get(key).read_mode(mode).max_retries(0).await;
            assert_eq!(code(refused), Some(ResultCode::UNAVAILABLE));
        }
        match code(
            minority
                .get(key)
                .read_mode(ReadMode::AllowUnavailable)
                .max_retries(0)
                .await,
        ) {
            None => copies += 1,
            code => assert_eq!(code, Some(ResultCode::UNAVAILABLE)),
        }
    }
    assert!((20..60).contains(&copies), "{copies}");
    let rows = minority
        .batch_read(&keys)
        .read_mode(ReadMode::AllowUnavailable)
        .max_retries(0);
    let found = rows.await.unwrap().iter().filter(|row| row.result.is_ok()).count();
    assert_eq!(found, copies);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_master_serves_strict_reads() {
    let server = start(2);
    put_all(&client(&server).await, 1).await;
    for n in 0..KEYS {
        assert_eq!(read(&server, 0xB1, n, SESSION).await.code, ResultCode::OK);
    }
    let proxied = statistic(&server, 0xB1, "client_proxy_complete").await;
    assert!((10..50).contains(&proxied), "{proxied}");
    for n in 0..KEYS {
        assert_eq!(read(&server, 0xB1, n, Info3::SC_READ_RELAX).await.code, ResultCode::OK);
    }
    assert_eq!(statistic(&server, 0xB1, "client_proxy_complete").await, proxied);
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_copies_are_dead_until_they_are_revived() {
    let server = start(3);
    put_all(&client(&server).await, 1).await;
    server.kill_together(&[0xB1, 0xB2]).unwrap();
    server.restart(0xB1).unwrap();
    server.restart(0xB2).unwrap();
    let [unavailable, dead] = outage(&server, 0xB3);
    assert!(unavailable == 0 && dead > 1000, "{dead}");
    assert_eq!(statistic(&server, 0xB1, "dead_partitions").await, u64::from(dead));
    assert!(info(&server, 0xB1, "cluster-stable:").await.starts_with("ERROR:7:"));
    for node in [0xB1, 0xB2, 0xB3] {
        assert_eq!(info(&server, node, "revive:namespace=test").await, "ok");
    }
    assert_eq!(outage(&server, 0xB3), [0, dead]);
    assert_eq!(info(&server, 0xB1, "recluster:").await, "ignored-by-non-principal");
    assert_eq!(info(&server, 0xB3, "recluster:").await, "ok");
    assert_eq!(outage(&server, 0xB3), [0, 0]);
    let after = client(&server).await;
    let mut lost = 0;
    for n in 0..KEYS {
        lost += u32::from(code(after.get(key(n)).await) == Some(ResultCode::NOT_FOUND));
    }
    assert!((5..40).contains(&lost), "{lost}");
    assert!(!info(&server, 0xB1, "cluster-stable:").await.starts_with("ERROR"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_without_a_roster_is_unavailable_until_it_has_one() {
    let server = builder().nodes(2).without_rosters(true).start().unwrap();
    assert_eq!(outage(&server, 0xB1), [4096, 0]);
    assert_eq!(
        info(&server, 0xB1, "roster:namespace=test").await,
        "roster=null:pending_roster=null:observed_nodes=B2,B1"
    );
    assert_eq!(write(&server, 0xB1, 1).await, ResultCode::UNAVAILABLE);
    assert_eq!(
        info(&server, 0xB1, "roster-set:namespace=test;nodes=B2,B1@5").await,
        "ok"
    );
    assert_eq!(
        info(&server, 0xB2, "roster:").await,
        "ns=test:roster=null:pending_roster=B2,B1@5:observed_nodes=B2,B1"
    );
    assert_eq!(statistic(&server, 0xB1, "ns_cluster_size").await, 0);
    let regime = |text: String| -> u32 { text.split([':', ',']).nth(1).unwrap().parse().unwrap() };
    let before = regime(info(&server, 0xB1, "replicas").await);
    assert_eq!(info(&server, 0xB2, "recluster:").await, "ok");
    assert!(regime(info(&server, 0xB1, "replicas").await) > before && before > 0);
    assert_eq!(outage(&server, 0xB1), [0, 0]);
    assert_eq!(statistic(&server, 0xB1, "ns_cluster_size").await, 2);
    assert_eq!(write(&server, 0xB1, 1).await, ResultCode::OK);

    let added = server.add_node().unwrap();
    assert_eq!(statistic(&server, added.0, "ns_cluster_size").await, 0);
    assert_eq!(statistic(&server, 0xB1, "ns_cluster_size").await, 2);
    assert_eq!(
        info(&server, 0xB1, "roster-set:namespace=test;nodes=B1,B2,B3").await,
        "ok"
    );
    assert_eq!(info(&server, added.0, "recluster:").await, "ok");
    assert_eq!(statistic(&server, added.0, "ns_cluster_size").await, 3);
    assert_eq!(server.roster("test").unwrap(), [0xB3, 0xB2, 0xB1].map(spikelet::NodeId));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rosters_are_refused() {
    let server = builder().namespace("bar").start().unwrap();
    for (command, reply) in [
        ("roster-set:nodes=A1", "ERROR:20:missing 'namespace'"),
        ("roster-set:namespace=test", "ERROR:4:missing 'nodes'"),
        (
            "roster-set:namespace=none;nodes=A1",
            "ERROR:20:namespace not found on node",
        ),
        (
            "roster-set:namespace=test;nodes=A1,A1",
            "ERROR:4:bad nodes: node A1 occurs twice",
        ),
        (
            "roster-set:namespace=test;nodes=zebra",
            "ERROR:4:bad nodes: bad node 'zebra': it must be ID or ID@RACK",
        ),
        (
            "roster-set:namespace=bar;nodes=A1",
            "ERROR:22:namespace has no strong-consistency",
        ),
        ("roster:namespace=none", "ERROR:20:namespace not found on node"),
        ("revive:namespace=none", "ERROR:20:namespace not found on node"),
        (
            "roster:namespace=bar",
            "roster=null:pending_roster=null:observed_nodes=A1",
        ),
    ] {
        assert_eq!(info(&server, 0xA1, command).await, reply, "{command}");
    }
    let error = server.set_roster("bar", &[0xA1]).unwrap_err();
    assert!(
        matches!(&error, TopologyError::NotConsistent(name) if name == "bar"),
        "{error}"
    );
    let error = server.outage(0xA2, "test").unwrap_err();
    assert!(matches!(error, TopologyError::Cluster(ClusterError::Unknown(_))));
    let error = server.kill_together(&[0xA1, 0xA2]).unwrap_err();
    assert!(matches!(error, TopologyError::Cluster(ClusterError::Unknown(_))));
    assert_eq!(outage(&server, 0xA1), [0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_and_queries_leave_unavailable_partitions_out() {
    let server = start(3);
    put_all(&client(&server).await, 1).await;
    server.partition(&[0xB1], &[0xB2, 0xB3]).unwrap();
    let minority = Client::builder(server.nodes()[0].address).await.unwrap();
    let keys: Vec<Key> = (0..KEYS).map(key).collect();
    for row in minority.batch_read(&keys).await.unwrap() {
        assert_eq!(code(row.result), Some(ResultCode::UNAVAILABLE));
    }
    assert_eq!(
        code(minority.query("test", "demo").await),
        Some(ResultCode::UNAVAILABLE)
    );
    let majority = Client::builder(server.nodes()[1].address).await.unwrap();
    assert_eq!(
        majority.query("test", "demo").await.unwrap().records.len(),
        KEYS as usize
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn racks_and_quiesced_nodes_are_what_the_nodes_say() {
    let server = builder().nodes(3).racks([1, 2, 2]).start().unwrap();
    assert_eq!(
        info(&server, 0xB1, "racks:namespace=test").await,
        "rack_1=B1:rack_2=B3,B2:roster_rack_1=B1:roster_rack_2=B3,B2"
    );
    assert_eq!(info(&server, 0xB2, "rack-ids").await, "test:2");
    let set = "set-config:context=namespace;namespace=test;rack-id=3";
    assert_eq!(info(&server, 0xB2, set).await, "ok");
    assert_eq!(statistic(&server, 0xB2, "rack-id").await, 3);
    assert_eq!(statistic(&server, 0xB1, "rack-id").await, 1);
    assert_eq!(info(&server, 0xB2, "rack-ids").await, "test:2");
    assert!(
        info(&server, 0xB1, "roster:")
            .await
            .ends_with("observed_nodes=B3@2,B2@3,B1@1")
    );

    assert_eq!(info(&server, 0xB1, "quiesce:").await, "ok");
    let flags = async |name| {
        let text = info(&server, 0xB1, "namespace/test").await;
        text.contains(&format!(";{name}=true;"))
    };
    assert!(flags("pending_quiesce").await && !flags("effective_is_quiesced").await);
    assert_eq!(info(&server, 0xB3, "recluster:").await, "ok");
    assert!(flags("pending_quiesce").await && flags("effective_is_quiesced").await);
    assert_eq!(info(&server, 0xB2, "rack-ids").await, "test:3");
    assert_eq!(statistic(&server, 0xB2, "nodes_quiesced").await, 1);
    assert_eq!(outage(&server, 0xB2), [0, 0]);
    assert_eq!(info(&server, 0xB1, "quiesce-undo:").await, "ok");
    assert_eq!(info(&server, 0xB3, "recluster:").await, "ok");
    assert!(!flags("effective_is_quiesced").await);
}
