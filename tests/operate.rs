//! Random sequences of commands on records: the whole server against a naive model.
//!
//! Every operation can be tried in any state, since errors are compared too. So a sequence needs no preconditions, which
//! state machine testing is about: it shrinks as a plain vector does.
//!
//! `PROPTEST_CASES` says how many sequences are tried. `SPIKELET_SECOND=HOST:PORT` has another server answer the same
//! commands; its answers are compared with ours.

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

/// How many sequences are tried where the environment does not say.
const SEQUENCES: u32 = 3000;

/// Another server, if one is to answer too.
fn second() -> Option<Address> {
    std::env::var("SPIKELET_SECOND").ok().map(Address::new)
}

/// Takes out of a command what the model knows no answer to, and gives the answer to the rest.
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

/// Runs a sequence on new servers.
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
        let answer = server.execute(&key, &command).unwrap();
        prop_assert!(
            expected.allows(&answer, request.respond_all_ops),
            "{request:?}\nanswered: {answer}\nexpected: {expected:?}\nbefore: {before:?}"
        );
        if let Some(second) = second {
            let other = second.execute(&key, &command).unwrap();
            let same = answer.agrees_except_void_time(&other);
            prop_assert!(same, "{request:?}\nours: {answer}\n{}: {other}", second.name());
        }
    }
    for record in 0..2 {
        if let Some(second) = second {
            second.execute(&key(record), &Command::delete(record)).unwrap();
        }
    }
    Ok(())
}

/// What failed once, shrunk. (Seeds of failures stand in `operate.regressions`, but hold only as long as the strategies.)
#[test]
fn what_failed_once_does_not_fail_again() {
    let nowhere = || vec![Step::MapKeyCreate(Value::Int(0), MapOrder::Unordered)];
    let put_nothing = map::Call::PutItems(Vec::new(), 0, MapWriteFlags::empty());
    let insert_nothing = list::Call::Insert(0, list::Items::Many(Vec::new()), ListWriteFlags::empty());
    let resize_to_nothing = BitOperation::Resize {
        byte_size: 0,
        flags: BitWriteFlags::empty(),
        resize_flags: BitResizeFlags::empty(),
    };
    for ops in [
        // To make a blob of no bytes is to make none.
        vec![Op::Bits("a", resize_to_nothing)],
        // Nothing put into a collection that a context leads to makes it all the same.
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
fn the_server_answers_as_the_model_does() {
    let mut config = ProptestConfig {
        cases: SEQUENCES,
        max_shrink_iters: 20_000,
        // Sequences that failed once stand beside this file, and are tried first.
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        source_file: Some(file!()),
        test_name: Some("operate::the_server_answers_as_the_model_does"),
        ..ProptestConfig::default()
    };
    if let Some(cases) = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()) {
        config.cases = cases;
    }
    // The clock of another server cannot be moved.
    let may_wait = second().is_none();
    let second = std::cell::RefCell::new(second());
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let result = runner.run(&sequence(may_wait), |events| run(&events, &mut second.borrow_mut()));
    if let Err(error) = result {
        panic!("{error}\n{runner}");
    }
}
