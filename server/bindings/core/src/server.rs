//! A server that threads share, and that can be closed while they use it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use spikelet::Value;

use crate::error::{Error, Kind};
use crate::naming::Naming;
use crate::options;

/// A running server. Every method can be called from any thread.
///
/// Methods fail with [`Kind::Closed`] after [`close`](Self::close), and with [`Kind::Forked`] in a forked process.
#[derive(Debug)]
pub struct Server {
    /// `None` after it was closed. Calls hold a reference of their own, not the lock: what they call may close the server.
    server: RwLock<Option<Arc<spikelet::Server>>>,
    /// Ends waits when the server is closed.
    is_closing: AtomicBool,
    /// The process that started it. A forked process has neither the server's thread nor the right to touch its sockets, and a
    /// lock may be held there for ever.
    process: u32,
    naming: Naming,
    /// The number of nodes with which it started.
    pub(crate) nodes_at_start: usize,
}

impl Server {
    /// Starts a server with these options.
    ///
    /// # Errors
    /// [`Kind::Type`] and [`Kind::Value`] for an option, [`Kind::Fixture`] for a fixture, and [`Kind::Start`] if the address is
    /// in use or the system has no thread or file descriptor left.
    pub fn start(options: &[(String, Value)], naming: Naming) -> Result<Self, Error> {
        let server = options::builder(options, naming)?.start()?;
        Ok(Self {
            nodes_at_start: server.nodes().len(),
            server: RwLock::new(Some(Arc::new(server))),
            is_closing: AtomicBool::new(false),
            process: std::process::id(),
            naming,
        })
    }

    /// Stops the server, closes its connections and frees its ports. Waits up to 200 milliseconds for calls of other threads,
    /// the last of which stops the server otherwise. Closing it again does nothing, nor does closing it in a forked process.
    pub fn close(&self) {
        if self.is_forked() {
            return;
        }
        self.is_closing.store(true, Ordering::Relaxed);
        let mut server = self.server.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(server) = &server {
            // Its waits end now, and not when they next look.
            server.journal().interrupt();
        }
        for _ in 0..200 {
            match server.map(Arc::try_unwrap) {
                Some(Err(shared)) => server = Some(shared),
                // Dropped here, on this thread.
                _ => return,
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Whether it was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.is_closing.load(Ordering::Relaxed)
    }

    /// Whether this process was forked from the one that started the server.
    #[must_use]
    pub fn is_forked(&self) -> bool {
        std::process::id() != self.process
    }

    /// The style of names in arguments and messages.
    #[must_use]
    pub const fn naming(&self) -> Naming {
        self.naming
    }

    /// Returns the host and the port of the first node.
    ///
    /// # Errors
    /// [`Kind::Closed`] and [`Kind::Forked`].
    pub fn address(&self) -> Result<(String, u16), Error> {
        self.with(|server| {
            let address = server.addr();
            Ok((address.ip().to_string(), address.port()))
        })
    }

    /// Returns the hosts and ports of the nodes that are up.
    ///
    /// # Errors
    /// [`Kind::Closed`] and [`Kind::Forked`].
    pub fn hosts(&self) -> Result<Vec<(String, u16)>, Error> {
        self.with(|server| {
            let nodes = server.nodes().into_iter().filter(spikelet::Node::is_up);
            Ok(nodes
                .map(|node| (node.address.ip().to_string(), node.address.port()))
                .collect())
        })
    }

    /// Calls a function with the server, which does not stop before that returns.
    ///
    /// # Errors
    /// Those of the function, [`Kind::Closed`] and [`Kind::Forked`].
    pub fn with<T>(&self, call: impl FnOnce(&spikelet::Server) -> Result<T, Error>) -> Result<T, Error> {
        if self.is_forked() {
            return Err(Error::new(
                Kind::Forked,
                "this process was forked after the server started, so it has no server: start one here, or use the address \
                 of the parent's server",
            ));
        }
        let server = self.server.read().unwrap_or_else(PoisonError::into_inner).clone();
        match server {
            Some(server) if !self.is_closed() => call(&server),
            _ => Err(Error::new(Kind::Closed, "the server is closed")),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.is_forked() {
            // Its sockets are shared with the parent process: deregistering them here would take them from the parent's thread.
            let server = self.server.get_mut().unwrap_or_else(PoisonError::into_inner).take();
            std::mem::forget(server);
        }
    }
}
