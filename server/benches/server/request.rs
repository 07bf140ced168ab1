//! Requests, which are encoded before the measurement.
//!
//! A load reads the requests in order, so that reading them takes the load almost no time. Their records are in no order: a
//! server that is asked for records in the order in which they were put finds each in memory behind the last one.

use bytes::BytesMut;
use spikelet_wire::exp::build::{since_update, string_bin, ttl};
use spikelet_wire::{Digest, FieldType, Header, Info1, Info2, MessageWriter, Op, OpCode, ParticleType, UserKey};

/// The positions of records.
pub(crate) type Records = Vec<usize>;

/// The number of requests that are encoded at a time.
const CHUNK: usize = 100_000;

/// The first records, in order and in chunks.
pub(crate) fn in_chunks(records: usize) -> impl Iterator<Item = Records> {
    (0..records)
        .step_by(CHUNK)
        .map(move |start| (start..records.min(start + CHUNK)).collect())
}

/// A sample of the first records, evenly spread and shuffled.
pub(crate) fn sample(records: usize) -> Records {
    let mut sample: Vec<usize> = (0..records).step_by(records.div_ceil(CHUNK)).collect();
    // The end of a digest has nothing to do with its partition.
    sample.sort_by_cached_key(|record| Digest::of("bench", &UserKey::Int(*record as i64)).0[4..].to_vec());
    sample
}

/// A request for each record, all of the same size.
pub(crate) struct Requests {
    pub(crate) name: &'static str,
    frames: BytesMut,
    size: usize,
}

impl Requests {
    /// Puts a bin with a string of 100 bytes.
    pub(crate) fn put(records: Records) -> Self {
        let header = Header {
            info2: Info2::WRITE,
            ..Header::default()
        };
        let op = Op::new(OpCode::WRITE, b"value", ParticleType::STRING, &[b'x'; 100]);
        Self::new("put", records, header, &[op])
    }

    /// Puts a bin with an integer.
    pub(crate) fn put_number(records: Records) -> Self {
        let header = Header {
            info2: Info2::WRITE,
            ..Header::default()
        };
        let op = Op::new(
            OpCode::WRITE,
            b"number",
            ParticleType::INTEGER,
            &[0, 0, 0, 0, 0, 0, 0, 1],
        );
        Self::new("put", records, header, &[op])
    }

    /// Executes operations that write, or read and write.
    pub(crate) fn write(records: Records, ops: &[Op<'_>]) -> Self {
        let header = Header {
            info1: Info1::READ,
            info2: Info2::WRITE,
            ..Header::default()
        };
        Self::new("write", records, header, ops)
    }

    /// Gets all bins.
    pub(crate) fn get(records: Records) -> Self {
        let header = Header {
            info1: Info1::READ | Info1::GET_ALL,
            ..Header::default()
        };
        Self::new("get", records, header, &[])
    }

    /// Gets all bins if a filter expression with three conditions is true.
    pub(crate) fn get_filtered(records: Records) -> Self {
        let header = Header {
            info1: Info1::READ | Info1::GET_ALL,
            ..Header::default()
        };
        let filter = string_bin("value").gt("w").and(ttl().lt(0).or(since_update().gt(1)));
        Self::filtered("get filtered", records, header, Some(filter.as_bytes()), &[])
    }

    /// Adds to an integer and reads it.
    pub(crate) fn operate(records: Records) -> Self {
        let header = Header {
            info1: Info1::READ,
            info2: Info2::WRITE,
            ..Header::default()
        };
        let add = Op::new(OpCode::INCR, b"count", ParticleType::INTEGER, &[0, 0, 0, 0, 0, 0, 0, 1]);
        let read = Op::new(OpCode::READ, b"count", ParticleType::NULL, &[]);
        Self::new("operate", records, header, &[add, read])
    }

    fn new(name: &'static str, records: Records, header: Header, ops: &[Op<'_>]) -> Self {
        Self::filtered(name, records, header, None, ops)
    }

    fn filtered(name: &'static str, records: Records, header: Header, filter: Option<&[u8]>, ops: &[Op<'_>]) -> Self {
        let mut frames = BytesMut::new();
        let count = records.len();
        for record in records {
            let mut message = MessageWriter::frame(&mut frames, &header);
            message.field(FieldType::NAMESPACE, b"test");
            message.field(FieldType::SET, b"bench");
            message.field(FieldType::DIGEST, &Digest::of("bench", &UserKey::Int(record as i64)).0);
            if let Some(filter) = filter {
                message.field(FieldType::FILTER_EXPRESSION, filter);
            }
            ops.iter().for_each(|op| message.op(op));
            message.finish();
        }
        let size = frames.len() / count;
        Self { name, frames, size }
    }

    pub(crate) fn count(&self) -> usize {
        self.frames.len() / self.size
    }

    pub(crate) fn frame(&self, record: usize) -> &[u8] {
        &self.frames[record * self.size..][..self.size]
    }
}
