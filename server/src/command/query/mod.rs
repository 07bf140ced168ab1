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
pub use self::pace::Step;
use self::request::{QueryRequest, last};
use super::record::filter::Filter;
use super::record::request::Fields;
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
    /// Goes on for a while, and appends whole frames of what there is to answer to `out`.
    pub fn step(&mut self, state: &State, now: Now, out: &mut BytesMut) -> Step {
        if let Work::Build(builds) = &mut self.work {
            return build::step(state, now, builds);
        }
        let Some((message, fields)) = read(&self.body) else {
            return Step::Done;
        };
        let filter = fields.filter.map(Expression::build_filter).transpose();
        let (Some(namespace), Ok(filter)) = (state.namespace(fields.namespace), &filter) else {
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
        let request = QueryRequest {
            state,
            cluster: state.cluster(),
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
        let step = match &mut self.work {
            Work::Basic(basic) => basic.step(&request, out),
            Work::Operate(operate) => operate.step(&request),
            #[cfg(feature = "udf")]
            Work::Aggregate(aggregate) => aggregate.step(&request, out),
            Work::Build(_) => Step::Done,
        };
        if let Some(search) = &search {
            request.stats().count_geo_matches(search.take_matches());
        }
        step
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

/// Builds secondary indexes that an info command to a node created: at once if there are few records, otherwise in the
/// background.
pub(super) fn build(state: &State, now: Now, node: usize, builds: Vec<(String, Build)>) -> Option<Box<Query>> {
    let mut query = Box::new(Query {
        body: Box::default(),
        session: Session {
            node,
            ..Session::default()
        },
        work: Work::Build(builds),
    });
    let mut nothing = BytesMut::new();
    for _ in 0..build::AT_FIRST / build::AT_ONCE {
        if query.step(state, now, &mut nothing) == Step::Done {
            return None;
        }
    }
    Some(query)
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
    Foreground(Box<Query>),
    /// It has replied, and goes on in the background.
    Background(Box<Query>),
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
                    Step::More | Step::Wait(_) => Started::Background(query),
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

fn start(state: &State, now: Now, session: &Session, body: &[u8]) -> Result<Box<Query>, Refusal> {
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
    Ok(Box::new(Query {
        body: body.into(),
        session: session.clone(),
        work,
    }))
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
