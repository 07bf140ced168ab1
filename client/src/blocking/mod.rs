//! The blocking client: the same commands, [called](crate::Command::call) instead of awaited.
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

mod records;

use std::fmt;
use std::future::{Future, IntoFuture as _};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::client::{self, ClientBuilder};
use crate::cluster::Cluster;
use crate::error::{Cause, Error};
use crate::verbs::command::{Command, Verb};
use crate::verbs::methods::verb_methods;
use crate::verbs::options::Options;

pub use records::{RecordsIter, ValuesIter};

/// A blocking client of one cluster.
///
/// A clone is cheap, and a client can be shared among threads. It has no thread of its own: the cluster is tended while
/// commands are executed. It works within an async runtime, but each call starts a thread; use the
/// [async client](crate::Client) there.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    client: client::Client,
    runtime: OwnedRuntime,
}

/// A runtime that can be dropped anywhere, even in an async task.
struct OwnedRuntime(Option<Runtime>);

impl Drop for OwnedRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Client {
    /// Connects to the cluster of one or several seed hosts, separated by commas: `host`, `host:port` or `[ipv6]:port`.
    ///
    /// # Errors
    /// If the text is not a list of hosts, or none of them can be reached.
    pub fn connect(hosts: impl fmt::Display) -> Result<Self, Error> {
        Self::builder(hosts).connect_blocking()
    }

    /// Creates a builder, to set options before connecting.
    pub fn builder(hosts: impl fmt::Display) -> ClientBuilder {
        client::Client::builder(hosts)
    }

    fn build(builder: ClientBuilder) -> Result<Self, Error> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = OwnedRuntime(Some(runtime.map_err(|error| Error::new(Cause::Connection(error)))?));
        let client = runtime.block_on(builder.into_future())?;
        Ok(Self(Arc::new(Inner { client, runtime })))
    }

    verb_methods!(Self);

    fn cluster(&self) -> &Cluster {
        self.0.client.cluster()
    }

    fn default_options(&self) -> Options {
        self.0.client.default_options()
    }

    fn query_options(&self) -> Options {
        self.0.client.query_options()
    }

    fn block_on<T: Send>(&self, future: impl Future<Output = Result<T, Error>> + Send) -> Result<T, Error> {
        self.0.runtime.block_on(future)
    }
}

impl ClientBuilder {
    /// Connects a blocking client.
    ///
    /// # Errors
    /// Those of [`Client::connect`].
    pub fn connect_blocking(self) -> Result<Client, Error> {
        Client::build(self)
    }
}

impl<V: Verb> Command<Client, V> {
    /// Executes the command, and waits until it is done.
    ///
    /// # Errors
    /// Those of the method of the client that created the command.
    pub fn call(self) -> Result<V::Output, Error> {
        let Self { client, verb, options } = self;
        client.block_on(verb.execute(client.cluster(), options))
    }
}

impl OwnedRuntime {
    fn block_on<T: Send>(&self, future: impl Future<Output = Result<T, Error>> + Send) -> Result<T, Error> {
        let Some(runtime) = &self.0 else {
            return Err(Error::cluster("the client is closed"));
        };
        if Handle::try_current().is_err() {
            return runtime.block_on(future);
        }
        // tokio does not let a thread of one runtime block on another runtime, even where blocking is allowed.
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
