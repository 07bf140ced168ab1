//! Reaching a server without sockets.

use std::future::{Ready, ready};
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};

use super::Server;
use crate::net;

/// # In one process
///
/// A connection needs no socket. It is served by the tokio runtime in which it is opened, so a test that pauses tokio's time
/// pauses it for the server too: for what faults delay, for queries that are to be slow, for the client's timeouts. The
/// server's own [clock](Self::clock), by which records expire, is another one.
///
/// `spikelet-client` connects by `Client::builder(server.hosts()).connector(server.connector())`.
///
/// [`Builder::start_in_process`](crate::Builder::start_in_process) starts a server that has nothing else; one with sockets
/// can be reached like this as well.
impl Server {
    /// Opens a connection to the first node.
    ///
    /// # Errors
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) where the node is down; any other outside of a tokio runtime.
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
    /// As [`connect`](Self::connect); also where there is no such node.
    pub fn connect_to(&self, node: usize) -> io::Result<DuplexStream> {
        net::connect(self.shared_arc(), node)
    }

    /// What opens connections to the nodes by their addresses, `127.0.0.1:3000`: for `ClientBuilder::connector` of
    /// `spikelet-client`, or for what else takes streams. It outlives the server, and is refused everything then.
    pub fn connector(&self) -> impl Fn(String) -> Ready<io::Result<DuplexStream>> + Clone + Send + Sync + use<> {
        let shared = Arc::clone(self.shared_arc());
        move |address| ready(net::connect_to(&shared, &address))
    }

    /// Serves a stream as a connection to the first node: one that came over a simulated network, for example.
    ///
    /// It is served by a task of the runtime in which this is called, until either side ends it.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub fn serve<S>(&self, stream: S) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.serve_at(0, stream)
    }

    /// Serves a stream as a connection to a node, by its position in [`nodes`](Self::nodes).
    ///
    /// # Errors
    /// As [`connect_to`](Self::connect_to).
    pub fn serve_at<S>(&self, node: usize, stream: S) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        net::serve_stream(self.shared_arc(), node, stream)
    }
}
