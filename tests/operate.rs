//! Random sequences of commands on records: the whole server is compared with a naive model.
//!
//! Every operation is valid in any state, because errors are compared too. A sequence therefore does not need the
//! preconditions of state machine tests, and shrinks like a plain vector.
//!
//! `PROPTEST_CASES` sets the number of sequences. `SPIKELET_SECOND=HOST:PORT` sends the same commands to a second
//! server and compares the responses.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use spikelet_client::Key;
use spikelet_conformance::proptest::{Address, Command, Embedded, Exists, Generation, Target as _};
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

/// The second server, if there is one.
fn second() -> Option<Address> {
    std::env::var("SPIKELET_SECOND").ok().map(Address::new)
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

/// Runs a sequence on a new server.
fn run(events: &[Event], second: &mut Option<Address>) -> Result<(), TestCaseError> {
    static SEQUENCE: AtomicU32 = AtomicU32::new(0);
    let sequence = SEQUENCE.fetch_add(1, Ordering::Relaxed);
    let set = format!("operate-{}", std::process::id());
    let key = |record: u8| Key::new("test", set.as_str(), format!("{sequence} {record}"));
    let mut server = Embedded::default();
    let mut model = Model::default();
    model.now = server.now().seconds();
    for event in events {
        let mut request = match event {
            Event::Wait(seconds) => {
                server.advance(Duration::from_secs((*seconds).into()));
                model.now += seconds;
                continue;
            }
            Event::Request(request) => request.clone(),
        };
        let before = model.clone();
        let Some(expected) = expected(&mut model, &mut request) else {
            continue;
        };
        let (key, command) = (key(request.record), request.command());
        let response = server.execute(&key, &command).unwrap();
        prop_assert!(
            expected.allows(&response, request.respond_all_ops),
            "{request:?}\nactual: {response}\nexpected: {expected:?}\nbefore: {before:?}"
        );
        if let Some(second) = second {
            let other = second.execute(&key, &command).unwrap();
            let same = response.agrees_except_void_time(&other);
            prop_assert!(same, "{request:?}\nours: {response}\n{}: {other}", second.name());
        }
    }
    for record in 0..2 {
        if let Some(second) = second {
            second.execute(&key(record), &Command::delete(record)).unwrap();
        }
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
        run(&[Event::Request(request)], &mut second()).unwrap();
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
    // The clock of the second server cannot be advanced.
    let may_wait = second().is_none();
    let second = std::cell::RefCell::new(second());
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let result = runner.run(&sequence(may_wait), |events| run(&events, &mut second.borrow_mut()));
    if let Err(error) = result {
        panic!("{error}\n{runner}");
    }
}
