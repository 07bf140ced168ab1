//! Random interleavings of transactions against a serial model.
//!
//! Each transaction's reads and writes are taken down with what they returned. Afterwards every committed transaction is
//! executed on a plain map in the order of the commits: each must have seen there what it has seen on the server, and the map
//! must hold what the server holds. Commits verify what was read while everything that is written is locked, so if any serial
//! order explains a history, that of the commits does.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use spikelet::{Edition, NamespaceConfig, Server};
use spikelet_client::blocking::Client;
use spikelet_client::{
    BatchRow, CommitStatus, Error, ErrorKind, Key, Operation, OptionalExt as _, Policy, ResultCode, Transaction, bins,
};

const KEYS: u8 = 4;
const TRANSACTIONS: u8 = 4;

#[derive(Debug, Clone, Copy)]
enum Action {
    Get(u8),
    Put(u8, i64),
    Create(u8, i64),
    Delete(u8),
    /// Adds to the bin and reads it.
    Add(u8, i64),
    /// Reads one record and writes another, as rows of one batch.
    Batch(u8, u8, i64),
    Commit,
    Abort,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    In(u8, Action),
    /// A write without a transaction.
    Outside(u8, i64),
    /// All transactions end by their deadline.
    Deadline,
    /// A snapshot is taken, and restored at once. It must change nothing.
    Snapshot,
}

/// What a command of a transaction asked for, and what it returned.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Event {
    Read(u8, Option<i64>),
    Write(u8, Option<i64>),
}

type Store = BTreeMap<u8, i64>;

fn actions() -> impl Strategy<Value = Action> {
    let (key, value) = (|| 0..KEYS, || 0..100_i64);
    prop_oneof![
        6 => key().prop_map(Action::Get),
        4 => (key(), value()).prop_map(|(key, n)| Action::Put(key, n)),
        2 => (key(), value()).prop_map(|(key, n)| Action::Create(key, n)),
        2 => key().prop_map(Action::Delete),
        4 => (key(), value()).prop_map(|(key, n)| Action::Add(key, n)),
        2 => (key(), key(), value()).prop_map(|(read, write, n)| Action::Batch(read, write, n)),
        5 => Just(Action::Commit),
        1 => Just(Action::Abort),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        20 => (0..TRANSACTIONS, actions()).prop_map(|(which, action)| Step::In(which, action)),
        2 => (0..KEYS, 0..100_i64).prop_map(|(key, n)| Step::Outside(key, n)),
        1 => Just(Step::Deadline),
        1 => Just(Step::Snapshot),
    ];
    proptest::collection::vec(step, 1..60)
}

/// A transaction, and what it has done so far.
struct Running {
    txn: Transaction<Client>,
    events: Vec<Event>,
}

struct History {
    server: Server,
    client: Client,
    running: Vec<Running>,
    /// What the committed transactions and the writes outside of transactions have done, in the order of their commits.
    committed: Vec<Vec<Event>>,
}

fn key(key: u8) -> Key {
    Key::new("test", "demo", i64::from(key))
}

fn begin(client: &Client) -> Running {
    Running {
        txn: client.begin().timeout(Duration::from_secs(60)),
        events: Vec::new(),
    }
}

impl History {
    fn begin() -> Self {
        let mut namespace = NamespaceConfig::new("test");
        namespace.set("strong-consistency", "true").unwrap();
        let server = Server::builder()
            .edition(Edition::Enterprise)
            .namespace(namespace)
            .start()
            .unwrap();
        server.clock().freeze();
        let client = Client::builder(server.addr())
            .policy(Policy {
                total_timeout: Duration::from_secs(10),
                ..Policy::default()
            })
            .connect_blocking()
            .unwrap();
        let running = (0..TRANSACTIONS).map(|_| begin(&client)).collect();
        Self {
            server,
            client,
            running,
            committed: Vec::new(),
        }
    }

    fn step(&mut self, step: Step) -> TestCaseResult {
        // Versions have milliseconds.
        self.server.clock().advance(Duration::from_millis(1));
        match step {
            Step::In(which, Action::Commit) => self.commit(usize::from(which)),
            Step::In(which, Action::Abort) => {
                let ended = std::mem::replace(&mut self.running[usize::from(which)], begin(&self.client));
                ended.txn.abort().call().unwrap();
                Ok(())
            }
            Step::In(which, action) => self.execute(usize::from(which), action),
            Step::Outside(at, value) => {
                match self.client.put(key(at), bins! {"n" => value}).call() {
                    Ok(()) => self.committed.push(vec![Event::Write(at, Some(value))]),
                    Err(error) => prop_assert_eq!(error.result_code(), Some(ResultCode::MRT_BLOCKED)),
                }
                Ok(())
            }
            Step::Deadline => {
                self.server.clock().advance(Duration::from_secs(61));
                prop_assert_eq!(self.server.transactions(), []);
                Ok(())
            }
            Step::Snapshot => {
                let snapshot = self.server.snapshot();
                self.server.restore(&snapshot).unwrap();
                Ok(())
            }
        }
    }

    fn commit(&mut self, which: usize) -> TestCaseResult {
        let ended = std::mem::replace(&mut self.running[which], begin(&self.client));
        match ended.txn.commit().call() {
            Ok(status) => {
                prop_assert_eq!(status, CommitStatus::Committed);
                self.committed.push(ended.events);
            }
            Err(error) => {
                prop_assert!(!error.in_doubt());
                let code = error.result_code();
                let unverified = !error.unverified_keys().is_empty() && error.kind() == ErrorKind::Transaction;
                prop_assert!(unverified || code == Some(ResultCode::MRT_ABORTED), "{}", error);
            }
        }
        Ok(())
    }

    fn execute(&mut self, which: usize, action: Action) -> TestCaseResult {
        let client = &self.client;
        let Running { txn, events } = &mut self.running[which];
        let mut happened = Vec::new();
        let result = act(client, txn, action, &mut happened);
        match result {
            Ok(()) => events.extend(happened),
            Err(error) => {
                let expected = [
                    ResultCode::MRT_BLOCKED,
                    ResultCode::MRT_VERSION_MISMATCH,
                    ResultCode::MRT_EXPIRED,
                ];
                let code = error.result_code();
                prop_assert!(
                    code.is_some_and(|code| expected.contains(&code)),
                    "{:?}: {}",
                    action,
                    error
                );
                // The rows of a batch succeed each on its own.
                events.extend(happened);
            }
        }
        Ok(())
    }

    /// Executes what was committed one after the other, and compares.
    fn check(&self) -> TestCaseResult {
        let mut store = Store::new();
        for (at, events) in self.committed.iter().enumerate() {
            for event in events {
                match *event {
                    Event::Read(key, seen) => {
                        prop_assert_eq!(
                            store.get(&key).copied(),
                            seen,
                            "key {} in {} of {:?}",
                            key,
                            at,
                            &self.committed
                        );
                    }
                    Event::Write(key, Some(value)) => drop(store.insert(key, value)),
                    Event::Write(key, None) => drop(store.remove(&key)),
                }
            }
        }
        for at in 0..KEYS {
            let found = self.client.get(key(at)).call().optional().unwrap();
            let found: Option<i64> = found.map(|record| record.get("n").unwrap());
            prop_assert_eq!(found, store.get(&at).copied(), "key {}", at);
        }
        let queried = self.client.query("test", "demo").into_iter().count();
        prop_assert_eq!(queried, store.len());
        Ok(())
    }

    /// Ends everything that is still open. Nothing of it may be left.
    fn end(&mut self) -> TestCaseResult {
        for running in std::mem::take(&mut self.running).into_iter().skip(1) {
            running.txn.abort().call().unwrap();
        }
        self.server.clock().advance(Duration::from_secs(61));
        prop_assert_eq!(self.server.transactions(), []);
        for at in 0..KEYS {
            self.client.put(key(at), bins! {"n" => 0}).call().unwrap();
            self.committed.push(vec![Event::Write(at, Some(0))]);
        }
        self.check()
    }
}

fn act(client: &Client, txn: &Transaction<Client>, action: Action, events: &mut Vec<Event>) -> Result<(), Error> {
    match action {
        Action::Get(at) => {
            let found = client.get(key(at)).in_transaction(txn).call().optional()?;
            events.push(Event::Read(at, found.map(|record| record.get("n").unwrap())));
        }
        Action::Put(at, value) => {
            client.put(key(at), bins! {"n" => value}).in_transaction(txn).call()?;
            events.push(Event::Write(at, Some(value)));
        }
        Action::Create(at, value) => {
            let put = client.put(key(at), bins! {"n" => value}).create_only();
            match put.in_transaction(txn).call() {
                Ok(()) => events.extend([Event::Read(at, None), Event::Write(at, Some(value))]),
                // That the record exists is something that the transaction has seen, and it reads which it is.
                Err(error) if error.is_record_exists() => {
                    let found = client.get(key(at)).in_transaction(txn).call()?;
                    events.push(Event::Read(at, Some(found.get("n").unwrap())));
                }
                Err(error) => return Err(error),
            }
        }
        Action::Delete(at) => match client.remove(key(at)).in_transaction(txn).call() {
            Ok(()) => events.push(Event::Write(at, None)),
            Err(error) if error.is_not_found() => events.push(Event::Read(at, None)),
            Err(error) => return Err(error),
        },
        Action::Add(at, value) => {
            let record = client
                .operate(key(at))
                .add("n", value)
                .get("n")
                .in_transaction(txn)
                .call()?;
            let sum: i64 = record.get("n").unwrap();
            let before = sum - value;
            // A record that does not exist counts as 0.
            if before != 0 {
                events.push(Event::Read(at, Some(before)));
            }
            events.push(Event::Write(at, Some(sum)));
        }
        Action::Batch(read, write, value) => {
            let rows = [
                BatchRow::read(key(read)),
                BatchRow::operate(key(write), [Operation::write("n", value)]),
            ];
            let mut rows = client.batch(rows).in_transaction(txn).call()?.into_iter();
            let (read_row, write_row) = (rows.next().unwrap(), rows.next().unwrap());
            let read_result = read_row.result.optional();
            if let Ok(found) = &read_result {
                let found = found.as_ref().map(|record| record.get("n").unwrap());
                // Rows of one batch are executed in any order.
                if read != write {
                    events.push(Event::Read(read, found));
                }
            }
            if write_row.result.is_ok() {
                events.push(Event::Write(write, Some(value)));
            }
            read_result?;
            write_row.result?;
        }
        Action::Commit | Action::Abort => unreachable!("they are steps of their own"),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn committed_transactions_are_serialisable_and_aborted_ones_leave_nothing(steps in steps()) {
        let mut history = History::begin();
        for step in steps {
            history.step(step)?;
        }
        history.check()?;
        history.end()?;
    }
}

/// The check fails for a history that no serial order explains, or it would prove nothing.
#[test]
fn a_history_that_is_not_serialisable_is_found() {
    let mut history = History::begin();
    history.step(Step::In(0, Action::Put(0, 1))).unwrap();
    history.step(Step::In(0, Action::Commit)).unwrap();
    history.check().unwrap();
    history.committed.push(vec![Event::Read(0, None)]);
    assert!(history.check().is_err());
    // Two transactions that each read what the other writes: one of them is aborted.
    let mut history = History::begin();
    for step in [
        Step::In(0, Action::Get(0)),
        Step::In(1, Action::Get(1)),
        Step::In(0, Action::Put(1, 1)),
        Step::In(1, Action::Put(0, 1)),
        Step::In(0, Action::Commit),
        Step::In(1, Action::Commit),
    ] {
        history.step(step).unwrap();
    }
    assert!(history.committed.len() < 2);
    history.check().unwrap();
}
