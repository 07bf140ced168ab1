//! The latency of gets on one connection during long commands on another, and the goal for each.
//!
//! A get is due every 5 milliseconds, and its latency is measured from then: a server that blocks for half a second delays 100
//! gets, not one.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::BytesMut;
use spikelet_wire::batch::{BatchFlags, BatchWriter};
use spikelet_wire::cdt::CallWriter;
use spikelet_wire::context::Context;
use spikelet_wire::exp::build::string_bin;
use spikelet_wire::list::ListOp;
use spikelet_wire::{
    Digest, Field, FieldType, FrameHeader, FrameType, Header, Info1, Info2, Info3, MessageWriter, Op, OpCode,
    ParticleType, PartitionId, UserKey, Value, frame,
};

use crate::clock::now;
use crate::closed_loop::Load;
use crate::request::{Requests, in_chunks};

/// The period of the gets.
const PERIOD: Duration = Duration::from_millis(5);
/// The goal for the slowest of 100 gets: 4 ms, which it takes on the real server during a UDF of 0.75 s.
const GOAL: &str = "4 ms";
const RECORDS: usize = 100_000;
/// A key that is far from those of the records.
const LARGE: i64 = 1 << 40;

const SCRIPT: &str = "
function count(rec, n) local x = 0 for i = 1, n do x = x + i % 7 end return x end
function touch(rec, n) count(rec, n) rec.touched = 1 aerospike:update(rec) end
function total(stream, n)
    return stream : map(function(rec) return count(rec, n) end) : reduce(math.sum)
end
function search(rec) return string.find(string.rep('a', 5000), '.-.-.-b') end
";

/// Prints the latencies of gets without other commands, and during each kind of long command.
pub(crate) fn print(load: &Load) {
    let address = load.address;
    println!("\nlatency: a get every 5 ms, during commands of another connection; {RECORDS} records");
    println!(
        "{:<34} {:>10} {:>10} {:>10} {:>8} {:>12}",
        "beside", "p50", "p99", "slowest", "goal", "work took"
    );
    in_chunks(RECORDS).for_each(|chunk| load.once(&Requests::put(chunk)));
    let mut client = Client::open(address);
    register(&mut client);
    let beside = |name: &str, work: &mut dyn FnMut(&mut Client)| print_one(address, load.duration, name, work);

    beside("nothing", &mut |_| std::thread::sleep(Duration::from_millis(100)));
    let slow = udf("count", 30_000_000, None, Some(LARGE));
    beside("a UDF of half a second", &mut |client| {
        client.request(&slow);
    });
    let search = udf("search", 0, None, Some(LARGE));
    beside("a UDF within one call of Lua's", &mut |client| {
        client.request(&search);
    });
    let touch = udf("touch", 1_000, Some(2), None);
    beside("a background query with a UDF", &mut |client| {
        client.request(&touch);
        client.wait("query-show", |jobs| !jobs.contains("status=active"));
    });
    let total = udf("total", 1_000, Some(1), None);
    beside("an aggregation", &mut |client| client.request_until_last(&total));

    for (name, inline) in [
        ("a batch of 5,000 gets", true),
        ("a batch of 5,000 gets, not inline", false),
    ] {
        let gets = batch(5_000, inline, false);
        beside(name, &mut |client| client.request_until_last(&gets));
    }
    let puts = batch(5_000, true, true);
    beside("a batch of 5,000 puts", &mut |client| client.request_until_last(&puts));
    let many = batch(100_000, true, false);
    beside("a batch of 100,000 gets", &mut |client| {
        client.request_until_last(&many)
    });

    large_values(&mut client, &beside);

    const MEBIBYTE: usize = (1 << 20) - 100;
    let large = put(LARGE + 2, ParticleType::BLOB, &vec![7; MEBIBYTE]);
    beside("a put of 1 MiB", &mut |client| {
        client.request(&large);
    });
    let refused = put(LARGE + 3, ParticleType::BLOB, &vec![7; 64 * MEBIBYTE]);
    beside("a put of 64 MiB, refused", &mut |client| {
        client.send(&refused);
    });
    let large = get(LARGE + 2);
    beside("a get of 1 MiB", &mut |client| {
        client.request(&large);
    });
    beside("info: everything", &mut |client| {
        client.info("sets\nnamespace/test\nstatistics\nbins/test\nsindex-list\nquery-show\nlatencies:\nhistogram:namespace=test;type=ttl");
    });
    let query = filtered_query();
    beside("a query with a filter", &mut |client| client.request_until_last(&query));
    beside("a secondary index", &mut |client| {
        client.info("sindex-create:namespace=test;set=bench;indexname=i;bin=value;type=string");
        client.wait("sindex-stat:namespace=test;indexname=i", |stat| {
            stat.contains("load_pct=100")
        });
        client.info("sindex-delete:namespace=test;indexname=i");
    });
    beside("a truncation", &mut |client| {
        client.info("truncate:namespace=test;set=bench");
        in_chunks(RECORDS).for_each(|chunk| load.once(&Requests::put(chunk)));
    });
}

/// Operations on lists of a million elements, the longest that fit in a record.
fn large_values(client: &mut Client, beside: &impl Fn(&str, &mut dyn FnMut(&mut Client))) {
    let elements: Vec<Value> = (0..1_000_000_i64).map(|n| Value::Int(n * 7919 % 101)).collect();
    let (particle_type, list) = Value::List(elements).to_particle();
    let fill = put(LARGE + 1, particle_type, &list);
    let sort = modify(LARGE + 1, CallWriter::new(ListOp::Sort.operation()).int(0));
    beside("a sort of a million elements", &mut |client| {
        client.request(&fill);
        client.request(&sort);
    });
    client.request(&fill);
    let by_rank = CallWriter::new(ListOp::GetByRankRange.operation())
        .int(7)
        .int(400_000)
        .int(10);
    let by_rank = operate(LARGE + 1, OpCode::CDT_READ, Info2::empty(), by_rank);
    beside("a read by rank of a million", &mut |client| {
        client.request(&by_rank);
    });
    let append = modify(
        LARGE + 1,
        CallWriter::new(ListOp::Append.operation()).value(&Value::Int(1)),
    );
    let pop = modify(LARGE + 1, CallWriter::new(ListOp::Pop.operation()).int(-1));
    beside("an append to a million, a pop", &mut |client| {
        client.request(&append);
        client.request(&pop);
    });
    beside("a put of a million elements", &mut |client| {
        client.request(&fill);
    });
}

fn print_one(address: SocketAddr, duration: Duration, name: &str, work: &mut dyn FnMut(&mut Client)) {
    let is_over = AtomicBool::new(false);
    let (mut latencies, took) = std::thread::scope(|scope| {
        let gets = scope.spawn(|| gets(address, &is_over));
        let mut client = Client::open(address);
        let (start, mut times) = (now(), 0_u32);
        while times == 0 || start.elapsed() < duration {
            work(&mut client);
            times += 1;
        }
        let took = start.elapsed() / times;
        is_over.store(true, Ordering::Relaxed);
        (gets.join().unwrap(), took)
    });
    latencies.sort_unstable();
    let text = |duration: Duration| format!("{:.2} ms", duration.as_secs_f64() * 1000.0);
    let quantile = |q: f64| text(latencies[(latencies.len() as f64 * q) as usize]);
    println!(
        "{name:<34} {:>10} {:>10} {:>10} {GOAL:>8} {:>12}",
        quantile(0.5),
        quantile(0.99),
        text(latencies[latencies.len() - 1]),
        text(took)
    );
}

/// The latencies of gets, one due in each period.
fn gets(address: SocketAddr, is_over: &AtomicBool) -> Vec<Duration> {
    let mut client = Client::open(address);
    let gets: Vec<Vec<u8>> = (0..1000).map(|n| get(n * 97)).collect();
    let (mut due, mut latencies): (Instant, Vec<Duration>) = (now(), Vec::new());
    for get in gets.iter().cycle() {
        if is_over.load(Ordering::Relaxed) && due > now() {
            break;
        }
        std::thread::sleep(due.saturating_duration_since(now()));
        client.send(get);
        latencies.push(now() - due);
        due += PERIOD;
    }
    latencies
}

fn register(client: &mut Client) {
    let content = BASE64.encode(SCRIPT);
    let put = format!(
        "udf-put:filename=latency.lua;content={content};content-len={};udf-type=LUA;",
        content.len()
    );
    let put = client.info(&put);
    assert!(put.contains("ok"), "{put}");
}

/// A connection that sends one request at a time.
struct Client {
    stream: TcpStream,
    input: Vec<u8>,
}

impl Client {
    fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            input: Vec::new(),
        }
    }

    /// Sends a request, and reads one frame.
    fn send(&mut self, request: &[u8]) -> &[u8] {
        self.stream.write_all(request).unwrap();
        self.read()
    }

    /// Sends a request on a record, which must succeed, or be a UDF that is aborted.
    fn request(&mut self, request: &[u8]) {
        let code = self.send(request)[5];
        assert!(code == 0 || code == 100, "result code {code}");
    }

    /// Sends a request, and reads frames up to the last message.
    fn request_until_last(&mut self, request: &[u8]) {
        self.stream.write_all(request).unwrap();
        loop {
            let body = self.read();
            // The last message of the last frame is a header alone.
            let last = &body[body.len() - 22..];
            if last[0] == 22 && Info3::from_bits_retain(last[3]).contains(Info3::LAST) {
                return;
            }
        }
    }

    fn info(&mut self, lines: &str) -> String {
        let mut request = BytesMut::new();
        frame::write(&mut request, FrameType::INFO, format!("{lines}\n").as_bytes());
        String::from_utf8_lossy(self.send(&request)).into_owned()
    }

    /// Repeats an info command until its reply satisfies a condition.
    fn wait(&mut self, command: &str, is_over: impl Fn(&str) -> bool) {
        while !is_over(&self.info(command)) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn read(&mut self) -> &[u8] {
        let mut header = [0; FrameHeader::SIZE];
        self.stream.read_exact(&mut header).unwrap();
        self.input.resize(FrameHeader::decode(header).size as usize, 0);
        self.stream.read_exact(&mut self.input).unwrap();
        &self.input
    }
}

fn message(header: &Header, key: Option<i64>, fields: &[(FieldType, &[u8])], op: Option<Op<'_>>) -> Vec<u8> {
    let mut out = BytesMut::new();
    let mut message = MessageWriter::frame(&mut out, header);
    message.field(FieldType::NAMESPACE, b"test");
    message.field(FieldType::SET, b"bench");
    if let Some(key) = key {
        message.field(FieldType::DIGEST, &Digest::of("bench", &UserKey::Int(key)).0);
    }
    fields.iter().for_each(|(field, data)| message.field(*field, data));
    op.iter().for_each(|op| message.op(op));
    message.finish();
    out.to_vec()
}

fn get(key: i64) -> Vec<u8> {
    let header = Header {
        info1: Info1::READ | Info1::GET_ALL,
        ..Header::default()
    };
    message(&header, Some(key), &[], None)
}

fn put(key: i64, particle_type: ParticleType, data: &[u8]) -> Vec<u8> {
    let header = Header {
        info2: Info2::WRITE,
        ..Header::default()
    };
    message(
        &header,
        Some(key),
        &[],
        Some(Op::new(OpCode::WRITE, b"c", particle_type, data)),
    )
}

fn modify(key: i64, call: CallWriter) -> Vec<u8> {
    operate(key, OpCode::CDT_MODIFY, Info2::WRITE, call)
}

fn operate(key: i64, code: OpCode, info2: Info2, call: CallWriter) -> Vec<u8> {
    let header = Header {
        info1: Info1::READ,
        info2,
        ..Header::default()
    };
    let call = call.finish(&Context::default());
    message(
        &header,
        Some(key),
        &[],
        Some(Op::new(code, b"c", ParticleType::BLOB, &call)),
    )
}

/// A call of a UDF with an integer, on a record, or on all records by a query of a kind.
fn udf(function: &str, n: i64, kind: Option<u8>, key: Option<i64>) -> Vec<u8> {
    let mut arguments = Vec::new();
    Value::from(vec![Value::Int(n)]).pack(&mut arguments);
    let header = Header {
        // An aggregation reads.
        info1: if kind == Some(1) { Info1::READ } else { Info1::empty() },
        info2: if kind == Some(1) { Info2::empty() } else { Info2::WRITE },
        transaction_ttl: 10_000,
        ..Header::default()
    };
    let kind = kind.map(|kind| [kind]);
    let mut fields: Vec<(FieldType, &[u8])> = vec![
        (FieldType::UDF_FILENAME, b"latency"),
        (FieldType::UDF_FUNCTION, function.as_bytes()),
        (FieldType::UDF_ARGLIST, &arguments),
    ];
    fields.extend(kind.iter().map(|kind| (FieldType::UDF_OP, &kind[..])));
    message(&header, key, &fields, None)
}

/// A query of all partitions for the metadata of the records that pass a filter.
fn filtered_query() -> Vec<u8> {
    let header = Header {
        info1: Info1::READ | Info1::GET_NO_BINS,
        info3: Info3::PARTITION_DONE,
        ..Header::default()
    };
    let partitions: Vec<u8> = PartitionId::all().flat_map(|id| id.get().to_le_bytes()).collect();
    let filter = string_bin("value").gt("w");
    let fields = [
        (FieldType::PARTITION_IDS, &partitions[..]),
        (FieldType::FILTER_EXPRESSION, filter.as_bytes()),
    ];
    message(&header, None, &fields, None)
}

fn batch(rows: i64, inline: bool, writes: bool) -> Vec<u8> {
    let mut rows_field = BytesMut::new();
    let flags = BatchFlags::REPORT_ALL_ERRORS
        | if inline {
            BatchFlags::INLINE_IN_MEMORY
        } else {
            BatchFlags::empty()
        };
    let mut batch = BatchWriter::new(&mut rows_field, flags);
    let header = if writes {
        Header {
            info2: Info2::WRITE,
            ..Header::default()
        }
    } else {
        Header {
            info1: Info1::READ | Info1::GET_ALL,
            ..Header::default()
        }
    };
    let fields = [
        Field {
            field_type: FieldType::NAMESPACE,
            data: b"test",
        },
        Field {
            field_type: FieldType::SET,
            data: b"bench",
        },
    ];
    let op = Op::new(OpCode::WRITE, b"value", ParticleType::STRING, &[b'x'; 100]);
    for n in 0..rows {
        let digest = Digest::of("bench", &UserKey::Int(n));
        let ops = if writes { std::slice::from_ref(&op) } else { &[] };
        batch.row(&digest, &header, &fields, ops);
    }
    batch.finish();
    let mut out = BytesMut::new();
    let header = Header {
        info1: Info1::READ | Info1::BATCH,
        ..Header::default()
    };
    let mut message = MessageWriter::frame(&mut out, &header);
    message.field(FieldType::BATCH_WITH_SET, &rows_field);
    message.finish();
    out.to_vec()
}
