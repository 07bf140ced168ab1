//! What the tests of queries share.

mod background;
mod basic;
mod jobs;
mod resume;
mod sindex;

use std::time::Duration;

use bytes::BytesMut;
use spikelet_wire::{
    Digest, FieldType, FrameHeader, FrameType, Header, Info1, Info2, Info3, Message, MessageWriter, Op, OpCode,
    PARTITIONS, ParticleType, PartitionId, ResultCode, UserKey,
};

use crate::clock::Now;
use crate::cluster::{Cluster, Node, NodeId};
use crate::command::{self, Flow, Step, Task};
use crate::config::Config;
use crate::state::{JobEnd, State};

const NOW: Now = Now(500_000_000_000);
/// More records than fit into a frame.
const MANY: usize = 5000;

/// A message of a reply.
#[derive(Debug)]
struct ReplyMessage {
    header: Header,
    digest: Option<Digest>,
    /// The value by which an index found the record.
    value: Option<i64>,
    bins: Vec<(Vec<u8>, Vec<u8>)>,
    fields: Vec<FieldType>,
}

impl ReplyMessage {
    fn is_last(&self) -> bool {
        self.header.info3.contains(Info3::LAST)
    }
}

struct Server(State);

impl Server {
    fn new() -> Self {
        Self(State::new(Config::default()))
    }

    fn handle(&self, now: Now, node: usize, body: &[u8], out: &mut BytesMut) -> Flow {
        let mut session = self.0.connect(node, None);
        let header = FrameHeader::new(FrameType::MESSAGE, body.len());
        command::handle(&self.0, now, &mut session, header, body, out)
    }

    fn put(&self, key: usize, set: &str) -> Digest {
        self.put_sized(key, set, 50)
    }

    /// Puts a record with an integer `a`, and a string `b` of so many bytes.
    fn put_sized(&self, key: usize, set: &str, size: usize) -> Digest {
        let digest = Digest::of(set, &UserKey::from(key as i64));
        let header = Header {
            info2: Info2::WRITE,
            ..Header::default()
        };
        let mut body = BytesMut::new();
        let mut message = MessageWriter::bare(&mut body, &header);
        message.field(FieldType::NAMESPACE, b"test");
        message.field(FieldType::SET, set.as_bytes());
        message.field(FieldType::DIGEST, &digest.0);
        let value = (key as u64).to_be_bytes();
        message.op(&Op::new(OpCode::WRITE, b"a", ParticleType::INTEGER, &value));
        message.op(&Op::new(OpCode::WRITE, b"b", ParticleType::STRING, &vec![b'x'; size]));
        message.finish();
        let mut out = BytesMut::new();
        assert!(matches!(self.handle(NOW, 0, &body, &mut out), Flow::Continue));
        assert_eq!(out[13], 0);
        digest
    }

    fn fill(&self, count: usize, set: &str) -> Vec<Digest> {
        (0..count).map(|key| self.put(key, set)).collect()
    }

    fn info(&self, line: &str) -> String {
        let mut out = BytesMut::new();
        let mut session = self.0.connect(0, None);
        let header = FrameHeader::new(FrameType::INFO, line.len());
        let _ = command::handle(&self.0, NOW, &mut session, header, line.as_bytes(), &mut out);
        let text = String::from_utf8(out[8..].to_vec()).unwrap();
        text.split_once('\t').unwrap().1.trim_end().to_owned()
    }
}

/// The message of a query.
#[derive(Clone)]
struct Request {
    header: Header,
    set: &'static str,
    fields: Vec<(FieldType, Vec<u8>)>,
    ops: Vec<(OpCode, &'static [u8])>,
    node: usize,
}

impl Request {
    /// Requests all bins of all records.
    fn all() -> Self {
        Self {
            header: Header {
                info1: Info1::READ | Info1::GET_ALL,
                info3: Info3::PARTITION_DONE,
                ..Header::default()
            },
            set: "",
            fields: vec![(FieldType::PARTITION_IDS, ids(PartitionId::all()))],
            ops: Vec::new(),
            node: 0,
        }
    }

    fn with(mut self, field: FieldType, data: &[u8]) -> Self {
        self.fields.push((field, data.to_vec()));
        self
    }

    /// Requests these partitions, and the rest of partitions after digests, instead of all partitions.
    fn resume(mut self, partitions: &[PartitionId], digests: &[Digest]) -> Self {
        self.fields.clear();
        if !partitions.is_empty() {
            self.fields
                .push((FieldType::PARTITION_IDS, ids(partitions.iter().copied())));
        }
        let digests: Vec<u8> = digests.iter().flat_map(|digest| digest.0).collect();
        self.with(FieldType::DIGESTS, &digests)
    }

    fn body(&self) -> BytesMut {
        let mut body = BytesMut::new();
        let mut message = MessageWriter::bare(&mut body, &self.header);
        message.field(FieldType::NAMESPACE, b"test");
        message.field(FieldType::SET, self.set.as_bytes());
        self.fields.iter().for_each(|(field, data)| message.field(*field, data));
        for (code, name) in &self.ops {
            message.op(&Op::new(*code, name, ParticleType::NULL, &[]));
        }
        message.finish();
        body
    }

    fn start(&self, server: &Server, out: &mut BytesMut) -> Flow {
        server.handle(NOW, self.node, &self.body(), out)
    }

    fn query(&self, server: &Server) -> Box<Task> {
        match self.start(server, &mut BytesMut::new()) {
            Flow::Task(query) => query,
            flow => panic!("not a foreground query: {flow:?}"),
        }
    }

    /// Runs the query, and returns the frames of the reply.
    fn frames(&self, server: &Server) -> Vec<Vec<ReplyMessage>> {
        let mut out = BytesMut::new();
        if let Flow::Task(mut query) = self.start(server, &mut out) {
            while query.step(&server.0, NOW, &mut out) != Step::Done {}
        }
        frames(&out)
    }

    fn replies(&self, server: &Server) -> Vec<ReplyMessage> {
        self.frames(server).into_iter().flatten().collect()
    }

    /// Runs the query, and returns the digests of the records that it finds.
    fn digests(&self, server: &Server) -> Vec<Digest> {
        self.replies(server).iter().filter_map(|reply| reply.digest).collect()
    }

    /// Runs the query, and returns the result code of the only message of the reply.
    fn code(&self, server: &Server) -> ResultCode {
        let replies = self.replies(server);
        assert_eq!(replies.len(), 1, "{replies:?}");
        replies[0].header.result_code()
    }
}

fn ids(partitions: impl Iterator<Item = PartitionId>) -> Vec<u8> {
    partitions.flat_map(|id| id.get().to_le_bytes()).collect()
}

fn frames(mut out: &[u8]) -> Vec<Vec<ReplyMessage>> {
    let mut frames = Vec::new();
    while let Some((header, rest)) = out.split_first_chunk() {
        let size = FrameHeader::decode(*header).size as usize;
        let (mut body, rest) = rest.split_at(size);
        out = rest;
        let mut replies = Vec::new();
        while !body.is_empty() {
            let (message, after) = Message::decode_first(body).unwrap();
            body = after;
            replies.push(ReplyMessage {
                header: message.header,
                digest: message.field(FieldType::DIGEST).map(|bytes| bytes.try_into().unwrap()),
                value: message
                    .field(FieldType::BVALS)
                    .map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap())),
                bins: message.ops().map(|op| (op.name.to_vec(), op.value.to_vec())).collect(),
                fields: message.fields().map(|field| field.field_type).collect(),
            });
        }
        frames.push(replies);
    }
    frames
}

/// Sorts digests as queries do: by partition, and within a partition the greatest digest first.
fn in_order(mut digests: Vec<Digest>) -> Vec<Digest> {
    digests.sort_unstable_by_key(|digest| (digest.partition_id(), std::cmp::Reverse(*digest)));
    digests
}
