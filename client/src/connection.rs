//! One connection to a node: frames out, frames in.

use std::fmt;
use std::future::Future;
use std::io;
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use spikelet_wire::frame::{self, MAX_BODY};
use spikelet_wire::{DecodeError, FrameHeader, FrameType, info};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::cluster::{Host, Receive as _};
use crate::response::InfoText;
use crate::retry::{Failure, FailureCause};
use crate::transport::{Connector, Reader, Transport, Writer};

/// How much is made room for at once; a frame's announced size is never trusted for more.
const READ_CHUNK: usize = 16 * 1024;

#[derive(Debug)]
pub(crate) struct Connection {
    stream: Transport,
    received: BytesMut,
}

/// The half of a connection that receives.
#[derive(Debug)]
pub(crate) struct FrameReader {
    stream: Reader,
    received: BytesMut,
}

/// Why no frame came.
#[derive(Debug)]
pub(crate) enum Broken {
    Io(io::Error),
    Protocol(DecodeError),
    /// Nothing was received for the socket timeout.
    Silent,
}

impl Broken {
    /// As the failure of an attempt whose request was sent.
    pub(crate) fn into_failure(self) -> Failure {
        let cause = match self {
            Self::Io(error) => FailureCause::Io(error),
            Self::Protocol(error) => FailureCause::Protocol(error),
            Self::Silent => FailureCause::Timeout,
        };
        Failure { cause, sent: true }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Protocol(error) => error.fmt(f),
            Self::Silent => f.write_str("no answer in time"),
        }
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<DecodeError> for Broken {
    fn from(error: DecodeError) -> Self {
        Self::Protocol(error)
    }
}

impl Connection {
    pub(crate) async fn open(host: &Host, connector: Option<&Connector>) -> io::Result<Self> {
        Ok(Self {
            stream: Transport::open(host, connector).await?,
            received: BytesMut::new(),
        })
    }

    /// Whether the connection is open and nothing unasked has arrived on it.
    pub(crate) fn is_quiet(&mut self) -> bool {
        self.received.is_empty() && self.stream.is_quiet()
    }

    /// Sends a frame; `sent` becomes true once the last byte of it was taken.
    pub(crate) async fn send(&mut self, frame: &[u8], sent: &mut bool) -> io::Result<()> {
        self.stream.write_all(frame).await?;
        *sent = true;
        Ok(())
    }

    /// Receives the body of the next frame, which must be of the type given.
    pub(crate) async fn receive(&mut self, expected: FrameType, socket_timeout: Duration) -> Result<Bytes, Broken> {
        receive(&mut self.stream, &mut self.received, expected, socket_timeout).await
    }

    /// A half that receives and one that sends, for a connection on which nothing was received yet.
    pub(crate) fn into_split(self) -> (FrameReader, Writer) {
        let (stream, writer) = self.stream.into_split();
        let received = self.received;
        (FrameReader { stream, received }, writer)
    }

    /// Asks for info values and gives the answer's text.
    pub(crate) async fn info(&mut self, names: &[&str], socket_timeout: Duration) -> Result<String, Broken> {
        self.send(&info_frame(names), &mut false).await?;
        InfoText { socket_timeout }.from(self).await
    }
}

impl FrameReader {
    /// Receives the body of the next frame, which must be of the type given.
    pub(crate) async fn receive(&mut self, expected: FrameType, socket_timeout: Duration) -> Result<Bytes, Broken> {
        receive(&mut self.stream, &mut self.received, expected, socket_timeout).await
    }
}

async fn receive(
    stream: &mut (impl AsyncRead + Unpin),
    received: &mut BytesMut,
    expected: FrameType,
    socket_timeout: Duration,
) -> Result<Bytes, Broken> {
    fill(stream, received, FrameHeader::SIZE, socket_timeout).await?;
    let mut header = [0; FrameHeader::SIZE];
    received.copy_to_slice(&mut header);
    let header = FrameHeader::decode(header);
    if header.version != FrameHeader::VERSION || header.frame_type != expected {
        return Err(DecodeError::new("a frame of another version or type than expected", 0).into());
    }
    if header.size > MAX_BODY {
        return Err(DecodeError::new("a frame over the limit", 2).into());
    }
    let size = header.size as usize;
    fill(stream, received, size, socket_timeout).await?;
    Ok(received.split_to(size).freeze())
}

/// Reads until there are `n` bytes.
async fn fill(
    stream: &mut (impl AsyncRead + Unpin),
    received: &mut BytesMut,
    n: usize,
    socket_timeout: Duration,
) -> Result<(), Broken> {
    while received.len() < n {
        let missing = n - received.len();
        received.reserve(missing.min(READ_CHUNK));
        let read = within(socket_timeout, stream.read_buf(received)).await?;
        if read? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
    }
    Ok(())
}

async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Result<T, Broken> {
    match limit.is_zero() {
        true => Ok(future.await),
        false => timeout(limit, future).await.map_err(|_| Broken::Silent),
    }
}

/// The frame that asks for info values.
pub(crate) fn info_frame(names: &[&str]) -> BytesMut {
    let mut frame = BytesMut::new();
    frame::write(&mut frame, FrameType::INFO, (names.join("\n") + "\n").as_bytes());
    frame
}

/// The value of a name in an info answer.
pub(crate) fn info_value<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    info::answers(answer).find(|(n, _)| *n == name).map(|(_, value)| value)
}
