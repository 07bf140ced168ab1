//! Orders to open and close the sockets of nodes while the server runs.

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::pipes::Pipes;

/// The orders to the server's thread to open and close the sockets of nodes. Any thread can give one.
#[derive(Debug)]
pub(crate) struct Nodes {
    orders: UnboundedSender<Order>,
    /// Taken by the server's thread.
    receiver: Mutex<Option<UnboundedReceiver<Order>>>,
    /// How many orders are not executed yet.
    waiting: AtomicUsize,
    settled: Notify,
    settled_for_threads: (Mutex<()>, Condvar),
    /// The connections without sockets.
    pub(crate) pipes: Pipes,
    /// Held while the cluster is changed, so that sockets and cluster change together.
    pub(crate) changing: Mutex<()>,
}

/// The listening sockets of a node.
#[derive(Debug)]
pub(crate) struct Listeners {
    pub(crate) clear: TcpListener,
    pub(crate) tls: Option<TcpListener>,
}

/// An order to the server's thread.
#[derive(Debug)]
pub(super) enum Order {
    /// Accepts connections to a node.
    Serve(usize, Listeners),
    /// Closes the socket of a node and its connections.
    Stop(usize),
}

impl Default for Nodes {
    fn default() -> Self {
        let (orders, receiver) = unbounded_channel();
        Self {
            orders,
            receiver: Mutex::new(Some(receiver)),
            waiting: AtomicUsize::new(0),
            settled: Notify::new(),
            settled_for_threads: Default::default(),
            pipes: Pipes::default(),
            changing: Mutex::default(),
        }
    }
}

impl Nodes {
    /// For a server without sockets: no thread executes orders.
    pub(crate) fn without_sockets() -> Self {
        let nodes = Self::default();
        drop(nodes.take_orders());
        nodes
    }

    /// Whether the nodes have sockets, or had.
    pub(crate) fn have_sockets(&self) -> bool {
        !self.orders.is_closed()
    }

    /// Accepts the connections to a node. Clients can connect at once.
    pub(crate) fn serve(&self, node: usize, listeners: Listeners) {
        self.order(Order::Serve(node, listeners));
    }

    /// Closes the socket of a node and its connections.
    pub(crate) fn stop(&self, node: usize) {
        self.pipes.cut(node);
        self.order(Order::Stop(node));
    }

    fn order(&self, order: Order) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        if self.orders.send(order).is_err() {
            // The server's thread is gone, and all sockets with it.
            self.executed();
        }
    }

    /// The receiver of the orders. Only the first caller gets it.
    pub(super) fn take_orders(&self) -> Option<UnboundedReceiver<Order>> {
        self.receiver.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Blocks until all orders are executed. The server's own thread must not call this.
    pub(crate) fn wait(&self) {
        let (lock, settled) = &self.settled_for_threads;
        let mut guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
        while !self.is_settled() {
            guard = settled.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether all orders are executed.
    pub(super) fn is_settled(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) == 0
    }

    /// Waits until all orders are executed.
    pub(super) async fn settle(&self) {
        loop {
            let settled = self.settled.notified();
            if self.is_settled() {
                return;
            }
            settled.await;
        }
    }

    /// Marks one order as executed.
    pub(super) fn executed(&self) {
        if self.waiting.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.settled.notify_waiters();
            let (lock, settled) = &self.settled_for_threads;
            let _guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
            settled.notify_all();
        }
    }
}
