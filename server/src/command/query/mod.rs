//! Queries: messages without a digest, which concern many records.
//!
//! A query is carried out in steps, so that nobody waits long for anybody else's: each step answers or changes some
//! records, notes where it stands, and lets go of all locks.

#[cfg(feature = "udf")]
mod aggregate;
mod background;
mod basic;
mod build;
mod fields;
mod index;
mod pace;
mod request;
#[cfg(test)]
mod tests;
mod walk;

use std::time::Duration;

use bytes::BytesMut;
#[cfg(feature = "udf")]
use spikelet_wire::FieldType;
use spikelet_wire::{Header, Info2, Message, ResultCode, message};

#[cfg(feature = "udf")]
use self::aggregate::Aggregate;
use self::background::Operate;
use self::basic::Basic;
use self::index::IndexWalk;
use self::request::{QueryRequest, last};
use super::record::filter::Filter;
use super::record::request::Fields;
use super::step::Step;
use crate::clock::Now;
use crate::ops::exp::Expression;
use crate::refusal::{Part, Refusal};
use crate::state::{JobEnd, Session, State, add};
use crate::store::sindex::Build;

/// A query that has begun. It goes on whenever it is asked for its next [step](Self::step).
#[derive(Debug)]
pub struct Query {
    /// Its message, which is read anew in every step.
    body: Box<[u8]>,
    session: Session,
    /// The time of the last step.
    now: Now,
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

impl Query {
    /// Goes on for a short time, and appends whole frames of the reply to `out`.
    pub fn step(&mut self, state: &State, now: Now, out: &mut BytesMut) -> Step {
        self.now = now;
        if let Work::Build(builds) = &mut self.work {
            return build::step(state, now, builds);
        }
        let step = self.with_request(state, |work, request| match work {
            Work::Basic(basic) => basic.step(request, out),
            Work::Operate(operate) => operate.step(request),
            #[cfg(feature = "udf")]
            Work::Aggregate(aggregate) => aggregate.step(request, out),
            Work::Build(_) => Step::Done,
        });
        step.unwrap_or(Step::Done)
    }

    /// How many steps a query that replies nothing may take before the reply to its request is sent: a test need not wait
    /// for what is done by then.
    pub(in crate::command) fn foreground_steps(&self) -> usize {
        match &self.work {
            Work::Build(_) => build::AT_FIRST / build::AT_ONCE,
            Work::Operate(operate) if operate.needs_work() => background::AT_ONCE,
            _ => 0,
        }
    }

    /// Whether something takes long before the next step.
    pub(in crate::command) fn needs_work(&self) -> bool {
        match &self.work {
            Work::Operate(operate) => operate.needs_work(),
            #[cfg(feature = "udf")]
            Work::Aggregate(aggregate) => aggregate.needs_work(),
            Work::Basic(_) | Work::Build(_) => false,
        }
    }

    /// Does what takes long, if there is anything.
    pub(in crate::command) fn work(&mut self, state: &State) {
        self.with_request(state, |work, request| match work {
            Work::Operate(operate) => operate.work(request),
            #[cfg(feature = "udf")]
            Work::Aggregate(aggregate) => aggregate.work(&request.message),
            Work::Basic(_) | Work::Build(_) => {}
        });
    }

    /// Decodes the message for a step; `None` if its namespace is gone.
    fn with_request<T>(&mut self, state: &State, then: impl FnOnce(&mut Work, &QueryRequest<'_>) -> T) -> Option<T> {
        let (message, fields) = read(&self.body)?;
        let filter = fields.filter.map(Expression::build_filter).transpose().ok()?;
        let search = match &self.work {
            Work::Basic(basic) => basic.search(),
            Work::Operate(operate) => operate.search(),
            #[cfg(feature = "udf")]
            Work::Aggregate(aggregate) => aggregate.search(),
            Work::Build(_) => None,
        };
        let request = QueryRequest {
            state,
            cluster: state.cluster(),
            now: self.now,
            session: &self.session,
            namespace: state.namespace(fields.namespace)?,
            message,
            fields,
            filter: match (&search, &filter) {
                (None, None) => Filter::None,
                (None, Some(filter)) => Filter::Built(filter),
                (Some(search), filter) => Filter::Search(search, filter.as_ref()),
            },
        };
        let result = then(&mut self.work, &request);
        if let Some(search) = &search {
            request.stats().count_geo_matches(search.take_matches());
        }
        Some(result)
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
    pub fn abandon(self, state: &State, end: JobEnd) {
        let namespace = read(&self.body).and_then(|(_, fields)| state.namespace(fields.namespace));
        let stats = namespace.map(|namespace| self.session.stats.of(namespace));
        match (&self.work, stats) {
            (Work::Basic(basic), Some(stats)) => basic.abandon(stats, end),
            #[cfg(feature = "udf")]
            (Work::Aggregate(aggregate), Some(stats)) => aggregate.abandon(stats, end),
            _ => {}
        }
    }
}

/// Begins to build secondary indexes that an info command to a node created. Returns the build if it has not ended.
pub(super) fn build(state: &State, now: Now, node: usize, builds: Vec<(String, Build)>) -> Option<Query> {
    let mut query = Query {
        body: Box::default(),
        session: Session {
            node,
            ..Session::default()
        },
        now,
        work: Work::Build(builds),
    };
    match query.step(state, now, &mut BytesMut::new()) {
        Step::Done => None,
        _ => Some(query),
    }
}

/// A message, and its fields; none for one that is damaged.
fn read(body: &[u8]) -> Option<(Message<'_>, Fields<'_>)> {
    let message = Message::decode(body).ok()?;
    Some((message, Fields::of(&message)))
}

/// A query after its start.
#[derive(Debug)]
#[must_use]
pub(super) enum Started {
    /// It has ended, and `out` holds the reply.
    Ended,
    /// It replies step by step.
    Foreground(Query),
    /// It has replied, and goes on in the background.
    Background(Query),
}

/// Starts a query. The caller runs its further steps.
pub(super) fn query(state: &State, now: Now, session: &Session, body: &[u8], out: &mut BytesMut) -> Started {
    match start(state, now, session, body) {
        Ok(mut query) => match &query.work {
            Work::Basic(_) => Started::Foreground(query),
            #[cfg(feature = "udf")]
            Work::Aggregate(_) => Started::Foreground(query),
            Work::Operate(_) | Work::Build(_) => {
                // A background query is answered when it is accepted; nothing tells the client that it is done. What is
                // little work is done by then, so that a test need not wait for it.
                message::write_header_only(out, &last(ResultCode::OK));
                match query.step(state, now, out) {
                    Step::Done => Started::Ended,
                    _ => Started::Background(query),
                }
            }
        },
        Err(refusal) => {
            // The reply to a query that is refused is one message, which is not marked as the last.
            add(&session.stats.early_tsvc_client_error, 1);
            tracing::debug!(code = refusal.result_code().0, "query refused: {refusal}");
            message::write_header_only(out, &Header::result(refusal.result_code()));
            Started::Ended
        }
    }
}

fn start(state: &State, now: Now, session: &Session, body: &[u8]) -> Result<Query, Refusal> {
    let (message, fields) = read(body).ok_or(Refusal::Malformed(Part::Message))?;
    let request = QueryRequest {
        state,
        cluster: state.cluster(),
        now,
        session,
        namespace: state.namespace(fields.namespace).ok_or(Refusal::UnknownNamespace)?,
        message,
        fields,
        filter: Filter::None,
    };
    let work = if fields.udf {
        udf_work(&request)?
    } else if message.header.info2.contains(Info2::WRITE) {
        Work::Operate(Operate::start(&request)?)
    } else {
        Work::Basic(Basic::start(&request)?)
    };
    let index = match &work {
        Work::Basic(basic) => basic.index(),
        Work::Operate(operate) => operate.index(),
        #[cfg(feature = "udf")]
        Work::Aggregate(aggregate) => aggregate.index(),
        Work::Build(_) => None,
    };
    if let Some(cells) = index.and_then(IndexWalk::region_cells) {
        request.stats().count_geo_query(cells as u64);
    }
    Ok(Query {
        body: body.into(),
        session: session.clone(),
        now,
        work,
    })
}

/// What a query with a UDF is: a stream of all that it finds, or each of it by itself.
#[cfg(feature = "udf")]
fn udf_work(request: &QueryRequest<'_>) -> Result<Work, Refusal> {
    const AGGREGATE: u8 = 1;
    const BACKGROUND: u8 = 2;
    match request.message.field(FieldType::UDF_OP) {
        Some([AGGREGATE]) => Aggregate::start(request).map(Work::Aggregate),
        Some([BACKGROUND]) => Operate::start(request).map(Work::Operate),
        _ => Err(Refusal::Malformed(Part::Udf)),
    }
}

#[cfg(not(feature = "udf"))]
const fn udf_work(_: &QueryRequest<'_>) -> Result<Work, Refusal> {
    Err(Refusal::Unsupported(crate::refusal::Feature::Udfs))
}
