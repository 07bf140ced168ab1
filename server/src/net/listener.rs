//! A node's listening socket.

use std::net::SocketAddr;
use std::sync::Arc;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::connection::Connection;
use super::{Shared, fault};
use crate::command::{Controls, Engine, Session};

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
                    connections.spawn(serve(Arc::clone(&shared), node, stream, peer));
                }
                Err(error) => {
                    // Out of descriptors, mostly: it takes a connection to end before the next can be accepted.
                    tracing::warn!(%error, node, "cannot accept");
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                }
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// Serves a connection until either side ends it.
async fn serve(shared: Arc<Shared>, node: usize, stream: TcpStream, peer: SocketAddr) {
    // A connection whose peer is already gone cannot be configured; it ends with its first read.
    let _ = stream.set_nodelay(true);
    let local = stream.local_addr().ok();
    tracing::debug!(%peer, node, "connected");
    let Some(stream) = fault::admit(&shared, node, stream).await else {
        return;
    };
    let mut open = Open {
        session: shared.engine.connect(node, local),
        engine: &shared.engine,
    };
    open.session.peer = Some(peer);
    if shared.controls && peer.ip().to_canonical().is_loopback() {
        open.session.controls = Some(Arc::clone(&shared) as Arc<dyn Controls>);
    }
    let connection = Connection {
        shared: &shared,
        session: &mut open.session,
        stream,
        is_judged: false,
        pending: None,
        struck_by: None,
    };
    match connection.serve().await {
        Ok(()) => tracing::debug!(%peer, node, "closed"),
        Err(error) => tracing::debug!(%peer, node, %error, "broken"),
    }
}

/// A session that ends with its connection, also where that is cut.
struct Open<'e> {
    session: Session,
    engine: &'e Engine,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.engine.disconnect(std::mem::take(&mut self.session));
    }
}
