//! Queries: messages without a digest, which concern many records.
//!
//! A query is carried out in steps, so that nobody waits long for anybody else's: each step answers or changes some
//! records, notes where it stands, and lets go of all locks.

#[cfg(feature = "udf")]
mod aggregate;
mod background;
mod basic;
mod fields;
mod index;
mod job;
#[cfg(test)]
mod tests;
mod walk;

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
#[cfg(feature = "udf")]
use spikelet_wire::FieldType;
use spikelet_wire::{Header, Info2, Info3, Message, PartitionId, ResultCode, message};

#[cfg(feature = "udf")]
use self::aggregate::Aggregate;
use self::background::Operate;
use self::basic::Basic;
use self::job::{Description, Kind};
use super::counters::NamespaceStats;
use super::engine::{Engine, Flow};
use super::filter::Filter;
use super::request::Fields;
use super::session::Session;
use super::stats::add;
use crate::clock::Now;
use crate::cluster::Cluster;
use crate::ops::exp::Expression;
use crate::store::Namespace;
use crate::store::sindex::Build;

pub(super) use self::index::Search;
pub use self::job::End;
pub(super) use self::job::Jobs;

/// A query that has begun. It goes on whenever it is asked for its next [step](Self::step).
#[derive(Debug)]
pub struct Query {
    /// Its message, which is read anew in every step.
    body: Box<[u8]>,
    session: Session,
    work: Work,
}

#[derive(Debug)]
enum Work {
    Basic(Basic),
    Operate(Operate),
    #[cfg(feature = "udf")]
    Aggregate(Aggregate),
    /// Indexes that are being built, and the names of their namespaces.
    Build(Vec<(String, Build)>),
}

/// What a query needs behind a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// Another step, when others had their turn.
    More,
    /// Another step, but not before this time is over.
    Wait(Duration),
    /// Nothing: it has ended, and said so.
    Done,
}

impl Query {
    /// Goes on for a while, and appends whole frames of what there is to answer to `out`.
    pub fn step(&mut self, engine: &Engine, now: Now, out: &mut BytesMut) -> Step {
        if let Work::Build(builds) = &mut self.work {
            return build_some(engine, now, builds);
        }
        let Some((message, fields)) = read(&self.body) else {
            return Step::Done;
        };
        let filter = fields.filter.map(Expression::build_filter).transpose();
        let (Some(namespace), Ok(filter)) = (engine.namespace(fields.namespace), &filter) else {
            return Step::Done;
        };
        let search = match &self.work {
            Work::Basic(basic) => basic.search(),
            Work::Operate(operate) => operate.search(),
            #[cfg(feature = "udf")]
            Work::Aggregate(aggregate) => aggregate.search(),
            Work::Build(_) => None,
        };
        let filter = filter.as_ref();
        let asking = Asking {
            engine,
            cluster: engine.cluster(),
            now,
            session: &self.session,
            namespace,
            message,
            fields,
            filter: match (&search, filter) {
                (None, None) => Filter::None,
                (None, Some(filter)) => Filter::Built(filter),
                (Some(search), filter) => Filter::Search(search, filter),
            },
        };
        match &mut self.work {
            Work::Basic(basic) => basic.step(&asking, out),
            Work::Operate(operate) => operate.step(&asking),
            #[cfg(feature = "udf")]
            Work::Aggregate(aggregate) => aggregate.step(&asking, out),
            Work::Build(_) => Step::Done,
        }
    }

    /// The position of the node that carries it out.
    #[must_use]
    pub const fn node(&self) -> usize {
        self.session.node
    }

    /// How long the client may leave unread what it was sent; none for as long as it likes.
    #[must_use]
    pub const fn socket_timeout(&self) -> Option<Duration> {
        match &self.work {
            Work::Basic(basic) => basic.socket_timeout(),
            Work::Operate(_) | Work::Build(_) => None,
            #[cfg(feature = "udf")]
            Work::Aggregate(aggregate) => aggregate.socket_timeout(),
        }
    }

    /// Ends it where the client is at fault.
    pub fn abandon(self, engine: &Engine, end: End) {
        let namespace = read(&self.body).and_then(|(_, fields)| engine.namespace(fields.namespace));
        let stats = namespace.map(|namespace| self.session.stats.of(namespace));
        match (&self.work, stats) {
            (Work::Basic(basic), Some(stats)) => basic.abandon(stats, end),
            #[cfg(feature = "udf")]
            (Work::Aggregate(aggregate), Some(stats)) => aggregate.abandon(stats, end),
            _ => {}
        }
    }
}

/// How many records indexes take in before others get their turn.
const BUILD_AT_ONCE: usize = 4096;

/// How many records indexes take in before they are said to be created: a test need not wait for them to be readable.
const BUILD_AT_FIRST: usize = 65_536;

/// Builds indexes that were asked for on a node: at once what is little work, and the rest in the background.
pub(super) fn build(engine: &Engine, now: Now, node: usize, builds: Vec<(String, Build)>) -> Flow {
    let mut query = Box::new(Query {
        body: Box::default(),
        session: Session {
            node,
            ..Session::default()
        },
        work: Work::Build(builds),
    });
    let mut nothing = BytesMut::new();
    for _ in 0..BUILD_AT_FIRST / BUILD_AT_ONCE {
        if query.step(engine, now, &mut nothing) == Step::Done {
            return Flow::Continue;
        }
    }
    Flow::Background(query)
}

fn build_some(engine: &Engine, now: Now, builds: &mut Vec<(String, Build)>) -> Step {
    let Some((namespace, build)) = builds.first_mut() else {
        return Step::Done;
    };
    let is_done = match engine.namespace(Some(namespace.as_bytes())) {
        Some(namespace) => build.step(namespace, now, BUILD_AT_ONCE),
        None => true,
    };
    if is_done {
        builds.remove(0);
    }
    if builds.is_empty() { Step::Done } else { Step::More }
}

/// A message, and its fields; none for one that is damaged.
fn read(body: &[u8]) -> Option<(Message<'_>, Fields<'_>)> {
    let message = Message::decode(body).ok()?;
    Some((message, Fields::of(&message)))
}

/// Begins a query: it is then up to the caller to have it go on.
pub(super) fn query(engine: &Engine, now: Now, session: &Session, body: &[u8], out: &mut BytesMut) -> Flow {
    match start(engine, now, session, body) {
        Ok(mut query) => match &query.work {
            Work::Basic(_) => Flow::Query(query),
            #[cfg(feature = "udf")]
            Work::Aggregate(_) => Flow::Query(query),
            Work::Operate(_) | Work::Build(_) => {
                // A background query is answered when it is accepted; nothing tells the client that it is done. What is
                // little work is done by then, so that a test need not wait for it.
                message::write_header_only(out, &last(ResultCode::OK));
                match query.step(engine, now, out) {
                    Step::Done => Flow::Continue,
                    Step::More | Step::Wait(_) => Flow::Background(query),
                }
            }
        },
        Err(code) => {
            // A query that is refused has one answer, which is not marked as the last.
            add(&session.stats.early_tsvc_client_error, 1);
            message::write_header_only(out, &Header::result(code));
            Flow::Continue
        }
    }
}

fn start(engine: &Engine, now: Now, session: &Session, body: &[u8]) -> Result<Box<Query>, ResultCode> {
    let (message, fields) = read(body).ok_or(ResultCode::PARAMETER)?;
    let asking = Asking {
        engine,
        cluster: engine.cluster(),
        now,
        session,
        namespace: engine
            .namespace(fields.namespace)
            .ok_or(ResultCode::INVALID_NAMESPACE)?,
        message,
        fields,
        filter: Filter::None,
    };
    let work = if fields.udf {
        udf_work(&asking)?
    } else if message.header.info2.contains(Info2::WRITE) {
        Work::Operate(Operate::start(&asking)?)
    } else {
        Work::Basic(Basic::start(&asking)?)
    };
    Ok(Box::new(Query {
        body: body.into(),
        session: session.clone(),
        work,
    }))
}

/// What a query with a UDF is: a stream of all that it finds, or each of it by itself.
#[cfg(feature = "udf")]
fn udf_work(asking: &Asking<'_>) -> Result<Work, ResultCode> {
    const AGGREGATE: u8 = 1;
    const BACKGROUND: u8 = 2;
    match asking.message.field(FieldType::UDF_OP) {
        Some([AGGREGATE]) => Aggregate::start(asking).map(Work::Aggregate),
        Some([BACKGROUND]) => Operate::start(asking).map(Work::Operate),
        _ => Err(ResultCode::PARAMETER),
    }
}

#[cfg(not(feature = "udf"))]
const fn udf_work(_: &Asking<'_>) -> Result<Work, ResultCode> {
    Err(ResultCode::UNSUPPORTED_FEATURE)
}

/// A query's message, and of whom it asks.
struct Asking<'a> {
    engine: &'a Engine,
    /// As it is while this lasts: most of its partitions are asked for one after the other.
    cluster: Arc<Cluster>,
    now: Now,
    session: &'a Session,
    namespace: &'a Namespace,
    message: Message<'a>,
    fields: Fields<'a>,
    filter: Filter<'a>,
}

impl Asking<'_> {
    /// # Errors
    /// [`ResultCode::PARAMETER`] for a filter that cannot be built.
    fn check_filter(&self) -> Result<(), ResultCode> {
        self.fields.filter.map(Expression::build_filter).transpose().map(drop)
    }

    /// Where the node counts what happens in the namespace.
    fn stats(&self) -> &NamespaceStats {
        self.session.stats.of(self.namespace)
    }

    /// Whether the session's node has a full copy of a partition.
    fn is_full(&self, partition: PartitionId) -> bool {
        let factor = self.namespace.settings.replication_factor;
        let node = self.session.node;
        self.cluster.side(node).is_full(node, factor, partition)
    }

    /// Whether the session's node writes a partition.
    fn is_master(&self, partition: PartitionId) -> bool {
        let factor = self.namespace.settings.replication_factor;
        let node = self.session.node;
        self.cluster.side(node).working_master(factor, partition) == Some(node)
    }

    /// The job that the message asks for, as far as every kind has it.
    fn describe(&self, kind: Kind) -> Description {
        Description {
            id: fields::transaction_id(&self.message),
            node: self.session.node,
            namespace: self.namespace.name.clone(),
            set: self
                .fields
                .set
                .filter(|set| !set.is_empty())
                .map(|set| String::from_utf8_lossy(set).into_owned()),
            index: None,
            partitions: None,
            records_per_second: None,
            peer: self.session.peer,
            socket_timeout: None,
            kind,
            #[cfg(feature = "udf")]
            udf: None,
            started: self.now,
        }
    }
}

/// The header of the last message of an answer.
fn last(code: ResultCode) -> Header {
    Header {
        info3: Info3::LAST,
        ..Header::result(code)
    }
}

/// How many records a query may touch, and how often.
#[derive(Debug, Clone, Copy)]
struct Pace {
    records_per_second: Option<u32>,
}

impl Pace {
    /// How often in a second a query with a limit goes on.
    const STEPS: u32 = 50;

    const fn new(records_per_second: Option<u32>) -> Self {
        Self { records_per_second }
    }

    const fn is_limited(self) -> bool {
        self.records_per_second.is_some()
    }

    /// How many records a step may touch.
    fn at_once(self) -> u32 {
        self.records_per_second
            .map_or(u32::MAX, |limit| (limit / Self::STEPS).max(1))
    }

    /// What a query needs behind a step that touched so many.
    fn step(self, touched: u64) -> Step {
        match self.records_per_second {
            Some(limit) if touched > 0 => Step::Wait(Duration::from_secs_f64(touched as f64 / f64::from(limit.max(1)))),
            _ => Step::More,
        }
    }
}
