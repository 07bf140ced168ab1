//! Connections without sockets.

use std::future::{Ready, ready};
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};

use super::Server;
use crate::net;

/// # In-process connections
///
/// A connection needs no socket. It is served by the tokio runtime in which it is opened. A test that pauses tokio's time
/// therefore also pauses it for delays of faults, for slow queries and for timeouts of the client. Records expire by the
/// server's own [clock](Self::clock), which is independent of tokio's.
///
/// `spikelet-client` connects with `Client::builder(server.hosts()).connector(server.connector())`.
///
/// [`Builder::start_in_process`](crate::Builder::start_in_process) starts a server without sockets. A server with sockets
/// also accepts in-process connections.
impl Server {
    /// Opens a connection to the first node.
    ///
    /// # Errors
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if the node is down; another kind outside of a tokio runtime.
    ///
    /// ```
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///
    /// let server = spikelet::Server::builder().start_in_process()?;
    /// let mut connection = server.connect()?;
    /// connection.write_all(b"\x02\x01\x00\x00\x00\x00\x00\x05node\n").await?;
    /// let mut answer = [0; 16];
    /// connection.read_exact(&mut answer).await?;
    /// assert_eq!(&answer[8..], b"node\tA1\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn connect(&self) -> io::Result<DuplexStream> {
        self.connect_to(0)
    }

    /// Opens a connection to a node, by its position in [`nodes`](Self::nodes).
    ///
    /// # Errors
    /// Those of [`connect`](Self::connect), also if there is no such node.
    pub fn connect_to(&self, node: usize) -> io::Result<DuplexStream> {
        net::connect(self.shared_arc(), node)
    }

    /// Returns a function that opens a connection to a node by its address, such as `127.0.0.1:3000`. At a TLS address the server
    /// expects a TLS handshake, as on a socket. Pass it to
    /// `ClientBuilder::connector` of `spikelet-client`. It may outlive the server; its connections are refused then.
    pub fn connector(&self) -> impl Fn(String) -> Ready<io::Result<DuplexStream>> + Clone + Send + Sync + use<> {
        let shared = Arc::clone(self.shared_arc());
        move |address| ready(net::connect_to(&shared, &address))
    }

    /// Serves a stream as a connection to the first node, for example one from a simulated network.
    ///
    /// Spawns a task on the current runtime, which serves the stream until either end closes it.
    ///
    /// # Errors
    /// Those of [`connect`](Self::connect).
    pub fn serve<S>(&self, stream: S) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.serve_at(0, stream)
    }

    /// Serves a stream as a connection to a node, by its position in [`nodes`](Self::nodes).
    ///
    /// # Errors
    /// Those of [`connect_to`](Self::connect_to).
    pub fn serve_at<S>(&self, node: usize, stream: S) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        net::serve_stream(self.shared_arc(), node, stream)
    }
}
