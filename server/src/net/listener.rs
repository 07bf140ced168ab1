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

use super::serve::{Ends, serve};
use super::task::Workers;
use super::tls::Tls;
use super::{Shared, tls};

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

/// Accepts connections to a node, with TLS if there is any, until the sender of `stopped` is dropped. Then closes the socket and
/// all its connections.
pub(super) async fn accept(
    shared: Arc<Shared>,
    node: usize,
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    stopped: oneshot::Receiver<()>,
) {
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
                let (shared, ends) = (Arc::clone(&shared), ends(&stream, peer));
                match &tls {
                    None => connections.spawn(serve(shared, node, stream, ends, reset)),
                    Some(tls) => connections.spawn(tls::serve(Arc::clone(tls), shared, node, stream, ends, reset)),
                };
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

fn ends(stream: &TcpStream, peer: SocketAddr) -> Ends {
    // This fails if the peer is already gone. The connection then ends with its first read.
    let _ = stream.set_nodelay(true);
    Ends {
        local: stream.local_addr().ok(),
        peer: Some(peer),
        is_local: peer.ip().to_canonical().is_loopback(),
        workers: Workers::Threads,
        certificate: None,
    }
}

/// Makes a socket end with a reset: one that does not linger is reset when it is closed.
fn reset(stream: &TcpStream) {
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}
