//! The byte stream under a connection: TCP, or the stream of a custom connector.

use std::fmt;
use std::future::Future;
use std::io::{self, Read as _};
#[cfg(feature = "tls")]
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::host::Host;

/// A custom way to connect: turns the address of a node, `host:port`, into a stream.
#[derive(Clone)]
pub(crate) struct Connector(Arc<dyn Fn(String) -> Connecting + Send + Sync>);

type Connecting = Pin<Box<dyn Future<Output = io::Result<Box<dyn Duplex>>> + Send>>;

/// A bidirectional byte stream.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Duplex for S {}

/// The stream under a connection. TCP is not boxed: it is the common case.
pub(crate) enum Transport {
    Tcp(TcpStream),
    Other(Box<dyn Duplex>),
    /// Over one of the others.
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::client::TlsStream<Self>>),
}

/// The receiving half of a transport.
pub(crate) enum Reader {
    Tcp(OwnedReadHalf),
    Other(ReadHalf<Box<dyn Duplex>>),
}

/// The sending half of a transport.
pub(crate) enum Writer {
    Tcp(OwnedWriteHalf),
    Other(WriteHalf<Box<dyn Duplex>>),
}

impl Connector {
    pub(crate) fn new<F, S>(connect: impl Fn(String) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        Self(Arc::new(move |address| {
            let connecting = connect(address);
            Box::pin(async move { Ok(Box::new(connecting.await?) as Box<dyn Duplex>) })
        }))
    }
}

impl Transport {
    /// Connects to a node, over TCP unless there is a connector.
    pub(crate) async fn open(host: &Host, connector: Option<&Connector>) -> io::Result<Self> {
        match connector {
            None => {
                let stream = TcpStream::connect((host.name.as_str(), host.port)).await?;
                stream.set_nodelay(true)?;
                Ok(Self::Tcp(stream))
            }
            Some(Connector(connect)) => Ok(Self::Other(connect(host.to_string()).await?)),
        }
    }

    /// Whether the stream is open and has no bytes to read.
    ///
    /// It reads from the socket directly: the runtime may not know yet that the server closed the connection.
    pub(crate) fn is_quiet(&mut self) -> bool {
        match self {
            Self::Tcp(stream) => {
                let socket = socket2::SockRef::from(&*stream);
                let read = (&*socket).read(&mut [0]);
                matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
            }
            Self::Other(stream) => {
                let (mut byte, mut context) = ([0], Context::from_waker(Waker::noop()));
                Pin::new(stream)
                    .poll_read(&mut context, &mut ReadBuf::new(&mut byte))
                    .is_pending()
            }
            #[cfg(feature = "tls")]
            Self::Tls(stream) => {
                // The runtime may not know yet that the socket was closed. A peek leaves the bytes to TLS, which may be told
                // something by the server between two replies.
                if let Self::Tcp(socket) = stream.get_ref().0 {
                    let peeked = socket2::SockRef::from(socket).peek(&mut [MaybeUninit::uninit()]);
                    match peeked {
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        Ok(n) if n > 0 => {}
                        _ => return false,
                    }
                }
                let (mut byte, mut context) = ([0], Context::from_waker(Waker::noop()));
                Pin::new(stream)
                    .poll_read(&mut context, &mut ReadBuf::new(&mut byte))
                    .is_pending()
            }
        }
    }

    /// Whether the runtime in which the stream was opened still watches it.
    ///
    /// For a custom stream this is not known; one that depends on its runtime fails when it [is read](Self::is_quiet).
    pub(crate) fn has_runtime(&self) -> bool {
        match self {
            Self::Tcp(stream) => {
                let ready = stream.poll_read_ready(&mut Context::from_waker(Waker::noop()));
                !matches!(ready, Poll::Ready(Err(_)))
            }
            Self::Other(_) => true,
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.get_ref().0.has_runtime(),
        }
    }

    pub(crate) fn into_split(self) -> (Reader, Writer) {
        match self {
            Self::Tcp(stream) => {
                let (reader, writer) = stream.into_split();
                (Reader::Tcp(reader), Writer::Tcp(writer))
            }
            Self::Other(stream) => split(stream),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => split(stream),
        }
    }
}

fn split(stream: Box<dyn Duplex>) -> (Reader, Writer) {
    let (reader, writer) = tokio::io::split(stream);
    (Reader::Other(reader), Writer::Other(writer))
}

macro_rules! read {
    ($($name:ident $(with $tls:ident)?),*) => {
        $(impl AsyncRead for $name {
            fn poll_read(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                buffer: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
                    Self::Other(stream) => Pin::new(stream).poll_read(context, buffer),
                    $(#[cfg(feature = "tls")] Self::$tls(stream) => Pin::new(stream).poll_read(context, buffer),)?
                }
            }
        })*
    };
}

macro_rules! write {
    ($($name:ident $(with $tls:ident)?),*) => {
        $(impl AsyncWrite for $name {
            fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
                match self.get_mut() {
                    Self::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
                    Self::Other(stream) => Pin::new(stream).poll_write(context, bytes),
                    $(#[cfg(feature = "tls")] Self::$tls(stream) => Pin::new(stream).poll_write(context, bytes),)?
                }
            }

            fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    Self::Tcp(stream) => Pin::new(stream).poll_flush(context),
                    Self::Other(stream) => Pin::new(stream).poll_flush(context),
                    $(#[cfg(feature = "tls")] Self::$tls(stream) => Pin::new(stream).poll_flush(context),)?
                }
            }

            fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
                    Self::Other(stream) => Pin::new(stream).poll_shutdown(context),
                    $(#[cfg(feature = "tls")] Self::$tls(stream) => Pin::new(stream).poll_shutdown(context),)?
                }
            }
        })*
    };
}

read!(Transport with Tls, Reader);
write!(Transport with Tls, Writer);

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

macro_rules! debug {
    ($($name:ident $(with $tls:ident)?),*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::Tcp(stream) => stream.fmt(f),
                    Self::Other(_) => f.write_str("Other"),
                    $(#[cfg(feature = "tls")] Self::$tls(_) => f.write_str("Tls"),)?
                }
            }
        })*
    };
}

debug!(Transport with Tls, Reader, Writer);
