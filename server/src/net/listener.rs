//! A node's listening socket.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::Shared;
use super::serve::{Ends, serve};
use super::task::Workers;

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

/// Binds a socket. Clients can connect at once; their connections wait in the backlog until they are accepted.
pub(crate) fn bind(address: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // On Windows this option would let two servers listen on one address.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Accepts connections to a node until the sender of `stopped` is dropped. Then closes the socket and all its connections.
pub(super) async fn accept(shared: Arc<Shared>, node: usize, listener: TcpListener, stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    let mut stopped = pin!(stopped);
    loop {
        // Not `tokio::select!`: it needs procedural macros, which take as long to compile as the rest of tokio.
        let accepted = poll_fn(|cx| {
            if stopped.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            while let Poll::Ready(Some(_)) = connections.poll_join_next(cx) {}
            listener.poll_accept(cx).map(Some)
        });
        match accepted.await {
            None => break,
            Some(Ok((stream, peer))) => {
                connections.spawn(serve_socket(Arc::clone(&shared), node, stream, peer));
            }
            Some(Err(error)) => {
                // Mostly out of descriptors: another connection has to end first.
                tracing::warn!(%error, node, "cannot accept");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// Serves a socket until either side ends the connection.
async fn serve_socket(shared: Arc<Shared>, node: usize, stream: TcpStream, peer: SocketAddr) {
    // This fails if the peer is already gone. The connection then ends with its first read.
    let _ = stream.set_nodelay(true);
    let ends = Ends {
        local: stream.local_addr().ok(),
        peer: Some(peer),
        is_local: peer.ip().to_canonical().is_loopback(),
        workers: Workers::Threads,
    };
    serve(shared, node, stream, ends, |stream| {
        // A socket that does not linger is reset when it is closed.
        let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
    })
    .await;
}
