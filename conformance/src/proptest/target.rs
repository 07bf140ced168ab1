//! Targets: what sequences of commands are run against.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use bytes::BytesMut;
use spikelet::Now;
use spikelet::Server;
use spikelet::unstable::{self, Config, Flow, State};
use spikelet_client::Key;
use spikelet_wire::FrameHeader;

use super::command::Command;
use super::response::Answer;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Where the clock of an state stands at first.
const START: Now = Now(500_000_000_000);

/// Something that answers commands. [`Server`], [`Address`] and [`Embedded`] do; so may anything that stands before one.
pub trait Target {
    /// What it is called in reports.
    fn name(&self) -> String;

    /// Has a command carried out on the record of a key.
    ///
    /// # Errors
    /// When there is no answer: the server cannot be reached, or answers what is no message.
    fn ask(&mut self, key: &Key, command: &Command) -> io::Result<Answer>;
}

/// A server that runs already, anywhere.
#[derive(Debug)]
pub struct Address {
    address: String,
    stream: Option<TcpStream>,
}

/// A server of ours without sockets, in this process. Its clock stands still until it is moved.
#[derive(Debug)]
pub struct Embedded {
    state: State,
    now: Now,
}

impl Address {
    /// A server by `HOST:PORT`. It is connected to with the first command.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            stream: None,
        }
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let unknown = || io::Error::new(io::ErrorKind::NotFound, format!("{} has no address", self.address));
        let addr = self.address.to_socket_addrs()?.next().ok_or_else(unknown)?;
        let stream = TcpStream::connect_timeout(&addr, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    }
}

impl Target for Address {
    fn name(&self) -> String {
        self.address.clone()
    }

    fn ask(&mut self, key: &Key, command: &Command) -> io::Result<Answer> {
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
        Answer::decode(&frame)
    }
}

impl Target for Server {
    fn name(&self) -> String {
        "embedded".to_owned()
    }

    fn ask(&mut self, key: &Key, command: &Command) -> io::Result<Answer> {
        handle(unstable::state(self), self.now(), key, command)
    }
}

impl Embedded {
    /// A server that holds nothing yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            state: State::new(config),
            now: START,
        }
    }

    /// The time, as the server knows it.
    #[must_use]
    pub const fn now(&self) -> Now {
        self.now
    }

    /// Lets time pass.
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

    fn ask(&mut self, key: &Key, command: &Command) -> io::Result<Answer> {
        handle(&self.state, self.now, key, command)
    }
}

fn handle(state: &State, now: Now, key: &Key, command: &Command) -> io::Result<Answer> {
    let request = command.encode(key);
    let (head, body) = request.split_first_chunk().ok_or(io::ErrorKind::InvalidInput)?;
    let mut session = state.connect(0, None);
    let mut out = BytesMut::new();
    let flow = unstable::handle(state, now, &mut session, FrameHeader::decode(*head), body, &mut out);
    state.disconnect(session);
    match flow {
        Flow::Continue => Answer::decode(&out),
        flow => Err(io::Error::other(format!("the command ends the connection: {flow:?}"))),
    }
}

impl<T: Target + ?Sized> Target for Box<T> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn ask(&mut self, key: &Key, command: &Command) -> io::Result<Answer> {
        (**self).ask(key, command)
    }
}

impl fmt::Display for dyn Target + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
