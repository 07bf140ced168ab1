//! The async client, and how a client is built.

use std::fmt;
use std::future::IntoFuture;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::cluster::{Cluster, Config, Host};
use crate::error::Error;
use crate::policy::Policy;
use crate::transport::Connector;
use crate::verbs::verbs;

/// An async client of one cluster.
///
/// It is cheap to clone; all clones share their connections, which are closed when the last of them is dropped. It
/// belongs to the tokio runtime in which it was connected.
///
/// ```no_run
/// use std::time::Duration;
/// use spikelet_client::{Client, Key, bins};
///
/// # async fn example() -> Result<(), spikelet_client::Error> {
/// let client = Client::connect("127.0.0.1:3000").await?;
/// let key = Key::new("test", "demo", "user1");
///
/// client.put(&key, bins! {"name" => "Alice", "age" => 30}).ttl(Duration::from_secs(300)).await?;
/// let record = client.operate(&key).write("name", "Bob").add("age", 1).get("age").await?;
/// assert_eq!(record.get::<i64>("age")?, 31);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    cluster: Arc<Cluster>,
}

impl Client {
    /// Connects to the cluster of a host, or of several separated by commas: `host`, `host:port` or `[ipv6]:port`.
    ///
    /// # Errors
    /// When the text is no list of hosts, or none of them can be reached.
    pub async fn connect(hosts: impl fmt::Display) -> Result<Self, Error> {
        Self::builder(hosts).await
    }

    /// A client that is not connected yet, to set options on.
    pub fn builder(hosts: impl fmt::Display) -> ClientBuilder {
        ClientBuilder::new(hosts)
    }

    verbs!(Self);

    pub(crate) fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("nodes", &self.nodes()).finish()
    }
}

/// The options of a client: set them, then await it, or [`connect_blocking`](Self::connect_blocking).
///
/// ```no_run
/// use std::time::Duration;
/// use spikelet_client::{Client, Policy};
///
/// # async fn example() -> Result<(), spikelet_client::Error> {
/// let client = Client::builder("10.0.0.1,10.0.0.2")
///     .cluster_name("prod")
///     .max_connections(64)
///     .policy(Policy { total_timeout: Duration::from_millis(100), ..Policy::default() })
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a client is not connected until it is awaited"]
pub struct ClientBuilder {
    hosts: Vec<String>,
    config: Config,
}

impl ClientBuilder {
    fn new(hosts: impl fmt::Display) -> Self {
        Self {
            hosts: vec![hosts.to_string()],
            config: Config {
                hosts: Vec::new(),
                cluster_name: None,
                application: "-".into(),
                services_alternate: false,
                max_connections: 100,
                pipelines: 0,
                max_idle: Duration::from_secs(55),
                connect_timeout: Duration::from_secs(1),
                tend_interval: Duration::from_secs(1),
                policy: Policy::default(),
                send_key: false,
                connector: None,
            },
        }
    }

    /// Adds a host, or several, by which the cluster may be found.
    pub fn host(mut self, hosts: impl fmt::Display) -> Self {
        self.hosts.push(hosts.to_string());
        self
    }

    /// Refuses nodes whose cluster has another name.
    pub fn cluster_name(mut self, name: impl Into<String>) -> Self {
        self.config.cluster_name = Some(name.into());
        self
    }

    /// What the servers list as the name of the application.
    pub fn application(mut self, name: impl Into<String>) -> Self {
        self.config.application = name.into();
        self
    }

    /// Reaches the nodes by their alternate addresses, as from outside of a cloud's network.
    pub const fn services_alternate(mut self, alternate: bool) -> Self {
        self.config.services_alternate = alternate;
        self
    }

    /// How many connections a node may have at most, from 1; by default 100. Commands wait for a free one.
    pub const fn max_connections(mut self, connections: usize) -> Self {
        self.config.max_connections = connections;
        self
    }

    /// Lets commands on single records share so many connections to each node, instead of using one connection each.
    ///
    /// Commands are then written without waiting for the answers of those before, which takes less work off both sides
    /// where many are under way at once; but a command may wait for a slow one before it. By default 0: no command
    /// waits for another. Batches and info commands use connections of their own in any case.
    pub const fn pipelines(mut self, connections: usize) -> Self {
        self.config.pipelines = connections;
        self
    }

    /// After how long an unused connection is closed; by default 55 seconds, a little less than the servers wait.
    pub const fn max_idle(mut self, idle: Duration) -> Self {
        self.config.max_idle = idle;
        self
    }

    /// How long a connection may take to be made; by default one second.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.config.connect_timeout = timeout;
        self
    }

    /// How often the nodes are asked for changes of the cluster; by default each second.
    pub const fn tend_interval(mut self, interval: Duration) -> Self {
        self.config.tend_interval = interval;
        self
    }

    /// Timeouts and retries of all commands that do not say otherwise.
    pub const fn policy(mut self, policy: Policy) -> Self {
        self.config.policy = policy;
        self
    }

    /// Whether writes store the user's key unless they say otherwise; by default they do not.
    pub const fn send_key(mut self, send_key: bool) -> Self {
        self.config.send_key = send_key;
        self
    }

    /// Makes connections by other means than TCP: in one process, or in a simulation of a network.
    ///
    /// It is given the address of a node as `host:port`, that of a host named to this builder or one that a node tells of
    /// its peers, and gives a stream or why there is none. Otherwise the client is the same: it keeps its connections and
    /// sends each command to the node that has the record.
    ///
    /// ```no_run
    /// use spikelet_client::Client;
    /// use tokio::net::UnixStream;
    ///
    /// # async fn example() -> Result<(), spikelet_client::Error> {
    /// let client = Client::builder("node1:3000")
    ///     .connector(|address| async move { UnixStream::connect(format!("/run/{address}")).await })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn connector<F, S>(mut self, connect: impl Fn(String) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.config.connector = Some(Connector::new(connect));
        self
    }

    /// Connects a blocking client.
    ///
    /// # Errors
    /// Those of [`Client::connect`].
    pub fn connect_blocking(self) -> Result<crate::blocking::Client, Error> {
        crate::blocking::Client::build(self)
    }

    async fn connect(mut self) -> Result<Client, Error> {
        for hosts in &self.hosts {
            self.config.hosts.extend(Host::parse_list(hosts)?);
        }
        let cluster = Cluster::connect(self.config).await?;
        Ok(Client { cluster })
    }
}

impl IntoFuture for ClientBuilder {
    type Output = Result<Client, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.connect())
    }
}
