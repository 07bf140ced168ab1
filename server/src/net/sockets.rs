//! The sockets of the nodes: executes the orders of [`Nodes`](super::Nodes).

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::nodes::{Listeners, Order};
use super::tls::Tls;
use super::{Shared, listener};

/// A node that accepts connections.
struct Served(Vec<Accepting>);

/// A socket that accepts connections.
struct Accepting {
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
            Order::Serve(node, listeners) => match serve(&shared, node, listeners) {
                Ok(serving) => drop(served.insert(node, serving)),
                Err(error) => tracing::error!(%error, node, "cannot accept"),
            },
            Order::Stop(node) => {
                if let Some(Served(sockets)) = served.remove(&node) {
                    for Accepting { stop, accepting } in sockets {
                        drop(stop);
                        let _ = accepting.await;
                    }
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

fn serve(shared: &Arc<Shared>, node: usize, listeners: Listeners) -> std::io::Result<Served> {
    let mut served = vec![accept(shared, node, listeners.clear, None)?];
    if let (Some(listener), Some(tls)) = (listeners.tls, &shared.tls) {
        served.push(accept(shared, node, listener, Some(Arc::clone(tls)))?);
    }
    Ok(Served(served))
}

fn accept(
    shared: &Arc<Shared>,
    node: usize,
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
) -> std::io::Result<Accepting> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (stop, stopped) = oneshot::channel();
    let accepting = tokio::spawn(listener::accept(Arc::clone(shared), node, listener, tls, stopped));
    Ok(Accepting { stop, accepting })
}
