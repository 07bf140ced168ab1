//! The sockets of the nodes: executes the orders of [`Nodes`](super::Nodes).

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::nodes::Order;
use super::{Shared, listener};

/// A node that accepts connections.
struct Served {
    stop: oneshot::Sender<()>,
    accepting: JoinHandle<()>,
}

/// Executes the orders, for as long as the runtime runs.
pub(super) async fn run(shared: Arc<Shared>) {
    let Some(mut orders) = shared.nodes.take_orders() else {
        return;
    };
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
                    // These are the background queries. A client that waits for a query is cut off, and not told that it was
                    // aborted.
                    shared.state.abort_queries(node);
                    tracing::debug!(node, "stopped");
                }
            }
        }
        shared.nodes.executed();
    }
}

fn serve(shared: &Arc<Shared>, node: usize, listener: TcpListener) -> std::io::Result<Served> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (stop, stopped) = oneshot::channel();
    let accepting = tokio::spawn(listener::accept(Arc::clone(shared), node, listener, stopped));
    Ok(Served { stop, accepting })
}
