//! The thread and the runtime of a server.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use super::{Shared, listener, nodes, nsup};

/// Expressions nested as deep as they may be take 700 KiB in a debug build; what is not touched costs no memory.
const STACK: usize = 2 * 1024 * 1024;

/// Sockets that listen, with nobody to accept yet.
#[derive(Debug)]
pub(crate) struct Bound {
    listeners: Vec<TcpListener>,
    /// Where they listen, in their order.
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Bound {
    /// Binds the sockets of so many nodes: the first to an address, the next ones to the ports behind it, or to free ports
    /// where it names none.
    ///
    /// # Errors
    /// When an address is taken, or not one of this machine; the address comes with it.
    pub(crate) fn new(first: SocketAddr, nodes: usize) -> Result<Self, (SocketAddr, io::Error)> {
        let mut bound = Self {
            listeners: Vec::new(),
            addresses: Vec::new(),
        };
        for at in 0..nodes {
            let mut address = first;
            if first.port() != 0 {
                let port = u16::try_from(at).ok().and_then(|at| first.port().checked_add(at));
                address.set_port(port.ok_or((first, io::ErrorKind::InvalidInput.into()))?);
            }
            let listener = listener::bind(address).map_err(|source| (address, source))?;
            bound
                .addresses
                .push(listener.local_addr().map_err(|source| (address, source))?);
            bound.listeners.push(listener);
        }
        Ok(bound)
    }

    /// Serves the sockets, one for each node of the engine's cluster, on a thread of their own.
    ///
    /// # Errors
    /// When the system has no thread or no descriptors left.
    pub(crate) fn run(self, shared: Arc<Shared>) -> io::Result<Running> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        for (node, listener) in self.listeners.into_iter().enumerate() {
            shared.nodes.serve(node, listener);
        }
        runtime.spawn(nodes::run(Arc::clone(&shared)));
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

/// Runs until the other side is sent to or dropped; the runtime takes the sockets with it.
fn run(runtime: Runtime, stopped: oneshot::Receiver<()>) {
    let _ = runtime.block_on(stopped);
}

/// A thread that serves. Dropping this ends it, and waits until its sockets are closed.
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
