//! Random sequences of commands on records: the whole server is compared with a naive model, and with a second server.
//!
//! Every operation is valid in any state, because errors are compared too. A sequence therefore does not need the
//! preconditions of state machine tests, and shrinks like a plain vector.
//!
//! These environment variables apply:
//!
//! - `PROPTEST_CASES`: the number of sequences.
//! - `SPIKELET_SECOND`: a second server, which gets the same commands. Its responses are compared. `HOST:PORT` is a
//!   running server; `docker` or `docker:IMAGE` is started in a container.
//! - `SPIKELET_FIRST`: the `HOST:PORT` of a server that is compared with the second one instead of one in this process, in the
//!   test without a model.
//! - `SPIKELET_SECOND_RESTART`: the shell command that starts a second server at `HOST:PORT` again when it has died. It
//!   must return. A container is restarted without it.
//! - `SPIKELET_KNOWN_CRASHES=1`: also sends the second server what is known to crash the real one.
//!
//! A request at which the second server dies is neither a difference nor the end of the test: it is written to
//! `operate.crashes.jsonl` beside this file, the server is started again, and the test continues. At the end, the test fails
//! with the list of the crashes that are not among the known ones.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use spikelet::Server;
use spikelet_conformance::known_crashes::Detector;
use spikelet_conformance::proptest::{
    Address, Command, Container, Crash, Embedded, Exists, Failure, Generation, Records, Supervised, Target,
    differential,
};
use spikelet_conformance::target::DEFAULT_IMAGE;
use spikelet_tests::model::record::{Expected, Model, Op, Request};
use spikelet_tests::model::strategies::{Event, sequence};
use spikelet_tests::model::{list, map};
use spikelet_wire::bits::{BitOperation, BitResizeFlags, BitWriteFlags};
use spikelet_wire::context::Step;
use spikelet_wire::list::ListWriteFlags;
use spikelet_wire::map::MapWriteFlags;
use spikelet_wire::{MapOrder, Value};

/// The number of sequences, unless the environment sets it.
const SEQUENCES: u32 = 3000;
/// The number of sequences of any operations that two servers of our own are compared with.
const OWN_SEQUENCES: u32 = 300;
/// The file to which crashes of the second server are appended, beside this one.
const CRASHES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/operate.crashes.jsonl");

type Second = Supervised<Box<dyn Target>>;

/// The tests use the second server one after the other: it would die at a request of one, and fail those of the others.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The second server, if there is one.
fn second() -> Option<Box<dyn Target>> {
    let second = std::env::var("SPIKELET_SECOND").ok()?;
    let container = |image| -> Box<dyn Target> {
        Box::new(Container::start(image).unwrap_or_else(|why| panic!("SPIKELET_SECOND={second}: {why}")))
    };
    Some(match second.split_once(':') {
        None if second == "docker" => container(DEFAULT_IMAGE),
        Some(("docker", image)) => container(image),
        _ => {
            let address = Address::new(second);
            Box::new(match std::env::var("SPIKELET_SECOND_RESTART") {
                Ok(command) => address.restarted_by(command),
                Err(_) => address,
            })
        }
    })
}

fn sends_known_crashes() -> bool {
    std::env::var("SPIKELET_KNOWN_CRASHES").is_ok_and(|value| value == "1")
}

/// Fails if there are crashes that are not known.
#[track_caller]
fn assert_known(crashes: &[Crash]) {
    let unknown: Vec<_> = crashes.iter().filter(|crash| crash.known.is_none()).collect();
    let list: Vec<_> = unknown.iter().map(|crash| crash.to_string()).collect();
    assert!(
        unknown.is_empty(),
        "the servers agree, but one died {} times, at requests that are not known to crash it (kept in {CRASHES}):\n{}",
        list.len(),
        list.join("\n")
    );
}

/// Removes the operations that the model cannot predict from a command, and returns the expected response to the rest.
fn expected(model: &mut Model, request: &mut Request) -> Option<Expected> {
    loop {
        if request.ops.as_ref().is_some_and(Vec::is_empty) {
            return None;
        }
        match (model.apply(request), &mut request.ops) {
            (Ok(expected), _) => return Some(expected),
            (Err(unknown), Some(ops)) => drop(ops.remove(unknown.0)),
            (Err(_), None) => return None,
        }
    }
}

/// Why no more sequences can be sent.
type Ended = Option<Failure>;

/// Runs a sequence on a new server.
fn run(events: &[Event], mut second: Option<&mut Second>, ended: &mut Ended) -> Result<(), TestCaseError> {
    static SEQUENCE: AtomicU32 = AtomicU32::new(0);
    let sequence = SEQUENCE.fetch_add(1, Ordering::Relaxed);
    let records = Records::new("test", format!("operate-{}", std::process::id()), sequence);
    let mut server = Embedded::default();
    let mut model = Model::default();
    let mut detector = Detector::default();
    model.now = server.now().seconds();
    if let Some(second) = &mut second {
        second.begin();
    }
    for event in events {
        let mut request = match event {
            Event::Wait(seconds) => {
                server.advance(Duration::from_secs((*seconds).into()));
                model.now += seconds;
                continue;
            }
            Event::Request(request) => request.clone(),
        };
        if second.is_some() && !sends_known_crashes() {
            request.leave_out_known_crashes(&mut detector);
        }
        let before = model.clone();
        let Some(expected) = expected(&mut model, &mut request) else {
            continue;
        };
        let command = request.command();
        let response = server.execute(&records, &command).unwrap();
        prop_assert!(
            expected.allows(&response, request.respond_all_ops),
            "{request:?}\nactual: {response}\nexpected: {expected:?}\nbefore: {before:?}"
        );
        let Some(second) = &mut second else { continue };
        match second.execute(&records, &command) {
            Ok(other) => {
                let same = response.agrees_except_void_time(&other);
                prop_assert!(same, "{request:?}\nours: {response}\n{}: {other}", second.name());
            }
            Err(Failure::NoResponse(why)) => {
                return Err(TestCaseError::fail(format!(
                    "{request:?}\nours: {response}\n{}: no answer ({why})",
                    second.name()
                )));
            }
            // It serves again, but without the records of this sequence.
            Err(Failure::Crashed) => return Ok(()),
            Err(failure) => {
                *ended = Some(failure);
                return Ok(());
            }
        }
    }
    let written: Vec<_> = (0..Records::COUNT)
        .map(|record| Command::operate(record, Vec::new()))
        .collect();
    if let Some(Err(failure)) = second.map(|second| second.clean_up(&records, &written))
        && !matches!(failure, Failure::Crashed)
    {
        *ended = Some(failure);
    }
    Ok(())
}

/// Shrunk sequences that failed before. (`operate.regressions` contains seeds of failures, which are only valid until
/// the strategies change.)
#[test]
fn sequences_that_failed_before_pass() {
    let nowhere = || vec![Step::MapKeyCreate(Value::Int(0), MapOrder::Unordered)];
    let put_nothing = map::Call::PutItems(Vec::new(), 0, MapWriteFlags::empty());
    let insert_nothing = list::Call::Insert(0, list::Items::Many(Vec::new()), ListWriteFlags::empty());
    let resize_to_nothing = BitOperation::Resize {
        byte_size: 0,
        flags: BitWriteFlags::empty(),
        resize_flags: BitResizeFlags::empty(),
    };
    let _alone = alone();
    let mut second = second().map(|second| Supervised::new(second).crashes_to(CRASHES));
    for ops in [
        // Creating a blob of no bytes creates no bin.
        vec![Op::Bits("a", resize_to_nothing)],
        // Putting nothing into a collection that a context selects still creates the collection.
        vec![Op::Map("a", put_nothing, nowhere()), Op::Read("a")],
        vec![Op::List("a", insert_nothing, nowhere()), Op::Read("a")],
    ] {
        let request = Request {
            record: 0,
            exists: Exists::Update,
            generation: Generation::Any,
            ttl: 0,
            respond_all_ops: true,
            ops: Some(ops),
        };
        let mut ended = None;
        run(&[Event::Request(request)], second.as_mut(), &mut ended).unwrap();
        assert!(ended.is_none(), "{}", ended.unwrap());
    }
}

#[test]
fn the_server_agrees_with_the_model() {
    let mut config = ProptestConfig {
        cases: SEQUENCES,
        max_shrink_iters: 20_000,
        // Failed sequences are saved in a file next to this one, and are run first.
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        source_file: Some(file!()),
        test_name: Some("operate::the_server_agrees_with_the_model"),
        ..ProptestConfig::default()
    };
    if let Some(cases) = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()) {
        config.cases = cases;
    }
    let _alone = alone();
    let second = second().map(|second| Supervised::new(second).crashes_to(CRASHES));
    // The clock of the second server cannot be advanced.
    let may_wait = second.is_none();
    let (second, ended) = (RefCell::new(second), RefCell::new(None));
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let result = runner.run(&sequence(may_wait), |events| {
        let mut ended = ended.borrow_mut();
        match ended.is_some() {
            true => Ok(()),
            false => run(&events, second.borrow_mut().as_mut(), &mut ended),
        }
    });
    if let Some(failure) = ended.into_inner() {
        panic!("{failure}");
    }
    if let Err(error) = result {
        panic!("{error}\n{runner}");
    }
    assert_known(second.into_inner().as_ref().map_or(&[], Supervised::crashes));
}

/// Operations that the model does not know (HyperLogLogs, expressions, paths, values in any form), batches, queries and
/// secondary indexes are
/// compared with those of the second server, or with another server of our own over TCP.
#[test]
fn the_server_agrees_with_a_second_one() {
    let _alone = alone();
    let own = Server::start().unwrap();
    let (second, cases) = match second() {
        Some(second) => (second, None),
        None => (
            Box::new(Address::new(own.hosts())) as Box<dyn Target>,
            Some(OWN_SEQUENCES),
        ),
    };
    let first: Box<dyn Target> = match std::env::var("SPIKELET_FIRST") {
        Ok(first) => Box::new(Address::new(first)),
        Err(_) => Box::new(Server::start().unwrap()),
    };
    let mut run = differential(first, second).crashes_to(CRASHES);
    if let Some(cases) = cases.filter(|_| std::env::var("PROPTEST_CASES").is_err()) {
        run = run.cases(cases);
    }
    if std::env::var("SPIKELET_SECOND").is_err() || sends_known_crashes() {
        run = run.with_known_crashes();
    }
    match run.run() {
        Ok(agreement) => {
            println!("{} sequences, {} commands", agreement.sequences, agreement.commands);
            assert_known(&agreement.crashes);
        }
        Err(error) => panic!("{error}"),
    }
}
