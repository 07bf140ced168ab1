//! Queries: messages without a digest, which find many records.
//!
//! A query runs in steps, so that other commands need not wait for it. Each step returns or changes some records, saves its
//! position, and releases all locks. [`partition_scan`] resumes the scan of a partition, [`index_scan`] that of a secondary index.

#[cfg(feature = "udf")]
mod aggregation;
mod background;
mod basic;
mod duplicates;
mod fields;
mod index_range;
mod index_scan;
mod maintenance;
mod partition_scan;
mod projection;
mod rate_limit;
mod request;
mod source;
#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::BytesMut;
#[cfg(feature = "udf")]
use spikelet_wire::FieldType;
use spikelet_wire::{Header, Info2, Message, ResultCode, message};

#[cfg(feature = "udf")]
use self::aggregation::AggregationQuery;
use self::background::BackgroundQuery;
use self::basic::BasicQuery;
use self::index_scan::IndexScan;
pub(super) use self::maintenance::Maintenance;
use self::request::{QueryRequest, last_message};
use self::source::Source;
use super::record::filter::Filter;
use super::record::request::Fields;
use super::security::permit;
use super::step::Step;
use crate::clock::Now;
use crate::ops::exp::Expression;
use crate::refusal::{Part, Refusal};
use crate::state::{JobEnd, Session, State, add};

/// A query that was started. The caller runs its [steps](Self::step).
#[derive(Debug)]
pub struct Query {
    /// Its message, which each step decodes again.
    body: Box<[u8]>,
    session: Session,
    /// The time of the last step.
    now: Now,
    work: Work,
}

#[derive(Debug)]
enum Work {
    Basic(BasicQuery),
    Background(BackgroundQuery),
    #[cfg(feature = "udf")]
    Aggregation(AggregationQuery),
    /// What info commands left to be done, with the names of the namespaces.
    Maintenance(Vec<(String, Maintenance)>),
}

impl Work {
    /// Where a query finds its records; `None` for maintenance.
    const fn source(&self) -> Option<&Source> {
        match self {
            Self::Basic(basic) => Some(basic.source()),
            Self::Background(background) => Some(background.source()),
            #[cfg(feature = "udf")]
            Self::Aggregation(aggregation) => Some(aggregation.source()),
            Self::Maintenance(_) => None,
        }
    }
}

impl Query {
    /// Runs one step, and appends whole frames of the reply to `out`.
    pub fn step(&mut self, state: &State, now: Now, out: &mut BytesMut) -> Step {
        self.now = now;
        if let Work::Maintenance(left) = &mut self.work {
            return maintenance::step(state, now, left);
        }
        let step = self.with_request(state, |work, request| match work {
            Work::Basic(basic) => basic.step(request, out),
            Work::Background(background) => background.step(request),
            #[cfg(feature = "udf")]
            Work::Aggregation(aggregation) => aggregation.step(request, out),
            Work::Maintenance(_) => Step::Done,
        });
        step.unwrap_or(Step::Done)
    }

    /// The number of steps that a query in the background may take before the reply to its request is sent. So a test with few
    /// records need not wait until the query has ended.
    pub(in crate::command) fn foreground_steps(&self) -> usize {
        match &self.work {
            Work::Maintenance(left) => maintenance::steps_before_reply(left),
            Work::Background(operate) if operate.has_blocking_work() => background::RECORDS_PER_STEP,
            _ => 0,
        }
    }

    /// Whether [`run_blocking`](Self::run_blocking) must be called before the next step, since that may take long.
    pub(in crate::command) fn has_blocking_work(&self) -> bool {
        match &self.work {
            Work::Background(background) => background.has_blocking_work(),
            #[cfg(feature = "udf")]
            Work::Aggregation(aggregation) => aggregation.has_blocking_work(),
            Work::Basic(_) | Work::Maintenance(_) => false,
        }
    }

    /// Does the work that may take long, if there is any.
    pub(in crate::command) fn run_blocking(&mut self, state: &State) {
        self.with_request(state, |work, request| match work {
            Work::Background(background) => background.run_blocking(request),
            #[cfg(feature = "udf")]
            Work::Aggregation(aggregation) => aggregation.run_blocking(&request.message),
            Work::Basic(_) | Work::Maintenance(_) => {}
        });
    }

    /// Decodes the message, and passes the request to `then`; `None` if the namespace does not exist any more.
    fn with_request<T>(&mut self, state: &State, then: impl FnOnce(&mut Work, &QueryRequest<'_>) -> T) -> Option<T> {
        let (message, fields) = decode(&self.body)?;
        let filter = fields.filter.map(Expression::build_filter).transpose().ok()?;
        let search = self.work.source().and_then(Source::search).cloned();
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

    /// The position of the node that executes it.
    #[must_use]
    pub const fn node(&self) -> usize {
        self.session.node
    }

    /// The time for which the client may leave a reply unread; `None` for no limit.
    #[must_use]
    pub const fn socket_timeout(&self) -> Option<Duration> {
        match &self.work {
            Work::Basic(basic) => basic.socket_timeout(),
            Work::Background(_) | Work::Maintenance(_) => None,
            #[cfg(feature = "udf")]
            Work::Aggregation(aggregation) => aggregation.socket_timeout(),
        }
    }

    /// Ends the query early, since the client disconnected or reads too slowly.
    pub fn abandon(self, state: &State, end: JobEnd) {
        let namespace = decode(&self.body).and_then(|(_, fields)| state.namespace(fields.namespace));
        let stats = namespace.map(|namespace| self.session.stats.of(namespace));
        match (&self.work, stats) {
            (Work::Basic(basic), Some(stats)) => basic.abandon(stats, end),
            #[cfg(feature = "udf")]
            (Work::Aggregation(aggregation), Some(stats)) => aggregation.abandon(stats, end),
            _ => {}
        }
    }
}

/// Starts what info commands left to be done. Returns a query for the further steps, if there are any.
pub(super) fn maintain(state: &State, now: Now, node: usize, left: Vec<(String, Maintenance)>) -> Option<Query> {
    let mut query = Query {
        body: Box::default(),
        session: Session { node, ..Session::own() },
        now,
        work: Work::Maintenance(left),
    };
    match query.step(state, now, &mut BytesMut::new()) {
        Step::Done => None,
        _ => Some(query),
    }
}

/// Decodes a message and its fields; `None` for a malformed message.
fn decode(body: &[u8]) -> Option<(Message<'_>, Fields<'_>)> {
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
pub(super) fn query(state: &State, now: Now, session: &mut Session, body: &[u8], out: &mut BytesMut) -> Started {
    let started = match state.security().map(|security| security.authenticate(session)) {
        Some(Err(denied)) => Err(denied.into()),
        _ => start(state, now, session, body),
    };
    match started {
        Ok(mut query) => match &query.work {
            Work::Basic(_) => Started::Foreground(query),
            #[cfg(feature = "udf")]
            Work::Aggregation(_) => Started::Foreground(query),
            Work::Background(_) | Work::Maintenance(_) => {
                // The reply says that the query was accepted, and no other message follows when it has ended. The first step
                // runs before the reply is sent, so that a test with few records need not wait.
                message::write_header_only(out, &last_message(ResultCode::OK));
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
    let (message, fields) = decode(body).ok_or(Refusal::Malformed(Part::Message))?;
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
    permit::query(session, request.namespace, &request.fields, &request.message.header)?;
    let work = if fields.udf {
        udf_work(&request)?
    } else if message.header.info2.contains(Info2::WRITE) {
        Work::Background(BackgroundQuery::start(&request)?)
    } else {
        Work::Basic(BasicQuery::start(&request)?)
    };
    let index = work.source().and_then(|source| source.index.as_ref());
    if let Some(cells) = index.and_then(IndexScan::region_cells) {
        request.stats().count_geo_query(cells as u64);
    }
    Ok(Query {
        body: body.into(),
        session: session.clone(),
        now,
        work,
    })
}

/// A query with a UDF is an aggregation, or applies the UDF to each record in the background.
#[cfg(feature = "udf")]
fn udf_work(request: &QueryRequest<'_>) -> Result<Work, Refusal> {
    const AGGREGATE: u8 = 1;
    const BACKGROUND: u8 = 2;
    match request.message.field(FieldType::UDF_OP) {
        Some([AGGREGATE]) => AggregationQuery::start(request).map(Work::Aggregation),
        Some([BACKGROUND]) => BackgroundQuery::start(request).map(Work::Background),
        _ => Err(Refusal::Malformed(Part::Udf)),
    }
}

#[cfg(not(feature = "udf"))]
const fn udf_work(_: &QueryRequest<'_>) -> Result<Work, Refusal> {
    Err(Refusal::Unsupported(crate::refusal::Feature::Udfs))
}
