//! Connections without sockets.
//!
//! The runtime of the caller serves each of them. Where its time is paused, it is paused for everything that happens on the
//! connection.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, duplex};
use tokio::runtime::Handle;

use super::serve::{Ends, serve};
use super::{Shared, tls};
use crate::cluster::Node;

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

/// Opens a connection to the node that clients reach at an address, with TLS on the server's side if it is a TLS address.
///
/// # Errors
/// As [`serve_stream`]. The connection is also refused if no node has the address.
pub(crate) fn connect_to(shared: &Arc<Shared>, address: &str) -> io::Result<DuplexStream> {
    let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
    let address = Some(address.parse().map_err(|_| refused())?);
    let cluster = shared.state.cluster();
    let position = |has: &dyn Fn(&Node) -> bool| cluster.nodes().iter().position(has);
    if let Some(node) = position(&|node| [Some(node.address), node.advertised, node.alternate].contains(&address)) {
        return connect(shared, node);
    }
    let has_tls = |node: &Node| [node.tls_address, node.tls_advertised, node.tls_alternate].contains(&address);
    let node = position(&has_tls).ok_or_else(refused)?;
    let (ours, theirs) = duplex(CAPACITY);
    serve_tls_stream(shared, node, theirs)?;
    Ok(ours)
}

/// Serves a stream as a connection with TLS to a node, in a task of the current runtime.
///
/// # Errors
/// Those of [`serve_stream`]. The connection is also refused if the server has no TLS.
fn serve_tls_stream<S>(shared: &Arc<Shared>, node: usize, stream: S) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Some(tls) = &shared.tls else {
        return Err(io::ErrorKind::ConnectionRefused.into());
    };
    let (tls, shared_too) = (Arc::clone(tls), Arc::clone(shared));
    spawn(shared, node, tls::serve(tls, shared_too, node, stream, ends(), |_| {}))
}

/// Serves a stream as a connection to a node, in a task of the current runtime.
///
/// # Errors
/// The connection is refused if the node is down or does not exist. Any other error means that there is no runtime.
pub(crate) fn serve_stream<S>(shared: &Arc<Shared>, node: usize, stream: S) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // A pipe cannot be reset: it is closed.
    spawn(shared, node, serve(Arc::clone(shared), node, stream, ends(), |_| {}))
}

/// A peer in this process is on this machine.
fn ends() -> Ends {
    Ends {
        is_local: true,
        ..Ends::default()
    }
}

/// Spawns the task that serves a connection to a node.
fn spawn(shared: &Shared, node: usize, serving: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    let runtime = Handle::try_current().map_err(io::Error::other)?;
    let mut open = shared.nodes.pipes.lock();
    let is_up = shared.state.cluster().node(node).is_some_and(|node| node.is_up());
    if open.is_closed || !is_up {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    let task = runtime.spawn(serving);
    open.served.retain(|(_, task)| !task.is_finished());
    open.served.push((node, task.abort_handle()));
    Ok(())
}
