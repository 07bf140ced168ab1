//! The differential runner, between servers that are the same and servers that are not.

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

/// A server that takes an append to a bin named `a` for a prepend, where the bin exists.
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

/// A target that nobody answers at.
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
fn a_planted_bug_is_found_and_told_in_few_words() {
    let text = || proptest::sample::select(vec!["x", "y"]);
    let bin = || proptest::sample::select(vec!["a", "b"]);
    let operations = prop_oneof![
        bin().prop_map(Operation::get),
        (bin(), text()).prop_map(|(bin, text)| Operation::append(bin, text)),
        (bin(), text()).prop_map(|(bin, text)| Operation::prepend(bin, text)),
    ];
    // Without conditions, which the planted server does not know.
    let commands = (0..2_u8, proptest::collection::vec(operations, 1..4));
    let commands = commands.prop_map(|(record, operations)| Command::operate(record, operations));
    let found = differential(Embedded::default(), Planted(Embedded::default()))
        .commands(commands)
        .cases(5000)
        .run();
    let Err(Error::Differ(difference)) = found else {
        panic!("not found: {found:?}");
    };
    let told = difference.to_string();
    let operations: Vec<_> = difference.commands.iter().flat_map(Command::operations).collect();
    assert_eq!(operations.len(), 3, "{told}");
    let text = |n: usize| operations[n].argument().1.into_owned();
    assert_ne!(text(0), text(1), "{told}");
    assert!(told.starts_with("embedded and planted differ:\n  1. record "), "{told}");
    assert!(
        told.contains(r#"append("x") on "a""#) || told.contains(r#"append("y") on "a""#),
        "{told}"
    );
    assert!(told.contains("\n     embedded: generation"), "{told}");
    assert!(told.contains("\n     planted : generation"), "{told}");
}

#[test]
fn a_server_answers_over_tcp_as_it_does_within_the_process() -> Result<(), Box<dyn std::error::Error>> {
    let (here, there) = (Server::start()?, Server::start()?);
    let agreement = differential(here, Address::new(there.hosts())).cases(200).run()?;
    assert_eq!(agreement.sequences, 200);
    assert!(agreement.commands >= 200);
    assert_eq!(there.count(), 0, "no record is left behind");
    Ok(())
}

#[test]
fn who_does_not_answer_differs_from_who_does() {
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
fn no_operation_on_lists_or_maps_is_left_out() {
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
fn much_of_what_the_strategies_make_is_carried_out() -> Result<(), Box<dyn std::error::Error>> {
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
