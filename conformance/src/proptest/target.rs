//! The targets of a differential run.

use std::fmt;
use std::io;
use std::time::Duration;

use bytes::BytesMut;
use spikelet::unstable::{self, Config, Flow, State};
use spikelet::{Now, Server};
use spikelet_wire::FrameHeader;

use super::command::Command;
use super::records::Records;
use super::response::Response;

/// The initial time of an embedded server's clock.
const START: Now = Now(500_000_000_000);

/// A target that executes commands. It is implemented for [`Server`], [`Address`](super::Address),
/// [`Container`](super::Container) and [`Embedded`], and can be implemented for a wrapper around one of them.
pub trait Target {
    /// The name in reports.
    fn name(&self) -> String;

    /// Executes a command on the records of a sequence.
    ///
    /// # Errors
    /// If there is no response: the server cannot be reached, or its response is not a message.
    fn execute(&mut self, records: &Records, command: &Command) -> io::Result<Response>;

    /// Finds out why there was no response.
    ///
    /// By default, a server that refuses a connection is dead, and any other error is a behaviour of a server that is
    /// alive.
    fn health(&mut self, error: &io::Error) -> Health {
        Health::after(error)
    }

    /// Starts a server again that has died. It returns when the server serves.
    ///
    /// # Errors
    /// If it cannot be started. By default, it cannot.
    fn restart(&mut self) -> Result<(), String> {
        Err("there is no command to restart it".to_owned())
    }
}

/// The state of a server that did not respond to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It serves other connections: it closed this one, or did not respond in time.
    Alive,
    /// It refuses connections, or does not serve them.
    Dead,
    /// The network does not reach it.
    Unreachable,
}

impl Health {
    /// The state that an error indicates by itself.
    #[must_use]
    pub fn after(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Dead,
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::NotFound => Self::Unreachable,
            _ => Self::Alive,
        }
    }
}

/// An embedded server without sockets. Its clock stands still until it is advanced.
#[derive(Debug)]
pub struct Embedded {
    state: State,
    now: Now,
}

impl Target for Server {
    fn name(&self) -> String {
        "embedded".to_owned()
    }

    fn execute(&mut self, records: &Records, command: &Command) -> io::Result<Response> {
        handle(unstable::state(self), self.now(), records, command)
    }
}

impl Embedded {
    /// Creates a server without records.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            state: State::new(config),
            now: START,
        }
    }

    /// The current time of its clock.
    #[must_use]
    pub const fn now(&self) -> Now {
        self.now
    }

    /// Advances its clock.
    pub fn advance(&mut self, by: Duration) {
        self.now = Now(self.now.0.saturating_add(by.as_millis() as u64));
    }
}

impl Default for Embedded {
    fn default() -> Self {
        Self::new(Config::default())
    }
}

impl Target for Embedded {
    fn name(&self) -> String {
        "embedded".to_owned()
    }

    fn execute(&mut self, records: &Records, command: &Command) -> io::Result<Response> {
        handle(&self.state, self.now, records, command)
    }
}

fn handle(state: &State, now: Now, records: &Records, command: &Command) -> io::Result<Response> {
    let request = command.encode(records);
    let (head, body) = request.split_first_chunk().ok_or(io::ErrorKind::InvalidInput)?;
    let mut session = state.connect(0, None);
    let mut out = BytesMut::new();
    let flow = unstable::handle(state, now, &mut session, FrameHeader::decode(*head), body, &mut out);
    state.disconnect(session);
    match flow {
        Flow::Continue => {}
        // A query, a batch, an operation on a large value, or the build of an index.
        Flow::Task(task) | Flow::Background(task) => task.run(state, now, &mut out),
        flow => return Err(io::Error::other(format!("the command ends the connection: {flow:?}"))),
    }
    Response::decode(&out, command)
}

impl<T: Target + ?Sized> Target for Box<T> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn execute(&mut self, records: &Records, command: &Command) -> io::Result<Response> {
        (**self).execute(records, command)
    }

    fn health(&mut self, error: &io::Error) -> Health {
        (**self).health(error)
    }

    fn restart(&mut self) -> Result<(), String> {
        (**self).restart()
    }
}

impl fmt::Display for dyn Target + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
