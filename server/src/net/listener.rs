//! A node's listening socket.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::Shared;
use super::serve::{Ends, serve};

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

/// A socket that clients can connect to at once, though nobody accepts yet.
pub(crate) fn bind(address: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // On Windows it would let two servers listen at one address.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Accepts connections to a node until the other side of `stopped` is dropped; then closes the socket and cuts them all.
pub(super) async fn accept(
    shared: Arc<Shared>,
    node: usize,
    listener: TcpListener,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(serve_socket(Arc::clone(&shared), node, stream, peer));
                }
                Err(error) => {
                    // Out of descriptors, mostly: it takes a connection to end before the next can be accepted.
                    tracing::warn!(%error, node, "cannot accept");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// Serves a socket until either side ends the connection.
async fn serve_socket(shared: Arc<Shared>, node: usize, stream: TcpStream, peer: SocketAddr) {
    // A connection whose peer is already gone cannot be configured; it ends with its first read.
    let _ = stream.set_nodelay(true);
    let ends = Ends {
        local: stream.local_addr().ok(),
        peer: Some(peer),
        is_local: peer.ip().to_canonical().is_loopback(),
    };
    serve(shared, node, stream, ends, |stream| {
        // Closing a socket that waits for nothing resets it.
        let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
    })
    .await;
}
