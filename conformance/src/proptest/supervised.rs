//! Targets that are started again when they die.

use std::fmt;
use std::path::PathBuf;

use super::command::{Action, Command};
use super::crash::Crash;
use super::records::Records;
use super::response::Response;
use super::target::{Health, Target};

/// How often a server may die while a crash is reduced to the commands that it needs.
const MAX_RESTARTS: usize = 40;

/// A target that is started again when it dies.
///
/// It tells three outcomes apart when there is no response: the server is alive, the server died at this command, or the
/// network failed. After a crash it finds the shortest sequence of commands that crashes the server again.
#[derive(Debug)]
pub struct Supervised<T> {
    target: T,
    /// The commands of the current sequence so far.
    sent: Vec<Command>,
    crashes: Vec<Crash>,
    file: Option<PathBuf>,
}

/// Why a command has no response.
#[derive(Debug, Clone)]
pub enum Failure {
    /// The server is alive: it closed the connection, did not respond in time, or its response is not a message.
    NoResponse(String),
    /// The server died at this command, and serves again without any records.
    Crashed,
    /// The server died at this command, and cannot be started again.
    Dead {
        /// The crash.
        crash: Box<Crash>,
        /// Why it cannot be started.
        why: String,
    },
    /// The network does not reach the server.
    Network(String),
    /// The file for crashes cannot be written.
    File(String),
}

impl<T: Target> Supervised<T> {
    /// Supervises a target.
    pub const fn new(target: T) -> Self {
        Self {
            target,
            sent: Vec::new(),
            crashes: Vec::new(),
            file: None,
        }
    }

    /// Sets a file to which each crash is [appended](Crash::append_to).
    #[must_use]
    pub fn crashes_to(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// The name of the target.
    pub fn name(&self) -> String {
        self.target.name()
    }

    /// The crashes so far.
    pub fn crashes(&self) -> &[Crash] {
        &self.crashes
    }

    /// Removes and returns the crashes so far.
    pub fn take_crashes(&mut self) -> Vec<Crash> {
        std::mem::take(&mut self.crashes)
    }

    /// Begins a sequence, whose records do not exist.
    pub fn begin(&mut self) {
        self.sent.clear();
    }

    /// Executes the next command of the sequence.
    ///
    /// # Errors
    /// If there is no response. After [`Failure::Crashed`] the sequence is over.
    pub fn execute(&mut self, records: &Records, command: &Command) -> Result<Response, Failure> {
        self.sent.push(command.clone());
        match self.send(records, command)? {
            Sent::Response(response) => Ok(response),
            Sent::Died(error) => Err(self.crashed(records, error)),
        }
    }

    /// Removes the records and indexes of the sequence that commands can have created. A server that dies at this is a failure
    /// as well.
    ///
    /// # Errors
    /// As [`execute`](Self::execute), except that a missing response does not matter.
    pub fn clean_up(&mut self, records: &Records, commands: &[Command]) -> Result<(), Failure> {
        for command in Command::clean_up(commands) {
            match self.execute(records, &command) {
                Ok(_) | Err(Failure::NoResponse(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    fn send(&mut self, records: &Records, command: &Command) -> Result<Sent, Failure> {
        let error = match self.target.execute(records, command) {
            Ok(response) => return Ok(Sent::Response(response)),
            Err(error) => error,
        };
        match self.target.health(&error) {
            Health::Alive => Err(Failure::NoResponse(error.to_string())),
            Health::Dead => Ok(Sent::Died(error.to_string())),
            Health::Unreachable => Err(Failure::Network(format!("{}: {error}", self.target.name()))),
        }
    }

    /// Starts the server again, reduces the sequence, and keeps the crash.
    fn crashed(&mut self, records: &Records, error: String) -> Failure {
        let commands = std::mem::take(&mut self.sent);
        let name = self.target.name();
        if let Err(why) = self.target.restart() {
            let crash = Crash::new(name, commands, records, error, false);
            let kept = self.keep(crash.clone());
            return match kept {
                Ok(()) => Failure::Dead {
                    crash: Box::new(crash),
                    why,
                },
                Err(failure) => failure,
            };
        }
        self.remove(records, &commands);
        let (reduced, is_reproduced) = match self.reduce(&commands, records) {
            Ok(reduced) => reduced,
            Err(why) => {
                let crash = Box::new(Crash::new(name, commands, records, error, true));
                return Failure::Dead { crash, why };
            }
        };
        match self.keep(Crash::new(name, reduced, records, error, is_reproduced)) {
            Ok(()) => Failure::Crashed,
            Err(failure) => failure,
        }
    }

    fn keep(&mut self, crash: Crash) -> Result<(), Failure> {
        let written = self.file.as_ref().map(|file| (file, crash.append_to(file)));
        self.crashes.push(crash);
        match written {
            Some((file, Err(error))) => Err(Failure::File(format!("{}: {error}", file.display()))),
            _ => Ok(()),
        }
    }

    /// Leaves out commands and operations without which the server dies as well. Returns the whole sequence and `false`
    /// if the server does not die again. An error means that it cannot be started again.
    fn reduce(&mut self, commands: &[Command], records: &Records) -> Result<(Vec<Command>, bool), String> {
        let mut attempts = Attempts { made: 0, restarts: 0 };
        let Some(mut least) = self.dies_at(commands, records, &mut attempts)? else {
            return Ok((commands.to_vec(), false));
        };
        let mut at = 0;
        while at + 1 < least.len() {
            let mut fewer = least.clone();
            fewer.remove(at);
            match self.dies_at(&fewer, records, &mut attempts)? {
                Some(fewer) => least = fewer,
                None => at += 1,
            }
        }
        for at in (0..least.len()).rev() {
            let mut part = 0;
            // A shorter sequence may have replaced this one.
            while part < least.get(at).map_or(0, parts) && least.get(at).map_or(0, parts) > 1 {
                let mut fewer = least.clone();
                remove_part(&mut fewer[at], part);
                match self.dies_at(&fewer, records, &mut attempts)? {
                    Some(fewer) => least = fewer,
                    None => part += 1,
                }
            }
        }
        Ok((least, true))
    }

    /// Sends commands until the server dies, starts it again, and returns the commands up to that point.
    fn dies_at(
        &mut self,
        commands: &[Command],
        records: &Records,
        attempts: &mut Attempts,
    ) -> Result<Option<Vec<Command>>, String> {
        if attempts.restarts == MAX_RESTARTS {
            return Ok(None);
        }
        attempts.made += 1;
        let records = records.repeated(attempts.made);
        for (i, command) in commands.iter().enumerate() {
            match self.send(&records, command) {
                Ok(Sent::Response(_)) | Err(Failure::NoResponse(_)) => {}
                Ok(Sent::Died(_)) => {
                    attempts.restarts += 1;
                    self.target.restart()?;
                    // The real server keeps the definitions of indexes on its disk.
                    self.remove(&records, commands);
                    return Ok(Some(commands[..=i].to_vec()));
                }
                Err(failure) => return Err(failure.to_string()),
            }
        }
        self.remove(&records, commands);
        Ok(None)
    }

    /// Removes the records and indexes of commands, as far as the server responds.
    fn remove(&mut self, records: &Records, commands: &[Command]) {
        for command in Command::clean_up(commands) {
            let _ = self.target.execute(records, &command);
        }
    }
}

/// The outcome of sending a command to a server that can be reached.
enum Sent {
    Response(Response),
    Died(String),
}

/// The attempts to reduce a sequence.
struct Attempts {
    made: usize,
    restarts: usize,
}

/// The number of operations or rows of a command.
pub(super) fn parts(command: &Command) -> usize {
    match &command.action {
        Action::Operate(operations) => operations.len(),
        Action::Batch(rows) => rows.len(),
        _ => 0,
    }
}

/// Removes an operation or row of a command.
pub(super) fn remove_part(command: &mut Command, part: usize) {
    match &mut command.action {
        Action::Operate(operations) => drop(operations.remove(part)),
        Action::Batch(rows) => drop(rows.remove(part)),
        _ => {}
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoResponse(why) => write!(f, "no answer ({why})"),
            Self::Crashed => f.write_str("the server died, and was started again"),
            Self::Dead { crash, why } => write!(f, "the server cannot be started again ({why}); {crash}"),
            Self::Network(why) => write!(f, "the network failed: {why}"),
            Self::File(why) => write!(f, "a crash cannot be kept: {why}"),
        }
    }
}
