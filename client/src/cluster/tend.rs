//! Tending: keeping what is known of the cluster in line with the cluster.
//!
//! Each round asks every node who it is and for two generations, numbers that change with its peers and its partitions.
//! Only where one changed are the peers or the partitions asked for.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::host::Host;
use super::node::{self, Node};
use super::partitions::{Claim, PartitionTable};
use super::peers::{Peer, Peers};
use super::{Cluster, Config, View};
use crate::connection::{Broken, Connection, info_value};
use crate::error::Error;

/// After how many failed rounds a node is given up.
const MAX_FAILURES: u32 = 3;
/// The shortest time between two rounds, however often something suggests a change.
const MIN_INTERVAL: Duration = Duration::from_millis(50);
/// How long a node may take for one info answer.
const INFO_TIMEOUT: Duration = Duration::from_secs(1);

/// Tends a cluster; it alone writes the cluster's view.
#[derive(Debug)]
pub(super) struct Tender {
    config: Arc<Config>,
    nodes: Vec<Tended>,
    rounds: u64,
}

/// A node, and what it said last.
#[derive(Debug)]
struct Tended {
    node: Arc<Node>,
    connection: Option<Connection>,
    peers_generation: Option<String>,
    partition_generation: Option<String>,
    peers: Vec<Peer>,
    claims: Vec<Claim>,
    /// The round in which it made its claims: of two that claim the same, the later is right.
    claimed: u64,
    failures: u32,
}

/// What a round found.
#[derive(Debug, Default, Clone, Copy)]
struct Changes {
    nodes: bool,
    partitions: bool,
}

impl Tender {
    /// Finds the cluster through the hosts of its config, and knows all of it when this returns.
    pub(super) async fn start(cluster: &Cluster) -> Result<Self, Error> {
        let mut tender = Self {
            config: Arc::new(cluster.config.clone()),
            nodes: Vec::new(),
            rounds: 0,
        };
        tender.seed().await?;
        // Peers may know further peers.
        while tender.add_new().await {}
        tender.publish(cluster);
        Ok(tender)
    }

    /// Tends until the cluster is dropped, each interval and whenever something suggests a change.
    pub(super) async fn run(mut self, cluster: Weak<Cluster>, wake: Arc<Notify>) {
        loop {
            let _ = timeout(self.config.tend_interval, wake.notified()).await;
            if cluster.strong_count() == 0 {
                return;
            }
            let changes = self.tend().await;
            let Some(cluster) = cluster.upgrade() else { return };
            if changes.nodes || changes.partitions {
                self.publish(&cluster);
            }
            drop(cluster);
            tokio::time::sleep(MIN_INTERVAL.min(self.config.tend_interval)).await;
        }
    }

    async fn tend(&mut self) -> Changes {
        if self.nodes.is_empty()
            && let Err(error) = self.seed().await
        {
            tracing::warn!(%error, "no node of the cluster can be reached");
        }
        self.round().await
    }

    fn publish(&self, cluster: &Cluster) {
        let mut nodes: Vec<&Tended> = self.nodes.iter().collect();
        nodes.sort_by_key(|tended| tended.claimed);
        let claims = nodes.iter().map(|tended| (&tended.node, tended.claims.as_slice()));
        let view = View {
            partitions: PartitionTable::build(claims),
            nodes: nodes.iter().map(|tended| tended.node.clone()).collect(),
        };
        cluster.set_view(view);
    }

    /// Adds the first host that answers.
    async fn seed(&mut self) -> Result<(), Error> {
        let mut last = Error::cluster("no host was given");
        for host in self.config.hosts.clone() {
            match Tended::meet(&host, &self.config).await {
                Ok(tended) => {
                    self.nodes.push(tended);
                    return Ok(());
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Asks all nodes what changed, side by side, so that one that hangs does not hold up the others.
    async fn round(&mut self) -> Changes {
        self.rounds += 1;
        let mut asked = JoinSet::new();
        for mut tended in self.nodes.drain(..) {
            let config = self.config.clone();
            asked.spawn(async move {
                let result = tended.refresh(&config).await;
                (tended, result)
            });
        }
        let mut changes = Changes::default();
        for (mut tended, result) in asked.join_all().await {
            match result {
                Ok(changed) => {
                    tended.failures = 0;
                    if changed {
                        tended.claimed = self.rounds;
                        changes.partitions = true;
                    }
                }
                Err(error) => {
                    tracing::debug!(node = %tended.node.name, ?error, "tending failed");
                    tended.connection = None;
                    tended.failures += 1;
                }
            }
            tended.node.pool.trim();
            self.nodes.push(tended);
        }
        changes.nodes |= self.drop_lost();
        changes.nodes |= self.add_new().await;
        changes
    }

    /// Drops the nodes that do not answer: at once where others do and do not name them any more, else after some
    /// rounds.
    fn drop_lost(&mut self) -> bool {
        let named: HashSet<String> = self.peers().map(|peer| peer.name.clone()).collect();
        let others_answer = self.nodes.iter().any(|tended| tended.failures == 0);
        let before = self.nodes.len();
        self.nodes.retain(|tended| {
            let name = &*tended.node.name;
            let disowned = tended.failures > 0 && others_answer && !named.contains(name);
            let lost = disowned || tended.failures >= MAX_FAILURES;
            if lost {
                tracing::info!(node = name, "node lost");
                tended.node.pool.clear();
            }
            !lost
        });
        self.nodes.len() != before
    }

    /// Adds the peers that are not known yet.
    async fn add_new(&mut self) -> bool {
        let known: HashSet<&str> = self.nodes.iter().map(|tended| &*tended.node.name).collect();
        let mut new: Vec<(String, Vec<Host>)> = Vec::new();
        for peer in self.peers() {
            if !known.contains(peer.name.as_str()) && new.iter().all(|(name, _)| *name != peer.name) {
                new.push((peer.name.clone(), peer.hosts.clone()));
            }
        }
        let mut added = false;
        for (name, hosts) in new {
            for host in hosts {
                match Tended::meet(&host, &self.config).await {
                    Ok(tended) if *tended.node.name == *name => {
                        tracing::info!(node = name, %host, "node found");
                        self.nodes.push(tended);
                        added = true;
                        break;
                    }
                    Ok(tended) => tracing::warn!(%host, expected = name, found = %tended.node.name, "another node"),
                    Err(error) => tracing::debug!(%host, node = name, %error, "peer cannot be reached"),
                }
            }
        }
        added
    }

    /// The peers that the answering nodes name.
    fn peers(&self) -> impl Iterator<Item = &Peer> {
        let answering = self.nodes.iter().filter(|tended| tended.failures == 0);
        answering.flat_map(|tended| &tended.peers)
    }
}

impl Tended {
    /// Connects to a host, says who this is and asks for all there is to know: in one question, since a test may
    /// connect more often than anything else.
    async fn meet(host: &Host, config: &Config) -> Result<Self, Error> {
        let unreachable = |what: String| Error::cluster(format!("{host}: {what}"));
        let connection = node::connect(host, config.connector.as_ref(), config.connect_timeout).await;
        let mut connection = connection.map_err(|error| unreachable(error.to_string()))?;
        let introduction = introduction(&config.application);
        let names = [
            &introduction,
            "node",
            "cluster-name",
            peers_name(config),
            // Before the partitions: if they change in between, the next round sees it.
            "partition-generation",
            "replicas",
        ];
        let answer = ask(&mut connection, &names).await;
        let answer = answer.map_err(|broken| unreachable(broken.to_string()))?;
        let name = info_value(&answer, "node").filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| unreachable("the host does not say which node it is".into()))?;
        if let Some(expected) = &config.cluster_name {
            let found = info_value(&answer, "cluster-name").unwrap_or_default();
            if found != expected {
                return Err(unreachable(format!("the cluster is {found:?}, not {expected:?}")));
            }
        }
        let mut tended = Self {
            node: Arc::new(Node::new(name, host.clone(), config)),
            connection: Some(connection),
            peers_generation: None,
            partition_generation: info_value(&answer, "partition-generation").map(str::to_owned),
            peers: Vec::new(),
            claims: Vec::new(),
            claimed: 0,
            failures: 0,
        };
        let read = tended
            .take_peers(&answer, config)
            .and_then(|()| tended.take_claims(&answer));
        read.map_err(|broken| unreachable(broken.to_string()))?;
        Ok(tended)
    }

    /// Asks the node what changed; gives whether its partitions did.
    async fn refresh(&mut self, config: &Config) -> Result<bool, Broken> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => node::connect(&self.node.host, config.connector.as_ref(), config.connect_timeout).await?,
        };
        let answer = ask(&mut connection, &["node", "peers-generation", "partition-generation"]).await?;
        let value = |name| info_value(&answer, name).map(str::to_owned);
        if value("node").as_deref() != Some(&*self.node.name) {
            return Err(protocol("another node answers at the address"));
        }
        if self.peers_generation != value("peers-generation") {
            let answer = ask(&mut connection, &[peers_name(config)]).await?;
            self.take_peers(&answer, config)?;
        }
        let partition_generation = value("partition-generation");
        let changed = self.partition_generation != partition_generation;
        if changed {
            let answer = ask(&mut connection, &["replicas"]).await?;
            self.take_claims(&answer)?;
            self.partition_generation = partition_generation;
        }
        self.connection = Some(connection);
        Ok(changed)
    }

    fn take_peers(&mut self, answer: &str, config: &Config) -> Result<(), Broken> {
        let peers = info_value(answer, peers_name(config)).and_then(Peers::parse);
        let peers = peers.ok_or_else(|| protocol("peers that cannot be read"))?;
        self.peers = peers.peers;
        self.peers_generation = Some(peers.generation.to_string());
        Ok(())
    }

    fn take_claims(&mut self, answer: &str) -> Result<(), Broken> {
        let claims = info_value(answer, "replicas").and_then(Claim::parse_all);
        self.claims = claims.ok_or_else(|| protocol("partitions that cannot be read"))?;
        Ok(())
    }
}

const fn peers_name(config: &Config) -> &'static str {
    match config.services_alternate {
        true => "peers-clear-alt",
        false => "peers-clear-std",
    }
}

async fn ask(connection: &mut Connection, names: &[&str]) -> Result<String, Broken> {
    connection.info(names, INFO_TIMEOUT).await
}

fn protocol(what: &'static str) -> Broken {
    Broken::Protocol(spikelet_wire::DecodeError::new(what, 0))
}

/// The command that tells a node which client this is, as `version of the form,client-version,application`. Older
/// servers refuse it, which does no harm.
fn introduction(application: &str) -> String {
    let agent = format!("1,spikelet-client-{},{application}", env!("CARGO_PKG_VERSION"));
    format!("user-agent-set:value={}", STANDARD.encode(agent))
}
