//! A node's listening socket.

use std::net::SocketAddr;
use std::sync::Arc;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use super::connection::Connection;
use super::{Shared, fault};
use crate::command::Controls;

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

/// A socket that clients can connect to at once, though nobody accepts yet.
pub(super) fn bind(address: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // On Windows it would let two servers listen at one address.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Accepts connections to a node for as long as the runtime runs.
pub(super) async fn accept(shared: Arc<Shared>, node: usize, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // A connection whose peer is already gone cannot be configured; it ends with its first read.
                let _ = stream.set_nodelay(true);
                let local = stream.local_addr().ok();
                tracing::debug!(%peer, node, "connected");
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    let Some(stream) = fault::admit(&shared, node, stream).await else {
                        return;
                    };
                    let mut session = shared.engine.connect(node, local);
                    session.peer = Some(peer);
                    if shared.controls && peer.ip().to_canonical().is_loopback() {
                        session.controls = Some(Arc::clone(&shared) as Arc<dyn Controls>);
                    }
                    let connection = Connection {
                        shared: &shared,
                        session: &mut session,
                        stream,
                        is_judged: false,
                    };
                    match connection.serve().await {
                        Ok(()) => tracing::debug!(%peer, node, "closed"),
                        Err(error) => tracing::debug!(%peer, node, %error, "broken"),
                    }
                    shared.engine.disconnect(session);
                });
            }
            Err(error) => {
                // Out of descriptors, mostly: it takes a connection to end before the next can be accepted.
                tracing::warn!(%error, node, "cannot accept");
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        }
    }
}
