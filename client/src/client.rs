//! The async client, and how a client is built.

use std::fmt;
use std::future::IntoFuture;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::cluster::{Cluster, Config, Connector, Host};
use crate::error::Error;
use crate::policy::Policy;
use crate::verbs::command::{self, Command, Verb};
use crate::verbs::methods::verb_methods;
use crate::verbs::options::Options;
use crate::verbs::query::{Records, Values};
use crate::verbs::verb::{Aggregate, Query};

/// An async client of one cluster.
///
/// A clone is cheap and shares the connections, which are closed when the last clone is dropped.
///
/// # Runtimes
///
/// A client can be used in several tokio runtimes, concurrently or one after the other. A static client of `#[tokio::test]`
/// functions is, as each of them has a runtime of its own. A connection is used only in the runtime in which it was opened.
/// The cluster is tended in the runtime in which the client was connected. When that one ends, the next command resumes
/// tending in its own runtime, and waits until the cluster has been checked for changes; its total timeout includes that.
///
/// A runtime that exists but is not driven, such as a current-thread runtime outside of `block_on`, does not tend the cluster.
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
pub struct Client(Arc<Inner>);

struct Inner {
    cluster: Arc<Cluster>,
    defaults: Defaults,
}

/// The options that the commands of a client start with.
#[derive(Debug, Clone, Copy)]
struct Defaults {
    policy: Policy,
    send_key: bool,
}

impl Client {
    /// Connects to the cluster of one or several seed hosts, separated by commas: `host`, `host:port`, `host:tls-name:port` or
    /// `[ipv6]:port`.
    ///
    /// # Errors
    /// If the text is not a list of hosts, or none of them can be reached.
    pub async fn connect(hosts: impl fmt::Display) -> Result<Self, Error> {
        Self::builder(hosts).await
    }

    /// Creates a builder, to set options before connecting.
    pub fn builder(hosts: impl fmt::Display) -> ClientBuilder {
        ClientBuilder::new(hosts)
    }

    verb_methods!(Self);

    pub(crate) fn cluster(&self) -> &Arc<Cluster> {
        &self.0.cluster
    }

    pub(crate) fn default_options(&self) -> Options {
        let Defaults { policy, send_key } = self.0.defaults;
        Options::new(policy, send_key)
    }

    pub(crate) fn query_options(&self) -> Options {
        Options::for_queries(self.0.defaults.policy)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("nodes", &self.nodes()).finish()
    }
}

impl<V: Verb + 'static> IntoFuture for Command<Client, V> {
    type Output = Result<V::Output, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self {
            client,
            verb,
            mut options,
        } = self;
        Box::pin(async move {
            let cluster = client.cluster();
            if !cluster.is_tended() {
                command::resume_tending(cluster, &mut options).await?;
            }
            verb.execute(cluster, options).await
        })
    }
}

impl Command<Client, Query> {
    /// Returns the records as they arrive.
    pub fn stream(self) -> Records {
        Records::new(self.client.cluster().clone(), self.verb, self.options)
    }
}

impl Command<Client, Aggregate> {
    /// Returns the values as they arrive.
    pub fn stream(self) -> Values {
        let records = Records::new(self.client.cluster().clone(), self.verb.0, self.options);
        Values::new(records)
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
    #[cfg(feature = "security")]
    login: Option<crate::credentials::Login>,
    defaults: Defaults,
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
                connector: None,
                tls: None,
                credentials: None,
            },
            #[cfg(feature = "security")]
            login: None,
            defaults: Defaults {
                policy: Policy::default(),
                send_key: false,
            },
        }
    }

    /// Adds one or several seed hosts, separated by commas.
    pub fn host(mut self, hosts: impl fmt::Display) -> Self {
        self.hosts.push(hosts.to_string());
        self
    }

    /// Sets the name that the cluster must have. Nodes of other clusters are not used.
    pub fn cluster_name(mut self, name: impl Into<String>) -> Self {
        self.config.cluster_name = Some(name.into());
        self
    }

    /// Sets the application's name, which the servers list.
    pub fn application(mut self, name: impl Into<String>) -> Self {
        self.config.application = name.into();
        self
    }

    /// Sets whether nodes are reached by their alternate addresses, for example from outside a cloud's network.
    pub const fn services_alternate(mut self, alternate: bool) -> Self {
        self.config.services_alternate = alternate;
        self
    }

    /// Sets the maximum number of connections to each node, from 1; the default is 100. Commands wait for a free connection.
    /// With 0, connecting fails with [`ErrorKind::Argument`](crate::ErrorKind::Argument).
    pub const fn max_connections(mut self, connections: usize) -> Self {
        self.config.max_connections = connections;
        self
    }

    /// Sets how many pipelined connections to each node the commands on single records share.
    ///
    /// On these connections requests are written without waiting for earlier replies. That is less work for client and
    /// server when many commands run concurrently, but a command may wait for a slow one before it. The default is 0: each
    /// command uses a connection of its own. Batches, queries and info commands always do. Each runtime that uses the client
    /// has pipelined connections of its own.
    pub const fn pipelines(mut self, connections: usize) -> Self {
        self.config.pipelines = connections;
        self
    }

    /// Sets after how long an idle connection is closed; the default is 55 seconds, a little less than the servers' own limit.
    pub const fn max_idle(mut self, idle: Duration) -> Self {
        self.config.max_idle = idle;
        self
    }

    /// Sets the timeout for opening a connection; the default is one second.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.config.connect_timeout = timeout;
        self
    }

    /// Sets the interval at which the nodes are checked for changes of the cluster; the default is one second.
    pub const fn tend_interval(mut self, interval: Duration) -> Self {
        self.config.tend_interval = interval;
        self
    }

    /// Sets the default timeouts and retries of commands.
    pub const fn policy(mut self, policy: Policy) -> Self {
        self.defaults.policy = policy;
        self
    }

    /// Sets whether writes store the user's key by default; initially they do not.
    pub const fn send_key(mut self, send_key: bool) -> Self {
        self.defaults.send_key = send_key;
        self
    }

    /// Connects with TLS. Needs the cargo feature `tls`.
    ///
    /// Nodes are reached by the addresses at which they accept TLS connections. See [`Tls`](crate::Tls).
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: crate::Tls) -> Self {
        self.config.tls = Some(tls);
        self
    }

    /// Logs in as a user with a password. Needs the feature `security`.
    ///
    /// The client logs in once per node, and renews its session before that expires. Connecting fails with
    /// [`INVALID_CREDENTIAL`](crate::ResultCode::INVALID_CREDENTIAL) (65) for a wrong password,
    /// [`INVALID_USER`](crate::ResultCode::INVALID_USER) (60) for an unknown user, and
    /// [`NOT_WHITELISTED`](crate::ResultCode::NOT_WHITELISTED) (82) if the user may not connect from this machine. A server of the
    /// Enterprise Edition without security accepts every user.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), spikelet_client::Error> {
    /// let client = spikelet_client::Client::builder("127.0.0.1:3000").user("app", "secret").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "security")]
    pub fn user(mut self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.login = Some(crate::credentials::Login::Internal(name.into(), password.into()));
        self
    }

    /// Logs in as a user whose password the servers check with another service, such as LDAP. Needs the feature `security`.
    ///
    /// The password is sent in clear text.
    #[cfg(feature = "security")]
    pub fn external_user(mut self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.login = Some(crate::credentials::Login::External(name.into(), password.into()));
        self
    }

    /// Logs in as the user whose name is in the certificate of the connection. Needs the feature `security`.
    #[cfg(feature = "security")]
    pub fn certificate_user(mut self) -> Self {
        self.login = Some(crate::credentials::Login::Certificate);
        self
    }

    /// Connects by other means than TCP, for example within one process or in a simulated network.
    ///
    /// The function receives the address of a node as `host:port`, either of a seed host or as listed by a peer, and
    /// returns a stream or an error. Everything else is unchanged: the client pools connections and sends each command to
    /// the node that owns the record.
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

    async fn connect(mut self) -> Result<Client, Error> {
        for hosts in &self.hosts {
            self.config.hosts.extend(Host::parse_list(hosts)?);
        }
        if self.config.max_connections == 0 {
            return Err(Error::argument(
                "max_connections is 0, and a client needs at least one connection",
            ));
        }
        #[cfg(feature = "security")]
        if let Some(login) = self.login.take() {
            self.config.credentials = Some(Arc::new(login.credentials().await?));
        }
        let cluster = Cluster::connect(self.config).await?;
        let defaults = self.defaults;
        Ok(Client(Arc::new(Inner { cluster, defaults })))
    }
}

impl IntoFuture for ClientBuilder {
    type Output = Result<Client, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.connect())
    }
}
