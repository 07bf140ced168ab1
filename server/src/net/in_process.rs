//! Connections without sockets.
//!
//! The runtime of the caller serves each of them. Where its time is paused, it is paused for everything that happens on the
//! connection.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, duplex};
use tokio::runtime::Handle;

use super::Shared;
use super::serve::{Ends, serve};

/// How many bytes a pipe holds each way before a writer has to wait.
const CAPACITY: usize = 64 * 1024;

/// Opens a connection to a node, by its position in the cluster.
///
/// # Errors
/// As [`serve_stream`].
pub(crate) fn connect(shared: &Arc<Shared>, node: usize) -> io::Result<DuplexStream> {
    let (ours, theirs) = duplex(CAPACITY);
    serve_stream(shared, node, theirs)?;
    Ok(ours)
}

/// Opens a connection to the node that clients reach at an address.
///
/// # Errors
/// As [`serve_stream`]. The connection is also refused if no node has the address.
pub(crate) fn connect_to(shared: &Arc<Shared>, address: &str) -> io::Result<DuplexStream> {
    let node = address.parse().ok().and_then(|address| {
        let cluster = shared.state.cluster();
        cluster
            .nodes()
            .iter()
            .position(|node| [Some(node.address), node.advertised, node.alternate].contains(&Some(address)))
    });
    node.map_or_else(
        || Err(io::ErrorKind::ConnectionRefused.into()),
        |node| connect(shared, node),
    )
}

/// Serves a stream as a connection to a node, in a task of the current runtime.
///
/// # Errors
/// The connection is refused if the node is down or does not exist. Any other error means that there is no runtime.
pub(crate) fn serve_stream<S>(shared: &Arc<Shared>, node: usize, stream: S) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let runtime = Handle::try_current().map_err(io::Error::other)?;
    let mut open = shared.nodes.pipes.lock();
    let is_up = shared.state.cluster().node(node).is_some_and(|node| node.is_up());
    if open.is_closed || !is_up {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    // A peer in this process is on this machine.
    let ends = Ends {
        is_local: true,
        ..Ends::default()
    };
    // A pipe cannot be reset: it is closed.
    let task = runtime.spawn(serve(Arc::clone(shared), node, stream, ends, |_| {}));
    open.served.retain(|(_, task)| !task.is_finished());
    open.served.push((node, task.abort_handle()));
    Ok(())
}
