mod index;

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
/// One record more than fits into a frame.
const MANY: usize = 5000;

/// A message of an answer.
#[derive(Debug)]
struct Answer {
    header: Header,
    digest: Option<Digest>,
    /// The value by which an index found it.
    value: Option<i64>,
    bins: Vec<(Vec<u8>, Vec<u8>)>,
    fields: Vec<FieldType>,
}

impl Answer {
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
        message.op(&Op::new(OpCode::WRITE, b"b", ParticleType::STRING, &[b'x'; 50]));
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

/// A query's message.
#[derive(Clone)]
struct Ask {
    header: Header,
    set: &'static str,
    fields: Vec<(FieldType, Vec<u8>)>,
    ops: Vec<(OpCode, &'static [u8])>,
    node: usize,
}

impl Ask {
    /// All bins of all partitions.
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

    /// The partitions and the digests to resume behind instead of all partitions.
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
            flow => panic!("not a query that answers: {flow:?}"),
        }
    }

    /// Carries it out, and gives its frames.
    fn frames(&self, server: &Server) -> Vec<Vec<Answer>> {
        let mut out = BytesMut::new();
        if let Flow::Task(mut query) = self.start(server, &mut out) {
            while query.step(&server.0, NOW, &mut out) != Step::Done {}
        }
        frames(&out)
    }

    fn answers(&self, server: &Server) -> Vec<Answer> {
        self.frames(server).into_iter().flatten().collect()
    }

    /// The digests that it finds.
    fn digests(&self, server: &Server) -> Vec<Digest> {
        self.answers(server).iter().filter_map(|answer| answer.digest).collect()
    }

    /// The result code of the only message that it is answered.
    fn code(&self, server: &Server) -> ResultCode {
        let answers = self.answers(server);
        assert_eq!(answers.len(), 1, "{answers:?}");
        answers[0].header.result_code()
    }
}

fn ids(partitions: impl Iterator<Item = PartitionId>) -> Vec<u8> {
    partitions.flat_map(|id| id.get().to_le_bytes()).collect()
}

fn frames(mut out: &[u8]) -> Vec<Vec<Answer>> {
    let mut frames = Vec::new();
    while let Some((header, rest)) = out.split_first_chunk() {
        let size = FrameHeader::decode(*header).size as usize;
        let (mut body, rest) = rest.split_at(size);
        out = rest;
        let mut answers = Vec::new();
        while !body.is_empty() {
            let (message, behind) = Message::decode_first(body).unwrap();
            body = behind;
            answers.push(Answer {
                header: message.header,
                digest: message.field(FieldType::DIGEST).map(|bytes| bytes.try_into().unwrap()),
                value: message
                    .field(FieldType::BVALS)
                    .map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap())),
                bins: message.ops().map(|op| (op.name.to_vec(), op.value.to_vec())).collect(),
                fields: message.fields().map(|field| field.field_type).collect(),
            });
        }
        frames.push(answers);
    }
    frames
}

/// The order of a query: by partition, and within one the greatest digest first.
fn in_order(mut digests: Vec<Digest>) -> Vec<Digest> {
    digests.sort_unstable_by_key(|digest| (digest.partition_id(), std::cmp::Reverse(*digest)));
    digests
}

#[test]
fn records_come_by_partition_and_the_greatest_digest_first() {
    let server = Server::new();
    let digests = in_order(server.fill(MANY, "s"));
    assert_eq!(Ask::all().digests(&server), digests);
}

#[test]
fn answers_are_whole_frames_of_a_bounded_size_and_end_with_a_last_message() {
    let server = Server::new();
    server.fill(MANY, "s");
    let frames = Ask::all().frames(&server);
    assert!(frames.len() > 3, "{} frames", frames.len());
    let (last, records) = frames.split_last().unwrap();
    assert!(records.iter().flatten().all(|answer| !answer.is_last()));
    assert_eq!(last.len(), 1);
    assert!(last[0].is_last() && last[0].header.result_code() == ResultCode::OK);
}

#[test]
fn a_short_query_ends_within_its_frame() {
    let server = Server::new();
    server.fill(3, "s");
    let mut ask = Ask::all();
    ask.header.info1 |= Info1::SHORT_QUERY;
    let frames = ask.frames(&server);
    assert_eq!((frames.len(), frames[0].len()), (1, 4));
    assert!(frames[0][3].is_last());
}

#[test]
fn a_short_query_that_takes_too_long_says_so() {
    let server = Server::new();
    server.fill(MANY, "s");
    let mut ask = Ask::all();
    ask.header.info1 |= Info1::SHORT_QUERY;
    ask.header.transaction_ttl = 100;
    let mut query = ask.query(&server);
    let mut out = BytesMut::new();
    assert_eq!(query.step(&server.0, NOW, &mut out), Step::More);
    assert_eq!(query.step(&server.0, Now(NOW.0 + 101), &mut out), Step::Done);
    let answers: Vec<_> = frames(&out).into_iter().flatten().collect();
    assert!(answers.len() < MANY);
    assert_eq!(answers.last().unwrap().header.result_code(), ResultCode::TIMEOUT);
}

#[test]
fn a_query_resumes_behind_a_digest() {
    let server = Server::new();
    let digests = in_order(server.fill(MANY, "s"));
    // A partition of several records, resumed behind its second one.
    let at = digests
        .windows(4)
        .position(|w| w.iter().all(|digest| digest.partition_id() == w[0].partition_id()))
        .unwrap();
    let (partition, behind) = (digests[at].partition_id(), digests[at + 1]);
    let rest: Vec<_> = digests
        .iter()
        .copied()
        .filter(|digest| digest.partition_id() == partition && *digest < behind)
        .collect();
    assert_eq!(Ask::all().resume(&[], &[behind]).digests(&server), rest);
    // Whether the record is still there does not matter.
    let mut gone = behind;
    gone.0[19] = gone.0[19].wrapping_add(1);
    let other = PartitionId::new((partition.get() + 1) % PARTITIONS).unwrap();
    let found = Ask::all().resume(&[other], &[gone]).digests(&server);
    assert!(
        found
            .iter()
            .all(|digest| digest.partition_id() == other || *digest < gone)
    );
    assert!(rest.iter().all(|digest| found.contains(digest)));
}

#[test]
fn pages_resume_exactly() {
    let server = Server::new();
    let digests = in_order(server.fill(1000, "s"));
    let (mut found, mut page) = (Vec::new(), Ask::all());
    loop {
        let answers = page
            .clone()
            .with(FieldType::SAMPLE_MAX, &70u64.to_be_bytes())
            .digests(&server);
        let Some(last) = answers.last().copied() else { break };
        found.extend(answers);
        let behind: Vec<_> = PartitionId::all().filter(|id| *id > last.partition_id()).collect();
        page = Ask::all().resume(&behind, &[last]);
    }
    assert_eq!(found, digests);
}

#[test]
fn records_written_and_removed_meanwhile_do_not_disturb() {
    let server = Server::new();
    let digests = in_order(server.fill(MANY, "s"));
    let mut query = Ask::all().query(&server);
    let mut out = BytesMut::new();
    assert_eq!(query.step(&server.0, NOW, &mut out), Step::More);
    let seen = frames(&out).into_iter().flatten().count();
    let namespace = &server.0.namespaces()[0];
    // The last one seen, and every second one of those to come.
    let removed: Vec<_> = digests[seen - 1..].iter().copied().step_by(2).collect();
    for digest in &removed {
        namespace.partition_mut(digest.partition_id()).unwrap().remove(digest);
    }
    while query.step(&server.0, NOW, &mut out) != Step::Done {}
    let found: Vec<_> = frames(&out)
        .into_iter()
        .flatten()
        .filter_map(|answer| answer.digest)
        .collect();
    let expected: Vec<_> = digests
        .iter()
        .enumerate()
        .filter(|(at, digest)| *at < seen || !removed.contains(digest))
        .map(|(_, digest)| *digest)
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_set_is_looked_for_if_one_is_named() {
    let server = Server::new();
    let (of_s, of_t) = (server.fill(20, "s"), server.fill(10, "t"));
    let find = |set| Ask { set, ..Ask::all() }.digests(&server);
    assert_eq!(find("s"), in_order(of_s.clone()));
    assert_eq!(find("t"), in_order(of_t.clone()));
    assert_eq!(find("").len(), 30);
    assert_eq!(find("none"), []);
    let long: &'static str = "s23456789012345678901234567890123456789012345678901234567890123";
    assert_eq!(
        (Ask {
            set: long,
            ..Ask::all()
        })
        .code(&server),
        ResultCode::OK
    );
    assert_eq!(
        (Ask {
            set: "s234567890123456789012345678901234567890123456789012345678901234",
            ..Ask::all()
        })
        .code(&server),
        ResultCode::PARAMETER
    );
}

#[test]
fn what_is_answered_of_a_record_is_chosen() {
    let server = Server::new();
    server.put(7, "s");
    let one = |ask: Ask| ask.answers(&server).into_iter().find(|answer| answer.digest.is_some());
    let names = |ask: Ask| -> Option<Vec<Vec<u8>>> { Some(one(ask)?.bins.into_iter().map(|(name, _)| name).collect()) };
    let all = one(Ask::all()).unwrap();
    assert_eq!(all.fields, [FieldType::NAMESPACE, FieldType::DIGEST, FieldType::SET]);
    assert_eq!((all.header.generation, all.header.info1), (1, Info1::empty()));
    assert_eq!(all.bins[0], (b"a".to_vec(), 7u64.to_be_bytes().to_vec()));
    assert_eq!(names(Ask::all()).unwrap(), [b"a", b"b"]);

    let mut no_bins = Ask::all();
    no_bins.header.info1 = Info1::READ | Info1::GET_NO_BINS;
    let header = one(no_bins).unwrap();
    assert_eq!((header.bins.len(), header.header.info1), (0, Info1::GET_NO_BINS));

    let reads = |ops: &[(OpCode, &'static [u8])]| Ask {
        ops: ops.to_vec(),
        ..Ask::all()
    };
    assert_eq!(
        names(reads(&[(OpCode::READ, b"z"), (OpCode::READ, b"b")])).unwrap(),
        [b"b"]
    );
    // A record without any of the bins is left out.
    assert_eq!(names(reads(&[(OpCode::READ, b"z")])), None);
    let mut every = reads(&[(OpCode::READ, b"z"), (OpCode::READ, b"b")]);
    every.header.info2 = Info2::RESPOND_ALL_OPS;
    assert_eq!(names(every).unwrap(), [b"z", b"b"]);
    // So is one whose operation fails.
    assert_eq!(names(reads(&[(OpCode::READ, b"a"), (OpCode::BITS_READ, b"a")])), None);
    assert_eq!(reads(&[(OpCode::INCR, b"a")]).code(&server), ResultCode::PARAMETER);

    let list = Ask::all().with(FieldType::QUERY_BINLIST, b"\x02\x01b\x01z");
    assert_eq!(names(list.clone()).unwrap(), [b"b"]);
    assert_eq!(names(Ask::all().with(FieldType::QUERY_BINLIST, b"\x01\x01z")), None);
    assert_eq!(
        Ask::all().with(FieldType::QUERY_BINLIST, b"\x02\x01b").code(&server),
        ResultCode::PARAMETER
    );
    let both = Ask {
        ops: vec![(OpCode::READ, b"a")],
        ..list
    };
    assert_eq!(both.code(&server), ResultCode::PARAMETER);
}

#[test]
fn a_sample_counts_what_passes_the_filter() {
    let server = Server::new();
    server.fill(100, "s");
    // a > 89
    let filter = [0x93, 3, 0x93, 0x51, 2, 0xa1, b'a', 89];
    let ask = Ask::all().with(FieldType::FILTER_EXPRESSION, &filter);
    assert_eq!(ask.digests(&server).len(), 10);
    assert_eq!(
        ask.with(FieldType::SAMPLE_MAX, &4u64.to_be_bytes())
            .digests(&server)
            .len(),
        4
    );
    assert_eq!(
        Ask::all().with(FieldType::FILTER_EXPRESSION, &[0x93]).code(&server),
        ResultCode::PARAMETER
    );
}

#[test]
fn fields_are_checked() {
    let server = Server::new();
    server.put(1, "s");
    let id = |n: u16| n.to_le_bytes();
    let partitions = |data: &[u8]| {
        let mut ask = Ask::all();
        ask.fields.clear();
        ask.with(FieldType::PARTITION_IDS, data).code(&server)
    };
    assert_eq!(partitions(&[]), ResultCode::PARAMETER);
    assert_eq!(partitions(&id(PARTITIONS)), ResultCode::PARAMETER);
    assert_eq!(partitions(&[id(5), id(5)].concat()), ResultCode::PARAMETER);
    // What is left of the list is not looked at.
    assert_eq!(partitions(&[5, 0, 6]), ResultCode::OK);
    let digest = Digest::of("s", &UserKey::from(1));
    assert_eq!(
        Ask::all().resume(&[digest.partition_id()], &[digest]).code(&server),
        ResultCode::PARAMETER
    );
    let wrong = |field, data: &[u8]| Ask::all().with(field, data).code(&server);
    for field in [
        FieldType::RECORDS_PER_SECOND,
        FieldType::SOCKET_TIMEOUT,
        FieldType::SAMPLE_MAX,
        FieldType::INDEX_NAME,
        FieldType::BVALS,
    ] {
        assert_eq!(wrong(field, &[]), ResultCode::PARAMETER, "{:?}", field.name());
    }

    let mut unsupported = Ask::all();
    unsupported.header.info3 = Info3::empty();
    assert_eq!(unsupported.code(&server), ResultCode::UNSUPPORTED_FEATURE);
    let mut nowhere = Ask::all();
    nowhere.fields.clear();
    assert_eq!(nowhere.code(&server), ResultCode::UNSUPPORTED_FEATURE);
    let mut short = Ask::all().with(FieldType::RECORDS_PER_SECOND, &[0, 0, 0, 1]);
    short.header.info1 |= Info1::SHORT_QUERY;
    assert_eq!(short.code(&server), ResultCode::PARAMETER);
}

#[test]
fn a_node_names_the_partitions_that_it_does_not_keep() {
    let node = |n: u64| Node::new(NodeId(0xB1 + n), ([127, 0, 0, 1], 3000 + n as u16).into());
    let cluster = Cluster::new("c".to_owned(), (0..2).map(node).collect());
    let server = Server(State::with_cluster(Config::default(), cluster, NOW));
    server.fill(500, "s");
    let (mut found, mut unavailable) = (Vec::new(), Vec::new());
    for node in 0..2 {
        for answer in (Ask { node, ..Ask::all() }).answers(&server) {
            if answer.header.info3.contains(Info3::PARTITION_DONE) {
                assert_eq!(answer.header.result_code(), ResultCode::UNAVAILABLE);
                unavailable.push(answer.header.generation);
            }
            found.extend(answer.digest);
        }
    }
    assert_eq!(found.len(), 500);
    unavailable.sort_unstable();
    assert_eq!(unavailable, (0..u32::from(PARTITIONS)).collect::<Vec<_>>());
}

#[test]
fn a_limited_query_waits_between_steps() {
    let server = Server::new();
    server.fill(100, "s");
    let mut query = Ask::all()
        .with(FieldType::RECORDS_PER_SECOND, &100u32.to_be_bytes())
        .query(&server);
    let (mut waited, mut out) = (Duration::ZERO, BytesMut::new());
    loop {
        match query.step(&server.0, NOW, &mut out) {
            Step::Wait(duration) => waited += duration,
            Step::More | Step::Locked => {}
            Step::Done => break,
        }
    }
    assert!((Duration::from_millis(950)..Duration::from_millis(1050)).contains(&waited));
}

#[test]
fn expired_and_truncated_records_are_not_found() {
    let server = Server::new();
    let digest = server.put(1, "s");
    server.put(2, "s");
    let namespace = &server.0.namespaces()[0];
    namespace
        .partition_mut(digest.partition_id())
        .unwrap()
        .get_mut(&digest)
        .unwrap()
        .void_time = 1;
    assert_eq!(Ask::all().digests(&server).len(), 1);
    namespace.truncate(None, Now(NOW.0 + 1));
    assert_eq!(Ask::all().digests(&server), []);
}

#[test]
fn long_queries_are_listed_and_can_be_aborted() {
    let server = Server::new();
    server.fill(MANY, "s");
    let ask = Ask { set: "s", ..Ask::all() }.with(FieldType::TRANSACTION_ID, &77u64.to_be_bytes());
    let mut query = ask.query(&server);
    let mut out = BytesMut::new();
    assert_eq!(query.step(&server.0, NOW, &mut out), Step::More);
    let shown = server.info("query-show:id=77\n");
    assert!(
        shown.starts_with(
            "trid=77:ns=test:set=s:n-pids-requested=4096:n-keyds-requested=0:rps=0:active-threads=1:status=active(ok):"
        ),
        "{shown}"
    );
    // Its id is taken, now and when it is done.
    assert_eq!(ask.code(&server), ResultCode::PARAMETER);
    assert_eq!(server.info("query-abort:id=77\n"), "ok");
    out.clear();
    assert_eq!(query.step(&server.0, NOW, &mut out), Step::Done);
    assert_eq!(frames(&out)[0][0].header.result_code(), ResultCode::QUERY_ABORTED);
    drop(query);
    assert!(server.info("query-show\n").contains("status=done(user-aborted)"));
    assert_eq!(server.info("query-abort:id=77\n"), "ERROR:2:id not active");
    assert_eq!(ask.code(&server), ResultCode::PARAMETER);

    Ask::all().answers(&server);
    let shown = server.info("query-show\n");
    let done = format!(
        "status=done(ok):job-progress=100.00:run-time=0:time-since-done=0:recs-throttled=0:recs-filtered-meta=0:recs-filtered-bins=0:recs-succeeded={MANY}:recs-failed=0:from=:job-type=basic:net-io-bytes="
    );
    assert!(
        shown.starts_with("trid=1:ns=test:n-pids-requested=4096:") && shown.contains(&done),
        "{shown}"
    );

    Ask::all().query(&server).abandon(&server.0, JobEnd::ResponseTimeout);
    assert!(
        server
            .info("query-show:id=2\n")
            .contains("status=done(abandoned-response-timeout)")
    );
    let statistics = server.info("namespace/test\n");
    for count in ["complete=1", "error=1", "abort=1"] {
        assert!(
            statistics.contains(&format!(";pi_query_long_basic_{count};")),
            "{count}"
        );
    }
    drop(Ask::all().query(&server));
    assert!(
        server
            .info("query-show:id=3\n")
            .contains("status=done(abandoned-response-error)")
    );
}

#[test]
fn background_queries_change_what_they_find() {
    let server = Server::new();
    server.fill(MANY, "s");
    server.put(1, "t");
    let mut ask = Ask::all();
    ask.header = Header {
        info2: Info2::WRITE,
        ..Header::default()
    };
    ask.fields.clear();
    ask.set = "s";
    ask.ops = vec![(OpCode::TOUCH, b"")];
    let mut out = BytesMut::new();
    let Flow::Background(mut query) = ask.start(&server, &mut out) else {
        panic!("too much to be done at once");
    };
    let answers = frames(&out);
    assert!(answers.len() == 1 && answers[0][0].is_last());
    out.clear();
    while query.step(&server.0, NOW, &mut out) != Step::Done {}
    assert!(out.is_empty());
    drop(query);
    let generations = |set| -> Vec<u32> {
        let answers = Ask { set, ..Ask::all() }.answers(&server);
        answers
            .iter()
            .filter(|a| a.digest.is_some())
            .map(|a| a.header.generation)
            .collect()
    };
    assert_eq!(generations("s"), [2; MANY]);
    assert_eq!(generations("t"), [1]);
    let shown = server.info("query-show:id=1\n");
    assert!(
        shown.contains(":rps=10000:active-threads=0:status=done(ok):"),
        "{shown}"
    );
    assert!(shown.contains(&format!(":recs-succeeded={MANY}:")), "{shown}");

    let refused = |change: &dyn Fn(&mut Ask)| {
        let mut ask = ask.clone();
        change(&mut ask);
        ask.code(&server)
    };
    assert_eq!(refused(&|ask| ask.set = "none"), ResultCode::NOT_FOUND);
    assert_eq!(refused(&|ask| ask.ops.clear()), ResultCode::PARAMETER);
    assert_eq!(
        refused(&|ask| ask.ops.push((OpCode::READ, b"a"))),
        ResultCode::PARAMETER
    );
    assert_eq!(
        refused(&|ask| ask.ops.push((OpCode::EXP_MODIFY, b"a"))),
        ResultCode::PARAMETER
    );
    assert_eq!(
        refused(&|ask| ask.header.info1 = Info1::SHORT_QUERY),
        ResultCode::PARAMETER
    );
    let limit = (FieldType::RECORDS_PER_SECOND, 10_001u32.to_be_bytes().to_vec());
    assert_eq!(refused(&|ask| ask.fields.push(limit.clone())), ResultCode::PARAMETER);
}

#[test]
fn what_is_little_work_is_done_when_a_background_query_is_answered() {
    let server = Server::new();
    server.fill(100, "s");
    let mut ask = Ask::all();
    ask.header = Header {
        info2: Info2::WRITE,
        ..Header::default()
    };
    ask.ops = vec![(OpCode::DELETE_ALL, b"")];
    assert_eq!(ask.code(&server), ResultCode::OK);
    assert_eq!(Ask::all().digests(&server), []);
}
