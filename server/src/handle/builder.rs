//! The builder of a server.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Weak};

use super::Server;
use crate::clock::Clock;
use crate::cluster::{Cluster, Node, NodeId};
use crate::config::{
    Authentication, Config, ConfigError, NamespaceConfig, RoleConfig, SecurityConfig, TlsConfig, UserConfig,
};
use crate::config_file::{ConfigFile, ConfigFileError};
use crate::fixture::{self, Fixture, FixtureError};
use crate::net::{Addresses, Bound, Nodes, Shared};
#[cfg(feature = "tls")]
use crate::net::{Tls, TlsError};
use crate::request_log::{Entry, Filter, Log, Observer};
use crate::state::{Controls, State};
use crate::version::Edition;

/// Creates the controls of a server. A function pointer, so that the handle need not import the controls.
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
    /// If empty, the defaults of [`Config`].
    namespaces: Vec<NamespaceConfig>,
    version: Option<String>,
    edition: Edition,
    cluster_name: String,
    node_id: Option<NodeId>,
    racks: Vec<u32>,
    nodes: usize,
    replication_factor: Option<u32>,
    slow_migrations: bool,
    without_rosters: bool,
    work_directory: Option<String>,
    tls: Option<TlsConfig>,
    controls: Option<InstallControls>,
    fixtures: Vec<Fixture>,
    journal: Option<usize>,
    observer: Option<Observer>,
    security: Option<SecurityConfig>,
    config_file: Option<ConfigFile>,
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
            without_rosters: false,
            work_directory: None,
            tls: None,
            controls: None,
            fixtures: Vec::new(),
            journal: None,
            observer: None,
            security: None,
            config_file: None,
        }
    }
}

impl Server {
    /// Starts a server with the namespaces `test` and `bar` on a free port of 127.0.0.1.
    ///
    /// Clients can connect as soon as this returns.
    ///
    /// # Errors
    /// [`StartError`] if the system has no free port, thread or file descriptor.
    pub fn start() -> Result<Self, StartError> {
        Self::builder().start()
    }

    /// Returns a builder that configures and starts a server.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// Sets the address to listen on. The default is 127.0.0.1 and port 0, which stands for a free port.
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Takes the configuration from a file of the real server: the address, what clients are told of it, the namespaces with
    /// their sets, the name of the cluster and the id of the node. Methods that are called later override what they set;
    /// namespaces are added.
    ///
    /// A namespace has the real server's defaults, and not those of [`NamespaceConfig::new`]: `nsup-period` is 0, so records
    /// cannot have a TTL, and `replication-factor` is 2. [`start`](Self::start) fails with [`StartError::ConfigFile`] if the file
    /// needs another [edition](Self::edition).
    pub fn config_file(mut self, file: &ConfigFile) -> Self {
        if let Some(address) = file.listen {
            self.listen = address;
        }
        self.cluster_name.clone_from(&file.cluster_name);
        if let Some(id) = file.node_id {
            self.node_id = Some(NodeId(id));
        }
        if let Some(directory) = &file.work_directory {
            self.work_directory = Some(directory.clone());
        }
        self.namespaces.extend(file.namespaces.iter().cloned());
        if let Some(stanza) = &file.security {
            let security = self.security.get_or_insert_default();
            for (name, values) in &stanza.parameters {
                values.iter().for_each(|value| security.set(name, value));
            }
        }
        self.config_file = Some(file.clone());
        self
    }

    /// Adds a namespace. By default the server has `test` and `bar`.
    pub fn namespace(mut self, namespace: impl Into<NamespaceConfig>) -> Self {
        self.namespaces.push(namespace.into());
        self
    }

    /// Sets the version that the server reports, `8.1.2.0` by default. Clients enable features by it.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Sets the edition, [Community](Edition::Community) by default. The server has the limits of that edition.
    pub const fn edition(mut self, edition: Edition) -> Self {
        self.edition = edition;
        self
    }

    /// Sets the name of the cluster, up to 63 bytes; `spikelet` by default. Clients configured with another name refuse to
    /// connect.
    pub fn cluster_name(mut self, name: impl Into<String>) -> Self {
        self.cluster_name = name.into();
        self
    }

    /// Sets the id of the first node, which must not be 0. The default is `A1` for a single node and `B1` for several. Further
    /// nodes get the ids that follow.
    pub const fn node_id(mut self, id: u64) -> Self {
        self.node_id = Some(NodeId(id));
        self
    }

    /// Sets the number of nodes, 1 to 64; 1 by default. Each listens on its own port: a free one or, if
    /// [`listen`](Self::listen) sets the port of the first, the ports that follow.
    pub const fn nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// Sets the number of copies of each record (`replication-factor`), 1 to 256, for every namespace whose own
    /// configuration leaves it at the default of 1.
    pub const fn replication_factor(mut self, factor: u32) -> Self {
        self.replication_factor = Some(factor);
        self
    }

    /// Sets the racks of the nodes (`rack-id`), in the order of the nodes. The copies of a record are kept in different racks
    /// where possible. A node is in the same rack for all namespaces: further nodes are in the rack that the first namespace with
    /// a `rack-id` configures, or else in rack 0. Only the Enterprise Edition tells clients of racks.
    pub fn racks(mut self, racks: impl IntoIterator<Item = u32>) -> Self {
        self.racks = racks.into_iter().collect();
        self
    }

    /// Sets whether migrations wait for [`Server::migrate`]. By default they finish at once.
    pub const fn slow_migrations(mut self, slow: bool) -> Self {
        self.slow_migrations = slow;
        self
    }

    /// Sets whether namespaces with `strong-consistency` start without a roster, as those of a new real cluster do: all their
    /// partitions are unavailable until the roster is set, by [`Server::set_roster`] or `roster-set`. By default the server's
    /// own nodes are on the roster.
    pub const fn without_rosters(mut self, without: bool) -> Self {
        self.without_rosters = without;
        self
    }

    /// Sets the directory that error messages of UDFs name (`work-directory`). The default is `/opt/aerospike`, where the real
    /// server is installed. Nothing is read from it or written to it.
    pub fn work_directory(mut self, directory: impl Into<String>) -> Self {
        self.work_directory = Some(directory.into());
        self
    }

    /// Accepts TLS connections, beside those without TLS. TLS is a feature of the Enterprise Edition, so that
    /// [`edition`](Self::edition) must be set too. Needs the cargo feature `tls`.
    ///
    /// ```
    /// use spikelet::{AuthenticateClient, Edition, Server, TlsConfig};
    ///
    /// let server = Server::builder()
    ///     .edition(Edition::Enterprise)
    ///     .tls(TlsConfig { authenticate_client: AuthenticateClient::Any, ..TlsConfig::default() })
    ///     .start()?;
    /// let alice = server.client_certificate("alice")?;
    /// assert!(alice.key.starts_with("-----BEGIN PRIVATE KEY-----"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: TlsConfig) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Configures security: clients have to log in, and may do what the roles of their users permit. Needs the
    /// [Enterprise Edition](Edition::Enterprise), and the feature `security` of this crate.
    ///
    /// Users and roles that were added before are kept. At the start there is also the user `admin` with the password `admin`, which
    /// manages users.
    pub fn security(mut self, mut security: SecurityConfig) -> Self {
        if let Some(before) = self.security.take() {
            security.users.splice(0..0, before.users);
            security.roles.splice(0..0, before.roles);
        }
        self.security = Some(security);
        self
    }

    /// Adds a user with a password and these roles, and with it [security](Self::security). A role is a predefined one, such as
    /// `read-write`, or one that is added with [`role`](Self::role).
    ///
    /// ```
    /// use spikelet::{Edition, Server};
    ///
    /// let server = Server::builder()
    ///     .edition(Edition::Enterprise)
    ///     .user("app", "secret", ["read-write"])
    ///     .user("ops", "secret", ["sys-admin", "user-admin"])
    ///     .start()?;
    /// # Ok::<(), spikelet::StartError>(())
    /// ```
    pub fn user(
        self,
        name: impl Into<String>,
        password: impl Into<String>,
        roles: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.add_user(name, Authentication::Password(password.into()), roles)
    }

    /// Adds a user that logs in in another way than with a [password](Self::user): with a certificate, or as one whose password
    /// is checked elsewhere.
    pub fn add_user(
        mut self,
        name: impl Into<String>,
        authentication: Authentication,
        roles: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let user = UserConfig {
            name: name.into(),
            authentication,
            roles: roles.into_iter().map(Into::into).collect(),
        };
        self.security.get_or_insert_default().users.push(user);
        self
    }

    /// Adds a role with these privileges, and with it [security](Self::security). A privilege is text such as `sys-admin`, `read`,
    /// `read.NAMESPACE` or `read.NAMESPACE.SET`, or a [`Privilege`](crate::Privilege).
    pub fn role(self, name: impl Into<String>, privileges: impl IntoIterator<Item = impl ToString>) -> Self {
        self.add_role(RoleConfig::new(name, privileges))
    }

    /// Adds a role that may also have a whitelist and quotas.
    pub fn add_role(mut self, role: RoleConfig) -> Self {
        self.security.get_or_insert_default().roles.push(role);
        self
    }

    pub(crate) const fn install_controls(mut self, controls: Option<InstallControls>) -> Self {
        self.controls = controls;
        self
    }

    /// Enables the [journal](Server::journal), which keeps the last `capacity` requests, but at most 64 MiB. Off by default.
    pub const fn journal(mut self, capacity: usize) -> Self {
        self.journal = Some(capacity);
        self
    }

    /// Enables the journal unless it is enabled already.
    pub(super) fn journal_by_default(mut self, capacity: usize) -> Self {
        self.journal.get_or_insert(capacity);
        self
    }

    /// Calls a function with every journal entry that matches the filter, when the request has ended and before the client has
    /// the whole reply. Requires [`journal`](Self::journal).
    ///
    /// The client waits for the function, so it should be short.
    ///
    /// ```
    /// use spikelet::{Command, Server, journal::Filter};
    ///
    /// let builder = Server::builder().journal(100);
    /// let server = builder.on_request(Filter::from(Command::Write), |entry| eprintln!("{entry}")).start()?;
    /// # Ok::<(), spikelet::StartError>(())
    /// ```
    pub fn on_request(mut self, filter: Filter, callback: impl Fn(&Entry) + Send + Sync + 'static) -> Self {
        self.observer = Some(Observer::new(filter, callback));
        self
    }

    /// Loads a fixture before clients can connect. Several are loaded in the order in which they were added.
    pub fn fixture(mut self, fixture: Fixture) -> Self {
        self.fixtures.push(fixture);
        self
    }

    /// Starts the server. Clients can connect as soon as this returns.
    ///
    /// # Errors
    /// - [`StartError::Config`] if the real server would refuse the configuration
    /// - [`StartError::Bind`] if the address is in use or not an address of this machine
    /// - [`StartError::Fixture`] if the server refuses a fixture
    /// - [`StartError::Tls`] if a certificate or a key cannot be used
    /// - [`StartError::Run`] if the system has no thread or file descriptor left
    pub fn start(mut self) -> Result<Server, StartError> {
        self.take_tls_of_file()?;
        let config = self.config()?;
        let bound = Bound::new(self.listen, self.tls.as_ref().map(|tls| tls.listen), self.nodes);
        let bound = bound.map_err(|(address, source)| StartError::Bind { address, source })?;
        let shared = self.share(config, &bound.addresses, Nodes::default())?;
        let running = bound.run(Arc::clone(&shared)).map_err(StartError::Run)?;
        Ok(Server::new(Some(running), shared))
    }

    /// Starts the server without a thread and without sockets. Connect with [`Server::connect`] or [`Server::connector`].
    ///
    /// Nodes still have addresses, by which clients tell them apart. The first node has the address set by
    /// [`listen`](Self::listen), with port 3000 if that is 0; each further node has the next port. The first TLS address has port
    /// 4333 if the configured one is 0. Nothing runs in the
    /// background: expired records are removed when the [clock](Server::clock) is moved, and by [`Server::run_nsup`].
    ///
    /// # Errors
    /// - [`StartError::Config`] if the real server would refuse the configuration
    /// - [`StartError::Fixture`] if the server refuses a fixture
    /// - [`StartError::Tls`] if a certificate or a key cannot be used
    pub fn start_in_process(mut self) -> Result<Server, StartError> {
        self.take_tls_of_file()?;
        let config = self.config()?;
        let address = |first: SocketAddr, default: u16, at: u16| {
            let port = if first.port() == 0 { default } else { first.port() };
            SocketAddr::new(first.ip(), port.saturating_add(at))
        };
        let addresses: Vec<_> = (0..u16::MAX)
            .take(self.nodes)
            .map(|at| Addresses {
                clear: address(self.listen, 3000, at),
                tls: self.tls.as_ref().map(|tls| address(tls.listen, 4333, at)),
            })
            .collect();
        let shared = self.share(config, &addresses, Nodes::without_sockets())?;
        Ok(Server::new(None, shared))
    }

    /// Takes the TLS of the configuration file, unless there is another. The Community Edition refuses the file later.
    fn take_tls_of_file(&mut self) -> Result<(), ConfigFileError> {
        #[cfg(feature = "tls")]
        if self.tls.is_none() && self.edition == Edition::Enterprise {
            let tls = self.config_file.as_ref().map(ConfigFile::tls).transpose()?;
            self.tls = tls.flatten();
        }
        Ok(())
    }

    /// Returns the checked configuration.
    fn config(&self) -> Result<Config, StartError> {
        let mut config = Config {
            edition: self.edition,
            tls: self.tls.clone(),
            security: self.security.clone(),
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
        if let Some(file) = &self.config_file {
            file.check(self.edition)?;
            config.service = file.service.clone();
            config.network = file.network.clone();
        }
        config.check()?;
        if self.node_id == Some(NodeId(0)) {
            return Err(ConfigError::NodeId.into());
        }
        if !(1..=Cluster::MAX_NODES).contains(&self.nodes) {
            return Err(ConfigError::NodeCount(self.nodes).into());
        }
        let listened = [Some(self.listen), self.tls.as_ref().map(|tls| tls.listen)];
        for first in listened.into_iter().flatten().map(|address| address.port()) {
            if usize::from(first) + self.nodes > usize::from(u16::MAX) + 1 {
                let nodes = self.nodes;
                return Err(ConfigError::Ports { first, nodes }.into());
            }
        }
        if let Some(tls) = &self.tls {
            if self.edition == Edition::Community {
                return Err(ConfigError::TlsOnCommunity.into());
            }
            if !tls.has_valid_name() {
                return Err(ConfigError::TlsName(tls.name.clone()).into());
            }
        }
        if !crate::config::is_cluster_name(&self.cluster_name) {
            return Err(ConfigError::ClusterName(self.cluster_name.clone()).into());
        }
        Ok(config)
    }

    /// Creates what the nodes at these addresses share, with the fixtures loaded.
    fn share(self, config: Config, addresses: &[Addresses], sockets: Nodes) -> Result<Arc<Shared>, StartError> {
        let first = self
            .node_id
            .unwrap_or(NodeId(if self.nodes == 1 { 0xA1 } else { 0xB1 }));
        let mut racks_of_namespaces = config.namespaces.iter().filter_map(|namespace| {
            let rack = namespace.parameters.get("rack-id")?;
            rack.parse().ok()
        });
        let rack = racks_of_namespaces.find(|rack| *rack != 0).unwrap_or(0);
        let racks = self.racks.into_iter().chain(std::iter::repeat(rack));
        let nodes = addresses
            .iter()
            .zip(first.0..)
            .zip(racks)
            .map(|((addresses, id), rack)| {
                let mut node = Node::new(NodeId(id), addresses.clear);
                node.tls_address = addresses.tls;
                node.rack = rack;
                // They say how clients reach one node.
                if let Some(file) = self.config_file.as_ref().filter(|_| self.nodes == 1) {
                    (node.advertised, node.alternate) = (file.access, file.alternate);
                    (node.tls_advertised, node.tls_alternate) = (file.tls_access, file.tls_alternate);
                }
                node
            });
        let cluster = Cluster::new(self.cluster_name, nodes.collect())
            .with_slow_migrations(self.slow_migrations)
            .without_rosters(self.without_rosters);
        let clock = Clock::default();
        let state = State::with_cluster(config, cluster, clock.now());
        for fixture in &self.fixtures {
            fixture::apply(fixture, &state, clock.now())?;
        }
        let journal = Log::new(self.journal, self.observer);
        #[cfg(feature = "tls")]
        let tls = self.tls.as_ref().map(Tls::new).transpose()?.map(Arc::new);
        Ok(Arc::new_cyclic(|shared| {
            let controls = self.controls.map(|install| install(Weak::clone(shared)));
            #[allow(unused_mut, reason = "changed with the feature `tls`")]
            let mut shared = Shared::new(state, clock, controls, journal, sockets);
            #[cfg(feature = "tls")]
            {
                shared.tls = tls;
            }
            shared
        }))
    }
}

/// Why a server did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The real server would refuse the configuration.
    Config(ConfigError),
    /// The configuration file asks for what the server's edition does not have, or this server.
    ConfigFile(ConfigFileError),
    /// The server cannot listen on the address.
    Bind {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// The server refused a fixture.
    Fixture(FixtureError),
    /// A certificate or a key cannot be used.
    #[cfg(feature = "tls")]
    Tls(TlsError),
    /// The system has no thread or file descriptor left.
    Run(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::ConfigFile(error) => error.fmt(f),
            Self::Bind { address, .. } => write!(f, "cannot listen on {address}"),
            Self::Fixture(_) => f.write_str("cannot load a fixture"),
            #[cfg(feature = "tls")]
            Self::Tls(_) => f.write_str("cannot set up TLS"),
            Self::Run(_) => f.write_str("cannot run a server"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Config(_) | Self::ConfigFile(_) => None,
            Self::Bind { source, .. } | Self::Run(source) => Some(source),
            Self::Fixture(error) => Some(error),
            #[cfg(feature = "tls")]
            Self::Tls(error) => Some(error),
        }
    }
}

#[cfg(feature = "tls")]
impl From<TlsError> for StartError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

impl From<ConfigError> for StartError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<ConfigFileError> for StartError {
    fn from(error: ConfigFileError) -> Self {
        Self::ConfigFile(error)
    }
}

impl From<FixtureError> for StartError {
    fn from(error: FixtureError) -> Self {
        Self::Fixture(error)
    }
}
