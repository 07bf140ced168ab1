//! Running servers at an address.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::process::{Command as Process, Stdio};
use std::thread;
use std::time::Duration;

use bytes::BytesMut;
use spikelet_wire::{FrameHeader, FrameType, frame, info};

use super::command::{Action, Command};
use super::records::Records;
use super::response::Response;
use super::target::{Health, Target};
use crate::clock;

/// How long a server may take to respond, or to accept a connection.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a server may take to serve after it was restarted.
const RESTART_TIMEOUT: Duration = Duration::from_secs(60);
/// How often a restarted server is examined.
const RESTART_INTERVAL: Duration = Duration::from_millis(50);
/// How often an index that is being built is examined.
const INDEX_INTERVAL: Duration = Duration::from_millis(1);

/// A running server at any address.
#[derive(Debug)]
pub struct Address {
    address: String,
    stream: Option<TcpStream>,
    restart: Option<String>,
}

impl Address {
    /// A server at `HOST:PORT`. The first command opens the connection.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            stream: None,
            restart: None,
        }
    }

    /// Sets the shell command that starts the server again when it has died. The command has to return: it starts the
    /// server in the background.
    #[must_use]
    pub fn restarted_by(mut self, command: impl Into<String>) -> Self {
        self.restart = Some(command.into());
        self
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

    /// Whether the server answers a connection of its own that it serves.
    fn serves(&self) -> Health {
        let mut stream = match self.connect() {
            Ok(stream) => stream,
            Err(error) => {
                use io::ErrorKind::{ConnectionAborted, ConnectionReset, InvalidInput, NotConnected};
                return match (error.kind(), Health::after(&error)) {
                    // A connection that ended while it was opened: the server ends. Options of its socket are refused then.
                    (ConnectionAborted | ConnectionReset | InvalidInput | NotConnected, _) => Health::Dead,
                    // No other error says that a server was reached.
                    (_, Health::Alive) => Health::Unreachable,
                    (_, health) => health,
                };
            }
        };
        match status(&mut stream) {
            Ok(true) => Health::Alive,
            // A container's port may be open while nothing serves behind it.
            Ok(false) | Err(_) => Health::Dead,
        }
    }

    /// Waits until a server that was started again serves.
    pub(super) fn wait(&mut self) -> Result<(), String> {
        self.stream = None;
        let started = clock::start();
        while started.elapsed() < RESTART_TIMEOUT {
            if self.serves() == Health::Alive {
                return Ok(());
            }
            thread::sleep(RESTART_INTERVAL);
        }
        Err(format!(
            "it did not serve within {} seconds after the restart",
            RESTART_TIMEOUT.as_secs()
        ))
    }
}

impl Target for Address {
    fn name(&self) -> String {
        self.address.clone()
    }

    fn execute(&mut self, records: &Records, command: &Command) -> io::Result<Response> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.connect()?,
        };
        stream.write_all(&command.encode(records))?;
        let mut frames = Vec::new();
        loop {
            read_frame(&mut stream, &mut frames)?;
            if Response::is_complete(&frames, command)? {
                break;
            }
        }
        let response = Response::decode(&frames, command)?;
        if let Action::CreateIndex(number, _) = &command.action
            && response.text.eq_ignore_ascii_case("ok")
        {
            wait_for_index(&mut stream, records, *number)?;
        }
        self.stream = Some(stream);
        Ok(response)
    }

    fn health(&mut self, error: &io::Error) -> Health {
        match Health::after(error) {
            // The connection ended, or was silent: only another connection tells whether the server still serves.
            Health::Alive => self.serves(),
            health => health,
        }
    }

    fn restart(&mut self) -> Result<(), String> {
        let Some(command) = &self.restart else {
            return Err("there is no command to restart it".to_owned());
        };
        let run = Process::new("sh").arg("-c").arg(command).stdin(Stdio::null()).status();
        match run {
            Ok(status) if status.success() => self.wait(),
            Ok(status) => Err(format!("the restart command failed: {status}")),
            Err(error) => Err(format!("the restart command cannot be run: {error}")),
        }
    }
}

/// Appends the next frame.
fn read_frame(stream: &mut TcpStream, frames: &mut Vec<u8>) -> io::Result<()> {
    let mut head = [0; FrameHeader::SIZE];
    stream.read_exact(&mut head)?;
    frames.extend_from_slice(&head);
    let size = FrameHeader::decode(head).size;
    match stream.take(size).read_to_end(frames)? as u64 == size {
        true => Ok(()),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Whether the server answers that it is ready.
fn status(stream: &mut TcpStream) -> io::Result<bool> {
    Ok(info_value(stream, "status")? == "ok")
}

/// Waits until an index is built: it cannot be queried before.
fn wait_for_index(stream: &mut TcpStream, records: &Records, number: u8) -> io::Result<()> {
    let (namespace, index) = (records.namespace(), records.index(number));
    let started = clock::start();
    while started.elapsed() < RESPONSE_TIMEOUT {
        let text = info_value(stream, &format!("sindex-stat:namespace={namespace};indexname={index}"))?;
        if info::parameters(&text).any(|parameter| parameter == ("load_pct", "100")) {
            return Ok(());
        }
        thread::sleep(INDEX_INTERVAL);
    }
    let why = format!(
        "the index {index} was not built in {} seconds",
        RESPONSE_TIMEOUT.as_secs()
    );
    Err(io::Error::new(io::ErrorKind::TimedOut, why))
}

/// The reply to an info command.
fn info_value(stream: &mut TcpStream, command: &str) -> io::Result<String> {
    let mut request = BytesMut::new();
    frame::write(&mut request, FrameType::INFO, format!("{command}\n").as_bytes());
    stream.write_all(&request)?;
    let mut answer = Vec::new();
    read_frame(stream, &mut answer)?;
    let body = String::from_utf8_lossy(answer.get(FrameHeader::SIZE..).unwrap_or_default());
    let value = info::answers(&body)
        .find(|(name, _)| *name == command)
        .map(|(_, value)| value);
    Ok(value.unwrap_or_default().to_owned())
}
