//! The configuration of a server before it starts.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Weak};

use super::Server;
use crate::clock::Clock;
use crate::cluster::{Cluster, Node, NodeId};
use crate::config::{Config, ConfigError, NamespaceConfig};
use crate::fixture::{self, Fixture, FixtureError};

use crate::net::{Bound, Nodes, Shared};
use crate::request_log::{Entry, Filter, Log, Observer};
use crate::state::{Controls, State};
use crate::version::Edition;

/// Makes what executes a server's info commands under `spikelet/`. The controls know the handle, and not the other way round.
pub(crate) type InstallControls = fn(Weak<Shared>) -> Arc<dyn Controls>;

/// Configures a [`Server`] and starts it.
///
/// ```
/// use spikelet::{NamespaceConfig, Server};
///
/// let server = Server::builder()
///     .namespace(NamespaceConfig { default_ttl: 30 * 24 * 3600, ..NamespaceConfig::new("orders") })
///     .cluster_name("staging")
///     .start()?;
/// # Ok::<(), spikelet::StartError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing starts before `start` is called"]
pub struct Builder {
    listen: SocketAddr,
    /// Empty as long as nobody named one: the defaults of [`Config`] then.
    namespaces: Vec<NamespaceConfig>,
    version: Option<String>,
    edition: Edition,
    cluster_name: String,
    node_id: Option<NodeId>,
    racks: Vec<u32>,
    nodes: usize,
    replication_factor: Option<u32>,
    slow_migrations: bool,
    work_directory: Option<String>,
    controls: Option<InstallControls>,
    fixtures: Vec<Fixture>,
    journal: Option<usize>,
    observer: Option<Observer>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            namespaces: Vec::new(),
            version: None,
            edition: Edition::default(),
            cluster_name: Cluster::DEFAULT_NAME.to_owned(),
            node_id: None,
            racks: Vec::new(),
            nodes: 1,
            replication_factor: None,
            slow_migrations: false,
            work_directory: None,
            controls: None,
            fixtures: Vec::new(),
            journal: None,
            observer: None,
        }
    }
}

impl Server {
    /// Starts a server with the namespaces `test` and `bar` on a free port of 127.0.0.1.
    ///
    /// Clients can connect as soon as this returns.
    ///
    /// # Errors
    /// [`StartError`] if the system has no port, thread or file descriptor left.
    pub fn start() -> Result<Self, StartError> {
        Self::builder().start()
    }

    /// Returns a builder, which configures a server and starts it.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// Listens here; port 0, the default, is a free one.
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Adds a namespace. Without any the server has `test` and `bar`.
    pub fn namespace(mut self, namespace: impl Into<NamespaceConfig>) -> Self {
        self.namespaces.push(namespace.into());
        self
    }

    /// The version that the server says it is, `8.1.2.0` by default. Clients decide by it what they use.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// The edition whose limits the server has, Community by default.
    pub const fn edition(mut self, edition: Edition) -> Self {
        self.edition = edition;
        self
    }

    /// The name of the cluster, up to 63 bytes; `spikelet` by default. Clients that are told one refuse another.
    pub fn cluster_name(mut self, name: impl Into<String>) -> Self {
        self.cluster_name = name.into();
        self
    }

    /// The id of the node, `A1` by default; not 0. Where there are several it is the first one's, `B1` by default, and the
    /// others have those behind it.
    pub const fn node_id(mut self, id: u64) -> Self {
        self.node_id = Some(NodeId(id));
        self
    }

    /// How many nodes there are, 1 to 64; 1 by default. Each listens on a port of its own: a free one, or where the first
    /// has a given one, one of those behind it.
    pub const fn nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// How many nodes keep a copy of each record (`replication-factor`), 1 to 256: in the namespaces whose own
    /// configuration leaves it at 1, the default.
    pub const fn replication_factor(mut self, factor: u32) -> Self {
        self.replication_factor = Some(factor);
        self
    }

    /// The racks that the nodes stand in (`rack-id`), one for each, and 0 for those beyond: the copies of a record are kept
    /// in different racks where that is possible. Clients learn of racks from the Enterprise Edition only.
    pub fn racks(mut self, racks: impl IntoIterator<Item = u32>) -> Self {
        self.racks = racks.into_iter().collect();
        self
    }

    /// Whether migrations wait for [`Server::migrate`]; by default they are finished at once.
    pub const fn slow_migrations(mut self, slow: bool) -> Self {
        self.slow_migrations = slow;
        self
    }

    /// The directory that the errors of UDFs name (`work-directory`), `/opt/aerospike` by default, as where the real server
    /// is installed. Nothing is read from it or written to it.
    pub fn work_directory(mut self, directory: impl Into<String>) -> Self {
        self.work_directory = Some(directory.into());
        self
    }

    pub(crate) const fn install_controls(mut self, controls: Option<InstallControls>) -> Self {
        self.controls = controls;
        self
    }

    /// Keeps a journal of the last so many requests, at most 64 MiB of them: [`Server::journal`]. Off by default.
    pub const fn journal(mut self, capacity: usize) -> Self {
        self.journal = Some(capacity);
        self
    }

    /// Has the entries of the journal told that are meant, each once it is over and before the client has the last of its
    /// answer. Without [`journal`](Self::journal) nothing is told.
    ///
    /// Whoever asks waits for it, so it should be short.
    ///
    /// ```
    /// use spikelet::{Command, Server, journal::Filter};
    ///
    /// let builder = Server::builder().journal(100);
    /// let server = builder.on_request(Filter::from(Command::Write), |entry| eprintln!("{entry}")).start()?;
    /// # Ok::<(), spikelet::StartError>(())
    /// ```
    pub fn on_request(mut self, filter: Filter, tell: impl Fn(&Entry) + Send + Sync + 'static) -> Self {
        self.observer = Some(Observer::new(filter, tell));
        self
    }

    /// Has the server hold a fixture before clients can connect; after those that were named before.
    pub fn fixture(mut self, fixture: Fixture) -> Self {
        self.fixtures.push(fixture);
        self
    }

    /// Starts the server. Clients can connect as soon as this returns.
    ///
    /// # Errors
    /// [`StartError::Config`] where the configuration is not one of the real server, [`StartError::Bind`] where the
    /// address is taken or not of this machine, [`StartError::Fixture`] for a fixture that the server does not take,
    /// [`StartError::Run`] where the system has no thread or descriptors left.
    pub fn start(self) -> Result<Server, StartError> {
        let config = self.config()?;
        let bound = Bound::new(self.listen, self.nodes);
        let bound = bound.map_err(|(address, source)| StartError::Bind { address, source })?;
        let shared = self.share(config, &bound.addresses, Nodes::default())?;
        let running = bound.run(Arc::clone(&shared)).map_err(StartError::Run)?;
        Ok(Server::new(Some(running), shared))
    }

    /// Starts the server without a thread and without sockets: [`Server::connect`] and [`Server::connector`] reach it.
    ///
    /// Its nodes have addresses all the same, by which clients tell them apart: from the one it would [`listen`](Self::listen)
    /// on, with port 3000 unless that names one, each a port higher. Nothing runs by itself: what has expired is removed
    /// when the [clock](Server::clock) is moved, and by [`Server::run_nsup`].
    ///
    /// # Errors
    /// [`StartError::Config`] where the configuration is not one of the real server, [`StartError::Fixture`] for a fixture that
    /// the server does not take.
    pub fn start_in_process(self) -> Result<Server, StartError> {
        let config = self.config()?;
        let first = match self.listen.port() {
            0 => 3000,
            port => port,
        };
        let ports = (first..=u16::MAX).cycle().take(self.nodes);
        let addresses: Vec<_> = ports.map(|port| SocketAddr::new(self.listen.ip(), port)).collect();
        let shared = self.share(config, &addresses, Nodes::without_sockets())?;
        Ok(Server::new(None, shared))
    }

    /// The configuration, checked.
    fn config(&self) -> Result<Config, ConfigError> {
        let mut config = Config {
            edition: self.edition,
            ..Config::default()
        };
        if !self.namespaces.is_empty() {
            config.namespaces.clone_from(&self.namespaces);
        }
        if let Some(version) = &self.version {
            config.version.clone_from(version);
        }
        if let Some(directory) = &self.work_directory {
            config.work_directory.clone_from(directory);
        }
        if let Some(factor) = self.replication_factor {
            let unset = config.namespaces.iter_mut().filter(|ns| ns.replication_factor == 1);
            unset.for_each(|namespace| namespace.replication_factor = factor);
        }
        config.check()?;
        if self.node_id == Some(NodeId(0)) {
            return Err(ConfigError::NodeId);
        }
        if !(1..=Cluster::MAX_NODES).contains(&self.nodes) {
            return Err(ConfigError::NodeCount(self.nodes));
        }
        if !crate::config::is_cluster_name(&self.cluster_name) {
            return Err(ConfigError::ClusterName(self.cluster_name.clone()));
        }
        Ok(config)
    }

    /// What the nodes at these addresses share, with the fixtures in it.
    fn share(self, config: Config, addresses: &[SocketAddr], sockets: Nodes) -> Result<Arc<Shared>, FixtureError> {
        let first = self
            .node_id
            .unwrap_or(NodeId(if self.nodes == 1 { 0xA1 } else { 0xB1 }));
        let racks = self.racks.into_iter().chain(std::iter::repeat(0));
        let nodes = addresses.iter().zip(first.0..).zip(racks).map(|((address, id), rack)| {
            let mut node = Node::new(NodeId(id), *address);
            node.rack = rack;
            node
        });
        let cluster = Cluster::new(self.cluster_name, nodes.collect()).with_slow_migrations(self.slow_migrations);
        let clock = Clock::default();
        let state = State::with_cluster(config, cluster, clock.now());
        for fixture in &self.fixtures {
            fixture::apply(fixture, &state, clock.now())?;
        }
        let journal = Log::new(self.journal, self.observer);
        Ok(Arc::new_cyclic(|shared| {
            let controls = self.controls.map(|install| install(Weak::clone(shared)));
            Shared::new(state, clock, controls, journal, sockets)
        }))
    }
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration is one that the real server refuses.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A fixture was not taken.
    #[error("cannot load a fixture")]
    Fixture(#[from] FixtureError),
    /// The system has no thread or no descriptors left.
    #[error("cannot run a server")]
    Run(#[source] io::Error),
}
