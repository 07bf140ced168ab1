//! The differential runner: sends the same commands to two targets and compares the responses.

use std::cell::RefCell;
use std::fmt;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use spikelet_client::Operation;

use super::command::Command;
use super::crash::Crash;
use super::records::Records;
use super::response::Response;
use super::strategies;
use super::supervised::{Failure, Supervised, parts, remove_part};
use super::target::Target;
use crate::known_crashes::Detector;

/// How often the targets may die. A server that dies more often cannot be compared.
const MAX_CRASHES: usize = 1000;

/// Compares two targets: [`run`](Differential::run) sends the same random sequences of commands to both.
///
/// By default, these are [any sequences](strategies::sequences).
#[must_use = "nothing is sent until it is run"]
pub fn differential<A: Target, B: Target>(a: A, b: B) -> Differential<A, B> {
    Differential {
        targets: (a, b),
        sequences: strategies::sequences().boxed(),
        config: Config {
            failure_persistence: None,
            max_shrink_iters: 10_000,
            ..Config::default()
        },
        namespace: "test".to_owned(),
        known_crashes: false,
        crashes: None,
    }
}

/// A comparison of two targets, and the commands for it.
#[must_use = "nothing is sent until it is run"]
pub struct Differential<A, B> {
    targets: (A, B),
    sequences: BoxedStrategy<Vec<Command>>,
    config: Config,
    namespace: String,
    known_crashes: bool,
    crashes: Option<PathBuf>,
}

/// The result if both targets gave equal responses to all commands.
#[derive(Debug, Clone)]
pub struct Agreement {
    /// The number of sequences sent.
    pub sequences: u64,
    /// The total number of commands in them.
    pub commands: u64,
    /// The requests at which a target died. It was started again, and the sequence was not compared further.
    pub crashes: Vec<Crash>,
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
    /// The requests at which a target died before and while this sequence was found.
    pub crashes: Vec<Crash>,
}

/// Why a comparison did not end with an [`Agreement`].
#[derive(Debug)]
pub enum Error {
    /// The responses of the targets differ.
    Differ(Box<Difference>),
    /// A target died, and cannot be started again.
    Died {
        /// The request at which it died.
        crash: Box<Crash>,
        /// Why it cannot be started again.
        why: String,
    },
    /// The network does not reach a target.
    Network(String),
    /// The comparison failed: neither target responded, the strategy generated nothing, or a file cannot be written.
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

    /// Also sends operations that are [known to crash](crate::known_crashes) the real server, which are left out
    /// otherwise.
    pub const fn with_known_crashes(mut self) -> Self {
        self.known_crashes = true;
        self
    }

    /// Sets a file to which each request at which a target died is [appended](Crash::append_to).
    pub fn crashes_to(mut self, file: impl Into<PathBuf>) -> Self {
        self.crashes = Some(file.into());
        self
    }

    /// Sets the namespace of the records. The default is `test`.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Sends sequences to both targets, and compares the responses. It blocks.
    ///
    /// A target that dies is [started again](Target::restart), and the comparison continues, also while a difference is
    /// minimized.
    ///
    /// # Errors
    /// [`Error::Differ`] with the shortest sequence found to which the responses differ; another error if the comparison
    /// could not continue.
    pub fn run(self) -> Result<Agreement, Error> {
        let known_crashes = self.known_crashes;
        let sent = move |commands: Vec<Command>| match known_crashes {
            true => commands,
            false => without_known_crashes(commands),
        };
        let pair = RefCell::new(Pair::new(self.targets, self.namespace, self.crashes));
        let done = RefCell::new((0, 0));
        // After an error that ends the comparison, no further commands are sent.
        let ended = RefCell::new(None);
        let result = TestRunner::new(self.config).run(&self.sequences, |commands| {
            if ended.borrow().is_some() {
                return Ok(());
            }
            let played = match pair.borrow_mut().run(&sent(commands)) {
                Ok(played) => played,
                Err(error) => {
                    *ended.borrow_mut() = Some(error);
                    return Ok(());
                }
            };
            let mut done = done.borrow_mut();
            *done = (done.0 + 1, done.1 + played.responses.len() as u64);
            match played.differ {
                true => Err(TestCaseError::fail("the responses differ")),
                false => Ok(()),
            }
        });
        let mut pair = pair.into_inner();
        match result {
            _ if ended.borrow().is_some() => Err(ended.take().unwrap_or(Error::Aborted(String::new()))),
            Ok(()) => {
                let (sequences, commands) = done.into_inner();
                Ok(Agreement {
                    sequences,
                    commands,
                    crashes: pair.take_crashes(),
                })
            }
            Err(TestError::Abort(why)) => Err(Error::Aborted(why.to_string())),
            Err(TestError::Fail(_, commands)) => {
                let mut commands = pair.minimize(sent(commands));
                let played = pair.run(&commands)?;
                // Nothing after the first difference was compared.
                commands.truncate(played.responses.len());
                Err(Error::Differ(Box::new(Difference {
                    names: pair.names(),
                    commands,
                    responses: played.responses,
                    crashes: pair.take_crashes(),
                })))
            }
        }
    }
}

/// Removes the operations that can cause a known crash, and commands of which nothing is left.
fn without_known_crashes(mut commands: Vec<Command>) -> Vec<Command> {
    let mut detector = Detector::default();
    commands.retain_mut(|command| command.leave_out_known_crashes(&mut detector));
    commands
}

/// Two targets that get the same commands.
struct Pair<A, B> {
    targets: (Supervised<A>, Supervised<B>),
    namespace: String,
    set: String,
    sequences: u64,
}

/// What two targets responded to a sequence.
struct Played {
    /// The responses, up to the first that differ.
    responses: Vec<[Result<Response, String>; 2]>,
    /// Whether the last ones differ.
    differ: bool,
}

impl<A: Target, B: Target> Pair<A, B> {
    fn new((a, b): (A, B), namespace: String, crashes: Option<PathBuf>) -> Self {
        // The set is unique to this run, so that records of another run do not interfere.
        static RUNS: AtomicU64 = AtomicU64::new(0);
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let (mut a, mut b) = (Supervised::new(a), Supervised::new(b));
        if let Some(file) = crashes {
            (a, b) = (a.crashes_to(&file), b.crashes_to(file));
        }
        Self {
            targets: (a, b),
            namespace,
            set: format!("differential-{:x}-{:x}-{run}", crate::clock::now(), process::id()),
            sequences: 0,
        }
    }

    fn take_crashes(&mut self) -> Vec<Crash> {
        let mut crashes = self.targets.0.take_crashes();
        crashes.extend(self.targets.1.take_crashes());
        crashes
    }

    fn names(&self) -> [String; 2] {
        [self.targets.0.name(), self.targets.1.name()]
    }

    /// Sends a sequence to both targets. A target that dies ends the sequence, without a difference.
    fn run(&mut self, commands: &[Command]) -> Result<Played, Error> {
        self.sequences += 1;
        // A server that was started again does not know the sets of earlier sequences, so both get a new one.
        let set = format!("{}-{}", self.set, self.crashes());
        let records = Records::new(self.namespace.as_str(), set, self.sequences);
        self.targets.0.begin();
        self.targets.1.begin();
        let mut played = Played {
            responses: Vec::new(),
            differ: false,
        };
        for command in commands {
            let Some(a) = response(self.targets.0.execute(&records, command))? else {
                break;
            };
            let Some(b) = response(self.targets.1.execute(&records, command))? else {
                break;
            };
            if let (Err(a), Err(b)) = (&a, &b) {
                let [name_a, name_b] = self.names();
                let why = format!("no answer from {name_a} ({a}) and none from {name_b} ({b})");
                return Err(Error::Aborted(why));
            }
            played.differ = !agree(&a, &b);
            played.responses.push([a, b]);
            if played.differ {
                break;
            }
        }
        for cleaned in [
            self.targets.0.clean_up(&records, commands),
            self.targets.1.clean_up(&records, commands),
        ] {
            if let Err(failure) = cleaned {
                response(Err(failure))?;
            }
        }
        match self.crashes() {
            MAX_CRASHES.. => Err(Error::Aborted(format!("the targets died {MAX_CRASHES} times"))),
            _ => Ok(played),
        }
    }

    fn crashes(&self) -> usize {
        self.targets.0.crashes().len() + self.targets.1.crashes().len()
    }

    /// Removes the commands, operations and rows that are not needed for the difference.
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
            let mut part = 0;
            while part < parts(&commands[at]) {
                let mut fewer = commands.clone();
                remove_part(&mut fewer[at], part);
                match parts(&fewer[at]) > 0 && self.differ(&fewer) {
                    true => commands = fewer,
                    false => part += 1,
                }
            }
        }
        commands
    }

    fn differ(&mut self, commands: &[Command]) -> bool {
        self.run(commands).is_ok_and(|played| played.differ)
    }
}

/// A response, or why there is none; nothing if the target died and was started again.
fn response(sent: Result<Response, Failure>) -> Result<Option<Result<Response, String>>, Error> {
    match sent {
        Ok(response) => Ok(Some(Ok(response))),
        Err(Failure::NoResponse(why)) => Ok(Some(Err(why))),
        Err(Failure::Crashed) => Ok(None),
        Err(Failure::Dead { crash, why }) => Err(Error::Died { crash, why }),
        Err(Failure::Network(why)) => Err(Error::Network(why)),
        Err(failure @ Failure::File(_)) => Err(Error::Aborted(failure.to_string())),
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
            Self::Died { crash, why } => write!(f, "{crash}\nit cannot be started again: {why}"),
            Self::Network(why) => write!(f, "the network failed: {why}"),
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
