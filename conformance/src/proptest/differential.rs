//! The differential runner: the same commands to two targets, until their answers differ.

use std::cell::RefCell;
use std::fmt;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use spikelet_client::{Key, Operation};

use super::command::{Action, Command};
use super::response::Answer;
use super::strategies;
use super::target::Target;

/// Compares two targets: [`run`](Differential::run) sends the same random sequences of commands to both.
///
/// Without more, they consist of [any operations](strategies::operations).
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

/// Two targets that are to be compared, and the commands for them.
#[must_use = "nothing is sent until it is run"]
pub struct Differential<A, B> {
    targets: (A, B),
    sequences: BoxedStrategy<Vec<Command>>,
    config: Config,
    namespace: String,
}

/// Both targets answered all commands alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreement {
    /// How many sequences were sent.
    pub sequences: u64,
    /// How many commands they had in all.
    pub commands: u64,
}

/// The shortest sequence found to which two targets give different answers.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The names of the targets.
    pub names: [String; 2],
    /// The commands; the answers to the last one differ.
    pub commands: Vec<Command>,
    /// The answers of both to each command, or why there was none.
    pub answers: Vec<[Result<Answer, String>; 2]>,
}

/// Why a comparison did not end with an [`Agreement`].
#[derive(Debug)]
pub enum Error {
    /// The targets differ.
    Differ(Box<Difference>),
    /// It could not be carried out: neither target answered, or the strategy gave nothing.
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

    /// How many sequences are sent: without it as many as the environment's `PROPTEST_CASES` says, or 256.
    pub const fn cases(mut self, cases: u32) -> Self {
        self.config.cases = cases;
        self
    }

    /// Configures the runner: how failures persist, how long is shrunk, and more.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// The namespace of the records: without it `test`.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Sends sequences to both targets, and compares the answers. It blocks.
    ///
    /// # Errors
    /// [`Error::Differ`] with the shortest sequence found to which the answers differ; [`Error::Aborted`] when it could
    /// not go on.
    pub fn run(self) -> Result<Agreement, Error> {
        let pair = RefCell::new(Pair::new(self.targets, self.namespace));
        let done = RefCell::new(Agreement {
            sequences: 0,
            commands: 0,
        });
        // What keeps both from answering is no difference, and would not go away with other commands.
        let aborted = RefCell::new(None);
        let result = TestRunner::new(self.config).run(&self.sequences, |commands| {
            if aborted.borrow().is_some() {
                return Ok(());
            }
            let answers = match pair.borrow_mut().run(&commands) {
                Ok(answers) => answers,
                Err(why) => {
                    *aborted.borrow_mut() = Some(why);
                    return Ok(());
                }
            };
            let mut done = done.borrow_mut();
            done.sequences += 1;
            done.commands += answers.len() as u64;
            match answers.last() {
                Some([a, b]) if !agree(a, b) => Err(TestCaseError::fail("the answers differ")),
                _ => Ok(()),
            }
        });
        match result {
            _ if aborted.borrow().is_some() => Err(Error::Aborted(aborted.take().unwrap_or_default())),
            Ok(()) => Ok(done.into_inner()),
            Err(TestError::Abort(why)) => Err(Error::Aborted(why.to_string())),
            Err(TestError::Fail(_, commands)) => {
                let mut pair = pair.into_inner();
                let mut commands = pair.without_the_needless(commands);
                let answers = pair.run(&commands).map_err(Error::Aborted)?;
                // Behind the first difference nothing was compared.
                commands.truncate(answers.len());
                Err(Error::Differ(Box::new(Difference {
                    names: pair.names(),
                    commands,
                    answers,
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
        // A set of this run alone, so that no record of another is in the way.
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

    /// The answers to a sequence, up to the first that differ; an error if there is none from either target.
    fn run(&mut self, commands: &[Command]) -> Result<Vec<[Result<Answer, String>; 2]>, String> {
        self.sequences += 1;
        let mut answers = Vec::new();
        let mut records: Vec<u8> = Vec::new();
        for command in commands {
            let both = self.ask(command);
            if let [Err(a), Err(b)] = &both {
                let [name_a, name_b] = self.names();
                return Err(format!("no answer from {name_a} ({a}) and none from {name_b} ({b})"));
            }
            records.push(command.record);
            let agree = agree(&both[0], &both[1]);
            answers.push(both);
            if !agree {
                break;
            }
        }
        records.sort_unstable();
        records.dedup();
        for record in records {
            let _ = self.ask(&Command::delete(record));
        }
        Ok(answers)
    }

    /// A sequence without the commands and operations that the difference does not need.
    ///
    /// proptest takes elements away before it makes them simpler, and not again after that.
    fn without_the_needless(&mut self, mut commands: Vec<Command>) -> Vec<Command> {
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
        let answers = self.run(commands);
        answers.is_ok_and(|answers| answers.last().is_some_and(|[a, b]| !agree(a, b)))
    }

    fn ask(&mut self, command: &Command) -> [Result<Answer, String>; 2] {
        let key = Key::new(
            self.namespace.as_str(),
            self.set.as_str(),
            format!("{} {}", self.sequences, command.record),
        );
        let text = |error: std::io::Error| error.to_string();
        [
            self.targets.0.ask(&key, command).map_err(text),
            self.targets.1.ask(&key, command).map_err(text),
        ]
    }
}

/// Whether two answers say the same.
fn agree(a: &Result<Answer, String>, b: &Result<Answer, String>) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => a.agrees(b),
        _ => false,
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = &self.names;
        write!(f, "{a} and {b} differ:")?;
        for (i, (command, [answer_a, answer_b])) in self.commands.iter().zip(&self.answers).enumerate() {
            write!(f, "\n{:3}. {command}", i + 1)?;
            match agree(answer_a, answer_b) {
                true => write!(f, "\n     both: {}", Shown(answer_a))?,
                false => {
                    let width = a.chars().count().max(b.chars().count());
                    write!(f, "\n     {a:width$}: {}", Shown(answer_a))?;
                    write!(f, "\n     {b:width$}: {}", Shown(answer_b))?;
                }
            }
        }
        Ok(())
    }
}

struct Shown<'a>(&'a Result<Answer, String>);

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
