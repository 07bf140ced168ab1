//! The client against nodes that fail: retries, the in-doubt flag, and the reuse of connections.

use std::time::Duration;

use spikelet_client::{BatchRow, Client, ErrorKind, Key, Policy, ResultCode, bins};
use spikelet_tests::fake_node::{FakeNode, Reply};

async fn start() -> (FakeNode, Client) {
    let node = FakeNode::start("A1");
    let client = Client::connect(node.addr()).await.unwrap();
    (node, client)
}

fn key(n: i64) -> Key {
    Key::new("test", "demo", n)
}

const SHORT: Policy = Policy {
    total_timeout: Duration::from_millis(150),
    socket_timeout: Duration::ZERO,
    max_retries: 2,
    sleep_between_retries: Duration::from_millis(1),
    compress: false,
    read_mode: spikelet_client::ReadMode::Session,
};

#[tokio::test]
async fn a_read_is_retried_when_its_connection_breaks() {
    let (node, client) = start().await;
    node.script([Reply::Close, Reply::Close]);
    assert!(client.exists(key(1)).await.unwrap());
    assert_eq!(node.commands(), 3);

    node.script([Reply::Close, Reply::Close, Reply::Close]);
    let error = client.exists(key(1)).await.unwrap_err();
    assert_eq!((error.kind(), error.in_doubt()), (ErrorKind::Connection, false));
    assert_eq!(node.commands(), 6);

    node.script([Reply::Close]);
    assert!(client.get(key(1)).max_retries(0).await.is_err());
}

#[tokio::test]
async fn a_write_that_may_have_been_applied_is_not_retried() {
    let (node, client) = start().await;
    node.script([Reply::Close]);
    let error = client.put(key(1), bins! {"a" => 1}).await.unwrap_err();
    assert_eq!((error.kind(), error.in_doubt()), (ErrorKind::Connection, true));
    assert_eq!((error.node(), node.commands()), (Some("A1"), 1));

    node.script([Reply::Close]);
    client.put(key(1), bins! {"a" => 1}).retry_in_doubt(true).await.unwrap();
    assert_eq!(node.commands(), 3);

    node.script([Reply::Close, Reply::Code(ResultCode::RECORD_EXISTS)]);
    let put = client.put(key(1), bins! {"a" => 1}).create_only().retry_in_doubt(true);
    let error = put.await.unwrap_err();
    assert!(
        error.is_record_exists() && error.in_doubt(),
        "the first attempt may have created it"
    );
}

#[tokio::test]
async fn a_write_that_was_temporarily_rejected_is_retried() {
    let (node, client) = start().await;
    node.script([Reply::Code(ResultCode::UNAVAILABLE), Reply::Code(ResultCode::KEY_BUSY)]);
    client.put(key(1), bins! {"a" => 1}).await.unwrap();
    assert_eq!(
        (node.commands(), node.connections()),
        (3, 2),
        "one connection tends, one serves"
    );

    node.script([Reply::Code(ResultCode::TIMEOUT)]);
    let error = client.put(key(1), bins! {"a" => 1}).await.unwrap_err();
    assert!(error.is_timeout() && error.in_doubt());
}

#[tokio::test]
async fn a_write_to_a_silent_node_times_out_in_doubt() {
    let (node, client) = start().await;
    node.script([Reply::Silence]);
    let error = client.put(key(1), bins! {"a" => 1}).policy(SHORT).await.unwrap_err();
    assert_eq!((error.kind(), error.in_doubt()), (ErrorKind::Timeout, true));
    client.put(key(1), bins! {"a" => 1}).policy(SHORT).await.unwrap();
}

#[tokio::test]
async fn a_read_is_retried_when_an_attempt_times_out() {
    let (node, client) = start().await;
    node.script([Reply::Silence]);
    let read = client
        .exists(key(1))
        .policy(SHORT)
        .socket_timeout(Duration::from_millis(30));
    assert!(read.await.unwrap());
    assert_eq!(node.commands(), 2);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_not_used() {
    let (node, client) = start().await;
    for _ in 0..20 {
        node.script([Reply::AnswerAndClose]);
        client.put(key(1), bins! {"a" => 1}).await.unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    client.put(key(1), bins! {"a" => 1}).await.unwrap();
    assert_eq!(node.commands(), 21, "each was sent once");
    node.disconnect();
    tokio::time::sleep(Duration::from_millis(2)).await;
    client.put(key(1), bins! {"a" => 1}).max_retries(0).await.unwrap();
}

#[tokio::test]
async fn an_invalid_response_closes_the_connection() {
    let (node, client) = start().await;
    for garbage in [
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        [&[2, 3, 0, 0, 0, 0, 0, 4][..], b"four"].concat(),
        [2, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff].to_vec(),
    ] {
        node.script([Reply::Bytes(garbage)]);
        let error = client.put(key(1), bins! {"a" => 1}).await.unwrap_err();
        assert_eq!((error.kind(), error.in_doubt()), (ErrorKind::Protocol, true));
    }
    assert_eq!((node.commands(), node.connections()), (3, 4));
}

#[tokio::test]
async fn a_cancelled_command_leaves_no_response_on_the_connection() {
    let (node, client) = start().await;
    client.put(key(1), bins! {"a" => 1}).await.unwrap();
    node.script([Reply::Silence]);
    let put = client.put(key(1), bins! {"a" => 1});
    assert!(tokio::time::timeout(Duration::from_millis(30), put).await.is_err());
    client.put(key(2), bins! {"a" => 1}).await.unwrap();
    assert_eq!(node.connections(), 3);
}

#[tokio::test]
async fn a_command_that_waits_for_a_connection_is_not_in_doubt() {
    let node = FakeNode::start("A1");
    let client = Client::builder(node.addr()).max_connections(1).await.unwrap();
    node.script([Reply::Silence]);
    let first = tokio::spawn(client.put(key(1), bins! {"a" => 1}).into_future());
    while node.commands() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let error = client.put(key(2), bins! {"a" => 1}).policy(SHORT).await.unwrap_err();
    assert_eq!((error.kind(), error.in_doubt()), (ErrorKind::Timeout, false));
    first.abort();
}

#[tokio::test]
async fn reads_of_a_failed_batch_are_retried_and_writes_are_in_doubt() {
    let (node, client) = start().await;
    node.script([Reply::Close]);
    let rows = || [BatchRow::read(key(1)), BatchRow::write(key(2), bins! {"a" => 1})];
    // The read is retried, and the node responds with a plain OK.
    let records = client.batch(rows()).policy(SHORT).await.unwrap();
    assert_eq!(records[0].result_code(), Some(ResultCode::OK));
    assert_eq!((records[1].result_code(), records[1].in_doubt()), (None, true));
    assert_eq!(node.commands(), 2, "the write was not retried");

    node.script([Reply::Close]);
    let error = client.batch_read([key(1)]).max_retries(0).await.unwrap_err();
    assert_eq!((error.kind(), error.in_doubt()), (ErrorKind::Connection, false));
}

#[tokio::test]
async fn peers_are_reached_by_their_alternate_addresses_on_request() {
    let (a, b) = (FakeNode::start("A1"), FakeNode::start("B1"));
    a.set_info("peers-clear-std", "1,3000,[[B1,,[127.0.0.1:1]]]");
    a.set_info("peers-clear-alt", &format!("1,3000,[[B1,,[{}]]]", b.addr()));
    b.set_info("peers-clear-alt", "0,3000,[]");
    let nodes = async |alternate| {
        Client::builder(a.addr())
            .services_alternate(alternate)
            .await
            .unwrap()
            .nodes()
    };
    assert_eq!(nodes(false).await, ["A1"]);
    assert_eq!(nodes(true).await, ["A1", "B1"]);
}

#[tokio::test]
async fn the_next_seed_host_is_tried_when_one_is_unavailable() {
    let node = FakeNode::start("A1");
    let gone = FakeNode::start("B1").addr();
    assert!(Client::connect(gone).await.is_err());
    let client = Client::builder(gone).host(node.addr()).await.unwrap();
    assert_eq!(client.nodes(), ["A1"]);
    node.set_info("replicas", "test:0,1,AAAA");
    let error = Client::connect(node.addr()).await.unwrap_err();
    assert!(error.to_string().contains("partitions that cannot be read"), "{error}");
}

/// Two nodes of a cluster: one is master of the even partitions, the other of the odd ones.
fn pair() -> (FakeNode, FakeNode) {
    let (a, b) = (FakeNode::start("A1"), FakeNode::start("B1"));
    let bitmap = |byte: u8| {
        // Three bytes encode to four characters of base64; 512 bytes are 170 times three, plus two.
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let bits = u32::from_be_bytes([0, byte, byte, byte]);
        let digit = |at: u32| DIGITS[(bits >> (18 - 6 * at) & 63) as usize] as char;
        let three: String = (0..4).map(digit).collect();
        let last = DIGITS[((u32::from(byte) & 15) << 2) as usize] as char;
        format!("{}{}{}{last}=", three.repeat(170), digit(0), digit(1))
    };
    let (even, odd) = (bitmap(0b1010_1010), bitmap(0b0101_0101));
    a.set_info("replicas", &format!("test:0,2,{even},{odd}"));
    b.set_info("replicas", &format!("test:0,2,{odd},{even}"));
    a.set_info("peers-clear-std", &format!("1,3000,[[B1,,[{}]]]", b.addr()));
    b.set_info("peers-clear-std", &format!("1,3000,[[A1,,[{}]]]", a.addr()));
    a.set_info("peers-generation", "1");
    b.set_info("peers-generation", "1");
    (a, b)
}

#[tokio::test]
async fn commands_go_to_the_master_of_their_partition() {
    let (a, b) = pair();
    let client = Client::connect(a.addr()).await.unwrap();
    let mut nodes = client.nodes();
    nodes.sort();
    assert_eq!(nodes, ["A1", "B1"]);
    let even = (0..100)
        .filter(|&n| key(n).digest().partition_id().get().is_multiple_of(2))
        .count();
    for n in 0..100 {
        client.put(key(n), bins! {"a" => 1}).await.unwrap();
    }
    assert_eq!((a.commands(), b.commands()), (even, 100 - even));
}

#[tokio::test]
async fn a_replica_is_used_when_the_master_fails_and_the_lost_node_is_dropped() {
    let (a, b) = pair();
    let client = Client::builder(a.addr())
        .tend_interval(Duration::from_millis(20))
        .await
        .unwrap();
    b.set_info("peers-clear-std", "2,3000,[]");
    b.set_info("peers-generation", "2");
    drop(a);
    for n in 0..20 {
        client.put(key(n), bins! {"a" => 1}).await.unwrap();
    }
    assert_eq!(b.commands(), 20);
    while client.nodes() != ["B1"] {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn pipelined() -> (FakeNode, Client) {
    let node = FakeNode::start("A1");
    let client = Client::builder(node.addr()).pipelines(1).await.unwrap();
    (node, client)
}

#[tokio::test]
async fn sent_commands_of_a_broken_pipeline_are_in_doubt() {
    let (node, client) = pipelined().await;
    client.put(key(1), bins! {"a" => 1}).await.unwrap();
    node.script([Reply::Close]);
    let error = client.put(key(1), bins! {"a" => 1}).await.unwrap_err();
    assert_eq!((error.kind(), error.in_doubt()), (ErrorKind::Connection, true));
    node.script([Reply::Close]);
    assert!(
        client.exists(key(1)).await.unwrap(),
        "a read is tried again on a new connection"
    );
    assert_eq!((node.commands(), node.connections()), (4, 4));
}

#[tokio::test]
async fn a_pipeline_that_was_closed_while_idle_is_not_used() {
    let (node, client) = pipelined().await;
    for _ in 0..20 {
        client.put(key(1), bins! {"a" => 1}).await.unwrap();
        node.disconnect();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(node.commands(), 20);
}

#[tokio::test]
async fn a_silent_pipeline_is_closed() {
    let (node, client) = pipelined().await;
    node.script([Reply::Silence]);
    let commands = (0..10).map(|n| client.put(key(n), bins! {"a" => 1}).policy(SHORT).into_future());
    let mut all = tokio::task::JoinSet::new();
    commands.for_each(|command| drop(all.spawn(command)));
    for result in all.join_all().await {
        let error = result.unwrap_err();
        assert!(
            error.in_doubt(),
            "all were sent, behind one that the node never answers: {error:?}"
        );
    }
    client.put(key(1), bins! {"a" => 1}).policy(SHORT).await.unwrap();
    assert_eq!(node.connections(), 3);
}

#[tokio::test]
async fn an_unexpected_response_ends_a_pipeline() {
    let (node, client) = pipelined().await;
    let answer = |code: u8| {
        let mut answer = vec![2, 3, 0, 0, 0, 0, 0, 22, 22];
        answer.resize(30, 0);
        answer[13] = code;
        answer
    };
    node.script([Reply::Bytes([answer(0), answer(3)].concat())]);
    client.put(key(1), bins! {"a" => 1}).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    client.put(key(1), bins! {"a" => 1}).await.unwrap();
    assert_eq!((node.commands(), node.connections()), (2, 3));
}
