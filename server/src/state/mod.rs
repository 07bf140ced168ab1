//! State: what a server holds, and nothing of how clients reach it.
//!
//! Commands take a [`State`] and never the dispatcher above them. A [`Snapshot`] is a copy of a state at one moment. While the
//! network between nodes is cut, each subcluster has a state of its own: see [`Split`].

mod controls;
mod foreign_sindexes;
mod jobs;
mod latency;
mod namespace_stats;
mod node_stats;
mod nsup;
mod parameters;
mod proto_compression;
mod security;
mod session;
mod smd;
mod snapshot;
mod split;
mod tomb_raider;
mod usage;
mod user_agents;
mod xdr;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

pub(crate) use self::controls::{ControlError, Controls};
pub(crate) use self::foreign_sindexes::ForeignSindexes;
pub(crate) use self::jobs::{ActiveJob, JobDescription, JobEnd, JobKind, Jobs, Tally};
#[cfg(feature = "udf")]
pub(crate) use self::namespace_stats::UdfOutcome;
pub(crate) use self::namespace_stats::{CommandCounters, Ends, GeoCounters, NamespaceStats, QueryCounters};
use self::node_stats::NodeStats;
pub use self::node_stats::Stats;
pub(crate) use self::node_stats::{add, get};
use self::nsup::Nsup;
use self::parameters::Parameters;
pub(crate) use self::parameters::Scope;
pub(crate) use self::proto_compression::ProtoCompression;
use self::security::CommonSecurity;
pub(crate) use self::security::Security;
pub use self::session::Session;
pub(crate) use self::session::{CurrentMillisecond, Login};
use self::smd::Smd;
pub(crate) use self::smd::{SmdItem, SmdModule};
pub use self::snapshot::{RestoreError, Snapshot};
pub(crate) use self::split::{Split, SubclusterState};
use self::tomb_raider::TombRaider;
pub(crate) use self::usage::QueryQuota;
pub(crate) use self::user_agents::UNKNOWN as UNKNOWN_AGENT;
use self::xdr::Xdr;
pub(crate) use self::xdr::{DataCenter, XdrSnapshot};
use crate::access::Accounts;
use crate::clock::Now;
use crate::cluster::{Cluster, Lost, TableId};
use crate::config::Config;
use crate::store::Namespace;
#[cfg(feature = "udf")]
use crate::udf::Modules;

/// What a server holds: configuration, cluster, namespaces, system metadata, jobs and counters.
#[derive(Debug)]
pub struct State {
    common: Arc<Common>,
    namespaces: Vec<Namespace>,
    foreign_sindexes: ForeignSindexes,
    smd: Smd,
    nsup: Nsup,
    tomb_raider: TombRaider,
    parameters: Parameters,
    xdr: Xdr,
    security: Option<Security>,
    #[cfg(feature = "udf")]
    modules: Arc<Modules>,
}

/// What the states of all subclusters share.
#[derive(Debug)]
struct Common {
    config: Config,
    cluster: RwLock<Arc<Cluster>>,
    has_many_nodes: AtomicBool,
    stats: NodeStats,
    jobs: Arc<Jobs>,
    security: Option<Arc<CommonSecurity>>,
}

impl State {
    /// An empty state with one node.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with_cluster(config, Cluster::default(), Now::default())
    }

    /// An empty state with the nodes of a cluster, which start at `now`.
    #[must_use]
    pub(crate) fn with_cluster(config: Config, mut cluster: Cluster, now: Now) -> Self {
        let tables = config.namespaces.iter().enumerate().map(|(number, namespace)| {
            let id = TableId {
                replication_factor: namespace.replication_factor,
                consistent: namespace.is_strongly_consistent().then_some(number),
            };
            (id, namespace.is_auto_reviving())
        });
        cluster.start(tables, now);
        let stats = NodeStats::new(config.namespaces.len());
        (0..cluster.nodes().len()).for_each(|node| stats.reset(node, now));
        let has_masking = config.has_masking();
        let security = config.security.as_ref().map(|security| {
            // A configuration that is not valid does not get here: `Config::check` has read the accounts before.
            let accounts = security.accounts(has_masking);
            let accounts = accounts.unwrap_or_else(|_| Accounts::new(has_masking));
            Arc::new(CommonSecurity::new(security, accounts))
        });
        Self::of(
            Arc::new(Common {
                security,
                has_many_nodes: AtomicBool::new(cluster.nodes().len() > 1),
                cluster: RwLock::new(Arc::new(cluster)),
                stats,
                jobs: Arc::default(),
                config,
            }),
            now,
        )
    }

    /// An empty state for another subcluster of the same cluster.
    #[must_use]
    pub(crate) fn for_subcluster(&self, now: Now) -> Self {
        Self::of(Arc::clone(&self.common), now)
    }

    fn of(common: Arc<Common>, now: Now) -> Self {
        let numbered = common.config.namespaces.iter().enumerate();
        let namespaces: Vec<_> = numbered
            .map(|(at, config)| Namespace::new(at, config, common.config.edition))
            .collect();
        let parameters = Parameters::of(&common.config);
        let state = Self {
            nsup: Nsup::new(namespaces.len(), now),
            tomb_raider: TombRaider::new(namespaces.len(), now),
            namespaces,
            foreign_sindexes: ForeignSindexes::default(),
            smd: Smd::default(),
            security: common.security.clone().map(Security::new),
            parameters,
            xdr: Xdr::default(),
            #[cfg(feature = "udf")]
            modules: Arc::new(Modules::new(&common.config.work_directory)),
            common,
        };
        state.apply_query_max_done();
        state
    }

    /// The configuration that the server was started with.
    #[must_use]
    pub(crate) fn config(&self) -> &Config {
        &self.common.config
    }

    /// The cluster at this moment.
    #[must_use]
    pub(crate) fn cluster(&self) -> Arc<Cluster> {
        self.common
            .cluster
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether the cluster has, or had, more than one node. With one node no command can belong to another.
    pub(crate) fn has_many_nodes(&self) -> bool {
        self.common.has_many_nodes.load(Ordering::Relaxed)
    }

    /// Changes the cluster in a way that leaves the nodes and their copies as they are.
    pub(crate) fn adjust_cluster(&self, change: impl FnOnce(&mut Cluster)) {
        let mut cluster = self.common.cluster.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut cluster));
    }

    /// The partition tables of the namespaces: the present one, and the one with the replication factor that `set-config` has
    /// set.
    pub(crate) fn configured_tables(&self) -> Vec<(TableId, TableId)> {
        let namespaces = self.namespaces.iter().zip(self.configured_factors());
        let tables = namespaces.map(|(namespace, factor)| (namespace.table(), namespace.table_with(factor)));
        tables.collect()
    }

    /// The replication factors of the namespaces, as the configuration or `set-config` has set them.
    fn configured_factors(&self) -> Vec<u32> {
        let factors = self.namespaces.iter().map(|namespace| {
            let scope = Scope::Namespace(namespace.number);
            let changed = self.parameters.number(scope, "replication-factor");
            let config = self.config().namespaces.get(namespace.number);
            let present = namespace.settings.replication_factor();
            let configured = changed.and_then(|factor| u32::try_from(factor).ok());
            configured
                .or(config.map(|config| config.replication_factor))
                .unwrap_or(present)
        });
        factors.collect()
    }

    /// Gives every namespace its configured replication factor. The cluster must have a table for each.
    pub(crate) fn apply_factors(&self) {
        for (namespace, factor) in self.namespaces.iter().zip(self.configured_factors()) {
            namespace.settings.set_replication_factor(factor);
        }
    }

    /// Ends the slices of the latency histograms whose `ticker-interval` has passed.
    fn tick(&self, now: Now) {
        let interval = self.parameters.number(Scope::Service, "ticker-interval").unwrap_or(10);
        let counts_info = self.parameters.get(Scope::Service, "enable-hist-info");
        let counts_info = counts_info.is_some_and(|value| value == "true");
        let nodes = self.common.stats.all();
        nodes.iter().for_each(|node| node.tick(now, interval, counts_info));
    }

    /// Replaces the cluster.
    pub(crate) fn set_cluster(&self, cluster: Cluster) {
        let has_many_nodes = cluster.nodes().len() > 1;
        *self.common.cluster.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(cluster);
        self.common.has_many_nodes.store(has_many_nodes, Ordering::Relaxed);
    }

    /// Removes the records of partitions of which no node has a copy any more.
    pub(crate) fn lose(&self, lost: &[Lost]) {
        for lost in lost {
            let of_table = |namespace: &&Namespace| namespace.table() == lost.table;
            for namespace in self.namespaces.iter().filter(of_table) {
                lost.partitions
                    .iter()
                    .for_each(|lost| namespace.lose(lost.id, lost.before));
            }
        }
    }

    /// Ends the transactions whose deadline has passed.
    pub(crate) fn end_due_transactions(&self, now: Now) {
        let namespaces = self.namespaces.iter();
        namespaces.for_each(|namespace| namespace.end_due_transactions(now));
    }

    /// The namespaces, in the order of the configuration.
    #[must_use]
    pub fn namespaces(&self) -> &[Namespace] {
        &self.namespaces
    }

    /// Finds a namespace by the name in a message's field.
    pub(crate) fn namespace(&self, name: Option<&[u8]>) -> Option<&Namespace> {
        let name = name?;
        self.namespaces
            .iter()
            .find(|namespace| namespace.name.as_bytes() == name)
    }

    /// The counters of a node, by its position in the cluster.
    #[must_use]
    pub fn stats(&self, node: usize) -> Arc<Stats> {
        self.common.stats.of(node)
    }

    /// Resets the counters of a node, as when the node restarts.
    pub(crate) fn reset_stats(&self, node: usize, now: Now) {
        self.common.stats.reset(node, now);
    }

    /// The secondary indexes of namespaces that the server does not have.
    pub(crate) const fn foreign_sindexes(&self) -> &ForeignSindexes {
        &self.foreign_sindexes
    }

    pub(crate) const fn smd(&self) -> &Smd {
        &self.smd
    }

    /// The parameters that `set-config` has changed and that have no effect.
    pub(crate) const fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The datacenters that the cluster has been told of.
    pub(crate) const fn xdr(&self) -> &Xdr {
        &self.xdr
    }

    /// Remembers as many ended queries as `query-max-done` says.
    pub(crate) fn apply_query_max_done(&self) {
        let max = self.parameters.number(Scope::Service, "query-max-done");
        self.jobs().remember(max.map_or(Jobs::MAX_DONE, |max| max as usize));
    }

    /// The long queries that run, and the last ones that ended.
    pub(crate) fn jobs(&self) -> &Arc<Jobs> {
        &self.common.jobs
    }

    /// Aborts the long queries of a node, as when the node dies.
    pub(crate) fn abort_queries(&self, node: usize) {
        self.common.jobs.abort_all(node);
    }

    /// Aborts the long queries of all nodes.
    fn abort_all_queries(&self) {
        (0..self.cluster().nodes().len()).for_each(|node| self.abort_queries(node));
    }

    /// When and how namespaces are swept of expired records.
    pub(crate) const fn nsup(&self) -> &Nsup {
        &self.nsup
    }

    /// The accounts; `None` without security.
    pub(crate) const fn security(&self) -> Option<&Security> {
        self.security.as_ref()
    }

    /// The registered UDF modules.
    #[cfg(feature = "udf")]
    pub(crate) const fn modules(&self) -> &Arc<Modules> {
        &self.modules
    }
}
