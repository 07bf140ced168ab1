//! The tender: asks the nodes of a cluster what changed, and derives the view of the cluster from their replies.
//!
//! Each round requests from every node its name and two generations, numbers that change with its peers and with its
//! partitions. The peers or partitions themselves are requested only where their generation has changed.

use std::collections::HashSet;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use spikelet_wire::ResultCode;

use super::config::Config;
use super::connection::{Connection, ConnectionError};
use super::endpoint::Endpoint;
use super::host::{DEFAULT_PORT, Host};
use super::info::{self, NOT_AUTHENTICATED, info_value};
use super::node::Node;
use super::partition_map::{Claim, PartitionMap};
use super::peers::{Peer, Peers};
use super::view::View;
use crate::error::{Cause, Error};

/// The number of failed rounds after which a node is dropped.
const MAX_FAILURES: u32 = 3;
/// How long a node may take for one info reply.
const INFO_TIMEOUT: Duration = Duration::from_secs(1);

/// The nodes of a cluster, and what they last reported.
///
/// Its futures may be dropped at any time, as happens when a runtime ends: it then still has all nodes.
#[derive(Debug)]
pub(super) struct Tender {
    config: Config,
    nodes: Vec<TendedNode>,
    rounds: u64,
    /// Whether nodes were added or dropped since the last view was derived.
    nodes_changed: bool,
    /// The round after which the last view was derived.
    viewed: u64,
}

/// A node, and what it last reported.
#[derive(Debug)]
struct TendedNode {
    node: Arc<Node>,
    connection: Option<Connection>,
    peers_generation: Option<String>,
    partition_generation: Option<String>,
    peers: Vec<Peer>,
    claims: Vec<Claim>,
    /// The round in which it reported its claims. Of two nodes that claim a partition, the later one is right.
    claimed: u64,
    failures: u32,
}

impl Tender {
    /// Finds the cluster through its seed hosts. All of its nodes are known when this returns.
    pub(super) async fn start(config: Config) -> Result<Self, Error> {
        let mut tender = Self {
            config,
            nodes: Vec::new(),
            rounds: 0,
            nodes_changed: false,
            viewed: 0,
        };
        tender.seed().await?;
        // Peers may know further peers.
        while tender.add_new().await {}
        Ok(tender)
    }

    /// Closes the tender's connections. Those that belong to a runtime that has ended cannot be used any more.
    pub(super) fn disconnect(&mut self) {
        for tended in &mut self.nodes {
            tended.connection = None;
        }
    }

    /// Asks all nodes, drops those that are lost and adds those that are new.
    pub(super) async fn tend(&mut self) {
        if self.nodes.is_empty()
            && let Err(error) = self.seed().await
        {
            tracing::warn!(%error, "no node of the cluster can be reached");
        }
        self.refresh().await;
        self.drop_lost();
        self.add_new().await;
    }

    /// The view of the cluster, if it changed since this was called last.
    pub(super) fn changed_view(&mut self) -> Option<View> {
        let claims_changed = self.nodes.iter().any(|tended| tended.claimed > self.viewed);
        if !claims_changed && !self.nodes_changed {
            return None;
        }
        (self.viewed, self.nodes_changed) = (self.rounds, false);
        let mut nodes: Vec<&TendedNode> = self.nodes.iter().collect();
        nodes.sort_by_key(|tended| tended.claimed);
        let claims = nodes.iter().map(|tended| (&tended.node, tended.claims.as_slice()));
        Some(View {
            partitions: PartitionMap::build(claims),
            nodes: nodes.iter().map(|tended| tended.node.clone()).collect(),
        })
    }

    /// Adds the first seed host that replies.
    async fn seed(&mut self) -> Result<(), Error> {
        let mut last = Error::cluster("no host was given");
        for host in self.config.hosts.clone() {
            match TendedNode::meet(&host, &self.config).await {
                Ok(tended) => {
                    self.nodes.push(tended);
                    self.nodes_changed = true;
                    return Ok(());
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Refreshes all nodes concurrently, so that one that hangs does not delay the others.
    async fn refresh(&mut self) {
        self.rounds += 1;
        let (config, round) = (&self.config, self.rounds);
        join_all(self.nodes.iter_mut().map(|tended| async move {
            match tended.refresh(config, round).await {
                Ok(()) => tended.failures = 0,
                Err(error) => {
                    tracing::debug!(node = %tended.node.name, ?error, "tending failed");
                    tended.connection = None;
                    tended.failures += 1;
                }
            }
            tended.node.pool.trim();
        }))
        .await;
    }

    /// Drops nodes that do not reply: at once if other nodes reply and no longer list them as peers, otherwise after
    /// [`MAX_FAILURES`] rounds.
    fn drop_lost(&mut self) {
        let named: HashSet<String> = self.peers().map(|peer| peer.name.clone()).collect();
        let others_reply = self.nodes.iter().any(|tended| tended.failures == 0);
        let before = self.nodes.len();
        self.nodes.retain(|tended| {
            let name = &*tended.node.name;
            let disowned = tended.failures > 0 && others_reply && !named.contains(name);
            let lost = disowned || tended.failures >= MAX_FAILURES;
            if lost {
                tracing::info!(node = name, "node lost");
                tended.node.pool.clear();
            }
            !lost
        });
        self.nodes_changed |= self.nodes.len() != before;
    }

    /// Connects to the peers that are not known yet. Returns whether one was added.
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
                match TendedNode::meet(&host, &self.config).await {
                    Ok(tended) if *tended.node.name == *name => {
                        tracing::info!(node = name, %host, "node found");
                        self.nodes.push(tended);
                        self.nodes_changed = true;
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

    /// The peers listed by the nodes that reply.
    fn peers(&self) -> impl Iterator<Item = &Peer> {
        let replying = self.nodes.iter().filter(|tended| tended.failures == 0);
        replying.flat_map(|tended| &tended.peers)
    }
}

impl TendedNode {
    /// Connects to a host, introduces this client and requests everything there is to know, all in one info request:
    /// tests connect more often than they do anything else.
    async fn meet(host: &Host, config: &Config) -> Result<Self, Error> {
        let unreachable = |what: String| Error::cluster(format!("{host}: {what}"));
        let failed = |error| match error {
            ConnectionError::Refused(code) => Error::new(Cause::Info(code, format!("{host}: {error}"))),
            error => unreachable(error.to_string()),
        };
        let mut endpoint = Endpoint::new(host.clone(), config);
        let mut connection = endpoint.connect().await.map_err(failed)?;
        if endpoint.is_for_login_only() {
            let name = match config.services_alternate {
                true => "service-clear-alt",
                false => "service-clear-std",
            };
            let reply = request(&mut connection, &[name]).await.map_err(failed)?;
            let addresses = info_value(&reply, name).unwrap_or_default();
            let clear = addresses
                .split(',')
                .find_map(|address| Host::parse(address, DEFAULT_PORT));
            let clear = clear.ok_or_else(|| unreachable("the node has no address without TLS".into()))?;
            endpoint = endpoint.without_tls(clear);
            connection = endpoint.connect().await.map_err(failed)?;
        }
        let introduction = introduction(&config.application);
        let names = [
            &introduction,
            "node",
            "cluster-name",
            peers_name(config),
            // Before the partitions: the next round sees it if they change in between.
            "partition-generation",
            "replicas",
        ];
        let reply = request(&mut connection, &names).await;
        let reply = reply.map_err(|error| unreachable(error.to_string()))?;
        if reply.starts_with(NOT_AUTHENTICATED) {
            let what = format!("{host}: the server has security, and the client has no user");
            return Err(Error::new(Cause::Info(ResultCode::NOT_AUTHENTICATED, what)));
        }
        let name = info_value(&reply, "node").filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| unreachable("the host does not report its node name".into()))?;
        if let Some(expected) = &config.cluster_name {
            let found = info_value(&reply, "cluster-name").unwrap_or_default();
            if found != expected {
                return Err(unreachable(format!("the cluster is {found:?}, not {expected:?}")));
            }
        }
        let mut tended = Self {
            node: Arc::new(Node::new(name, endpoint, config)),
            connection: Some(connection),
            peers_generation: None,
            partition_generation: info_value(&reply, "partition-generation").map(str::to_owned),
            peers: Vec::new(),
            claims: Vec::new(),
            claimed: 0,
            failures: 0,
        };
        let read = tended
            .take_peers(&reply, config)
            .and_then(|()| tended.take_claims(&reply));
        read.map_err(|error| unreachable(error.to_string()))?;
        Ok(tended)
    }

    /// Requests what has changed at the node.
    async fn refresh(&mut self, config: &Config, round: u64) -> Result<(), ConnectionError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.node.endpoint.connect().await?,
        };
        let reply = request(&mut connection, &["node", "peers-generation", "partition-generation"]).await?;
        if reply.starts_with(NOT_AUTHENTICATED) {
            self.node.log_out();
            return Err(ConnectionError::Refused(ResultCode::NOT_AUTHENTICATED));
        }
        let value = |name| info_value(&reply, name).map(str::to_owned);
        if value("node").as_deref() != Some(&*self.node.name) {
            return Err(protocol("another node replies at the address"));
        }
        if self.peers_generation != value("peers-generation") {
            let reply = request(&mut connection, &[peers_name(config)]).await?;
            self.take_peers(&reply, config)?;
        }
        let partition_generation = value("partition-generation");
        if self.partition_generation != partition_generation {
            let reply = request(&mut connection, &["replicas"]).await?;
            self.take_claims(&reply)?;
            self.partition_generation = partition_generation;
            self.claimed = round;
        }
        self.connection = Some(connection);
        Ok(())
    }

    fn take_peers(&mut self, reply: &str, config: &Config) -> Result<(), ConnectionError> {
        let peers = info_value(reply, peers_name(config)).and_then(Peers::parse);
        let peers = peers.ok_or_else(|| protocol("peers that cannot be read"))?;
        self.peers = peers.peers;
        self.peers_generation = Some(peers.generation.to_string());
        Ok(())
    }

    fn take_claims(&mut self, reply: &str) -> Result<(), ConnectionError> {
        let claims = info_value(reply, "replicas").and_then(Claim::parse_all);
        self.claims = claims.ok_or_else(|| protocol("partitions that cannot be read"))?;
        Ok(())
    }
}

/// Polls futures concurrently, in this task, until all are done.
async fn join_all(futures: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut pending: Vec<Pin<Box<_>>> = futures.map(Box::pin).collect();
    poll_fn(|context| {
        pending.retain_mut(|future| future.as_mut().poll(context).is_pending());
        match pending.is_empty() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
}

const fn peers_name(config: &Config) -> &'static str {
    match (config.services_alternate, config.tls.is_some()) {
        (true, false) => "peers-clear-alt",
        (false, false) => "peers-clear-std",
        (true, true) => "peers-tls-alt",
        (false, true) => "peers-tls-std",
    }
}

async fn request(connection: &mut Connection, names: &[&str]) -> Result<String, ConnectionError> {
    info::request(connection, names, INFO_TIMEOUT).await
}

fn protocol(what: &'static str) -> ConnectionError {
    ConnectionError::Protocol(spikelet_wire::DecodeError::new(what, 0))
}

/// The info command that introduces this client to a node, as `format version,client-version,application`. Older servers
/// refuse it, which does no harm.
fn introduction(application: &str) -> String {
    let agent = format!("1,spikelet-client-{},{application}", env!("CARGO_PKG_VERSION"));
    format!("user-agent-set:value={}", STANDARD.encode(agent))
}
