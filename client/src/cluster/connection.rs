//! One connection to a node: sends and receives frames.

use std::fmt;
use std::future::Future;
use std::io;
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use spikelet_wire::frame::MAX_BODY;
use spikelet_wire::{DecodeError, FrameHeader, FrameType, ResultCode, frame};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::host::Host;
use super::tls::Tls;
use super::transport::{Connector, Reader, Transport, Writer};

/// How many bytes are reserved at once. A frame's announced size is not trusted for more.
const READ_CHUNK: usize = 16 * 1024;

/// A connection to a node.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: Transport,
    /// Bytes received and not consumed yet.
    received: BytesMut,
}

/// The receiving half of a connection.
#[derive(Debug)]
pub(crate) struct FrameReader {
    stream: Reader,
    received: BytesMut,
}

/// Why a frame could not be sent or received.
#[derive(Debug)]
pub(crate) enum ConnectionError {
    Io(io::Error),
    Protocol(DecodeError),
    /// Nothing was received for the socket timeout.
    Timeout,
    /// The node refused the login.
    Refused(ResultCode),
}

/// How the reply to a request is received.
pub(crate) trait Receive: Send {
    /// What the reply becomes.
    type Reply: Send;

    /// Receives the whole reply, so that the connection can be used again.
    fn receive(self, connection: &mut Connection) -> impl Future<Output = Result<Self::Reply, ConnectionError>> + Send;
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Protocol(error) => error.fmt(f),
            Self::Timeout => f.write_str("no reply in time"),
            Self::Refused(code) => write!(f, "the login was refused: {code}"),
        }
    }
}

impl From<io::Error> for ConnectionError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<DecodeError> for ConnectionError {
    fn from(error: DecodeError) -> Self {
        Self::Protocol(error)
    }
}

impl Connection {
    /// Connects to a node. With TLS, the certificate of the server must have this name.
    pub(crate) async fn open(
        host: &Host,
        connector: Option<&Connector>,
        tls: Option<(&Tls, &str)>,
    ) -> io::Result<Self> {
        let stream = Transport::open(host, connector).await?;
        Ok(Self {
            stream: match tls {
                None => stream,
                Some((tls, name)) => tls.connect(stream, name).await?,
            },
            received: BytesMut::new(),
        })
    }

    /// Whether the connection is open and no unexpected bytes have arrived on it.
    pub(crate) fn is_quiet(&mut self) -> bool {
        self.received.is_empty() && self.stream.is_quiet()
    }

    /// Whether the connection can be used in its own runtime, which may be another one: that runtime has not ended, and the
    /// connection is [quiet](Self::is_quiet).
    pub(crate) fn is_usable(&mut self) -> bool {
        self.stream.has_runtime() && self.is_quiet()
    }

    /// Sends a frame. `sent` becomes true once the transport has taken its last byte.
    pub(crate) async fn send(&mut self, frame: &[u8], sent: &mut bool) -> io::Result<()> {
        self.stream.write_all(frame).await?;
        *sent = true;
        // TLS may keep the last bytes until then.
        self.stream.flush().await
    }

    /// Receives the body of the next frame, which must be of the expected type.
    pub(crate) async fn receive(
        &mut self,
        expected: FrameType,
        socket_timeout: Duration,
    ) -> Result<Bytes, ConnectionError> {
        receive(&mut self.stream, &mut self.received, expected, socket_timeout).await
    }

    /// Splits the connection into a receiving and a sending half.
    pub(crate) fn into_split(self) -> (FrameReader, Writer) {
        let (stream, writer) = self.stream.into_split();
        let received = self.received;
        (FrameReader { stream, received }, writer)
    }
}

impl FrameReader {
    /// Receives the body of the next frame, which must be of the expected type.
    pub(crate) async fn receive(
        &mut self,
        expected: FrameType,
        socket_timeout: Duration,
    ) -> Result<Bytes, ConnectionError> {
        receive(&mut self.stream, &mut self.received, expected, socket_timeout).await
    }
}

async fn receive(
    stream: &mut (impl AsyncRead + Unpin),
    received: &mut BytesMut,
    expected: FrameType,
    socket_timeout: Duration,
) -> Result<Bytes, ConnectionError> {
    fill(stream, received, FrameHeader::SIZE, socket_timeout).await?;
    let mut header = [0; FrameHeader::SIZE];
    received.copy_to_slice(&mut header);
    let header = FrameHeader::decode(header);
    let is_compressed = expected == FrameType::MESSAGE && header.frame_type == FrameType::COMPRESSED;
    if header.version != FrameHeader::VERSION || (header.frame_type != expected && !is_compressed) {
        return Err(DecodeError::new("a frame of another version or type than expected", 0).into());
    }
    if header.size > MAX_BODY {
        return Err(DecodeError::new("a frame over the limit", 2).into());
    }
    let size = header.size as usize;
    fill(stream, received, size, socket_timeout).await?;
    let body = received.split_to(size).freeze();
    match is_compressed {
        true => Ok(message_in(&body)?),
        false => Ok(body),
    }
}

/// The body of the message in the body of a compressed frame.
fn message_in(body: &[u8]) -> Result<Bytes, DecodeError> {
    let mut inner = Bytes::from(frame::decompress(body)?);
    let message = inner.split_off(FrameHeader::SIZE.min(inner.len()));
    let header = inner.first_chunk().map(|header| FrameHeader::decode(*header));
    match header == Some(FrameHeader::new(FrameType::MESSAGE, message.len())) {
        true => Ok(message),
        false => Err(DecodeError::new("a compressed frame that holds no message", 0)),
    }
}

/// Reads until `n` bytes are buffered.
async fn fill(
    stream: &mut (impl AsyncRead + Unpin),
    received: &mut BytesMut,
    n: usize,
    socket_timeout: Duration,
) -> Result<(), ConnectionError> {
    while received.len() < n {
        let missing = n - received.len();
        received.reserve(missing.min(READ_CHUNK));
        let read = with_timeout(socket_timeout, stream.read_buf(received)).await?;
        if read? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
    }
    Ok(())
}

async fn with_timeout<T>(limit: Duration, future: impl Future<Output = T>) -> Result<T, ConnectionError> {
    match limit.is_zero() {
        true => Ok(future.await),
        false => timeout(limit, future).await.map_err(|_| ConnectionError::Timeout),
    }
}
