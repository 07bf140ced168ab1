//! The time of a put with and without a secondary index, and of a range query, without sockets.

use std::time::Duration;

use bytes::BytesMut;
use spikelet::Now;
use spikelet::unstable::{self, Config, Flow, Session, State, Step};
use spikelet_wire::{
    Digest, FieldType, FrameHeader, FrameType, Header, Info1, Info2, Info3, MessageWriter, Op, OpCode, ParticleType,
    PartitionId, UserKey,
};

use crate::clock::now;

const NOW: Now = Now(500_000_000_000);
/// The number of records that a query finds.
const FOUND: i64 = 100;
/// The number of puts that are encoded, and then timed, together.
const CHUNK: usize = 50_000;

/// Puts new records with numbers, puts them again with the same and with other numbers, and queries them.
pub(crate) fn cost(records: usize) {
    println!(
        "\nsindex: nanoseconds per put of an integer and a string of 100 bytes, {records} records, without sockets"
    );
    println!("{:<16} {:>12} {:>12} {:>12}", "", "new", "same number", "other number");
    for is_indexed in [false, true] {
        let state = State::new(Config::default());
        if is_indexed {
            info(
                &state,
                "sindex-create:ns=test;set=s;indexname=i;bin=number;type=numeric\n",
            );
        }
        let [new, same, other] = [0, 0, 1].map(|shift| put_all(&state, records, shift));
        let name = if is_indexed { "with an index" } else { "without" };
        println!("{name:<16} {new:>12.0} {same:>12.0} {other:>12.0}");
        if is_indexed {
            let time = query(&state, records);
            println!("a query that finds {FOUND} records: {:.1} µs", time.as_secs_f64() * 1e6);
        }
    }
}

fn handle(state: &State, frame_type: FrameType, body: &[u8], out: &mut BytesMut) -> Flow {
    let header = FrameHeader::new(frame_type, body.len());
    unstable::handle(state, NOW, &mut Session::default(), header, body, out)
}

fn info(state: &State, line: &str) {
    let mut out = BytesMut::new();
    assert!(matches!(
        handle(state, FrameType::INFO, line.as_bytes(), &mut out),
        Flow::Continue
    ));
    assert!(out.ends_with(b"ok\n"));
}

/// Puts all records. The integer of each is its position plus `shift`. Returns nanoseconds per put.
fn put_all(state: &State, records: usize, shift: i64) -> f64 {
    let mut time = Duration::ZERO;
    let mut out = BytesMut::new();
    for start in (0..records).step_by(CHUNK) {
        let puts: Vec<_> = (start..records.min(start + CHUNK))
            .map(|record| put(record as i64, shift))
            .collect();
        let start = now();
        for put in &puts {
            let _ = handle(state, FrameType::MESSAGE, put, &mut out);
            out.clear();
        }
        time += start.elapsed();
    }
    time.as_nanos() as f64 / records as f64
}

fn put(record: i64, shift: i64) -> BytesMut {
    let header = Header {
        info2: Info2::WRITE,
        ..Header::default()
    };
    let mut body = BytesMut::new();
    let mut message = MessageWriter::bare(&mut body, &header);
    message.field(FieldType::NAMESPACE, b"test");
    message.field(FieldType::SET, b"s");
    message.field(FieldType::DIGEST, &Digest::of("s", &UserKey::Int(record)).0);
    let number = (record + shift).to_be_bytes();
    message.op(&Op::new(OpCode::WRITE, b"number", ParticleType::INTEGER, &number));
    message.op(&Op::new(OpCode::WRITE, b"value", ParticleType::STRING, &[b'x'; 100]));
    message.finish();
    body
}

/// The mean time of queries that each find other records.
fn query(state: &State, records: usize) -> Duration {
    const TIMES: u32 = 500;
    let mut time = Duration::ZERO;
    let mut out = BytesMut::new();
    for n in 0..TIMES {
        let first = (records as i64 / i64::from(TIMES)) * i64::from(n) + 1;
        let body = range(first, first + FOUND - 1);
        let start = now();
        let Flow::Task(mut query) = handle(state, FrameType::MESSAGE, &body, &mut out) else {
            panic!("not a query");
        };
        while query.step(state, NOW, &mut out) != Step::Done {}
        time += start.elapsed();
        assert!(out.len() > FOUND as usize * 100, "a reply of {} bytes", out.len());
        out.clear();
    }
    time / TIMES
}

fn range(first: i64, last: i64) -> BytesMut {
    let header = Header {
        info1: Info1::READ | Info1::GET_ALL,
        info3: Info3::PARTITION_DONE,
        ..Header::default()
    };
    let mut field = b"\x01\x06number\x01".to_vec();
    for end in [first, last] {
        field.extend_from_slice(&8u32.to_be_bytes());
        field.extend_from_slice(&end.to_be_bytes());
    }
    let partitions: Vec<u8> = PartitionId::all().flat_map(|id| id.get().to_le_bytes()).collect();
    let mut body = BytesMut::new();
    let mut message = MessageWriter::bare(&mut body, &header);
    message.field(FieldType::NAMESPACE, b"test");
    message.field(FieldType::SET, b"s");
    message.field(FieldType::PARTITION_IDS, &partitions);
    message.field(FieldType::INDEX_RANGE, &field);
    message.finish();
    body
}
