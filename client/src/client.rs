//! The async client, how it is built, and the verbs that both clients have.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::cluster::{Cluster, Config, Host};
use crate::command::Options;
use crate::error::Error;
use crate::policy::Policy;

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

    /// Connects a blocking client.
    ///
    /// # Errors
    /// Those of [`Client::connect`]; and of kind [`Argument`](crate::ErrorKind::Argument) within an async runtime.
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

/// The options that a client's commands start with.
pub(crate) fn default_options(cluster: &Cluster) -> Options {
    Options::new(cluster.config.policy, cluster.config.send_key)
}

/// The verbs. Both clients have them; what they give is awaited with the one and called with the other.
macro_rules! verbs {
    ($client:ty) => {
        /// Writes bins: creates the record or updates it. A bin whose value is [`Value::Nil`](crate::Value::Nil) is
        /// deleted.
        pub fn put(
            &self,
            key: impl Into<$crate::Key>,
            bins: impl $crate::IntoBins,
        ) -> $crate::Command<$client, $crate::verb::Write> {
            let content = bins.into_bins().map($crate::request::Content::write_bins);
            self.command($crate::verb::Write::new(key, content))
        }

        /// Reads a record with all its bins.
        ///
        /// It fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) where there is none; see
        /// [`OptionalExt`](crate::OptionalExt).
        pub fn get(&self, key: impl Into<$crate::Key>) -> $crate::Command<$client, $crate::verb::Read<$crate::Record>> {
            let content = $crate::request::Content::read($crate::wire::Info1::GET_ALL);
            self.command($crate::verb::Read::new(key, content))
        }

        /// Reads a record with some of its bins; those that it does not have are left out.
        pub fn select(
            &self,
            key: impl Into<$crate::Key>,
            bins: impl IntoIterator<Item = impl Into<String>>,
        ) -> $crate::Command<$client, $crate::verb::Read<$crate::Record>> {
            self.command($crate::verb::Read::new(
                key,
                $crate::request::Content::read_bins(bins),
            ))
        }

        /// Whether a record exists.
        pub fn exists(&self, key: impl Into<$crate::Key>) -> $crate::Command<$client, $crate::verb::Read<bool>> {
            let content = $crate::request::Content::read($crate::wire::Info1::GET_NO_BINS);
            self.command($crate::verb::Read::new(key, content))
        }

        /// Reads a record without its bins: its generation and its TTL.
        pub fn header(
            &self,
            key: impl Into<$crate::Key>,
        ) -> $crate::Command<$client, $crate::verb::Read<$crate::Record>> {
            let content = $crate::request::Content::read($crate::wire::Info1::GET_NO_BINS);
            self.command($crate::verb::Read::new(key, content))
        }

        /// Counts a record's generation up and sets its TTL anew.
        ///
        /// It fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) where there is none.
        pub fn touch(&self, key: impl Into<$crate::Key>) -> $crate::Command<$client, $crate::verb::Write> {
            self.write(key, [$crate::Operation::touch()])
        }

        /// Removes a record.
        ///
        /// It fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) where there is none.
        pub fn remove(&self, key: impl Into<$crate::Key>) -> $crate::Command<$client, $crate::verb::Write> {
            self.command($crate::verb::Write::new(
                key,
                Ok($crate::request::Content::remove()),
            ))
        }

        /// Deletes bins; a record without any bin left is removed.
        ///
        /// It fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) where there is no record.
        pub fn remove_bin(
            &self,
            key: impl Into<$crate::Key>,
            bins: impl IntoIterator<Item = impl Into<String>>,
        ) -> $crate::Command<$client, $crate::verb::Write> {
            self.write(key, bins.into_iter().map($crate::Operation::remove_bin))
        }

        /// Appends to a bin of text or bytes; a bin or record that does not exist is created.
        pub fn append(
            &self,
            key: impl Into<$crate::Key>,
            bin: impl Into<String>,
            value: impl Into<$crate::Value>,
        ) -> $crate::Command<$client, $crate::verb::Write> {
            self.write(key, [$crate::Operation::append(bin, value)])
        }

        /// Prepends to a bin of text or bytes; a bin or record that does not exist is created.
        pub fn prepend(
            &self,
            key: impl Into<$crate::Key>,
            bin: impl Into<String>,
            value: impl Into<$crate::Value>,
        ) -> $crate::Command<$client, $crate::verb::Write> {
            self.write(key, [$crate::Operation::prepend(bin, value)])
        }

        /// Adds to a bin's number, integer or double; a bin or record that does not exist is created.
        pub fn increment(
            &self,
            key: impl Into<$crate::Key>,
            bin: impl Into<String>,
            value: impl Into<$crate::Value>,
        ) -> $crate::Command<$client, $crate::verb::Write> {
            self.write(key, [$crate::Operation::add(bin, value)])
        }

        /// Carries out several operations on a record, in order and all or none, and gives the last result of each bin.
        pub fn operate(
            &self,
            key: impl Into<$crate::Key>,
        ) -> $crate::Command<$client, $crate::verb::Operate<$crate::Record>> {
            self.command($crate::verb::Operate::new(key))
        }

        /// Carries out several operations on a record, and gives their results one after the other.
        pub fn operate_ordered(
            &self,
            key: impl Into<$crate::Key>,
        ) -> $crate::Command<$client, $crate::verb::Operate<$crate::OrderedRecord>> {
            self.command($crate::verb::Operate::new(key))
        }

        /// Carries out rows of any kind: reads, writes, operates and removals.
        ///
        /// Every batch gives one [`BatchRecord`](crate::BatchRecord) for each row, in the order of the rows, and fails
        /// as a whole only where no row was answered.
        pub fn batch(
            &self,
            rows: impl IntoIterator<Item = $crate::BatchRow>,
        ) -> $crate::Command<$client, $crate::verb::Batch> {
            self.command($crate::verb::Batch::new(rows))
        }

        /// Reads many records with all their bins.
        pub fn batch_read(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::Key>>,
        ) -> $crate::Command<$client, $crate::verb::Batch> {
            let content = $crate::request::Content::read($crate::wire::Info1::GET_ALL);
            self.command($crate::verb::Batch::of(keys, content))
        }

        /// Reads many records with some of their bins.
        pub fn batch_select(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::Key>>,
            bins: impl IntoIterator<Item = impl Into<String>>,
        ) -> $crate::Command<$client, $crate::verb::Batch> {
            self.command($crate::verb::Batch::of(
                keys,
                $crate::request::Content::read_bins(bins),
            ))
        }

        /// Reads generation and TTL of many records.
        pub fn batch_header(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::Key>>,
        ) -> $crate::Command<$client, $crate::verb::Batch> {
            let content = $crate::request::Content::read($crate::wire::Info1::GET_NO_BINS);
            self.command($crate::verb::Batch::of(keys, content))
        }

        /// Writes many records, each with its bins.
        pub fn batch_write<K: Into<$crate::Key>, B: $crate::IntoBins>(
            &self,
            records: impl IntoIterator<Item = (K, B)>,
        ) -> $crate::Command<$client, $crate::verb::Batch> {
            self.batch(
                records
                    .into_iter()
                    .map(|(key, bins)| $crate::BatchRow::write(key, bins)),
            )
        }

        /// Carries out the same operations on many records.
        pub fn batch_operate(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::Key>>,
            operations: impl IntoIterator<Item = $crate::Operation>,
        ) -> $crate::Command<$client, $crate::verb::Batch> {
            let content = $crate::request::Content::operate(operations.into_iter().collect());
            self.command($crate::verb::Batch::of(keys, content))
        }

        /// Removes many records.
        pub fn batch_remove(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::Key>>,
        ) -> $crate::Command<$client, $crate::verb::Batch> {
            self.command($crate::verb::Batch::of(keys, $crate::request::Content::remove()))
        }

        /// Asks any node, or a [certain one](crate::Command::node), for an info value, such as `build`.
        pub fn info(&self, command: impl Into<String>) -> $crate::Command<$client, $crate::verb::Info> {
            self.command($crate::verb::Info::new(command))
        }

        /// Asks every node for an info value.
        pub fn info_all(&self, command: impl Into<String>) -> $crate::Command<$client, $crate::verb::InfoAll> {
            self.command($crate::verb::InfoAll::new(command))
        }

        /// Removes all records of a set, or of the whole namespace where the set's name is empty.
        ///
        /// The records are gone when the last node has heard of it, which may be a moment later.
        pub fn truncate(&self, namespace: &str, set: &str) -> $crate::Command<$client, $crate::verb::Info> {
            self.info(match set {
                "" => format!("truncate-namespace:namespace={namespace}"),
                set => format!("truncate:namespace={namespace};set={set}"),
            })
        }

        /// The names of the cluster's nodes.
        #[must_use]
        pub fn nodes(&self) -> Vec<String> {
            self.cluster()
                .view()
                .nodes
                .iter()
                .map(|node| node.name.to_string())
                .collect()
        }

        fn write(
            &self,
            key: impl Into<$crate::Key>,
            operations: impl IntoIterator<Item = $crate::Operation>,
        ) -> $crate::Command<$client, $crate::verb::Write> {
            let content = $crate::request::Content::write(operations.into_iter().collect());
            self.command($crate::verb::Write::new(key, Ok(content)))
        }

        fn command<V>(&self, verb: V) -> $crate::Command<$client, V> {
            $crate::Command::new(
                self.clone(),
                verb,
                $crate::client::default_options(self.cluster()),
            )
        }
    };
}

pub(crate) use verbs;
