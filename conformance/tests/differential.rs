//! The differential runner, with equal and different servers.

use std::io;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use spikelet::Server;
use spikelet_client::Operation;
use spikelet_conformance::proptest::display::DisplayOperation;
use spikelet_conformance::proptest::{
    Address, Command, Embedded, Error, Health, Records, Response, Target, differential, strategies,
};
use spikelet_wire::list::ListOp;
use spikelet_wire::map::MapOp;
use spikelet_wire::{OpCode, ResultCode, Value};

/// A server with a bug: it executes an append to an existing bin `a` as a prepend.
struct Planted(Embedded);

impl Target for Planted {
    fn name(&self) -> String {
        "planted".to_owned()
    }

    fn execute(&mut self, records: &Records, command: &Command) -> io::Result<Response> {
        let changed = command.operations().iter().map(|operation| {
            let (particle_type, argument) = operation.argument();
            let code = match operation.code() {
                OpCode::APPEND if operation.bin() == "a" => OpCode::PREPEND,
                code => code,
            };
            Operation::raw(code, operation.bin(), particle_type, argument.to_vec())
        });
        let mut changed = Command::operate(command.record, changed.collect());
        changed.respond_all_ops = command.respond_all_ops;
        self.0.execute(records, &changed)
    }
}

/// A target that closes every connection.
struct Closing;

impl Target for Closing {
    fn name(&self) -> String {
        "closing".to_owned()
    }

    fn execute(&mut self, _: &Records, _: &Command) -> io::Result<Response> {
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

/// A target that refuses every connection.
struct Gone;

impl Target for Gone {
    fn name(&self) -> String {
        "gone".to_owned()
    }

    fn execute(&mut self, _: &Records, _: &Command) -> io::Result<Response> {
        Err(io::ErrorKind::ConnectionRefused.into())
    }
}

#[test]
fn a_planted_bug_is_found_and_minimized() {
    let text = || proptest::sample::select(vec!["x", "y"]);
    let bin = || proptest::sample::select(vec!["a", "b"]);
    let operations = prop_oneof![
        bin().prop_map(Operation::get),
        (bin(), text()).prop_map(|(bin, text)| Operation::append(bin, text)),
        (bin(), text()).prop_map(|(bin, text)| Operation::prepend(bin, text)),
    ];
    // Without conditions, which the planted server ignores.
    let commands = (0..2_u8, proptest::collection::vec(operations, 1..4));
    let commands = commands.prop_map(|(record, operations)| Command::operate(record, operations));
    let found = differential(Embedded::default(), Planted(Embedded::default()))
        .commands(commands)
        .cases(5000)
        .run();
    let Err(Error::Differ(difference)) = found else {
        panic!("not found: {found:?}");
    };
    let shown = difference.to_string();
    let operations: Vec<_> = difference.commands.iter().flat_map(Command::operations).collect();
    assert_eq!(operations.len(), 3, "{shown}");
    let text = |n: usize| operations[n].argument().1.into_owned();
    assert_ne!(text(0), text(1), "{shown}");
    assert!(
        shown.starts_with("embedded and planted differ:\n  1. record "),
        "{shown}"
    );
    assert!(
        shown.contains(r#"append("x") on "a""#) || shown.contains(r#"append("y") on "a""#),
        "{shown}"
    );
    assert!(shown.contains("\n     embedded: generation"), "{shown}");
    assert!(shown.contains("\n     planted : generation"), "{shown}");
}

#[test]
fn a_server_responds_over_tcp_as_it_does_in_process() -> Result<(), Box<dyn std::error::Error>> {
    let (here, there) = (Server::start()?, Server::start()?);
    let agreement = differential(here, Address::new(there.hosts()))
        .with_known_crashes()
        .cases(200)
        .run()?;
    assert_eq!(agreement.sequences, 200);
    assert!(agreement.commands >= 200);
    assert_eq!(there.count(), 0, "no record is left behind");
    Ok(())
}

#[test]
fn a_target_without_a_response_differs() {
    let found = differential(Closing, Embedded::default()).cases(10).run();
    let Err(Error::Differ(difference)) = found else {
        panic!("not found: {found:?}");
    };
    assert_eq!(difference.commands.len(), 1);
    assert!(
        difference
            .to_string()
            .contains("closing : no answer (connection reset)"),
        "{difference}"
    );
    let found = differential(Closing, Closing).cases(10).run();
    assert!(matches!(found, Err(Error::Aborted(why)) if why.starts_with("no answer from closing")));
}

#[test]
fn a_target_that_refuses_connections_is_dead() {
    let found = differential(Embedded::default(), Gone).cases(10).run();
    let Err(Error::Died { crash, why }) = found else {
        panic!("not dead: {found:?}");
    };
    assert_eq!((crash.target.as_str(), crash.commands.len()), ("gone", 1));
    assert_eq!(why, "there is no command to restart it");
}

#[test]
fn a_network_that_fails_is_neither_a_difference_nor_a_crash() {
    // No address of this name exists.
    let found = differential(Embedded::default(), Address::new("spikelet.invalid:3000"))
        .cases(10)
        .run();
    assert!(matches!(found, Err(Error::Network(_))), "{found:?}");
}

#[test]
fn all_list_and_map_operations_are_generated() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..2000 {
        for operation in [
            strategies::lists().new_tree(&mut runner).unwrap().current(),
            strategies::maps().new_tree(&mut runner).unwrap().current(),
        ] {
            let shown = DisplayOperation(&operation).to_string();
            seen.extend(shown.split('(').next().map(str::to_owned));
        }
    }
    assert_eq!(seen.len(), ListOp::ALL.len() + MapOp::ALL.len(), "{seen:?}");
}

#[test]
fn many_generated_operations_succeed() -> Result<(), Box<dyn std::error::Error>> {
    let mut server = Embedded::default();
    let records = Records::new("test", "strategies", 1);
    let (mut done, mut refused) = (0, 0);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..2000 {
        let operation = strategies::operations().new_tree(&mut runner).unwrap().current();
        match server.execute(&records, &Command::operate(0, vec![operation]))?.code {
            ResultCode::OK => done += 1,
            _ => refused += 1,
        }
    }
    assert!(2 * done > refused, "{done} done, {refused} refused");
    assert_ne!(
        strategies::value().new_tree(&mut runner).unwrap().current(),
        Value::Infinity
    );
    Ok(())
}

/// A server that dies at a certain operation: a write of the text `crash`.
struct Crashing {
    server: Embedded,
    is_dead: bool,
    starts: usize,
}

impl Target for Crashing {
    fn name(&self) -> String {
        "crashing".to_owned()
    }

    fn execute(&mut self, records: &Records, command: &Command) -> io::Result<Response> {
        let crashes = command.operations().iter().any(|operation| {
            let (_, argument) = operation.argument();
            operation.code() == OpCode::WRITE && argument.as_ref() == b"crash"
        });
        self.is_dead |= crashes;
        match self.is_dead {
            true => Err(io::ErrorKind::ConnectionReset.into()),
            false => self.server.execute(records, command),
        }
    }

    fn health(&mut self, _: &io::Error) -> Health {
        if self.is_dead { Health::Dead } else { Health::Alive }
    }

    fn restart(&mut self) -> Result<(), String> {
        (self.is_dead, self.starts) = (false, self.starts + 1);
        self.server = Embedded::default();
        Ok(())
    }
}

fn crashing() -> Crashing {
    Crashing {
        server: Embedded::default(),
        is_dead: false,
        starts: 0,
    }
}

/// Commands of up to three operations, one in twenty of which is the write of `crash`.
fn sometimes_crashing() -> impl Strategy<Value = Command> {
    let operation = prop_oneof![
        9 => proptest::sample::select(vec!["x", "y"]).prop_map(|text| Operation::append("a", text)),
        10 => Just(Operation::get("a")),
        1 => Just(Operation::write("b", "crash")),
    ];
    (0..2_u8, proptest::collection::vec(operation, 1..4))
        .prop_map(|(record, operations)| Command::operate(record, operations))
}

#[test]
fn a_crash_is_reduced_and_the_run_continues() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::temp_dir().join(format!("spikelet-crashes-{}.jsonl", std::process::id()));
    let agreement = differential(Embedded::default(), crashing())
        .commands(sometimes_crashing())
        .cases(50)
        .crashes_to(&file)
        .run()?;
    assert_eq!(agreement.sequences, 50);
    assert!(!agreement.crashes.is_empty());
    for crash in &agreement.crashes {
        assert!(crash.is_reproduced, "{crash}");
        let operations: Vec<_> = crash.commands.iter().flat_map(Command::operations).collect();
        assert_eq!(operations, [&Operation::write("b", "crash")], "{crash}");
    }
    // The file has the format of the recordings.
    let cases = spikelet_conformance::recorded::load(&file)?;
    std::fs::remove_file(&file)?;
    assert_eq!(cases.len(), agreement.crashes.len());
    for (case, crash) in cases.iter().zip(&agreement.crashes) {
        assert_eq!(
            case.steps.last().map(|step| step.request.as_slice()),
            Some(crash.frame())
        );
        assert!(case.note.contains(r#"write("crash") on "b""#), "{}", case.note);
    }
    Ok(())
}

#[test]
fn a_difference_is_found_and_minimized_among_crashes() {
    let found = differential(Planted(Embedded::default()), crashing())
        .commands(sometimes_crashing())
        .cases(5000)
        .run();
    let Err(Error::Differ(difference)) = found else {
        panic!("not found: {found:?}");
    };
    let operations: Vec<_> = difference.commands.iter().flat_map(Command::operations).collect();
    // Two different texts, and a read of them.
    assert_eq!(operations.len(), 3, "{difference}");
    assert!(!operations.contains(&&Operation::write("b", "crash")), "{difference}");
}
