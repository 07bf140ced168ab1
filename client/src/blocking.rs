//! The client for code that is not async: the same verbs, [called](crate::Command::call) instead of awaited.
//!
//! ```no_run
//! use spikelet_client::{Key, bins, blocking::Client};
//!
//! let client = Client::connect("127.0.0.1:3000")?;
//! let key = Key::new("test", "demo", "user1");
//! client.put(&key, bins! {"name" => "Alice"}).call()?;
//! assert_eq!(client.get(&key).call()?.get::<String>("name")?, "Alice");
//! # Ok::<(), spikelet_client::Error>(())
//! ```

use std::fmt;
use std::future::{Future, IntoFuture as _};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::client::ClientBuilder;
use crate::cluster::Cluster;
use crate::error::{Cause, Error};
use crate::verbs::verbs;

pub use crate::query::{RecordsIter, ValuesIter};

/// A blocking client of one cluster.
///
/// It is cheap to clone, and may be shared among threads. It has no thread of its own: the cluster is tended while
/// commands are under way. Within an async runtime it works, but each call takes a thread; use the
/// [async client](crate::Client) there.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    client: crate::Client,
    runtime: OwnedRuntime,
}

/// A runtime that may be dropped anywhere, an async task included.
struct OwnedRuntime(Option<Runtime>);

impl Drop for OwnedRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Client {
    /// Connects to the cluster of a host, or of several separated by commas: `host`, `host:port` or `[ipv6]:port`.
    ///
    /// # Errors
    /// When the text is no list of hosts, or none of them can be reached.
    pub fn connect(hosts: impl fmt::Display) -> Result<Self, Error> {
        Self::builder(hosts).connect_blocking()
    }

    /// A client that is not connected yet, to set options on.
    pub fn builder(hosts: impl fmt::Display) -> ClientBuilder {
        crate::Client::builder(hosts)
    }

    pub(crate) fn build(builder: ClientBuilder) -> Result<Self, Error> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = OwnedRuntime(Some(runtime.map_err(|error| Error::new(Cause::Connection(error)))?));
        let client = runtime.wait(builder.into_future())?;
        Ok(Self(Arc::new(Inner { client, runtime })))
    }

    verbs!(Self);

    pub(crate) fn cluster(&self) -> &Cluster {
        self.0.client.cluster()
    }

    pub(crate) fn wait_for<T: Send>(&self, future: impl Future<Output = Result<T, Error>> + Send) -> Result<T, Error> {
        self.0.runtime.wait(future)
    }
}

impl OwnedRuntime {
    fn wait<T: Send>(&self, future: impl Future<Output = Result<T, Error>> + Send) -> Result<T, Error> {
        let Some(runtime) = &self.0 else {
            return Err(Error::cluster("the client is closed"));
        };
        if Handle::try_current().is_err() {
            return runtime.block_on(future);
        }
        // A thread that belongs to a runtime may not wait for another one, even where it may block.
        thread::scope(|scope| {
            let waiting = scope.spawn(|| runtime.block_on(future));
            waiting.join().unwrap_or_else(|panic| resume_unwind(panic))
        })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("nodes", &self.nodes()).finish()
    }
}
