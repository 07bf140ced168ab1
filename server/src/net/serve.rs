//! The life of a connection, over a socket or a pipe.

use std::net::SocketAddr;
use std::sync::Arc;

use spikelet_wire::certificate::CertificateNames;
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::Connection;
use super::task::Workers;
use super::{Shared, fault};
use crate::state::{Session, State};

/// The two ends of a connection.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// The address under which the peer reached the node; `None` without a socket.
    pub(super) local: Option<SocketAddr>,
    /// The address of the peer; `None` without a socket.
    pub(super) peer: Option<SocketAddr>,
    /// Whether the peer is on this machine. Only then it may use controls.
    pub(super) is_local: bool,
    pub(super) workers: Workers,
    /// The names in the peer's certificate, if it has one.
    pub(super) certificate: Option<Arc<CertificateNames>>,
}

/// Serves a connection until either side ends it. `reset` makes a connection that a fault closes end with a reset.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    shared: Arc<Shared>,
    node: usize,
    stream: S,
    ends: Ends,
    reset: impl FnOnce(&S),
) {
    if let Some(stream) = fault::admit(&shared, node, ends.peer, stream, reset).await {
        serve_admitted(shared, node, stream, ends).await;
    }
}

/// Serves a connection that no fault has refused.
pub(super) async fn serve_admitted<S: AsyncRead + AsyncWrite + Unpin>(
    shared: Arc<Shared>,
    node: usize,
    stream: S,
    ends: Ends,
) {
    let peer = ends.peer;
    tracing::debug!(?peer, node, "connected");
    let mut open = Open {
        session: shared.state.connect(node, ends.local),
        state: &shared.state,
    };
    open.session.peer = peer;
    open.session.certificate = ends.certificate;
    if ends.is_local {
        open.session.controls.clone_from(&shared.controls);
    }
    let connection = Connection {
        shared: &shared,
        session: &mut open.session,
        stream,
        pending: None,
        workers: ends.workers,
        is_evaluated: false,
        compression: None,
    };
    match connection.serve().await {
        Ok(()) => tracing::debug!(?peer, node, "closed"),
        Err(error) => tracing::debug!(?peer, node, %error, "broken"),
    }
}

/// A session that ends with its connection, even if the connection is cut.
struct Open<'e> {
    session: Session,
    state: &'e State,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.state.disconnect(std::mem::take(&mut self.session));
    }
}
