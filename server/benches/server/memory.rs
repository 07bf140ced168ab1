//! The memory of a record. Resident memory is measured, which includes the overhead of the allocator.

use bytes::BytesMut;
use spikelet::Now;
use spikelet::unstable::{Config, Session, State, handle};
use spikelet_wire::{Digest, FieldType, FrameHeader, FrameType, Header, Info2, MessageWriter, Op, OpCode};
use spikelet_wire::{ParticleType, UserKey};

use crate::startup::resident;

/// Measures the memory of records.
///
/// Each has three small bins: an integer, a string of 8 bytes, a double.
pub(crate) fn of_records(largest: usize) {
    println!("\nmemory: bytes per record of three small bins, with index and data");
    println!("{:<12} {:>12}", "records", "bytes");
    // All states are kept: the next one would reuse freed memory.
    let mut states = Vec::new();
    for records in [100_000, 1_000_000] {
        if records > largest {
            continue;
        }
        let state = State::new(Config::default());
        let Some(before) = resident() else {
            println!("measured only on Linux");
            return;
        };
        fill(&state, records);
        let used = resident().unwrap_or(before) - before;
        println!("{records:<12} {:>12.0}", used as f64 * 1024.0 / records as f64);
        states.push(state);
    }
}

/// Puts records with the keys from 0.
pub(crate) fn fill(state: &State, records: usize) {
    let (mut session, mut body, mut out) = (Session::default(), BytesMut::new(), BytesMut::new());
    for record in 0..records {
        body.clear();
        put(&mut body, record as i64);
        let header = FrameHeader::new(FrameType::MESSAGE, body.len());
        let _ = handle(state, Now(500_000_000_000), &mut session, header, &body, &mut out);
        assert_eq!(out[FrameHeader::SIZE + 5], 0, "the result code");
        out.clear();
    }
}

fn put(body: &mut BytesMut, record: i64) {
    let header = Header {
        info2: Info2::WRITE,
        ..Header::default()
    };
    let mut message = MessageWriter::bare(body, &header);
    message.field(FieldType::NAMESPACE, b"test");
    message.field(FieldType::SET, b"bench");
    message.field(FieldType::DIGEST, &Digest::of("bench", &UserKey::Int(record)).0);
    let name = format!("{record:08}");
    let score = (record as f64).to_be_bytes();
    message.op(&Op::new(
        OpCode::WRITE,
        b"id",
        ParticleType::INTEGER,
        &record.to_be_bytes(),
    ));
    message.op(&Op::new(OpCode::WRITE, b"name", ParticleType::STRING, name.as_bytes()));
    message.op(&Op::new(OpCode::WRITE, b"score", ParticleType::FLOAT, &score));
    message.finish();
}
