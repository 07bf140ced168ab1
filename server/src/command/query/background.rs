//! Background queries: operations on every record that a query finds, or a UDF.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::BytesMut;
use spikelet_wire::{Digest, Header, Info1, Info2, Info3, OpCode, PartitionId, ResultCode};

use super::fields::{self, WantedSet};
use super::index::{IndexWalk, Wanted};
use super::pace::Pace;
use super::request::QueryRequest;
use super::walk::{Look, Walk};
use crate::command::record::long::{Finished, Long};
use crate::command::record::operation;
use crate::command::record::reply::Reply;
use crate::command::record::request::{Fields, Request};
#[cfg(feature = "udf")]
use crate::command::record::udf;
use crate::command::record::{self, Access, write};
use crate::command::step::Step;
use crate::ops::exp;
use crate::refusal::{Conflict, Part, Refusal};
use crate::state::{ActiveJob, JobDescription, JobKind, Tally};
use crate::store::sindex::Search;
use crate::store::{Record, Waiting};

/// How many records a step changes.
pub(super) const AT_ONCE: usize = 1024;

/// How long the real server waits for the client to take its one answer.
const SOCKET_TIMEOUT: Duration = Duration::from_secs(10);

/// A query that applies operations to records.
#[derive(Debug)]
pub(super) struct Operate {
    walk: Walk,
    search: Option<Arc<Search>>,
    index: Option<IndexWalk>,
    set: WantedSet,
    pace: Pace,
    active: ActiveJob,
    /// The records that were found and are still to be changed.
    queue: VecDeque<Digest>,
    /// Set while the first record of the queue is locked by another command.
    waiting: Option<Waiting>,
    /// The change of the first record of the queue, if it is a long one that has begun.
    long: Option<Long>,
}

impl Operate {
    /// Checks a query, in the real server's order, and begins it.
    ///
    /// # Errors
    /// `PARAMETER` for fields that are wrong, a short query, and operations that read;
    /// [`Refusal::NoSuchSet`], [`Refusal::IndexNotFound`] and
    /// [`Refusal::IndexNotReadable`].
    pub(super) fn start(asking: &QueryRequest<'_>) -> Result<Self, Refusal> {
        let message = &asking.message;
        let header = &message.header;
        if header.info1.contains(Info1::SHORT_QUERY) {
            return Err(Refusal::Flags(Conflict::ShortQuery));
        }
        let set = fields::set(asking.namespace, asking.fields.set)?;
        let wanted = Wanted::of(message)?;
        let records_per_second = fields::records_per_second(message)?;
        if set == WantedSet::Unknown {
            return Err(Refusal::NoSuchSet);
        }
        let max = asking
            .namespace
            .settings
            .background_query_max_rps
            .load(Ordering::Relaxed);
        if records_per_second.is_some_and(|limit| limit.get() > max) {
            return Err(Refusal::Malformed(Part::Query));
        }
        let search = wanted.map(|wanted| wanted.find(asking.namespace, set)).transpose()?;
        asking.check_filter()?;
        let description = if asking.fields.udf {
            describe_udf(asking)?
        } else {
            check_operations(asking)?;
            asking.describe(JobKind::Operate)
        };
        let active = asking.state.jobs().start(JobDescription {
            index: search.as_ref().map(|search| search.sindex.name().to_string()),
            records_per_second: records_per_second.or(NonZeroU32::new(max)),
            socket_timeout: Some(SOCKET_TIMEOUT),
            ..description
        })?;
        Ok(Self {
            walk: Walk::everywhere(),
            index: search.clone().map(IndexWalk::new),
            search,
            set,
            // A limit that nobody asked for would only make tests wait.
            pace: Pace::new(records_per_second.map(NonZeroU32::get)),
            active,
            queue: VecDeque::new(),
            waiting: None,
            long: None,
        })
    }

    /// Its walk through a secondary index, if it searches one.
    pub(super) const fn index(&self) -> Option<&IndexWalk> {
        self.index.as_ref()
    }

    pub(super) fn needs_work(&self) -> bool {
        self.long.as_ref().is_some_and(Long::needs_run)
    }

    /// Does what takes long, on the first record of the queue.
    pub(super) fn work(&mut self, asking: &QueryRequest<'_>) {
        if let (Some(long), Some(digest)) = (&mut self.long, self.queue.front()) {
            let request = Request {
                digest: *digest,
                ..request(asking)
            };
            long.run(asking.namespace, &request, None);
        }
    }

    /// What it asks of an index.
    pub(super) fn search(&self) -> Option<Arc<Search>> {
        self.search.clone()
    }

    /// Changes some records.
    pub(super) fn step(&mut self, asking: &QueryRequest<'_>) -> Step {
        self.waiting = None;
        let mut tally = Tally::default();
        let mut left = AT_ONCE.min(usize::try_from(self.pace.at_once()).unwrap_or(AT_ONCE));
        let mut looks = AT_ONCE * 4;
        let mut step = None;
        loop {
            if self.active.end().is_some() {
                step = Some(Step::Done);
                break;
            }
            if let Some(paused) = self.change(asking, &mut tally) {
                step = (paused != Step::More).then_some(paused);
                break;
            }
            if left == 0 || looks == 0 {
                break;
            }
            if self.partition().is_none() {
                step = Some(Step::Done);
                break;
            }
            self.find(asking, &mut left, &mut looks);
        }
        tally.throttled = tally.succeeded + tally.filtered + tally.failed;
        let partition = self.partition().filter(|_| step != Some(Step::Done));
        self.active.reach(asking.now, partition, &tally);
        if step == Some(Step::Done) {
            let counters = asking.stats().queries(self.search.is_some());
            let ends = if asking.fields.udf {
                &counters.udf_bg
            } else {
                &counters.ops_bg
            };
            ends.count(self.active.complete());
        }
        step.unwrap_or_else(|| self.pace.step(tally.throttled))
    }

    /// Finds records to change. They are changed after the partition is unlocked, each under its own lock.
    fn find(&mut self, asking: &QueryRequest<'_>, left: &mut usize, looks: &mut usize) {
        let Self {
            walk,
            index,
            set,
            queue,
            ..
        } = self;
        let mut find = |digest: &Digest, record: &Record| {
            *looks = looks.saturating_sub(1);
            if set.has(record.set) && !asking.namespace.is_expired_or_truncated(record, asking.now) {
                queue.push_back(*digest);
                *left = left.saturating_sub(1);
            }
            if *left > 0 && *looks > 0 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        match (walk.stop(), index) {
            (Some(stop), _) if !asking.is_master(stop.partition) => walk.leave(),
            (Some(stop), Some(index)) => {
                index.pass_through(stop);
                walk.leave();
            }
            (None, Some(index)) => {
                let visited = index.visit(asking.namespace, |digest, record, _| find(digest, record));
                *looks = looks.saturating_sub(visited);
            }
            (_, None) => walk.visit(asking.namespace, Look::Metadata, find),
        }
    }

    /// Changes the records that were found. Returns what the query needs before the next one, or nothing after the last one.
    fn change(&mut self, asking: &QueryRequest<'_>, tally: &mut Tally) -> Option<Step> {
        let mut request = request(asking);
        let mut unread = BytesMut::new();
        if let (Some(long), Some(digest)) = (self.long.take(), self.queue.front()) {
            request.digest = *digest;
            match long.finish(asking.namespace, &request, &mut Reply::single(&mut unread)) {
                Finished::Replied(code) => self.count(&request, tally, code),
                Finished::Again(long) => {
                    self.long = Some(long);
                    return Some(Step::More);
                }
            }
            // A query that waits for its pace locks nothing meanwhile.
            if self.pace.is_limited() {
                return Some(Step::More);
            }
        }
        while let Some(digest) = self.queue.front() {
            request.digest = *digest;
            unread.clear();
            if let Access::Wait(waiting) = record::access(asking.namespace, digest, false) {
                self.waiting = Some(waiting);
                return Some(Step::Locked);
            }
            let code = match Long::begin(asking.state, asking.now, asking.namespace, &request) {
                Ok(Some(long)) => {
                    self.long = Some(long);
                    return Some(Step::More);
                }
                Ok(None) => write::write(asking.now, asking.namespace, &request, &mut Reply::single(&mut unread)),
                Err(refused) => Err(refused),
            };
            let code = code.unwrap_or_else(|refused| refused.refusal.result_code());
            self.count(&request, tally, code);
        }
        None
    }

    /// Counts what became of the first record of the queue. One that cannot be changed does not end the query.
    fn count(&mut self, request: &Request<'_>, tally: &mut Tally, code: ResultCode) {
        self.queue.pop_front();
        request.counted.count(Info2::WRITE, request.fields.udf, code);
        match code {
            ResultCode::OK => tally.succeeded += 1,
            ResultCode::NOT_FOUND => {}
            ResultCode::FILTERED_OUT => tally.filtered += 1,
            _ => tally.failed += 1,
        }
    }

    /// The partition that it has reached; none at its end.
    fn partition(&self) -> Option<PartitionId> {
        let of_index = || self.index.as_ref().and_then(IndexWalk::partition);
        self.walk.partition().or_else(of_index)
    }
}

/// # Errors
/// `PARAMETER` for a UDF that cannot be called.
#[cfg(feature = "udf")]
fn describe_udf(asking: &QueryRequest<'_>) -> Result<JobDescription, Refusal> {
    let call = udf::call(&asking.message, udf::DEFAULT_LIMIT)?;
    let name = |name| String::from_utf8_lossy(name).into_owned();
    Ok(JobDescription {
        udf: Some((name(call.module), name(call.function))),
        ..asking.describe(JobKind::Udf)
    })
}

#[cfg(not(feature = "udf"))]
const fn describe_udf(_: &QueryRequest<'_>) -> Result<JobDescription, Refusal> {
    Err(Refusal::Unsupported(crate::refusal::Feature::Udfs))
}

/// # Errors
/// `PARAMETER` where there are none, where any reads, and for an expression that cannot be built.
fn check_operations(asking: &QueryRequest<'_>) -> Result<(), Refusal> {
    let message = &asking.message;
    if message.header.info1.contains(Info1::READ) {
        return Err(Refusal::Flags(Conflict::BackgroundReads));
    }
    if message.op_count() == 0 {
        return Err(Refusal::NoOperations);
    }
    for op in message.ops() {
        if operation::kind(op.code) == operation::Kind::Read {
            return Err(Refusal::Operation(op.code));
        }
        if op.code == OpCode::EXP_MODIFY {
            exp::check_modify_op(op.value)?;
        }
    }
    Ok(())
}

/// The request for each record, without its digest.
fn request<'a>(asking: &'a QueryRequest<'a>) -> Request<'a> {
    let header = &asking.message.header;
    let stats = asking.stats();
    Request {
        header: Header {
            info1: Info1::empty(),
            info2: Info2::WRITE | (header.info2 & Info2::DURABLE_DELETE),
            // A record that is gone is not created again. A UDF needs no flag for that.
            info3: if asking.fields.udf {
                Info3::empty()
            } else {
                Info3::UPDATE_ONLY | (header.info3 & Info3::REPLACE_ONLY)
            },
            record_ttl: header.record_ttl,
            ..Header::default()
        },
        message: asking.message,
        fields: Fields {
            udf: asking.fields.udf,
            ..Fields::default()
        },
        digest: Digest([0; Digest::SIZE]),
        filter: asking.filter,
        is_background: true,
        counted: if asking.fields.udf {
            &stats.udf_sub
        } else {
            &stats.ops_sub
        },
    }
}
