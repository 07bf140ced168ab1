use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::BytesMut;
use spikelet_wire::{
    Digest, FieldType, FrameHeader, FrameType, Header, Info1, Info2, Info3, Message, MessageWriter, ParticleType,
    ResultCode, UserKey, Value,
};

use crate::clock::Now;
use crate::command::{self, Flow, Step};
use crate::config::Config;
use crate::state::State;

const NOW: Now = Now(500_000_000_000);
const SET: &str = "demo";
const SCRIPT: &str = "
function set(rec, name, value, ttl)
    rec[name] = value
    if ttl then record.set_ttl(rec, ttl) end
    if aerospike:exists(rec) then return aerospike:update(rec) end
    return aerospike:create(rec)
end
function remove(rec) return aerospike:remove(rec) end
function gen(rec) return record.gen(rec) end
function total(stream)
    local function n(rec) return rec.n end
    return stream : map(n) : reduce(math.sum)
end
function evens(stream)
    return stream : filter(function(rec) return rec.n % 2 == 0 end)
                  : aggregate(map(), function(m, rec) m[rec.n] = true return m end)
end
function broken(stream) return stream : map(function(rec) error('oops') end) end
";

struct Answer {
    header: Header,
    bins: Vec<(String, Value)>,
}

struct Server(State);

impl Server {
    fn new() -> Self {
        let server = Self(State::new(Config::default()));
        let content = BASE64.encode(SCRIPT);
        let put = format!(
            "udf-put:filename=m.lua;content={content};content-len={};udf-type=LUA;",
            content.len()
        );
        assert_eq!(server.info(&put), "ok");
        server
    }

    fn info(&self, line: &str) -> String {
        let (mut out, body) = (BytesMut::new(), format!("{line}\n"));
        let header = FrameHeader::new(FrameType::INFO, body.len());
        let mut session = self.0.connect(0, None);
        if let Flow::Task(task) = command::handle(&self.0, NOW, &mut session, header, body.as_bytes(), &mut out) {
            task.run(&self.0, NOW, &mut out);
        }
        let text = String::from_utf8(out[8..].to_vec()).unwrap();
        text.split_once('\t').unwrap().1.trim_end().to_owned()
    }

    /// Sends a message and gives all that is answered, of queries to their end.
    fn ask(&self, header: Header, fields: &[(FieldType, &[u8])]) -> Vec<Answer> {
        let (mut body, mut out) = (BytesMut::new(), BytesMut::new());
        let mut message = MessageWriter::bare(&mut body, &header);
        message.field(FieldType::NAMESPACE, b"test");
        message.field(FieldType::SET, SET.as_bytes());
        fields.iter().for_each(|(field, data)| message.field(*field, data));
        message.finish();
        let frame = FrameHeader::new(FrameType::MESSAGE, body.len());
        match command::handle(&self.0, NOW, &mut self.0.connect(0, None), frame, &body, &mut out) {
            Flow::Task(mut query) | Flow::Background(mut query) => {
                while query.step(&self.0, NOW, &mut out) != Step::Done {}
            }
            flow => assert!(matches!(flow, Flow::Continue)),
        }
        let mut answers = Vec::new();
        let mut frames = &out[..];
        while !frames.is_empty() {
            let size = u64::from_be_bytes(frames[..8].try_into().unwrap()) & 0xffff_ffff_ffff;
            let (frame, rest) = frames.split_at(8 + size as usize);
            let mut messages = &frame[8..];
            while !messages.is_empty() {
                let (message, rest) = Message::decode_first(messages).unwrap();
                let bins = message.ops().map(|op| {
                    let name = String::from_utf8(op.name.to_vec()).unwrap();
                    (name, Value::from_particle(op.particle_type, op.value).unwrap())
                });
                answers.push(Answer {
                    header: message.header,
                    bins: bins.collect(),
                });
                messages = rest;
            }
            frames = rest;
        }
        answers
    }

    fn apply_with(&self, header: Header, key: i64, function: &str, arguments: &[Value]) -> Answer {
        let mut packed = Vec::new();
        Value::from(arguments.to_vec()).pack(&mut packed);
        let digest = Digest::of(SET, &UserKey::from(key));
        let stored_key = [&[ParticleType::INTEGER.0], &key.to_be_bytes()[..]].concat();
        let mut answers = self.ask(
            header,
            &[
                (FieldType::KEY, &stored_key),
                (FieldType::DIGEST, &digest.0),
                (FieldType::UDF_FILENAME, b"m"),
                (FieldType::UDF_FUNCTION, function.as_bytes()),
                (FieldType::UDF_ARGLIST, &packed),
            ],
        );
        assert_eq!(answers.len(), 1);
        answers.remove(0)
    }

    fn apply(&self, key: i64, function: &str, arguments: &[Value]) -> Answer {
        self.apply_with(write(), key, function, arguments)
    }

    fn get(&self, key: i64) -> Answer {
        let digest = Digest::of(SET, &UserKey::from(key));
        let header = Header {
            info1: Info1::READ | Info1::GET_ALL,
            ..Header::default()
        };
        self.ask(header, &[(FieldType::DIGEST, &digest.0)]).remove(0)
    }

    fn query(&self, op: u8, function: &str, arguments: &[Value]) -> Vec<Answer> {
        let mut packed = Vec::new();
        Value::from(arguments.to_vec()).pack(&mut packed);
        self.ask(
            write(),
            &[
                (FieldType::UDF_FILENAME, b"m"),
                (FieldType::UDF_FUNCTION, function.as_bytes()),
                (FieldType::UDF_ARGLIST, &packed),
                (FieldType::UDF_OP, &[op]),
            ],
        )
    }
}

fn write() -> Header {
    Header {
        info2: Info2::WRITE,
        ..Header::default()
    }
}

fn bins(name: &str, value: impl Into<Value>) -> Vec<(String, Value)> {
    vec![(name.to_owned(), value.into())]
}

#[test]
fn a_record_is_made_changed_and_removed() {
    let server = Server::new();
    let made = server.apply(1, "set", &["a".into(), 1.into()]);
    assert_eq!((made.header.generation, made.header.record_ttl), (1, 0));
    assert_eq!(made.bins, bins("SUCCESS", 0));
    let read = server.apply(1, "gen", &[]);
    assert_eq!((read.header.generation, read.bins), (1, bins("SUCCESS", 1)));
    let changed = server.apply(1, "set", &["a".into(), "two".into(), 100.into()]);
    assert_eq!(
        (changed.header.generation, changed.header.record_ttl),
        (2, NOW.seconds() + 100)
    );
    assert_eq!(server.get(1).bins, bins("a", "two"));
    assert!(server.info("sets/test/demo").starts_with("objects=1:"));
    // The answer to a removal tells the metadata that the record would have had.
    let removed = server.apply(1, "remove", &[]);
    assert_eq!((removed.header.generation, removed.bins), (3, bins("SUCCESS", 0)));
    assert_eq!(server.get(1).header.result_code(), ResultCode::NOT_FOUND);
    assert!(server.info("sets/test/demo").starts_with("objects=0:"));
    let counted = server.info("namespace/test");
    for counter in [
        "client_udf_complete=4",
        "client_lang_read_success=1",
        "client_lang_write_success=2",
        "client_lang_delete_success=1",
    ] {
        assert!(counted.contains(counter), "{counter}");
    }
}

#[test]
fn a_script_that_fails_or_only_looks_leaves_no_trace() {
    let server = Server::new();
    let failed = server.apply(1, "nosuch", &[]);
    assert_eq!(failed.header.result_code(), ResultCode::UDF_BAD_RESPONSE);
    assert_eq!(failed.bins, bins("FAILURE", "function not found"));
    assert_eq!(server.apply(1, "gen", &[]).bins, bins("SUCCESS", 0));
    assert_eq!(server.info("sets/test/demo"), "");
    let too_big = server.apply(1, "set", &["a".into(), "x".repeat(1 << 20).into()]);
    assert_eq!(too_big.header.result_code(), ResultCode::RECORD_TOO_BIG);
    assert!(too_big.bins.is_empty());
    assert_eq!(server.get(1).header.result_code(), ResultCode::NOT_FOUND);
}

#[test]
fn a_script_without_a_timeout_has_the_configured_one() {
    let server = Server::new();
    let with_timeout = Header {
        transaction_ttl: 300,
        ..write()
    };
    let limits = || [write(), with_timeout].map(|header| super::limit(&server.0, &header).as_millis());
    assert_eq!(limits(), [1000, 300]);
    assert_eq!(server.info("set-config:context=service;transaction-max-ms=50"), "ok");
    assert_eq!(limits(), [50, 300]);
}

#[test]
fn what_a_write_would_be_refused_for_a_udf_is_refused_for() {
    let server = Server::new();
    let code = |header: Header| server.apply_with(header, 1, "gen", &[]).header.result_code();
    assert_eq!(code(write()), ResultCode::OK);
    for info2 in [Info2::GENERATION, Info2::GENERATION_GT, Info2::CREATE_ONLY] {
        let header = Header {
            info2: Info2::WRITE | info2,
            ..write()
        };
        assert_eq!(code(header), ResultCode::PARAMETER);
    }
    for info3 in [Info3::UPDATE_ONLY, Info3::CREATE_OR_REPLACE, Info3::REPLACE_ONLY] {
        assert_eq!(code(Header { info3, ..write() }), ResultCode::PARAMETER);
    }
    let ttl = server.apply(1, "set", &["a".into(), 1.into(), (11 * 365 * 24 * 3600).into()]);
    assert_eq!(ttl.header.result_code(), ResultCode::PARAMETER);
    let incomplete = server.ask(
        write(),
        &[(FieldType::DIGEST, &[0; 20]), (FieldType::UDF_FILENAME, b"m")],
    );
    assert_eq!(incomplete[0].header.result_code(), ResultCode::PARAMETER);
}

#[test]
fn a_query_applies_a_udf_in_the_background() {
    let server = Server::new();
    for key in 0..50 {
        server.apply(key, "set", &["n".into(), key.into()]);
    }
    let answers = server.query(2, "set", &["seen".into(), true.into()]);
    assert_eq!(answers.len(), 1);
    assert!(answers[0].header.info3.contains(Info3::LAST));
    for key in 0..50 {
        assert_eq!(server.get(key).bins, [bins("n", key), bins("seen", true)].concat());
    }
    assert!(server.info("namespace/test").contains("udf_sub_lang_write_success=50"));
    assert!(server.info("query-show").contains("job-type=background-udf"));
    assert_eq!(
        server.query(3, "set", &[])[0].header.result_code(),
        ResultCode::PARAMETER
    );
}

#[test]
fn a_query_aggregates_partition_by_partition() {
    let server = Server::new();
    for key in 0..200 {
        server.apply(key, "set", &["n".into(), key.into()]);
    }
    let mut answers = server.query(1, "total", &[]);
    let last = answers.pop().unwrap();
    assert!(last.header.info3.contains(Info3::LAST));
    assert_eq!(last.header.result_code(), ResultCode::OK);
    // What is left to reduce is the client's.
    let values = answers.into_iter().flat_map(|answer| answer.bins);
    let total: i64 = values
        .map(|(name, value)| match value {
            Value::Int(n) if name == "SUCCESS" => n,
            other => panic!("{name}: {other}"),
        })
        .sum();
    assert_eq!(total, (0..200).sum::<i64>());
    let mut answers = server.query(1, "evens", &[]);
    answers.pop();
    let evens = answers.iter().map(|answer| match &answer.bins[..] {
        [(_, Value::Map(map))] => map.len(),
        other => panic!("{other:?}"),
    });
    assert_eq!(evens.sum::<usize>(), 100);
    let failed = server.query(1, "broken", &[]);
    let text = "UDF: Execution Error 2 : /opt/aerospike/usr/udf/lua/m.lua:18: oops";
    assert_eq!(failed[0].bins, bins("FAILURE", text));
    assert_eq!(failed.len(), 2);
    assert_eq!(failed[1].header.result_code(), ResultCode::SERVER_ERROR);
}

#[test]
fn modules_are_listed_read_and_removed() {
    let server = Server::new();
    let listed = server.info("udf-list");
    assert!(listed.starts_with("filename=m.lua,hash=") && listed.ends_with(",type=LUA;"));
    let content = BASE64.encode(SCRIPT);
    assert_eq!(
        server.info("udf-get:filename=m.lua"),
        format!("type=LUA;content={content};")
    );
    assert_eq!(server.info("udf-get:filename=other.lua"), "error=not_found");
    let refused = [
        ("udf-put:content=;content-len=0", "error=invalid_filename"),
        (
            "udf-put:filename=m;content=AAAA;content-len=4",
            "error=invalid_filename",
        ),
        (
            "udf-put:filename=m.lua;content=AAAA;content-len=5",
            "error=invalid_content_len",
        ),
        (
            "udf-put:filename=m.lua;content=AAAA;content-len=8",
            "error=invalid_content",
        ),
        (
            "udf-put:filename=m.lua;content=A%AA;content-len=4",
            "error=invalid_base64_content",
        ),
        (
            "udf-put:filename=m.lua;udf-type=C;content=AAAA;content-len=4",
            "error=invalid_udf_type",
        ),
    ];
    for (line, error) in refused {
        assert_eq!(server.info(line), error, "{line}");
    }
    let broken = BASE64.encode("x = = 1");
    let put = format!("udf-put:filename=m.lua;content={broken};content-len={}", broken.len());
    let message = BASE64.encode("unexpected symbol near '='");
    assert_eq!(
        server.info(&put),
        format!("error=compile_error;file=m.lua;line=1;message={message}")
    );
    assert_eq!(server.info("udf-remove:filename=m.lua"), "ok");
    assert_eq!(server.info("udf-remove:filename=m.lua"), "ok");
    assert_eq!(server.info("udf-list"), "");
    let gone = server.apply(1, "gen", &[]);
    assert_eq!(gone.bins, bins("FAILURE", "UDF: Execution Error 1"));
}

/// A call of `set` that has begun, and the other requests for its record.
mod locks {
    use super::*;
    use crate::command::Task;
    use crate::store::{Bin, BinName, Record};
    use crate::{ops, state};

    fn begin(server: &Server, header: Header, fields: &[(FieldType, &[u8])]) -> Flow {
        let (mut body, mut out) = (BytesMut::new(), BytesMut::new());
        let mut message = MessageWriter::bare(&mut body, &header);
        message.field(FieldType::NAMESPACE, b"test");
        message.field(FieldType::SET, SET.as_bytes());
        fields.iter().for_each(|(field, data)| message.field(*field, data));
        message.finish();
        let frame = FrameHeader::new(FrameType::MESSAGE, body.len());
        let mut session: state::Session = server.0.connect(0, None);
        command::handle(&server.0, NOW, &mut session, frame, &body, &mut out)
    }

    fn begin_set(server: &Server, key: i64, value: i64) -> Flow {
        let mut packed = Vec::new();
        Value::from(vec![Value::from("n"), value.into()]).pack(&mut packed);
        let digest = Digest::of(SET, &UserKey::from(key));
        begin(
            server,
            write(),
            &[
                (FieldType::DIGEST, &digest.0),
                (FieldType::UDF_FILENAME, b"m"),
                (FieldType::UDF_FUNCTION, b"set"),
                (FieldType::UDF_ARGLIST, &packed),
            ],
        )
    }

    fn begin_get(server: &Server, key: i64) -> Flow {
        let header = Header {
            info1: Info1::READ | Info1::GET_ALL,
            ..Header::default()
        };
        let digest = Digest::of(SET, &UserKey::from(key));
        begin(server, header, &[(FieldType::DIGEST, &digest.0)])
    }

    fn task(flow: Flow) -> Box<Task> {
        match flow {
            Flow::Task(task) => task,
            flow => panic!("{flow:?}"),
        }
    }

    #[test]
    fn a_record_is_locked_while_a_script_works_on_it() {
        let server = Server::new();
        server.apply(1, "set", &["n".into(), 1.into()]);
        server.apply(2, "set", &["n".into(), 1.into()]);
        let mut script = task(begin_set(&server, 1, 2));
        assert!(script.has_blocking_work());
        script.run_blocking(&server.0, NOW);
        assert!(!script.has_blocking_work());
        assert!(matches!(begin_get(&server, 1), Flow::Locked(_)));
        assert!(matches!(begin_set(&server, 1, 3), Flow::Locked(_)));
        assert!(matches!(begin_get(&server, 2), Flow::Continue));
        script.run(&server.0, NOW, &mut BytesMut::new());
        assert_eq!(server.get(1).bins, bins("n", 2));
    }

    #[test]
    fn a_script_that_is_abandoned_changes_nothing_and_unlocks_its_record() {
        let server = Server::new();
        server.apply(1, "set", &["n".into(), 1.into()]);
        let mut script = task(begin_set(&server, 1, 2));
        script.run_blocking(&server.0, NOW);
        drop(script);
        assert_eq!(server.get(1).bins, bins("n", 1));
    }

    #[test]
    fn only_so_many_writes_wait_for_a_record() {
        let server = Server::new();
        let script = task(begin_set(&server, 1, 2));
        let waiting: Vec<Flow> = (0..20).map(|_| begin_set(&server, 1, 3)).collect();
        assert!(waiting.iter().all(|flow| matches!(flow, Flow::Locked(_))));
        assert!(matches!(begin_set(&server, 1, 3), Flow::Continue), "it is refused");
        assert!(matches!(begin_get(&server, 1), Flow::Locked(_)), "reads always wait");
        drop((script, waiting));
        assert_eq!(server.apply(1, "gen", &[]).bins, bins("SUCCESS", 0));
    }

    /// What a test stores waits for no script.
    #[test]
    fn a_script_runs_again_on_a_record_that_was_changed_meanwhile() {
        let server = Server::new();
        server.apply(1, "set", &["n".into(), 1.into()]);
        let mut script = task(begin_set(&server, 1, 2));
        script.run_blocking(&server.0, NOW);
        let namespace = server.0.namespace(Some(b"test")).unwrap();
        let digest = Digest::of(SET, &UserKey::from(1));
        let record = Record {
            generation: 7,
            set: namespace.sets.find(SET.as_bytes()),
            void_time: 0,
            last_update: NOW,
            key: None,
            bins: [Bin {
                name: BinName::new(b"other").unwrap(),
                value: ops::Particle::Int(5),
            }]
            .into(),
        };
        namespace.put(digest, record);
        script.run(&server.0, NOW, &mut BytesMut::new());
        let answer = server.get(1);
        assert_eq!(answer.header.generation, 8);
        assert_eq!(answer.bins, [bins("other", 5), bins("n", 2)].concat());
    }
}
