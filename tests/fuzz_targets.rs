//! The fuzz targets: functions that accept any bytes. Their seeds come from recorded exchanges.
//!
//! `fuzz.rs` runs them with mutated seeds as part of the tests, and the package in `fuzz/` runs them with libFuzzer. A
//! target fails if the code under test panics, or if an assertion that must hold for any bytes fails.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use bytes::BytesMut;
use spikelet::unstable::{Config, Flow, Particle, Session, State, accepts, handle};
use spikelet::{Edition, Fixture, Now, SecurityConfig};
use spikelet_conformance::recorded::{self, Case, Expected};
use spikelet_wire::admin::{self, AdminCommand, AdminField, AdminMessage, AdminWriter};
use spikelet_wire::batch::{Batch, BatchRequest};
use spikelet_wire::bits::BitOperation;
use spikelet_wire::hll::HllOperation;
use spikelet_wire::msgpack::Reader;
use spikelet_wire::{
    Digest, Field, FieldType, FrameHeader, FrameType, Header, Info1, Info2, Message, MessageWriter, Op, OpCode,
    ParticleType, ResultCode, UserKey, Value, frame,
};

/// A fuzz target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name.
    pub name: &'static str,
    /// The function, which panics on a failure.
    pub run: fn(&[u8]),
    seeds: fn(&Case) -> Vec<Vec<u8>>,
    /// Valid inputs that no recorded case has.
    more: fn() -> Vec<Vec<u8>>,
}

/// All fuzz targets.
pub const TARGETS: [Target; 8] = [
    Target {
        name: "frames",
        run: frames,
        seeds: frame_seeds,
        more: Vec::new,
    },
    Target {
        name: "msgpack",
        run: msgpack,
        seeds: msgpack_seeds,
        more: Vec::new,
    },
    Target {
        name: "particle",
        run: particle,
        seeds: particle_seeds,
        more: Vec::new,
    },
    Target {
        name: "operation",
        run: operation,
        seeds: operation_seeds,
        more: Vec::new,
    },
    Target {
        name: "expression",
        run: expression,
        seeds: expression_seeds,
        more: Vec::new,
    },
    Target {
        name: "connection",
        run: connection,
        seeds: connection_seeds,
        more: Vec::new,
    },
    Target {
        name: "fixture",
        run: fixture,
        seeds: fixture_seeds,
        more: Vec::new,
    },
    Target {
        name: "security",
        run: security,
        seeds: |_| Vec::new(),
        more: security_seeds,
    },
];

impl Target {
    /// Valid inputs from one of `every` recorded cases in each area, and all [regressions](Self::regressions).
    #[must_use]
    pub fn seeds(&self, every: usize) -> Vec<Vec<u8>> {
        let cases = cases().iter().flat_map(|area| area.iter().step_by(every));
        let seeds = cases.flat_map(self.seeds).chain((self.more)());
        let mut seeds: Vec<_> = seeds.filter(|seed| !seed.is_empty()).collect();
        seeds.extend(self.regressions());
        seeds.sort();
        seeds.dedup();
        seeds
    }

    /// The inputs in `fuzz/regressions`, which failed once or are known to crash the real server.
    #[must_use]
    pub fn regressions(&self) -> Vec<Vec<u8>> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/regressions")
            .join(self.name);
        // A target that never failed has no directory.
        let files = fs::read_dir(directory).into_iter().flatten();
        files
            .map(|file| fs::read(file.expect("the directory is read").path()).expect("a regression is read"))
            .collect()
    }
}

/// The recorded cases of each area, and those that crashed the real server.
fn cases() -> &'static [Vec<Case>] {
    static CASES: OnceLock<Vec<Vec<Case>>> = OnceLock::new();
    CASES.get_or_init(|| {
        let areas = recorded::AREAS.iter().map(|area| recorded::area(area));
        let all = areas.chain([recorded::crashes()]).collect::<std::io::Result<_>>();
        all.expect("recordings are read")
    })
}

/// Frames, messages and their contents decode or are rejected.
pub fn frames(bytes: &[u8]) {
    each_frame(bytes, |header, body| {
        if header.frame_type == FrameType::COMPRESSED {
            let _ = frame::decompress(body);
        }
        let mut rest = body;
        while let Ok((message, behind)) = Message::decode_first(rest) {
            assert_eq!(message.fields().count(), message.field_count());
            assert_eq!(message.ops().count(), message.op_count());
            message.fields().for_each(|field| read_field(&field));
            message.ops().for_each(|op| {
                let _ = Value::from_particle(op.particle_type, op.value);
            });
            rest = behind;
        }
        if let Ok(batch) = BatchRequest::decode(body) {
            let _ = format!("{batch:?}");
        }
    });
}

fn read_field(field: &Field<'_>) {
    match field.field_type {
        FieldType::KEY => {
            let _ = UserKey::from_field(field.data);
        }
        FieldType::BATCH | FieldType::BATCH_WITH_SET => {
            if let Ok(batch) = Batch::decode(field.data) {
                // A damaged row ends a batch, so that there may be fewer rows than announced.
                let rows = batch.rows().take_while(Result::is_ok).count();
                assert!(rows <= field.data.len());
            }
        }
        _ => {}
    }
}

/// Values and operations decode or are rejected. Those that decode are unchanged after encoding and decoding.
pub fn msgpack(bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    while !reader.is_empty() && reader.element().is_ok() {}
    let mut reader = Reader::new(bytes);
    if let Ok(value) = Value::unpack(&mut reader) {
        let mut packed = Vec::new();
        value.pack(&mut packed);
        let again = Value::unpack(&mut Reader::new(&packed));
        // Compared as text, because NaN is not equal to itself.
        assert_eq!(again.map(|again| format!("{again:?}")), Ok(format!("{value:?}")));
    }
    if let Ok(operation) = BitOperation::decode(bytes) {
        let mut argument = Vec::new();
        operation.encode(&mut argument);
        assert_eq!(BitOperation::decode(&argument), Ok(operation));
    }
    if let Ok(operation) = HllOperation::decode(bytes) {
        let mut argument = Vec::new();
        operation.encode(&mut argument);
        assert_eq!(HllOperation::decode(&argument), Ok(operation));
    }
}

/// A stored value can be read, stored again, and is then unchanged. The first byte is its type.
pub fn particle(bytes: &[u8]) {
    let Some((&particle_type, data)) = bytes.split_first() else {
        return;
    };
    let Ok(particle) = Particle::from_wire(ParticleType(particle_type), data) else {
        return;
    };
    let on_the_wire = |particle: &Particle| {
        let mut out = BytesMut::new();
        particle.write(&mut out);
        assert_eq!(out.len(), particle.wire_size());
        out
    };
    let first = on_the_wire(&particle);
    let _ = particle.to_value();
    // An extension among the elements is not a value, but is stored. If it becomes the first element of a list, it is
    // taken for flags.
    if Value::from_particle(particle.particle_type(), data).is_ok() {
        let again = Particle::from_wire(particle.particle_type(), &first).expect("a value that was read can be stored");
        assert_eq!(on_the_wire(&again), first);
    }
}

/// An operation on a bin gets a response, and leaves the bin unchanged if it fails.
///
/// The bytes are: the operation's code, the type of its argument, the type of the bin's value, the size of that value
/// (2 bytes), the bin's value, and the argument.
pub fn operation(bytes: &[u8]) {
    let [code, particle_type, bin_type, high, low, rest @ ..] = bytes else {
        return;
    };
    let size = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
    let (value, argument) = rest.split_at(size);
    let mut server = Server::default();
    server.execute(WRITE, &[], Op::new(OpCode::WRITE, b"b", ParticleType(*bin_type), value));
    let before = server.bin();
    let op = Op::new(OpCode(*code), b"b", ParticleType(*particle_type), argument);
    for flags in [READ, WRITE] {
        let result = server.execute(flags, &[], op);
        let after = server.bin();
        if result != 0 || flags == READ {
            assert_eq!(after, before, "result {result}");
        }
    }
}

/// An expression gets a response in a read operation, a write operation and a filter. Reading changes nothing.
pub fn expression(bytes: &[u8]) {
    let mut server = Server::default();
    for (name, value) in [
        ("b", Value::from(5)),
        ("s", Value::from("text")),
        ("f", Value::from(2.5)),
        ("l", Value::from(vec![3, 1, 2])),
    ] {
        let (particle_type, data) = value.to_particle();
        server.execute(
            WRITE,
            &[],
            Op::new(OpCode::WRITE, name.as_bytes(), particle_type, &data),
        );
    }
    let before = server.bin();
    let mut operand = vec![0x92];
    operand.extend_from_slice(bytes);
    operand.push(0);
    server.execute(READ, &[], Op::new(OpCode::EXP_READ, b"r", ParticleType::BLOB, &operand));
    let filter = Field {
        field_type: FieldType::FILTER_EXPRESSION,
        data: bytes,
    };
    server.execute(READ, &[filter], Op::new(OpCode::READ, b"b", ParticleType::NULL, &[]));
    assert_eq!(server.bin(), before);
    server.execute(
        WRITE,
        &[],
        Op::new(OpCode::EXP_MODIFY, b"w", ParticleType::BLOB, &operand),
    );
    assert_eq!(server.bin(), before, "another bin was written");
}

/// Each frame on a connection is handled by one edition or the other, and the responses decode.
pub fn connection(bytes: &[u8]) {
    let edition = match bytes.len() % 2 {
        0 => Edition::Community,
        _ => Edition::Enterprise,
    };
    let state = State::new(Config {
        edition,
        ..Config::default()
    });
    let mut session = state.connect(0, None);
    let mut open = true;
    each_frame(bytes, |header, body| {
        if !open || !accepts(header) {
            open = false;
            return;
        }
        let mut out = BytesMut::new();
        open = match handle(&state, NOW, &mut session, header, body, &mut out) {
            Flow::Continue => true,
            Flow::Task(task) | Flow::Background(task) => {
                task.run(&state, NOW, &mut out);
                true
            }
            // No task runs that could have locked a record, and there are no passwords.
            Flow::Locked(_) | Flow::Unhashed(_) => panic!("the frame cannot be handled yet"),
            Flow::Close | Flow::Ignore => false,
        };
        let mut responses = &out[..];
        while let Some((head, rest)) = responses.split_first_chunk() {
            let header = FrameHeader::decode(*head);
            let (mut body, rest) = rest.split_at(header.size as usize);
            while header.frame_type == FrameType::MESSAGE && !body.is_empty() {
                (_, body) = Message::decode_first(body).expect("a response consists of complete messages");
            }
            responses = rest;
        }
        assert!(responses.is_empty(), "a response consists of complete frames");
    });
    state.disconnect(session);
}

/// Messages of the security protocol decode or are rejected, on a connection that is not logged in and on one that may manage
/// users; and the replies decode.
pub fn security(bytes: &[u8]) {
    let state = State::new(Config {
        edition: Edition::Enterprise,
        security: Some(SecurityConfig {
            enable_quotas: true,
            ..SecurityConfig::default()
        }),
        ..Config::default()
    });
    let (mut stranger, mut admin) = (state.connect(0, None), state.connect(0, None));
    let ask = |session: &mut Session, body: &[u8]| {
        let header = FrameHeader::new(FrameType::SECURITY, body.len());
        let mut out = BytesMut::new();
        let flow = handle(&state, NOW, session, header, body, &mut out);
        assert!(matches!(flow, Flow::Continue), "{flow:?}");
        let mut code = None;
        let mut replies = &out[..];
        while let Some((head, rest)) = replies.split_first_chunk() {
            let header = FrameHeader::decode(*head);
            assert_eq!(header.frame_type, FrameType::SECURITY);
            let (mut body, rest) = rest.split_at(header.size as usize);
            while !body.is_empty() {
                let (message, behind) =
                    AdminMessage::decode_first(body).expect("a reply consists of complete messages");
                (code, body) = (Some(message.result), behind);
            }
            replies = rest;
        }
        code.expect("every request has a reply")
    };
    let [login, ..] = &*security_seeds() else { return };
    assert_eq!(ask(&mut admin, &login[FrameHeader::SIZE..]), ResultCode::OK);
    let mut knows_password = false;
    each_frame(bytes, |_, body| {
        if let Ok(message) = AdminMessage::decode(body) {
            for (_, data) in message.fields() {
                let _ = (admin::names(data), admin::numbers(data), admin::privileges(data));
            }
        }
        let code = ask(&mut stranger, body);
        // Nobody gets in without the right password.
        let is_in = matches!(code, ResultCode::OK | ResultCode::QUERY_END);
        let credential = CREDENTIAL.as_bytes();
        knows_password |= body.windows(credential.len()).any(|bytes| bytes == credential);
        assert!(!is_in || knows_password, "{code}");
        ask(&mut admin, body);
    });
    state.disconnect(stranger);
    state.disconnect(admin);
}

/// The hash of the password `admin`.
const CREDENTIAL: &str = "$2a$10$7EqJtq98hPqEX7fNZaFWoO1mVO/4MLpGzsqojz6E9Gef6iXDjXdDa";

/// A login, and one request of each kind.
fn security_seeds() -> Vec<Vec<u8>> {
    let request = |command, write: &dyn Fn(&mut AdminWriter<'_>)| {
        let mut out = BytesMut::new();
        let mut message = AdminWriter::request(&mut out, command);
        write(&mut message);
        message.finish();
        out.to_vec()
    };
    let privileges = ["read.test.demo", "sys-admin"].map(|text| text.parse().expect("a privilege"));
    let fields = |message: &mut AdminWriter<'_>| {
        message.field(AdminField::USER, b"new");
        message.field(AdminField::PASSWORD, b"$2a$10$hash");
        message.field(AdminField::OLD_PASSWORD, CREDENTIAL.as_bytes());
        message
            .names(AdminField::ROLES, &["read", "role"])
            .expect("it is short");
        message.field(AdminField::ROLE, b"role");
        message.privileges(privileges.iter()).expect("they are few");
        message.field(AdminField::WHITELIST, b"127.0.0.1,10.0.0.0/8,::1");
        message.number(AdminField::READ_QUOTA, 100);
    };
    let login = request(AdminCommand::LOGIN, &|message| {
        message.field(AdminField::USER, b"admin");
        message.field(AdminField::CREDENTIAL, CREDENTIAL.as_bytes());
    });
    let mut seeds = vec![login.clone()];
    seeds.extend(AdminCommand::ALL.iter().map(|command| request(*command, &fields)));
    // A role and its user, changed and queried.
    let order = [10, 1, 12, 14, 15, 5, 9, 16, 6, 13, 3, 4, 11, 2].map(AdminCommand);
    let story = order.into_iter().map(|command| request(command, &fields));
    seeds.push(std::iter::once(login).chain(story).flatten().collect());
    seeds
}

/// A fixture decodes or is rejected. One that decodes is unchanged after encoding and decoding.
pub fn fixture(bytes: &[u8]) {
    let Ok(fixture) = Fixture::from_bytes(bytes) else {
        return;
    };
    let json = fixture.to_json();
    let again = Fixture::from_bytes(json.as_bytes()).expect("an encoded fixture decodes");
    assert_eq!(again.to_json(), json);
    if let Ok(backup) = fixture.to_backup("test", NOW) {
        Fixture::from_bytes(&backup).expect("an encoded backup decodes");
    }
}

/// Splits bytes into frames. The last one gets the remaining bytes, regardless of its announced size.
fn each_frame(bytes: &[u8], mut with: impl FnMut(FrameHeader, &[u8])) {
    let mut rest = bytes;
    while let Some((head, behind)) = rest.split_first_chunk() {
        let mut header = FrameHeader::decode(*head);
        let body;
        (body, rest) = behind.split_at(behind.len().min(usize::try_from(header.size).unwrap_or(usize::MAX)));
        header.size = body.len() as u64;
        with(header, body);
    }
}

const NOW: Now = Now(500_000_000_000);
/// The flags of a message that reads and of one that writes: info1 and info2.
const READ: (Info1, Info2) = (Info1::READ, Info2::empty());
const WRITE: (Info1, Info2) = (Info1::empty(), Info2::WRITE);

/// A server with one record.
struct Server {
    state: State,
    out: BytesMut,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            state: State::new(Config::default()),
            out: BytesMut::new(),
        }
    }
}

impl Server {
    /// Sends an operation and returns the result code.
    fn execute(&mut self, (info1, info2): (Info1, Info2), fields: &[Field<'_>], op: Op<'_>) -> u8 {
        let header = Header {
            info1,
            info2,
            ..Header::default()
        };
        let mut request = BytesMut::new();
        let mut writer = MessageWriter::bare(&mut request, &header);
        writer.field(FieldType::NAMESPACE, b"test");
        writer.field(FieldType::DIGEST, &Digest::of("", &UserKey::from(1)).0);
        fields
            .iter()
            .for_each(|field| writer.field(field.field_type, field.data));
        writer.op(&op);
        writer.finish();
        self.out.clear();
        let mut session = self.state.connect(0, None);
        let header = FrameHeader::new(FrameType::MESSAGE, request.len());
        match handle(&self.state, NOW, &mut session, header, &request, &mut self.out) {
            Flow::Continue => {}
            // An operation on a large value.
            Flow::Task(task) => task.run(&self.state, NOW, &mut self.out),
            flow => panic!("{flow:?}"),
        }
        self.answer().header.result_code().0
    }

    /// The response to a read of the bin `b`, without the generation.
    fn bin(&mut self) -> (u8, Vec<Vec<u8>>) {
        let result = self.execute(READ, &[], Op::new(OpCode::READ, b"b", ParticleType::NULL, &[]));
        (result, self.answer().ops().map(|op| op.value.to_vec()).collect())
    }

    fn answer(&self) -> Message<'_> {
        let body = self.out.get(FrameHeader::SIZE..).expect("a response is a frame");
        Message::decode(body).expect("a response is one message")
    }
}

fn requests(case: &Case) -> impl Iterator<Item = &[u8]> {
    case.steps.iter().map(|step| &step.request[..])
}

/// The operations in the requests of a case.
fn operations(case: &Case) -> impl Iterator<Item = Op<'_>> {
    let bodies = requests(case).filter_map(|request| request.get(FrameHeader::SIZE..));
    let messages = bodies.filter_map(|body| Message::decode(body).ok());
    messages.flat_map(|message| message.ops())
}

fn frame_seeds(case: &Case) -> Vec<Vec<u8>> {
    let answers = case.steps.iter().flat_map(|step| match &step.expected {
        Expected::Frames(frames) => &frames[..],
        _ => &[],
    });
    let answers = answers.take(1).cloned();
    requests(case).map(<[u8]>::to_vec).chain(answers).collect()
}

fn msgpack_seeds(case: &Case) -> Vec<Vec<u8>> {
    operations(case)
        .filter(|op| matches!(op.value, [0x80..=0x9f | 0xdc..=0xdf, ..]))
        .map(|op| op.value.to_vec())
        .collect()
}

fn particle_seeds(case: &Case) -> Vec<Vec<u8>> {
    let written = operations(case).filter(|op| op.code == OpCode::WRITE);
    written.map(|op| [&[op.particle_type.0], op.value].concat()).collect()
}

fn operation_seeds(case: &Case) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    let mut bin: Option<Op<'_>> = None;
    for op in operations(case) {
        if op.code == OpCode::WRITE {
            bin = Some(op);
            continue;
        }
        let (bin_type, value) = match bin {
            Some(bin) if bin.name == op.name => (bin.particle_type, bin.value),
            _ => (ParticleType::NULL, &[][..]),
        };
        let Ok(size) = u16::try_from(value.len()) else {
            continue;
        };
        let [high, low] = size.to_be_bytes();
        let head = [op.code.0, op.particle_type.0, bin_type.0, high, low];
        seeds.push([&head, value, op.value].concat());
    }
    seeds
}

fn expression_seeds(case: &Case) -> Vec<Vec<u8>> {
    let as_operations = operations(case)
        .filter(|op| matches!(op.code, OpCode::EXP_READ | OpCode::EXP_MODIFY))
        // A list of two elements: the expression, and flags of one byte.
        .filter_map(|op| op.value.get(1..op.value.len().checked_sub(1)?));
    let bodies = requests(case).filter_map(|request| request.get(FrameHeader::SIZE..));
    let as_filters = bodies.filter_map(|body| Message::decode(body).ok()?.field(FieldType::FILTER_EXPRESSION));
    as_operations.chain(as_filters).map(<[u8]>::to_vec).collect()
}

fn connection_seeds(case: &Case) -> Vec<Vec<u8>> {
    let compressed: Vec<_> = requests(case).map(frame::compress).collect();
    vec![requests(case).collect::<Vec<_>>().concat(), compressed.concat()]
}

/// The records that a case writes, alternately as JSON and as a backup.
fn fixture_seeds(case: &Case) -> Vec<Vec<u8>> {
    let written = operations(case).filter(|op| op.code == OpCode::WRITE);
    let values = written.filter_map(|op| Value::from_particle(op.particle_type, op.value).ok());
    let bins: Vec<_> = values
        .take(3)
        .zip(["a", "b", "c d"])
        .map(|(value, name)| (name, value))
        .collect();
    let server = spikelet::Server::start().expect("a server starts");
    let as_backup = bins.len() % 2 == 0;
    if server.insert("test", "s", "key", bins).is_err() {
        return Vec::new();
    }
    let backup = server.fixture().to_backup("test", NOW).ok().filter(|_| as_backup);
    vec![backup.unwrap_or_else(|| server.fixture().to_json().into_bytes())]
}
