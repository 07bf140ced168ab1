//! The client's queries: results, resumption, and the cancellation of abandoned ones.

use std::collections::HashSet;
use std::time::Duration;

use bytes::BytesMut;
use spikelet::Server;
use spikelet_client::wire::frame::OpenFrame;
use spikelet_client::wire::{
    FieldType, FrameType, Header, Info3, Message, MessageWriter, Op, PARTITIONS, ParticleType, PartitionId,
};
use spikelet_client::{
    Client, Cursor, Digest, Error, ErrorKind, Key, OpCode, Operation, Policy, QueryDuration, ReadMode, Record,
    ResultCode, UserKey, bins, blocking, exp,
};
use spikelet_tests::common::{code, connected, numbers};
use spikelet_tests::fake_node::{FakeNode, Reply};

/// A server with a number of records in a set, and some in other sets.
async fn start(records: i64) -> (Server, Client) {
    let server = Server::start().unwrap();
    for n in 0..records {
        server
            .insert("test", "demo", n, [("n", n), ("even", 1 - n % 2)])
            .unwrap();
    }
    for n in 0..10 {
        server.insert("test", "other", n, [("n", -1)]).unwrap();
    }
    connected(server).await
}

#[tokio::test]
async fn records_are_returned_in_scan_order_with_their_metadata() {
    let (server, client) = start(1000).await;
    let mut stream = client.query("test", "demo").stream();
    let mut records = Vec::new();
    while let Some(record) = stream.next().await {
        records.push(record.unwrap());
    }
    assert!(stream.cursor().is_done());
    let digests: Vec<Digest> = records.iter().map(|record| record.key.digest()).collect();
    let scan = server
        .records()
        .into_iter()
        .filter(|record| record.set.as_deref() == Some("demo"));
    assert_eq!(digests, scan.map(|record| record.digest).collect::<Vec<_>>());
    assert_eq!(numbers(&records), (0..1000).collect::<Vec<_>>());
    for record in &records {
        let n: i64 = record.get("n").unwrap();
        assert_eq!(record.key.user_key(), Some(&UserKey::Int(n)));
        assert_eq!((record.key.namespace(), record.key.set()), ("test", "demo"));
        assert_eq!(record.key, Key::new("test", "demo", n));
        assert_eq!((record.generation, record.ttl(), record.bins.len()), (1, None, 2));
    }
    let everything = client.query("test", "").await.unwrap();
    assert_eq!(everything.records.len(), 1010);
    let sets: HashSet<&str> = everything.records.iter().map(|record| record.key.set()).collect();
    assert_eq!(sets, HashSet::from(["demo", "other"]));
    assert!(client.query("test", "nobody").await.unwrap().records.is_empty());
    assert_eq!(code(client.query("nope", "demo").await), ResultCode::INVALID_NAMESPACE);
}

#[tokio::test]
async fn bins_of_records_are_selected() {
    let (_server, client) = start(20).await;
    client
        .put(Key::new("test", "demo", "odd one"), bins! {"other" => 1})
        .await
        .unwrap();
    let query = || client.query("test", "demo");
    let some = query().bins(["n", "nope"]).await.unwrap().records;
    assert_eq!(some.len(), 20, "the record without these bins is left out");
    assert!(some.iter().all(|record| record.bins.len() == 1));
    let none = query().no_bins().await.unwrap().records;
    assert_eq!(none.len(), 21);
    assert!(
        none.iter()
            .all(|record| record.bins.is_empty() && record.generation == 1)
    );

    let even = query().filter(exp::int_bin("even").eq(1)).await.unwrap().records;
    assert_eq!(numbers(&even), (0..10).map(|n| n * 2).collect::<Vec<_>>());
    let square = Operation::raw(
        OpCode::EXP_READ,
        "square",
        ParticleType::BLOB,
        (exp::int_bin("n") * exp::int_bin("n")).to_argument(0),
    );
    let read = query().read([Operation::get("n"), square]).filter(exp::bin_exists("n"));
    for record in read.await.unwrap().records {
        let (n, square): (i64, i64) = (record.get("n").unwrap(), record.get("square").unwrap());
        assert_eq!(square, n * n);
    }
    assert_eq!(
        code(query().read([Operation::write("n", 1)]).await),
        ResultCode::PARAMETER
    );
}

#[tokio::test]
async fn single_partitions_are_queried() {
    let (_server, client) = start(500).await;
    let query = || client.query("test", "demo");
    let key = Key::new("test", "demo", 7);
    let partition = key.digest().partition_id().get();
    let in_one = query().partition(partition).await.unwrap().records;
    assert!(in_one.iter().any(|record| record.key == key));
    assert!(
        in_one
            .iter()
            .all(|record| record.key.digest().partition_id().get() == partition)
    );
    let low = query().partitions(..1000).await.unwrap().records;
    let high = query().partitions(1000..).await.unwrap().records;
    assert!(!low.is_empty() && !high.is_empty());
    assert_eq!(numbers(low.iter().chain(&high)), (0..500).collect::<Vec<_>>());
    assert!(low.iter().all(|record| record.key.digest().partition_id().get() < 1000));
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is refused")]
    let refused = [
        query().partition(PARTITIONS),
        query().partitions(7..7),
        query().partitions(9..=7),
        query().partitions(..=PARTITIONS),
        query().partition(u16::MAX),
    ];
    for query in refused {
        let mut stream = query.stream();
        assert_eq!(stream.next().await.unwrap().unwrap_err().kind(), ErrorKind::Argument);
        assert!(stream.next().await.is_none());
    }
}

#[tokio::test]
async fn pages_resume_exactly_despite_concurrent_writes() {
    let (_server, client) = start(200).await;
    let (mut found, mut sizes) = (Vec::new(), Vec::new());
    let mut cursor = Cursor::default();
    while !cursor.is_done() {
        let query = client.query("test", "demo").max_records(30);
        // As if it were sent to a browser and back.
        let page = query
            .after(cursor.to_string().parse::<Cursor>().unwrap())
            .await
            .unwrap();
        sizes.push(page.records.len());
        cursor = page.cursor;
        if let Some(last) = page.records.last() {
            client.remove(&last.key).await.unwrap();
        }
        found.extend(page.records);
        for n in 0..20 {
            let key = Key::new("test", "demo", n);
            client.put(&key, bins! {"again" => 1}).update_only().await.ok();
        }
    }
    assert_eq!(numbers(&found), (0..200).collect::<Vec<_>>());
    assert_eq!(sizes, [30, 30, 30, 30, 30, 30, 20]);
    assert!(
        client
            .query("test", "demo")
            .after(&cursor)
            .await
            .unwrap()
            .records
            .is_empty()
    );

    let digest = found[100].key.digest();
    let later = client.query("test", "demo").after(Cursor::after(digest)).await.unwrap();
    assert!(
        later
            .records
            .iter()
            .all(|record| record.key.digest().partition_id() == digest.partition_id())
    );
}

#[tokio::test]
async fn pages_are_full_although_the_server_counts_filtered_records() {
    let (server, client) = start(0).await;
    for n in 0..100 {
        let bin = if n % 10 == 0 { "n" } else { "none" };
        server.insert("test", "demo", n, [(bin, n)]).unwrap();
    }
    let (mut found, mut sizes) = (Vec::new(), Vec::new());
    let mut cursor = Cursor::default();
    while !cursor.is_done() {
        let query = client.query("test", "demo").bins(["n"]).max_records(4).after(&cursor);
        let page = query.await.unwrap();
        sizes.push(page.records.len());
        found.extend(page.records);
        cursor = page.cursor;
    }
    assert_eq!(numbers(&found), (0..10).map(|n| n * 10).collect::<Vec<_>>());
    assert_eq!(sizes, [4, 4, 2]);
}

#[tokio::test]
async fn an_abandoned_stream_can_be_resumed() {
    let (_server, client) = start(3000).await;
    let mut stream = client.query("test", "demo").stream();
    let mut found = Vec::new();
    for _ in 0..1234 {
        found.push(stream.next().await.unwrap().unwrap());
    }
    let cursor = stream.cursor();
    drop(stream);
    let mut stream = client.query("test", "demo").after(cursor).stream();
    while let Some(record) = stream.next().await {
        found.push(record.unwrap());
    }
    assert_eq!(numbers(&found), (0..3000).collect::<Vec<_>>());
}

/// A server with more data than fits into the buffers of a socket.
fn full_server() -> Server {
    let server = Server::start().unwrap();
    let text = "x".repeat(4000);
    for n in 0..5000 {
        server.insert("test", "demo", n, [("text", text.as_str())]).unwrap();
    }
    server
}

async fn active(client: &Client) -> usize {
    let jobs = client.info("query-show").await.unwrap();
    jobs.matches("status=active").count()
}

#[tokio::test]
async fn a_stream_applies_backpressure_and_dropping_it_stops_the_query() {
    let server = full_server();
    let client = Client::connect(server.addr()).await.unwrap();
    let mut stream = client.query("test", "demo").stream();
    assert!(stream.next().await.unwrap().is_ok());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(active(&client).await, 1, "the server waits");
    drop(stream);
    while active(&client).await > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(
        client.query("test", "demo").no_bins().await.unwrap().records.len(),
        5000
    );
}

#[test]
fn the_blocking_client_iterates() {
    let server = full_server();
    let client = blocking::Client::connect(server.addr()).unwrap();
    let mut records = client.query("test", "demo").into_iter();
    assert_eq!(records.by_ref().take(10).filter(|record| record.is_ok()).count(), 10);
    let rest = client.query("test", "demo").after(records.cursor());
    drop(records);
    let show = || client.info("query-show").call().unwrap();
    while show().contains("status=active") {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(rest.into_iter().map(Result::unwrap).count(), 4990);
    let page = client.query("test", "demo").max_records(3).call().unwrap();
    assert_eq!((page.records.len(), page.cursor.is_done()), (3, false));
}

#[tokio::test]
async fn the_blocking_client_iterates_within_an_async_runtime() {
    let (server, _client) = start(2000).await;
    let client = blocking::Client::connect(server.addr()).unwrap();
    let records: Result<Vec<Record>, Error> = client.query("test", "demo").into_iter().collect();
    assert_eq!(records.unwrap().len(), 2000);
}

#[tokio::test]
async fn records_per_second_and_short_queries_reach_the_server() {
    let (_server, client) = start(50).await;
    let query = || client.query("test", "demo");
    let begun = tokio::time::Instant::now();
    assert_eq!(query().records_per_second(100).await.unwrap().records.len(), 50);
    assert!(begun.elapsed() >= Duration::from_millis(300), "{:?}", begun.elapsed());

    let short = || query().duration(QueryDuration::Short);
    assert_eq!(short().await.unwrap().records.len(), 50);
    let jobs = client.info("query-show").await.unwrap();
    assert_eq!(jobs.matches("trid").count(), 1, "short queries are not listed: {jobs}");
    assert_eq!(code(short().records_per_second(1).await), ResultCode::PARAMETER);
    let relaxed = query().duration(QueryDuration::LongRelaxAp).max_concurrent_nodes(1);
    assert_eq!(relaxed.await.unwrap().records.len(), 50);

    let slow = query()
        .records_per_second(1)
        .total_timeout(Duration::from_millis(100))
        .max_retries(0);
    assert!(slow.await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn a_query_that_is_aborted_fails() {
    let (_server, client) = start(500).await;
    let mut stream = client.query("test", "demo").records_per_second(100).stream();
    let first = stream.next().await.unwrap().unwrap();
    assert_eq!(first.key.set(), "demo");
    client.info(format!("query-abort:id={}", stream.id())).await.unwrap();
    let mut end = None;
    while let Some(record) = stream.next().await {
        end = record.err();
    }
    assert_eq!(end.unwrap().result_code(), Some(ResultCode::QUERY_ABORTED));
    assert!(!stream.cursor().is_done());
}

/// A message of a response.
enum Said {
    Record(i64),
    Missing(u16),
    Last(ResultCode),
}

/// A frame of a response. The number of a record determines its partition.
fn frame(messages: &[Said]) -> Reply {
    let mut out = BytesMut::new();
    let frame = OpenFrame::begin(&mut out);
    for said in messages {
        match said {
            Said::Record(n) => {
                let mut message = MessageWriter::bare(&mut out, &Header::default());
                message.field(FieldType::DIGEST, &digest(*n).0);
                message.op(&Op::new(OpCode::READ, b"n", ParticleType::INTEGER, &n.to_be_bytes()));
                message.finish();
            }
            Said::Missing(partition) => {
                let header = Header {
                    info3: Info3::PARTITION_DONE,
                    generation: u32::from(*partition),
                    ..Header::result(ResultCode::UNAVAILABLE)
                };
                MessageWriter::bare(&mut out, &header).finish();
            }
            Said::Last(code) => {
                let header = Header {
                    info3: Info3::LAST,
                    ..Header::result(*code)
                };
                MessageWriter::bare(&mut out, &header).finish();
            }
        }
    }
    frame.finish(FrameType::MESSAGE, &mut out);
    Reply::Bytes(out.to_vec())
}

fn digest(n: i64) -> Digest {
    let mut digest = [0; Digest::SIZE];
    digest[..2].copy_from_slice(&(n as u16).to_le_bytes());
    let digest = Digest(digest);
    assert_eq!(digest.partition_id(), PartitionId::new(n as u16).unwrap());
    digest
}

/// The partitions that a command requests from their beginning, and the digests after which it resumes.
fn asked(command: &[u8]) -> (Vec<u16>, Vec<Digest>) {
    let message = Message::decode(command).unwrap();
    let ids = message.field(FieldType::PARTITION_IDS).unwrap_or_default();
    let digests = message.field(FieldType::DIGESTS).unwrap_or_default();
    let ids = ids.as_chunks().0.iter().map(|id| u16::from_le_bytes(*id));
    let digests = digests.as_chunks().0.iter().map(|digest| Digest(*digest));
    (ids.collect(), digests.collect())
}

const HASTY: Policy = Policy {
    total_timeout: Duration::ZERO,
    socket_timeout: Duration::from_millis(100),
    max_retries: 2,
    sleep_between_retries: Duration::from_millis(1),
    compress: false,
    read_mode: ReadMode::Session,
};

#[tokio::test]
async fn a_query_resumes_after_a_broken_connection() {
    let node = FakeNode::start("A1");
    let client = Client::connect(node.addr()).await.unwrap();
    node.script([
        frame(&[Said::Record(1), Said::Record(2)]),
        frame(&[Said::Record(3), Said::Last(ResultCode::OK)]),
    ]);
    let page = client.query("test", "").partitions(1..=4).policy(HASTY).await.unwrap();
    assert_eq!(numbers(&page.records), [1, 2, 3]);
    assert!(page.cursor.is_done());
    let commands = node.received();
    assert_eq!(asked(&commands[0]), (vec![1, 2, 3, 4], vec![]));
    assert_eq!(asked(&commands[1]), (vec![3, 4], vec![digest(1), digest(2)]));

    node.script([Reply::Close, Reply::Close, Reply::Close]);
    let error = client.query("test", "").policy(HASTY).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert_eq!(node.commands(), 5);

    node.script([frame(&[Said::Record(1), Said::Last(ResultCode::QUERY_ABORTED)])]);
    let mut stream = client.query("test", "").partition(1).policy(HASTY).stream();
    assert!(stream.next().await.unwrap().is_ok());
    assert_eq!(code(stream.next().await.unwrap()), ResultCode::QUERY_ABORTED);
    assert!(stream.next().await.is_none());
    assert_eq!(stream.cursor(), Cursor::after(digest(1)));

    node.script([frame(&[Said::Record(9), Said::Last(ResultCode::OK)])]);
    let error = client.query("test", "").partition(1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "partition 9 was not requested");
}

/// Two nodes: the first is the master of every partition, the second its replica.
fn master_and_replica() -> (FakeNode, FakeNode) {
    let (a, b) = (FakeNode::start("A1"), FakeNode::start("B1"));
    let (all, none) = (format!("{}//8=", "/".repeat(680)), format!("{}AAA=", "A".repeat(680)));
    a.set_info("replicas", &format!("test:0,2,{all},{none}"));
    b.set_info("replicas", &format!("test:0,2,{none},{all}"));
    a.set_info("peers-clear-std", &format!("1,3000,[[B1,,[{}]]]", b.addr()));
    b.set_info("peers-clear-std", &format!("1,3000,[[A1,,[{}]]]", a.addr()));
    (a, b)
}

#[tokio::test]
async fn partitions_that_a_node_rejects_are_requested_from_another() {
    let (a, b) = master_and_replica();
    let client = Client::connect(a.addr()).await.unwrap();
    a.script([frame(&[Said::Record(1), Said::Missing(2), Said::Last(ResultCode::OK)])]);
    b.script([frame(&[Said::Record(2), Said::Last(ResultCode::OK)])]);
    let page = client.query("test", "").partitions(1..=3).policy(HASTY).await.unwrap();
    assert_eq!(numbers(&page.records), [1, 2]);
    assert_eq!(asked(&b.received()[0]), (vec![2], vec![]));

    a.script([Reply::Silence]);
    b.script([frame(&[Said::Record(1), Said::Last(ResultCode::OK)])]);
    let page = client.query("test", "").partitions(1..=3).policy(HASTY).await.unwrap();
    assert_eq!(numbers(&page.records), [1]);
    assert_eq!(asked(&b.received()[1]), (vec![1, 2, 3], vec![]));
}

#[tokio::test]
async fn a_page_is_filled_from_all_nodes() {
    let (a, b) = (FakeNode::start("A1"), FakeNode::start("B1"));
    let (even, odd) = (format!("{}qqo=", "q".repeat(680)), format!("{}VVU=", "V".repeat(680)));
    a.set_info("replicas", &format!("test:0,1,{even}"));
    b.set_info("replicas", &format!("test:0,1,{odd}"));
    a.set_info("peers-clear-std", &format!("1,3000,[[B1,,[{}]]]", b.addr()));
    b.set_info("peers-clear-std", &format!("1,3000,[[A1,,[{}]]]", a.addr()));
    let client = Client::connect(a.addr()).await.unwrap();
    let limit = |command: &[u8]| {
        let message = Message::decode(command).unwrap();
        u64::from_be_bytes(*message.field(FieldType::SAMPLE_MAX).unwrap().first_chunk().unwrap())
    };
    let last = || Said::Last(ResultCode::OK);
    a.script([
        frame(&[Said::Record(0), Said::Record(2), last()]),
        frame(&[Said::Record(4), last()]),
    ]);
    b.script([frame(&[Said::Record(1), last()])]);
    let page = client
        .query("test", "")
        .partitions(..8)
        .max_records(4)
        .max_concurrent_nodes(1)
        .await
        .unwrap();
    assert_eq!(numbers(&page.records), [0, 1, 2, 4]);
    let (of_a, of_b) = (a.received(), b.received());
    assert_eq!((of_a.len(), of_b.len()), (2, 1), "the second node has no more");
    assert_eq!([&of_a[0], &of_b[0], &of_a[1]].map(|command| limit(command)), [2, 2, 1]);
    assert_eq!(asked(&of_a[1]), (vec![4, 6], vec![digest(0), digest(2)]));
    assert!(!page.cursor.is_done(), "the first node may have more");

    // Each node may return one record, although only one is requested.
    a.script([frame(&[Said::Record(0), last()])]);
    b.script([frame(&[Said::Record(1), last()])]);
    let page = client.query("test", "").partitions(..2).max_records(1).await.unwrap();
    let (found, next) = (page.records[0].key.digest(), page.cursor);
    assert_eq!(page.records.len(), 1);
    a.script([frame(&[last()])]);
    b.script([frame(&[last()])]);
    client.query("test", "").after(next).await.unwrap();
    let resumed = [a.received(), b.received()].map(|commands| asked(commands.last().unwrap()));
    let (ids, digests): (Vec<_>, Vec<_>) = resumed.into_iter().unzip();
    assert_eq!(digests.concat(), [found]);
    assert_eq!(
        ids.concat(),
        [u16::from(found == digest(0))],
        "what was left out comes later"
    );
}
