//! The connection for recorded requests.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use spikelet_wire::FrameHeader;

use super::case::{Expected, RequestKind, Step};
use super::response::{Response, is_last};
use crate::clock;

/// How long a server may take if a response is expected.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait if no response is expected: as long as the recorder waited.
const SILENCE_TIMEOUT: Duration = Duration::from_millis(700);

/// A connection to a server. It is reopened after a step that breaks it.
#[derive(Debug)]
pub(super) struct Connection {
    addr: SocketAddr,
    connection: Option<TcpStream>,
}

impl Connection {
    pub(super) const fn new(addr: SocketAddr) -> Self {
        Self { addr, connection: None }
    }

    /// Sends the request of a step and returns the response.
    ///
    /// An error means that the server could not be reached. Any behaviour of the server itself is a response.
    pub(super) fn send(&mut self, step: &Step) -> io::Result<Response> {
        let timeout = if step.expected == Expected::Silent {
            SILENCE_TIMEOUT
        } else {
            RESPONSE_TIMEOUT
        };
        // A request that may break its connection gets a separate one.
        let alone = step.kind == RequestKind::Raw || matches!(step.expected, Expected::Closed | Expected::Silent);
        let kept = if alone { None } else { self.connection.take() };
        let mut stream = match kept {
            Some(stream) => stream,
            None => connect(self.addr)?,
        };
        stream.set_read_timeout(Some(timeout))?;
        match send_and_receive(&mut stream, step) {
            Ok(frames) => {
                if !alone {
                    self.connection = Some(stream);
                }
                Ok(Response::new(frames, step.kind, clock::now()))
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => Ok(Response::Silent),
                ErrorKind::UnexpectedEof
                | ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe => Ok(Response::Closed),
                _ => Err(error),
            },
        }
    }
}

fn connect(addr: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&addr, RESPONSE_TIMEOUT)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn send_and_receive(stream: &mut TcpStream, step: &Step) -> io::Result<Vec<Vec<u8>>> {
    stream.write_all(&step.request)?;
    let mut frames = vec![read_frame(stream)?];
    while frames.last().is_some_and(|last| !is_last(last, step.kind)) {
        frames.push(read_frame(stream)?);
    }
    Ok(frames)
}

/// Reads one frame, including its header.
fn read_frame(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; FrameHeader::SIZE];
    stream.read_exact(&mut frame)?;
    let header = frame.first_chunk().map(|bytes| FrameHeader::decode(*bytes));
    let size = header.map_or(0, |header| header.size);
    // No memory is allocated from an announced size alone.
    let read = stream.take(size).read_to_end(&mut frame)?;
    match read as u64 == size {
        true => Ok(frame),
        false => Err(ErrorKind::UnexpectedEof.into()),
    }
}
