//! Sending a recorded request, and receiving what a server answers.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use spikelet_wire::FrameHeader;

use super::case::{Expected, Kind, Step};
use super::response::{Answer, ends};
use crate::clock;

/// How long a server that is expected to answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a server that is expected not to answer is waited for: as long as the recorder waited.
const SILENCE: Duration = Duration::from_millis(700);

/// A way to a server: the steps of a case share its connection, until a step breaks it.
#[derive(Debug)]
pub(super) struct Exchange {
    addr: SocketAddr,
    connection: Option<TcpStream>,
}

impl Exchange {
    pub(super) const fn new(addr: SocketAddr) -> Self {
        Self { addr, connection: None }
    }

    /// Asks what a step asks, and gives what was answered.
    ///
    /// An error is one of the way to the server: what the server itself does is an answer, whatever it is.
    pub(super) fn ask(&mut self, step: &Step) -> io::Result<Answer> {
        let patience = if step.expected == Expected::Silent {
            SILENCE
        } else {
            PATIENCE
        };
        // A request that may break its connection has one of its own.
        let alone = step.kind == Kind::Raw || matches!(step.expected, Expected::Closed | Expected::Silent);
        let kept = if alone { None } else { self.connection.take() };
        let mut stream = match kept {
            Some(stream) => stream,
            None => connect(self.addr)?,
        };
        stream.set_read_timeout(Some(patience))?;
        match exchange(&mut stream, step) {
            Ok(frames) => {
                if !alone {
                    self.connection = Some(stream);
                }
                Ok(Answer::new(frames, step.kind, clock::now()))
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => Ok(Answer::Silent),
                ErrorKind::UnexpectedEof
                | ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe => Ok(Answer::Closed),
                _ => Err(error),
            },
        }
    }
}

fn connect(addr: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&addr, PATIENCE)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn exchange(stream: &mut TcpStream, step: &Step) -> io::Result<Vec<Vec<u8>>> {
    stream.write_all(&step.request)?;
    let mut frames = vec![read_frame(stream)?];
    while frames.last().is_some_and(|last| !ends(last, step.kind)) {
        frames.push(read_frame(stream)?);
    }
    Ok(frames)
}

/// Reads one frame, its header included.
fn read_frame(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; FrameHeader::SIZE];
    stream.read_exact(&mut frame)?;
    let header = frame.first_chunk().map(|bytes| FrameHeader::decode(*bytes));
    let size = header.map_or(0, |header| header.size);
    // An announced size is not to be trusted with an allocation.
    let read = stream.take(size).read_to_end(&mut frame)?;
    match read as u64 == size {
        true => Ok(frame),
        false => Err(ErrorKind::UnexpectedEof.into()),
    }
}
