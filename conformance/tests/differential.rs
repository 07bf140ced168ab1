//! The differential runner, with equal and different servers.

use std::io;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use spikelet::Server;
use spikelet_client::{Key, Operation};
use spikelet_conformance::proptest::display::DisplayOperation;
use spikelet_conformance::proptest::{Address, Command, Embedded, Error, Response, Target, differential, strategies};
use spikelet_wire::list::ListOp;
use spikelet_wire::map::MapOp;
use spikelet_wire::{OpCode, ResultCode, Value};

/// A server with a bug: it executes an append to an existing bin `a` as a prepend.
struct Planted(Embedded);

impl Target for Planted {
    fn name(&self) -> String {
        "planted".to_owned()
    }

    fn execute(&mut self, key: &Key, command: &Command) -> io::Result<Response> {
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
        self.0.execute(key, &changed)
    }
}

/// A target that never responds.
struct Gone;

impl Target for Gone {
    fn name(&self) -> String {
        "gone".to_owned()
    }

    fn execute(&mut self, _: &Key, _: &Command) -> io::Result<Response> {
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
    let agreement = differential(here, Address::new(there.hosts())).cases(200).run()?;
    assert_eq!(agreement.sequences, 200);
    assert!(agreement.commands >= 200);
    assert_eq!(there.count(), 0, "no record is left behind");
    Ok(())
}

#[test]
fn a_target_without_a_response_differs() {
    let found = differential(Gone, Embedded::default()).cases(10).run();
    let Err(Error::Differ(difference)) = found else {
        panic!("not found: {found:?}");
    };
    assert_eq!(difference.commands.len(), 1);
    assert!(
        difference
            .to_string()
            .contains("gone    : no answer (connection refused)"),
        "{difference}"
    );
    let found = differential(Gone, Gone).cases(10).run();
    assert!(matches!(found, Err(Error::Aborted(why)) if why.starts_with("no answer from gone")));
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
    let key = Key::new("test", "strategies", 1);
    let (mut done, mut refused) = (0, 0);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..2000 {
        let operation = strategies::operations().new_tree(&mut runner).unwrap().current();
        match server.execute(&key, &Command::operate(0, vec![operation]))?.code {
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
