//! The thread and the runtime of a server.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use super::nodes::Listeners;
use super::{Shared, listener, nsup, sockets};

/// The deepest expressions take 700 KiB of stack in a debug build. Stack that is not used costs no memory.
const STACK: usize = 2 * 1024 * 1024;

/// How many threads do the work of tasks at most. The runtime creates them when they are first needed.
const WORKERS: usize = 4;

/// Listening sockets whose connections are not accepted yet.
#[derive(Debug)]
pub(crate) struct Bound {
    listeners: Vec<Listeners>,
    /// The addresses of the sockets, in their order.
    pub(crate) addresses: Vec<Addresses>,
}

/// The addresses on which a node listens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) clear: SocketAddr,
    pub(crate) tls: Option<SocketAddr>,
}

impl Bound {
    /// Binds one socket for each node, and another one if there is TLS. The first gets the address, the others the ports after
    /// it, or free ports if the address has port 0.
    ///
    /// # Errors
    /// When an address is in use, or not an address of this machine. The error comes with the address.
    pub(crate) fn new(
        first: SocketAddr,
        first_tls: Option<SocketAddr>,
        nodes: usize,
    ) -> Result<Self, (SocketAddr, io::Error)> {
        let mut bound = Self {
            listeners: Vec::new(),
            addresses: Vec::new(),
        };
        for at in 0..nodes {
            let (clear, address) = bind(first, at)?;
            let (tls, tls_address) = first_tls.map(|first| bind(first, at)).transpose()?.unzip();
            bound.listeners.push(Listeners { clear, tls });
            bound.addresses.push(Addresses {
                clear: address,
                tls: tls_address,
            });
        }
        Ok(bound)
    }

    /// Serves the sockets, one for each node of the cluster, on a new thread.
    ///
    /// # Errors
    /// When the system has no threads or descriptors left.
    pub(crate) fn run(self, shared: Arc<Shared>) -> io::Result<Running> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .thread_name("spikelet-worker")
            .thread_stack_size(STACK)
            .max_blocking_threads(WORKERS)
            .build()?;
        for (node, listeners) in self.listeners.into_iter().enumerate() {
            shared.nodes.serve(node, listeners);
        }
        runtime.spawn(sockets::run(Arc::clone(&shared)));
        runtime.spawn(nsup::run(shared));
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("spikelet".to_owned())
            .stack_size(STACK)
            .spawn(move || run(runtime, stopped))?;
        Ok(Running {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

/// Binds the socket of the node at this position.
fn bind(first: SocketAddr, at: usize) -> Result<(TcpListener, SocketAddr), (SocketAddr, io::Error)> {
    let mut address = first;
    if first.port() != 0 {
        let port = u16::try_from(at).ok().and_then(|at| first.port().checked_add(at));
        address.set_port(port.ok_or((first, io::ErrorKind::InvalidInput.into()))?);
    }
    let listener = listener::bind(address).map_err(|source| (address, source))?;
    let bound = listener.local_addr().map_err(|source| (address, source))?;
    Ok((listener, bound))
}

/// Runs until the sender is used or dropped. Dropping the runtime closes the sockets.
fn run(runtime: Runtime, stopped: oneshot::Receiver<()>) {
    let _ = runtime.block_on(stopped);
}

/// A running server thread. Dropping it stops the thread, and waits until its sockets are closed.
#[derive(Debug)]
pub(crate) struct Running {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the server's thread panicked");
        }
    }
}
