//! The nodes' sockets, which come and go while the server runs.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::pipes::Pipes;
use super::{Shared, listener};

/// What is to become of the nodes' sockets. It is told from any thread, and done by the server's own.
#[derive(Debug)]
pub(crate) struct Nodes {
    orders: UnboundedSender<Order>,
    /// Taken by the server's thread.
    taken: Mutex<Option<UnboundedReceiver<Order>>>,
    /// How many orders are not carried out yet.
    waiting: AtomicUsize,
    settled: Notify,
    settled_for_threads: (Mutex<()>, Condvar),
    /// The connections that need no socket.
    pub(crate) pipes: Pipes,
    /// Held by whoever changes the cluster, so that sockets and table change together.
    pub(crate) changing: Mutex<()>,
}

#[derive(Debug)]
enum Order {
    /// Accepts connections to a node.
    Serve(usize, TcpListener),
    /// Closes a node's socket, and cuts its connections.
    Stop(usize),
}

/// A node that accepts connections.
struct Served {
    stop: oneshot::Sender<()>,
    accepting: JoinHandle<()>,
}

impl Default for Nodes {
    fn default() -> Self {
        let (orders, taken) = unbounded_channel();
        Self {
            orders,
            taken: Mutex::new(Some(taken)),
            waiting: AtomicUsize::new(0),
            settled: Notify::new(),
            settled_for_threads: Default::default(),
            pipes: Pipes::default(),
            changing: Mutex::default(),
        }
    }
}

impl Nodes {
    /// Of a server without sockets: there is no thread that would carry out orders.
    pub(crate) fn without_sockets() -> Self {
        let nodes = Self::default();
        nodes.taken.lock().unwrap_or_else(PoisonError::into_inner).take();
        nodes
    }

    /// Whether the nodes have sockets, or had.
    pub(crate) fn have_sockets(&self) -> bool {
        !self.orders.is_closed()
    }

    /// Has a node's connections be accepted. Clients can connect at once.
    pub(crate) fn serve(&self, node: usize, listener: TcpListener) {
        self.order(Order::Serve(node, listener));
    }

    /// Has a node's socket be closed and its connections be cut.
    pub(crate) fn stop(&self, node: usize) {
        self.pipes.cut(node);
        self.order(Order::Stop(node));
    }

    fn order(&self, order: Order) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        if self.orders.send(order).is_err() {
            // The server's thread is gone, and all sockets with it.
            self.note_done();
        }
    }

    /// Waits until everything is done that was ordered. Not for the server's own thread.
    pub(crate) fn wait(&self) {
        let (lock, settled) = &self.settled_for_threads;
        let mut guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
        while !self.is_settled() {
            guard = settled.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether nothing is to be done that was ordered.
    pub(super) fn is_settled(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) == 0
    }

    /// Waits until everything is done that was ordered.
    pub(super) async fn settle(&self) {
        loop {
            let settled = self.settled.notified();
            if self.is_settled() {
                return;
            }
            settled.await;
        }
    }

    fn note_done(&self) {
        if self.waiting.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.settled.notify_waiters();
            let (lock, settled) = &self.settled_for_threads;
            let _guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
            settled.notify_all();
        }
    }
}

/// Carries out what is ordered, for as long as the runtime runs.
pub(super) async fn run(shared: Arc<Shared>) {
    let taken = shared.nodes.taken.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut orders) = taken else { return };
    let mut served = HashMap::new();
    while let Some(order) = orders.recv().await {
        match order {
            Order::Serve(node, listener) => match serve(&shared, node, listener) {
                Ok(serving) => drop(served.insert(node, serving)),
                Err(error) => tracing::error!(%error, node, "cannot accept"),
            },
            Order::Stop(node) => {
                if let Some(Served { stop, accepting }) = served.remove(&node) {
                    drop(stop);
                    let _ = accepting.await;
                    // Those that nobody waits for. Whoever waits for one is cut off, and not told that it was aborted.
                    shared.state.abort_queries(node);
                    tracing::debug!(node, "stopped");
                }
            }
        }
        shared.nodes.note_done();
    }
}

fn serve(shared: &Arc<Shared>, node: usize, listener: TcpListener) -> std::io::Result<Served> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (stop, stopped) = oneshot::channel();
    let accepting = tokio::spawn(listener::accept(Arc::clone(shared), node, listener, stopped));
    Ok(Served { stop, accepting })
}
