//! Compressed requests and replies, a feature of the Enterprise Edition.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::BytesMut;
use spikelet::{Command, Edition, Server};
use spikelet_client::{Client, Key, Operation, Policy, ResultCode, bins};
use spikelet_wire::frame::{self, MAX_BODY};
use spikelet_wire::{
    FieldType, FrameHeader, FrameType, Header, Info1, Info2, Info3, MessageWriter, OpCode, ParticleType,
};
use tokio::time::Instant;

fn enterprise() -> spikelet::Builder {
    Server::builder().edition(Edition::Enterprise)
}

async fn compressing(server: &Server) -> Client {
    let policy = Policy {
        compress: true,
        ..Policy::default()
    };
    Client::builder(server.hosts()).policy(policy).await.unwrap()
}

/// The value of a statistic, in an info reply of `name=value` separated by `;`.
async fn statistic(client: &Client, command: &str, name: &str) -> f64 {
    let text = client.info(command).await.unwrap();
    let mut pairs = text.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(other, _)| *other == name).unwrap();
    value.parse().unwrap()
}

/// A connection that sends and receives frames as they are.
struct Raw(TcpStream);

impl Raw {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self(stream)
    }

    fn ask(&mut self, frame: &[u8]) -> (FrameType, Vec<u8>) {
        self.0.write_all(frame).unwrap();
        self.receive()
    }

    fn receive(&mut self) -> (FrameType, Vec<u8>) {
        let mut header = [0; FrameHeader::SIZE];
        self.0.read_exact(&mut header).unwrap();
        let header = FrameHeader::decode(header);
        let mut body = vec![0; header.size as usize];
        self.0.read_exact(&mut body).unwrap();
        (header.frame_type, body)
    }
}

/// The frame of a message on the record `n`.
fn message(n: i64, info1: Info1, info2: Info2, content: impl FnOnce(&mut MessageWriter<'_>)) -> BytesMut {
    let (key, mut out) = (Key::new("test", "demo", n), BytesMut::new());
    let header = Header {
        info1,
        info2,
        ..Header::default()
    };
    let mut message = MessageWriter::frame(&mut out, &header);
    message.field(FieldType::NAMESPACE, b"test");
    message.field(FieldType::SET, b"demo");
    message.field(FieldType::DIGEST, &key.digest().0);
    content(&mut message);
    message.finish();
    out
}

/// A compressed frame with any body.
fn compressed_frame(body: &[u8]) -> BytesMut {
    let mut out = BytesMut::new();
    frame::write(&mut out, FrameType::COMPRESSED, body);
    out
}

#[tokio::test]
async fn every_command_can_be_compressed() {
    let server = enterprise().nodes(3).start().unwrap();
    let client = compressing(&server).await;
    let plain = Client::connect(server.hosts()).await.unwrap();
    let text = "Aerospike ".repeat(200);
    let keys: Vec<_> = (0..200).map(|n| Key::new("test", "demo", n)).collect();
    for key in &keys {
        client.put(key, bins! {"text" => &*text, "n" => 1}).await.unwrap();
    }
    let record = client.get(&keys[0]).await.unwrap();
    assert_eq!(record.bins, plain.get(&keys[0]).await.unwrap().bins);
    assert_eq!(record.get::<String>("text").unwrap(), text);
    let record = client.operate(&keys[0]).add("n", 1).get("text").await.unwrap();
    assert_eq!(record.get::<String>("text").unwrap(), text);
    let rows = client.batch_read(&keys).await.unwrap();
    assert_eq!(rows.len(), keys.len());
    for row in rows {
        assert_eq!(row.result.unwrap().get::<String>("text").unwrap(), text);
    }
    let all = client.query("test", "demo").await.unwrap().records;
    assert_eq!(all.len(), keys.len());
    assert!(all.iter().all(|record| record.get::<String>("text").unwrap() == text));
    let task = client
        .query("test", "demo")
        .operate([Operation::write("other", &*text)])
        .await
        .unwrap();
    client.wait(&task).await.unwrap();
    assert_eq!(plain.get(&keys[7]).await.unwrap().get::<String>("other").unwrap(), text);

    let namespace = async |name| statistic(&client, "namespace/test", name).await;
    let (ratio, uncompressed) = (
        namespace("query_proto_compression_ratio").await,
        namespace("query_proto_uncompressed_pct").await,
    );
    assert!(
        ratio > 0.0 && ratio < 0.1 && uncompressed == 0.0,
        "{ratio} {uncompressed}"
    );
    assert!(statistic(&client, "statistics", "batch_index_proto_compression_ratio").await < 0.1);
    let error = client.get(Key::new("test", "demo", "nobody")).await.unwrap_err();
    assert!(error.is_not_found());
}

/// A reply is compressed if the client asks for it, it is over 128 bytes, and it becomes smaller. Inside is the reply that
/// others get.
#[test]
fn replies_are_compressed_where_that_is_worth_it() {
    let server = enterprise().start().unwrap();
    let noise: Vec<u8> = (0..400_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    server.insert("test", "demo", 1, [("text", "a".repeat(1000))]).unwrap();
    server.insert("test", "demo", 2, [("text", "small")]).unwrap();
    server.insert("test", "demo", 3, [("noise", noise)]).unwrap();
    let mut connection = Raw::connect(server.addr());
    let read = Info1::READ | Info1::GET_ALL;
    let mut get = |n, info1| connection.ask(&message(n, info1, Info2::empty(), |_| {}));

    let (frame_type, plain) = get(1, read);
    assert_eq!((frame_type, plain.len() > 1000), (FrameType::MESSAGE, true));
    let (frame_type, compressed) = get(1, read | Info1::COMPRESS_RESPONSE);
    assert_eq!(frame_type, FrameType::COMPRESSED);
    assert!(compressed.len() < 150);
    let inner = frame::decompress(&compressed).unwrap();
    assert_eq!(inner[..8], FrameHeader::new(FrameType::MESSAGE, plain.len()).encode());
    assert_eq!(inner[8..], plain);
    for n in [2, 3, 4] {
        assert_eq!(get(n, read | Info1::COMPRESS_RESPONSE), get(n, read), "{n}");
    }
    // Of three replies with a record, one was compressed.
    let (_, text) = connection.ask(b"\x02\x01\0\0\0\0\0\x0fnamespace/test\n");
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains(";record_proto_uncompressed_pct=66.667;"), "{text}");
    let ratio = compressed.len() + 8;
    let ratio = ratio as f64 / (plain.len() + 8) as f64;
    assert!(
        text.contains(&format!(";record_proto_compression_ratio={ratio:.3};")),
        "{text}"
    );
}

/// Faults and the journal apply to what is inside of a compressed frame.
#[tokio::test]
async fn faults_and_the_journal_see_the_request_inside() {
    let server = enterprise().journal(100).start().unwrap();
    let client = compressing(&server).await;
    let (key, text) = (Key::new("test", "demo", 1), "a".repeat(1000));
    let fault = server
        .faults()
        .on(Command::Write)
        .set("demo")
        .times(1)
        .device_overload();
    let error = client
        .put(&key, bins! {"a" => &*text})
        .max_retries(0)
        .await
        .unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::DEVICE_OVERLOAD));
    assert_eq!(fault.fired(), 1);
    client.put(&key, bins! {"a" => &*text}).await.unwrap();
    client.get(&key).await.unwrap();
    server.journal().writes().set("demo").assert_count(2);
    let last = server.journal().command(Command::Read).last().unwrap();
    assert_eq!(last.outcome.code, Some(ResultCode::OK));

    let cut = server.faults().on(Command::Read).times(1).truncate(20);
    let error = client.get(&key).max_retries(0).await.unwrap_err();
    assert_eq!((error.result_code(), cut.fired()), (None, 1));
    assert_eq!(client.get(&key).await.unwrap().get::<String>("a").unwrap(), text);
}

#[tokio::test]
async fn the_community_edition_refuses_compressed_requests() {
    let server = Server::start().unwrap();
    let client = compressing(&server).await;
    let key = Key::new("test", "demo", 1);
    let error = client.put(&key, bins! {"a" => "a".repeat(1000)}).await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::ENTERPRISE_ONLY));
    // A small request is not compressed, and its reply neither.
    server.insert("test", "demo", 1, [("a", "a".repeat(1000))]).unwrap();
    let record = client.get(&key).await.unwrap();
    assert_eq!(record.get::<String>("a").unwrap().len(), 1000);
}

/// Compressed frames that are damaged, announce too much, or hold anything but a message are refused with result code 4. The
/// connection stays usable.
#[test]
fn bad_compressed_frames_are_refused() {
    let server = enterprise().start().unwrap();
    let mut connection = Raw::connect(server.addr());
    let get = message(1, Info1::READ | Info1::GET_ALL, Info2::empty(), |_| {});
    let announcing = |size: u64, stream: &[u8]| compressed_frame(&[&size.to_be_bytes()[..], stream].concat());
    let zlib = &frame::compress(&get)[FrameHeader::SIZE + 8..];
    let mut info = BytesMut::new();
    frame::write(&mut info, FrameType::INFO, b"node\n");
    let truncated = &get[..get.len() - 1];
    let bad = [
        compressed_frame(&[]),
        compressed_frame(&[0; 7]),
        compressed_frame(&[0; 8]),
        compressed_frame(&[7; 500]),
        announcing(get.len() as u64 - 1, zlib),
        announcing(get.len() as u64 + 1, zlib),
        announcing(u64::MAX, zlib),
        announcing(8 << 30, zlib),
        announcing(MAX_BODY + 9, zlib),
        announcing(get.len() as u64, &zlib[..zlib.len() - 5]),
        announcing(get.len() as u64, &zlib[1..]),
        BytesMut::from(&frame::compress(&info)[..]),
        BytesMut::from(&frame::compress(truncated)[..]),
        // A frame within a frame.
        BytesMut::from(&frame::compress(&frame::compress(&get))[..]),
    ];
    for (n, frame) in bad.iter().enumerate() {
        let (frame_type, body) = connection.ask(frame);
        assert_eq!(
            (frame_type, body[5]),
            (FrameType::MESSAGE, ResultCode::PARAMETER.0),
            "{n}"
        );
    }
    let (_, body) = connection.ask(&frame::compress(&get));
    assert_eq!(body[5], ResultCode::NOT_FOUND.0);
    let (_, text) = connection.ask(b"\x02\x01\0\0\0\0\0\x0bstatistics\n");
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains(&format!(";demarshal_error={};", bad.len())), "{text}");
}

/// A pipeline of compressed and other requests is answered in order.
#[test]
fn a_pipeline_of_compressed_requests_is_answered_in_order() {
    let server = enterprise().start().unwrap();
    for n in 0..100 {
        server
            .insert("test", "demo", n, [("n", n.to_string().repeat(100))])
            .unwrap();
    }
    let mut connection = Raw::connect(server.addr());
    let mut requests = Vec::new();
    for n in 0..100 {
        let info1 = Info1::READ | Info1::GET_ALL | Info1::COMPRESS_RESPONSE;
        let get = message(n, info1, Info2::empty(), |_| {});
        match n % 3 {
            0 => requests.extend_from_slice(&frame::compress(&get)),
            1 => requests.extend_from_slice(&get),
            _ => requests.extend_from_slice(b"\x02\x01\0\0\0\0\0\x05node\n"),
        }
    }
    connection.0.write_all(&requests).unwrap();
    for n in 0..100_i64 {
        let (frame_type, body) = connection.receive();
        if n % 3 == 2 {
            assert_eq!((frame_type, &body[..]), (FrameType::INFO, &b"node\tA1\n"[..]));
            continue;
        }
        assert_eq!(frame_type, FrameType::COMPRESSED);
        let inner = frame::decompress(&body).unwrap();
        assert!(inner.ends_with(n.to_string().repeat(100).as_bytes()), "{n}");
    }
}

/// Large frames are compressed and decompressed beside the thread that serves the other connections.
#[test]
fn large_compressed_frames_do_not_hold_up_others() {
    let server = enterprise().start().unwrap();
    let (address, bytes) = (server.addr(), vec![0; 64 << 20]);
    let put = message(1, Info1::empty(), Info2::WRITE, |message| {
        let op = (OpCode::WRITE, ParticleType::BLOB, &b"b"[..]);
        message.op_with(op, bytes.len(), |out| out.extend_from_slice(&bytes));
    });
    let put = frame::compress(&put);
    let begin = Instant::now();
    let slow = std::thread::spawn(move || Raw::connect(address).ask(&put));
    let (mut connection, mut longest) = (Raw::connect(address), Duration::ZERO);
    while !slow.is_finished() {
        let start = Instant::now();
        connection.ask(b"\x02\x01\0\0\0\0\0\x05node\n");
        longest = longest.max(start.elapsed());
    }
    let (_, body) = slow.join().unwrap();
    assert_eq!(body[5], ResultCode::RECORD_TOO_BIG.0);
    // On the serving thread it would take most of the time.
    assert!(longest * 4 < begin.elapsed(), "{longest:?} of {:?}", begin.elapsed());
}

/// The last message of a batch, and one that tells an error, are never compressed.
#[test]
fn the_last_message_of_a_batch_is_not_compressed() {
    let server = enterprise().start().unwrap();
    let mut connection = Raw::connect(server.addr());
    let mut out = BytesMut::new();
    let header = Header {
        info1: Info1::READ | Info1::BATCH | Info1::COMPRESS_RESPONSE,
        ..Header::default()
    };
    MessageWriter::frame(&mut out, &header).finish();
    let (frame_type, body) = connection.ask(&frame::compress(&out));
    assert_eq!(
        (frame_type, body.len(), body[3]),
        (FrameType::MESSAGE, 22, Info3::LAST.bits())
    );
    assert_eq!(body[5], ResultCode::PARAMETER.0);
}
