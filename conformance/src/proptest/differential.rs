//! The differential runner: sends the same commands to two targets and compares the responses.

use std::cell::RefCell;
use std::fmt;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use spikelet_client::{Key, Operation};

use super::command::{Action, Command};
use super::response::Response;
use super::strategies;
use super::target::Target;

/// Compares two targets: [`run`](Differential::run) sends the same random sequences of commands to both.
///
/// By default, the commands consist of [any operations](strategies::operations).
#[must_use = "nothing is sent until it is run"]
pub fn differential<A: Target, B: Target>(a: A, b: B) -> Differential<A, B> {
    Differential {
        targets: (a, b),
        sequences: strategies::sequence(strategies::commands()).boxed(),
        config: Config {
            failure_persistence: None,
            max_shrink_iters: 10_000,
            ..Config::default()
        },
        namespace: "test".to_owned(),
    }
}

/// A comparison of two targets, and the commands for it.
#[must_use = "nothing is sent until it is run"]
pub struct Differential<A, B> {
    targets: (A, B),
    sequences: BoxedStrategy<Vec<Command>>,
    config: Config,
    namespace: String,
}

/// The result if both targets gave equal responses to all commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreement {
    /// The number of sequences sent.
    pub sequences: u64,
    /// The total number of commands in them.
    pub commands: u64,
}

/// The shortest sequence found to which two targets give different responses.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The names of the targets.
    pub names: [String; 2],
    /// The commands; the responses to the last one differ.
    pub commands: Vec<Command>,
    /// The responses of both targets to each command, or why there was none.
    pub responses: Vec<[Result<Response, String>; 2]>,
}

/// Why a comparison did not end with an [`Agreement`].
#[derive(Debug)]
pub enum Error {
    /// The targets differ.
    Differ(Box<Difference>),
    /// The comparison failed: neither target responded, or the strategy generated nothing.
    Aborted(String),
}

impl<A: Target, B: Target> Differential<A, B> {
    /// Sends commands with a few of these operations each.
    pub fn operations(self, operations: impl Strategy<Value = Operation> + 'static) -> Self {
        self.commands(strategies::command(operations))
    }

    /// Sends sequences of these commands.
    pub fn commands(self, commands: impl Strategy<Value = Command> + 'static) -> Self {
        self.sequences(strategies::sequence(commands))
    }

    /// Sends these sequences. Each begins with records that do not exist.
    pub fn sequences(mut self, sequences: impl Strategy<Value = Vec<Command>> + 'static) -> Self {
        self.sequences = sequences.boxed();
        self
    }

    /// Sets the number of sequences. The default is `PROPTEST_CASES` from the environment, or 256.
    pub const fn cases(mut self, cases: u32) -> Self {
        self.config.cases = cases;
        self
    }

    /// Sets the configuration of the runner, such as the persistence of failures and the limits on shrinking.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Sets the namespace of the records. The default is `test`.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Sends sequences to both targets, and compares the responses. It blocks.
    ///
    /// # Errors
    /// [`Error::Differ`] with the shortest sequence found to which the responses differ; [`Error::Aborted`] if the
    /// comparison could not continue.
    pub fn run(self) -> Result<Agreement, Error> {
        let pair = RefCell::new(Pair::new(self.targets, self.namespace));
        let done = RefCell::new(Agreement {
            sequences: 0,
            commands: 0,
        });
        // If neither target responds, that is not a difference, and other commands would fail too.
        let aborted = RefCell::new(None);
        let result = TestRunner::new(self.config).run(&self.sequences, |commands| {
            if aborted.borrow().is_some() {
                return Ok(());
            }
            let responses = match pair.borrow_mut().run(&commands) {
                Ok(responses) => responses,
                Err(why) => {
                    *aborted.borrow_mut() = Some(why);
                    return Ok(());
                }
            };
            let mut done = done.borrow_mut();
            done.sequences += 1;
            done.commands += responses.len() as u64;
            match responses.last() {
                Some([a, b]) if !agree(a, b) => Err(TestCaseError::fail("the responses differ")),
                _ => Ok(()),
            }
        });
        match result {
            _ if aborted.borrow().is_some() => Err(Error::Aborted(aborted.take().unwrap_or_default())),
            Ok(()) => Ok(done.into_inner()),
            Err(TestError::Abort(why)) => Err(Error::Aborted(why.to_string())),
            Err(TestError::Fail(_, commands)) => {
                let mut pair = pair.into_inner();
                let mut commands = pair.minimize(commands);
                let responses = pair.run(&commands).map_err(Error::Aborted)?;
                // Nothing after the first difference was compared.
                commands.truncate(responses.len());
                Err(Error::Differ(Box::new(Difference {
                    names: pair.names(),
                    commands,
                    responses,
                })))
            }
        }
    }
}

/// Two targets that get the same commands.
struct Pair<A, B> {
    targets: (A, B),
    namespace: String,
    set: String,
    sequences: u64,
}

impl<A: Target, B: Target> Pair<A, B> {
    fn new(targets: (A, B), namespace: String) -> Self {
        // The set is unique to this run, so that records of another run do not interfere.
        static RUNS: AtomicU64 = AtomicU64::new(0);
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        Self {
            targets,
            namespace,
            set: format!("differential-{:x}-{:x}-{run}", crate::clock::now(), process::id()),
            sequences: 0,
        }
    }

    fn names(&self) -> [String; 2] {
        [self.targets.0.name(), self.targets.1.name()]
    }

    /// Returns the responses to a sequence, up to the first that differ, or an error if neither target responds.
    fn run(&mut self, commands: &[Command]) -> Result<Vec<[Result<Response, String>; 2]>, String> {
        self.sequences += 1;
        let mut responses = Vec::new();
        let mut records: Vec<u8> = Vec::new();
        for command in commands {
            let both = self.execute(command);
            if let [Err(a), Err(b)] = &both {
                let [name_a, name_b] = self.names();
                return Err(format!("no answer from {name_a} ({a}) and none from {name_b} ({b})"));
            }
            records.push(command.record);
            let agree = agree(&both[0], &both[1]);
            responses.push(both);
            if !agree {
                break;
            }
        }
        records.sort_unstable();
        records.dedup();
        for record in records {
            let _ = self.execute(&Command::delete(record));
        }
        Ok(responses)
    }

    /// Removes the commands and operations that are not needed for the difference.
    ///
    /// proptest removes elements before it simplifies them, but not again afterwards.
    fn minimize(&mut self, mut commands: Vec<Command>) -> Vec<Command> {
        let mut at = 0;
        while at < commands.len() {
            let mut fewer = commands.clone();
            fewer.remove(at);
            match self.differ(&fewer) {
                true => commands = fewer,
                false => at += 1,
            }
        }
        for at in 0..commands.len() {
            let mut op = 0;
            while op < commands[at].operations().len() {
                let mut fewer = commands.clone();
                if let Action::Operate(operations) = &mut fewer[at].action {
                    operations.remove(op);
                }
                match !fewer[at].operations().is_empty() && self.differ(&fewer) {
                    true => commands = fewer,
                    false => op += 1,
                }
            }
        }
        commands
    }

    fn differ(&mut self, commands: &[Command]) -> bool {
        let responses = self.run(commands);
        responses.is_ok_and(|responses| responses.last().is_some_and(|[a, b]| !agree(a, b)))
    }

    fn execute(&mut self, command: &Command) -> [Result<Response, String>; 2] {
        let key = Key::new(
            self.namespace.as_str(),
            self.set.as_str(),
            format!("{} {}", self.sequences, command.record),
        );
        let text = |error: std::io::Error| error.to_string();
        [
            self.targets.0.execute(&key, command).map_err(text),
            self.targets.1.execute(&key, command).map_err(text),
        ]
    }
}

/// Whether two responses agree.
fn agree(a: &Result<Response, String>, b: &Result<Response, String>) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => a.agrees(b),
        _ => false,
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = &self.names;
        write!(f, "{a} and {b} differ:")?;
        for (i, (command, [response_a, response_b])) in self.commands.iter().zip(&self.responses).enumerate() {
            write!(f, "\n{:3}. {command}", i + 1)?;
            match agree(response_a, response_b) {
                true => write!(f, "\n     both: {}", Shown(response_a))?,
                false => {
                    let width = a.chars().count().max(b.chars().count());
                    write!(f, "\n     {a:width$}: {}", Shown(response_a))?;
                    write!(f, "\n     {b:width$}: {}", Shown(response_b))?;
                }
            }
        }
        Ok(())
    }
}

struct Shown<'a>(&'a Result<Response, String>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ok(answer) => answer.fmt(f),
            Err(why) => write!(f, "no answer ({why})"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Differ(difference) => difference.fmt(f),
            Self::Aborted(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Error {}

impl<A: Target, B: Target> fmt::Debug for Differential<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Differential")
            .field("targets", &(self.targets.0.name(), self.targets.1.name()))
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
