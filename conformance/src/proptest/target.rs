//! The targets of a differential run.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use bytes::BytesMut;
use spikelet::unstable::{self, Config, Flow, State};
use spikelet::{Now, Server};
use spikelet_client::Key;
use spikelet_wire::FrameHeader;

use super::command::Command;
use super::response::Response;

/// How long a server may take to respond.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);
/// The initial time of an embedded server's clock.
const START: Now = Now(500_000_000_000);

/// A target that executes commands. It is implemented for [`Server`], [`Address`] and [`Embedded`], and can be
/// implemented for a wrapper around one of them.
pub trait Target {
    /// The name in reports.
    fn name(&self) -> String;

    /// Executes a command on the record with a key.
    ///
    /// # Errors
    /// If there is no response: the server cannot be reached, or its response is not a message.
    fn execute(&mut self, key: &Key, command: &Command) -> io::Result<Response>;
}

/// A running server at any address.
#[derive(Debug)]
pub struct Address {
    address: String,
    stream: Option<TcpStream>,
}

/// An embedded server without sockets. Its clock stands still until it is advanced.
#[derive(Debug)]
pub struct Embedded {
    state: State,
    now: Now,
}

impl Address {
    /// A server at `HOST:PORT`. The first command opens the connection.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            stream: None,
        }
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let unknown = || io::Error::new(io::ErrorKind::NotFound, format!("{} has no address", self.address));
        let addr = self.address.to_socket_addrs()?.next().ok_or_else(unknown)?;
        let stream = TcpStream::connect_timeout(&addr, RESPONSE_TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(RESPONSE_TIMEOUT))?;
        stream.set_write_timeout(Some(RESPONSE_TIMEOUT))?;
        Ok(stream)
    }
}

impl Target for Address {
    fn name(&self) -> String {
        self.address.clone()
    }

    fn execute(&mut self, key: &Key, command: &Command) -> io::Result<Response> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.connect()?,
        };
        stream.write_all(&command.encode(key))?;
        let mut frame = vec![0; FrameHeader::SIZE];
        stream.read_exact(&mut frame)?;
        let head = frame.first_chunk().copied().unwrap_or_default();
        let size = FrameHeader::decode(head).size;
        if (&stream).take(size).read_to_end(&mut frame)? as u64 != size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.stream = Some(stream);
        Response::decode(&frame)
    }
}

impl Target for Server {
    fn name(&self) -> String {
        "embedded".to_owned()
    }

    fn execute(&mut self, key: &Key, command: &Command) -> io::Result<Response> {
        handle(unstable::state(self), self.now(), key, command)
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

    fn execute(&mut self, key: &Key, command: &Command) -> io::Result<Response> {
        handle(&self.state, self.now, key, command)
    }
}

fn handle(state: &State, now: Now, key: &Key, command: &Command) -> io::Result<Response> {
    let request = command.encode(key);
    let (head, body) = request.split_first_chunk().ok_or(io::ErrorKind::InvalidInput)?;
    let mut session = state.connect(0, None);
    let mut out = BytesMut::new();
    let flow = unstable::handle(state, now, &mut session, FrameHeader::decode(*head), body, &mut out);
    state.disconnect(session);
    match flow {
        Flow::Continue => Response::decode(&out),
        // An operation on a large value.
        Flow::Task(task) => {
            task.run(state, now, &mut out);
            Response::decode(&out)
        }
        flow => Err(io::Error::other(format!("the command ends the connection: {flow:?}"))),
    }
}

impl<T: Target + ?Sized> Target for Box<T> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn execute(&mut self, key: &Key, command: &Command) -> io::Result<Response> {
        (**self).execute(key, command)
    }
}

impl fmt::Display for dyn Target + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
