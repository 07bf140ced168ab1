//! The engine: a frame in, an answer out. It reads no clock, waits for nothing and spawns nothing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::BytesMut;
use spikelet_wire::{Digest, FrameHeader, FrameType, Info1, Info2, Info4, Message, ResultCode};

use super::filter::Filter;
use super::info::Elsewhere;
use super::nsup::Nsup;
use super::query::{Jobs, Query};
use super::reply::{Metadata, Reply};
use super::request::{Fields, Request};
use super::smd::Smd;
use super::stats::{NodeStats, Stats, add};
use super::{Session, batch, delete, frame, info, proxy, query, read, write};
use crate::clock::Now;
use crate::cluster::{Cluster, Lost};
use crate::config::Config;
use crate::store::Namespace;
#[cfg(feature = "udf")]
use crate::udf::Modules;

/// The whole state of a server, and the way to ask it.
#[derive(Debug)]
pub struct Engine {
    common: Arc<Common>,
    namespaces: Vec<Namespace>,
    elsewhere: Elsewhere,
    smd: Smd,
    nsup: Nsup,
    #[cfg(feature = "udf")]
    modules: Modules,
}

/// What the engines of all sides of a cluster share.
#[derive(Debug)]
struct Common {
    config: Config,
    cluster: RwLock<Arc<Cluster>>,
    is_spread: AtomicBool,
    stats: NodeStats,
    jobs: Arc<Jobs>,
}

/// What becomes of a connection behind an answer.
#[derive(Debug)]
#[must_use]
pub enum Flow {
    /// It stays open for the next frame.
    Continue,
    /// It is closed, once what was answered is sent.
    Close,
    /// It stays open, and nothing more is read from it.
    Ignore,
    /// It is the query's, which goes on step by step and answers in each; once that is done, it stays open for the next
    /// frame.
    Query(Box<Query>),
    /// It stays open for the next frame, while the query goes on step by step in the background.
    Background(Box<Query>),
}

impl Engine {
    /// An engine that holds nothing yet, alone in its cluster.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with_cluster(config, Cluster::default(), Now::default())
    }

    /// An engine that holds nothing yet, for the nodes of a cluster, from `now` on.
    #[must_use]
    pub fn with_cluster(config: Config, mut cluster: Cluster, now: Now) -> Self {
        let factors = config.namespaces.iter().map(|namespace| namespace.replication_factor);
        cluster.start(factors, now);
        let stats = NodeStats::new(config.namespaces.len());
        (0..cluster.nodes().len()).for_each(|node| stats.begin(node, now));
        Self::of(
            Arc::new(Common {
                is_spread: AtomicBool::new(cluster.nodes().len() > 1),
                cluster: RwLock::new(Arc::new(cluster)),
                stats,
                jobs: Arc::default(),
                config,
            }),
            now,
        )
    }

    /// An engine that holds nothing yet, for nodes of the same cluster on another side.
    #[must_use]
    pub(crate) fn beside(&self, now: Now) -> Self {
        Self::of(Arc::clone(&self.common), now)
    }

    fn of(common: Arc<Common>, now: Now) -> Self {
        let numbered = common.config.namespaces.iter().enumerate();
        let namespaces: Vec<_> = numbered.map(|(at, config)| Namespace::new(at, config)).collect();
        Self {
            nsup: Nsup::new(namespaces.len(), now),
            namespaces,
            elsewhere: Elsewhere::default(),
            smd: Smd::default(),
            #[cfg(feature = "udf")]
            modules: Modules::new(&common.config.work_directory),
            common,
        }
    }

    /// What it was configured with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.common.config
    }

    /// The nodes that it answers for, as they are now.
    #[must_use]
    pub fn cluster(&self) -> Arc<Cluster> {
        self.common
            .cluster
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether there are nodes beside the first one, or were: whether it matters to which a command came.
    pub(super) fn is_spread(&self) -> bool {
        self.common.is_spread.load(Ordering::Relaxed)
    }

    /// Has the cluster be another.
    pub(crate) fn set_cluster(&self, cluster: Cluster) {
        let spread = cluster.nodes().len() > 1;
        *self.common.cluster.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(cluster);
        self.common.is_spread.store(spread, Ordering::Relaxed);
    }

    /// Drops the records of which no node has a copy left.
    pub(crate) fn lose(&self, lost: &[Lost]) {
        for lost in lost {
            let of_factor = |namespace: &&Namespace| namespace.settings.replication_factor == lost.replication_factor;
            for namespace in self.namespaces.iter().filter(of_factor) {
                lost.partitions
                    .iter()
                    .for_each(|lost| namespace.lose(lost.id, lost.before));
            }
        }
    }

    /// Has the long queries of a node end, as those do of a node that dies.
    pub fn abort_queries(&self, node: usize) {
        self.common.jobs.abort_all(node);
    }

    /// Its namespaces, in the order of the configuration.
    #[must_use]
    pub fn namespaces(&self) -> &[Namespace] {
        &self.namespaces
    }

    /// The namespace of a name, as a message's field gives it.
    pub(super) fn namespace(&self, name: Option<&[u8]>) -> Option<&Namespace> {
        let name = name?;
        self.namespaces
            .iter()
            .find(|namespace| namespace.name.as_bytes() == name)
    }

    /// What a node counts, by its position in the cluster.
    #[must_use]
    pub fn stats(&self, node: usize) -> Arc<Stats> {
        self.common.stats.of(node)
    }

    /// Has a node count from 0, as one that starts.
    pub fn begin_stats(&self, node: usize, now: Now) {
        self.common.stats.begin(node, now);
    }

    /// The indexes of namespaces that it does not have.
    pub(super) const fn elsewhere(&self) -> &Elsewhere {
        &self.elsewhere
    }

    pub(super) const fn smd(&self) -> &Smd {
        &self.smd
    }

    /// The long queries that run, and the last of those that ended.
    pub(super) fn jobs(&self) -> &Arc<Jobs> {
        &self.common.jobs
    }

    pub(super) const fn nsup(&self) -> &Nsup {
        &self.nsup
    }

    /// The UDF modules that are registered.
    #[cfg(feature = "udf")]
    pub(crate) const fn modules(&self) -> &Modules {
        &self.modules
    }

    /// Whether the frame that a header announces is one that the server reads; it closes the connection otherwise.
    #[must_use]
    pub fn accepts(&self, header: FrameHeader) -> bool {
        frame::accepts(header)
    }

    /// Handles one whole frame and appends its answer to `out`.
    pub fn handle(
        &self,
        now: Now,
        session: &mut Session,
        header: FrameHeader,
        body: &[u8],
        out: &mut BytesMut,
    ) -> Flow {
        match header.frame_type {
            FrameType::MESSAGE => self.handle_message(now, session, body, out),
            FrameType::INFO => info::handle(self, now, session, body, out),
            FrameType::COMPRESSED => frame::handle_compressed(self, now, session, body, out),
            FrameType::SECURITY => frame::refuse_security(self, out),
            FrameType::INTERNAL_XDR => frame::handle_internal(self, now, session, body, out),
            _ => Flow::Close,
        }
    }

    /// Handles a message: everything that is not info or security.
    pub(super) fn handle_message(&self, now: Now, session: &mut Session, body: &[u8], out: &mut BytesMut) -> Flow {
        // The batch flag is looked at before anything is checked.
        if body
            .get(1)
            .is_some_and(|info1| Info1::from_bits_retain(*info1).contains(Info1::BATCH))
        {
            batch::batch(self, now, session, body, out);
            return Flow::Continue;
        }
        let Ok(message) = Message::decode(body) else {
            add(&session.stats.demarshal_error, 1);
            Reply::single(out).status(ResultCode::PARAMETER, Metadata::default());
            return Flow::Continue;
        };
        let fields = Fields::of(&message);
        let mut reply = Reply::single(out);
        match (self.namespace(fields.namespace), fields.digest.map(Digest::try_from)) {
            (None, _) => {
                add(&session.stats.early_tsvc_client_error, 1);
                reply.status(ResultCode::INVALID_NAMESPACE, Metadata::default());
            }
            // A message without a digest is a query.
            (Some(_), None) => return query::query(self, now, session, body, out),
            (Some(_), Some(Err(_))) => reply.status(ResultCode::PARAMETER, Metadata::default()),
            (Some(namespace), Some(Ok(digest))) => {
                let filter = fields.filter.map_or(Filter::None, Filter::Unread);
                let header = message.header;
                let is_write = header.info2.contains(Info2::WRITE);
                let passed_on = self.passed_on(session.node, namespace, digest.partition_id(), is_write);
                let request = Request {
                    header,
                    message,
                    fields,
                    digest,
                    filter,
                    is_background: false,
                    counted: proxy::counted(namespace, &session.stats, passed_on.as_deref(), false),
                };
                let _ = self.single(now, namespace, &request, &mut reply);
            }
        }
        Flow::Continue
    }

    /// Carries out a command on one record, and counts how it ended.
    pub(super) fn single(
        &self,
        now: Now,
        namespace: &Namespace,
        request: &Request<'_>,
        reply: &mut Reply<'_>,
    ) -> ResultCode {
        let code = self.carry_out(now, namespace, request, reply);
        request.counted.count(request.header.info2, request.fields.udf, code);
        code
    }

    fn carry_out(&self, now: Now, namespace: &Namespace, request: &Request<'_>, reply: &mut Reply<'_>) -> ResultCode {
        let header = &request.header;
        if header.info2.contains(Info2::WRITE) {
            if header.info2.contains(Info2::DELETE) {
                delete::delete(now, namespace, request, reply)
            } else if request.fields.udf {
                self.udf(now, namespace, request, reply)
            } else if header.info4.intersects(Info4::MRT_ROLL_FORWARD | Info4::MRT_ROLL_BACK) {
                refuse(reply, ResultCode::ENTERPRISE_ONLY)
            } else {
                write::write(now, namespace, request, reply)
            }
        } else if header.info1.contains(Info1::READ) {
            if header.info4.contains(Info4::MRT_VERIFY_READ) {
                refuse(reply, ResultCode::ENTERPRISE_ONLY)
            } else {
                read::read(now, namespace, request, reply)
            }
        } else {
            refuse(reply, ResultCode::PARAMETER)
        }
    }

    #[cfg(feature = "udf")]
    fn udf(&self, now: Now, namespace: &Namespace, request: &Request<'_>, reply: &mut Reply<'_>) -> ResultCode {
        super::udf::udf(now, namespace, &self.modules, request, reply)
    }

    #[cfg(not(feature = "udf"))]
    #[expect(clippy::unused_self, reason = "with UDFs it knows the modules")]
    fn udf(&self, _: Now, _: &Namespace, _: &Request<'_>, reply: &mut Reply<'_>) -> ResultCode {
        refuse(reply, ResultCode::UNSUPPORTED_FEATURE)
    }
}

/// Answers with a result code alone, and gives it back.
pub(super) fn refuse(reply: &mut Reply<'_>, code: ResultCode) -> ResultCode {
    reply.status(code, Metadata::default());
    code
}
