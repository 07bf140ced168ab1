//! Connections without sockets. Each is served by the runtime of whoever makes it: where time is paused there, it is paused
//! for all that happens on the connection.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, duplex};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::Shared;
use super::serve::{Ends, serve};

/// How much a pipe holds each way before who writes has to wait, in bytes.
const CAPACITY: usize = 64 * 1024;

/// The connections without sockets, each with the node that it is to.
#[derive(Debug, Default)]
pub(crate) struct Pipes(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    served: Vec<(usize, AbortHandle)>,
    is_closed: bool,
}

impl Pipes {
    /// Cuts the connections to a node.
    pub(super) fn cut(&self, node: usize) {
        let mut state = self.state();
        let cut = state.served.extract_if(.., |(to, _)| *to == node);
        cut.for_each(|(_, task)| task.abort());
    }

    /// Cuts all connections, and refuses others.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.served.drain(..).for_each(|(_, task)| task.abort());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
/// As [`serve_stream`]; it is refused too where there is no such node.
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

/// Has a stream be served as a connection to a node, by a task of the runtime in which this is called.
///
/// # Errors
/// The connection is refused where the node is down or there is none; any other error means that there is no runtime.
pub(crate) fn serve_stream<S>(shared: &Arc<Shared>, node: usize, stream: S) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let runtime = Handle::try_current().map_err(io::Error::other)?;
    let mut state = shared.nodes.pipes.state();
    let is_up = shared.state.cluster().node(node).is_some_and(|node| node.is_up());
    if state.is_closed || !is_up {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    // Who is in this process is on this machine.
    let ends = Ends {
        is_local: true,
        ..Ends::default()
    };
    // A pipe has nothing to reset: it is closed.
    let task = runtime.spawn(serve(Arc::clone(shared), node, stream, ends, |_| {}));
    state.served.retain(|(_, task)| !task.is_finished());
    state.served.push((node, task.abort_handle()));
    Ok(())
}
