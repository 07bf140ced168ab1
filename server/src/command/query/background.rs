//! Background queries: they apply write operations or a UDF to each record that they find.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::BytesMut;
use spikelet_wire::{Digest, Header, Info1, Info2, Info3, OpCode, ResultCode};

use super::fields::{self, SetFilter};
use super::index_range::IndexRange;
use super::partition_scan::{PartitionScan, RecordPart};
use super::rate_limit::RateLimit;
use super::request::QueryRequest;
use super::source::Source;
use crate::access::Direction;
use crate::command::record::offloaded::{Finished, Offloaded};
use crate::command::record::operation;
use crate::command::record::reply::Reply;
use crate::command::record::request::{Fields, Request};
#[cfg(feature = "udf")]
use crate::command::record::udf;
use crate::command::record::{self, Access, write};
use crate::command::security::permit;
use crate::command::step::Step;
use crate::ops::exp;
use crate::refusal::{Conflict, Part, Refusal};
use crate::state::{ActiveJob, JobDescription, JobKind, QueryQuota, Tally};
use crate::store::{Record, Waiting};

/// The number of records that a step changes.
pub(super) const RECORDS_PER_STEP: usize = 1024;

/// The time for which the real server waits until the client has received the only reply.
const SOCKET_TIMEOUT: Duration = Duration::from_secs(10);

/// A query that applies write operations or a UDF to records.
#[derive(Debug)]
pub(super) struct BackgroundQuery {
    source: Source,
    rate_limit: RateLimit,
    active: ActiveJob,
    /// The records that were found, and are still to be changed.
    queue: VecDeque<Digest>,
    /// Set while the first record of the queue is locked by another command.
    waiting: Option<Waiting>,
    /// The change of the first record of the queue, if it may take long and has begun.
    offloaded: Option<Offloaded>,
    /// What it takes of the user's quota while it runs.
    _quota: Option<QueryQuota>,
}

impl BackgroundQuery {
    /// Checks a query, in the order of the real server, and starts it.
    ///
    /// # Errors
    /// `PARAMETER` for an invalid field, for a short query, and for operations that read; [`Refusal::NoSuchSet`],
    /// [`Refusal::IndexNotFound`] and [`Refusal::IndexNotReadable`].
    pub(super) fn start(request: &QueryRequest<'_>) -> Result<Self, Refusal> {
        let message = &request.message;
        let header = &message.header;
        if header.info1.contains(Info1::SHORT_QUERY) {
            return Err(Refusal::Flags(Conflict::ShortQuery));
        }
        let set = fields::set_filter(request.namespace, request.fields.set)?;
        let index_range = IndexRange::decode(message)?;
        let records_per_second = fields::records_per_second(message)?;
        if set == SetFilter::Unknown {
            return Err(Refusal::NoSuchSet);
        }
        let max = request
            .namespace
            .settings
            .background_query_max_rps
            .load(Ordering::Relaxed);
        if records_per_second.is_some_and(|limit| limit.get() > max) {
            return Err(Refusal::Malformed(Part::Query));
        }
        let search = IndexRange::search(index_range, request.namespace, set)?;
        let source = Source::new(set, PartitionScan::all(), search);
        request.check_search(&source)?;
        request.check_filter()?;
        let description = if request.fields.udf {
            describe_udf(request)?
        } else {
            check_operations(request)?;
            request.describe(JobKind::Operate)
        };
        // The default limit counts here, although it does not slow the query down.
        let limit = records_per_second.map_or(max, NonZeroU32::get);
        let quota = permit::query_quota(request.session, Direction::Write, limit)?;
        let active = request.state.jobs().start(JobDescription {
            index: source.index_name(),
            records_per_second: records_per_second.or(NonZeroU32::new(max)),
            socket_timeout: Some(SOCKET_TIMEOUT),
            ..description
        })?;
        Ok(Self {
            source,
            // The default limit is only listed. If it were applied, tests would only wait longer.
            rate_limit: RateLimit::new(records_per_second.map(NonZeroU32::get)),
            active,
            queue: VecDeque::new(),
            waiting: None,
            offloaded: None,
            _quota: quota,
        })
    }

    pub(super) const fn source(&self) -> &Source {
        &self.source
    }

    pub(super) fn has_blocking_work(&self) -> bool {
        self.offloaded.as_ref().is_some_and(Offloaded::needs_run)
    }

    /// Does the work on the first record of the queue that may take long.
    pub(super) fn run_blocking(&mut self, request: &QueryRequest<'_>) {
        if let (Some(offloaded), Some(digest)) = (&mut self.offloaded, self.queue.front()) {
            let command = Request {
                digest: *digest,
                ..record_request(request)
            };
            offloaded.run(request.namespace, &command, None);
        }
    }

    /// Changes some records.
    pub(super) fn step(&mut self, request: &QueryRequest<'_>) -> Step {
        self.waiting = None;
        let mut tally = Tally::default();
        let mut left =
            RECORDS_PER_STEP.min(usize::try_from(self.rate_limit.records_per_step()).unwrap_or(RECORDS_PER_STEP));
        let mut reads = RECORDS_PER_STEP * 4;
        let mut step = None;
        loop {
            if self.active.end().is_some() {
                step = Some(Step::Done);
                break;
            }
            if let Some(paused) = self.change(request, &mut tally) {
                step = (paused != Step::More).then_some(paused);
                break;
            }
            if left == 0 || reads == 0 {
                break;
            }
            if self.source.partition().is_none() {
                step = Some(Step::Done);
                break;
            }
            self.find(request, &mut left, &mut reads);
        }
        tally.throttled = tally.succeeded + tally.filtered + tally.failed;
        let partition = self.source.partition().filter(|_| step != Some(Step::Done));
        self.active.reach(request.now, partition, &tally);
        if step == Some(Step::Done) {
            let counters = request.stats().queries(self.source.is_indexed());
            let ends = if request.fields.udf {
                &counters.udf_bg
            } else {
                &counters.ops_bg
            };
            ends.count(self.active.complete());
        }
        step.unwrap_or_else(|| self.rate_limit.step(tally.throttled))
    }

    /// Finds records to change. Each is changed later, under a lock of its own.
    fn find(&mut self, request: &QueryRequest<'_>, left: &mut usize, reads: &mut usize) {
        let Self { source, queue, .. } = self;
        let Source { set, scan, index, .. } = source;
        let mut find = |digest: &Digest, record: &Record| {
            *reads = reads.saturating_sub(1);
            if set.matches(record.set) && request.namespace.is_visible(record, request.now) {
                queue.push_back(*digest);
                *left = left.saturating_sub(1);
            }
            if *left > 0 && *reads > 0 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        match (scan.cursor(), index) {
            (Some(cursor), _) if !request.is_master(cursor.partition) => scan.next_partition(),
            (Some(cursor), Some(index)) => {
                index.add_partition(cursor);
                scan.next_partition();
            }
            (None, Some(index)) => {
                let visited = index.visit(request.namespace, |digest, record, _| find(digest, record));
                *reads = reads.saturating_sub(visited);
            }
            (_, None) => scan.visit(request.namespace, RecordPart::Metadata, find),
        }
    }

    /// Changes the records that were found. Returns what the query needs before the next record; `None` after the last one.
    fn change(&mut self, request: &QueryRequest<'_>, tally: &mut Tally) -> Option<Step> {
        let mut command = record_request(request);
        let mut ignored = BytesMut::new();
        if let (Some(offloaded), Some(digest)) = (self.offloaded.take(), self.queue.front()) {
            command.digest = *digest;
            match offloaded.finish(request.namespace, &command, &mut Reply::single(&mut ignored)) {
                Finished::Replied(code) => self.count(&command, tally, code),
                Finished::Again(offloaded) => {
                    self.offloaded = Some(offloaded);
                    return Some(Step::More);
                }
            }
            // A query that waits for its rate limit locks no record meanwhile.
            if self.rate_limit.is_limited() {
                return Some(Step::More);
            }
        }
        while let Some(digest) = self.queue.front() {
            command.digest = *digest;
            ignored.clear();
            if let Access::Wait(waiting) = record::access(request.namespace, digest, false) {
                self.waiting = Some(waiting);
                return Some(Step::Locked);
            }
            let code = match Offloaded::begin(request.state, request.now, request.namespace, &command) {
                Ok(Some(offloaded)) => {
                    self.offloaded = Some(offloaded);
                    return Some(Step::More);
                }
                Ok(None) => write::write(
                    request.now,
                    request.namespace,
                    &command,
                    &mut Reply::single(&mut ignored),
                ),
                Err(refused) => Err(refused),
            };
            let code = code.unwrap_or_else(|refused| refused.refusal.result_code());
            self.count(&command, tally, code);
        }
        None
    }

    /// Counts the result for the first record of the queue, and removes it. The query continues after a record that cannot be changed.
    fn count(&mut self, command: &Request<'_>, tally: &mut Tally, code: ResultCode) {
        self.queue.pop_front();
        command.counted.count(Info2::WRITE, command.fields.udf, code);
        match code {
            ResultCode::OK => tally.succeeded += 1,
            ResultCode::NOT_FOUND => {}
            ResultCode::FILTERED_OUT => tally.filtered += 1,
            _ => tally.failed += 1,
        }
    }
}

/// # Errors
/// `PARAMETER` for an invalid UDF call.
#[cfg(feature = "udf")]
fn describe_udf(request: &QueryRequest<'_>) -> Result<JobDescription, Refusal> {
    let call = udf::call(&request.message, udf::DEFAULT_LIMIT)?;
    let name = |name| String::from_utf8_lossy(name).into_owned();
    Ok(JobDescription {
        udf: Some((name(call.module), name(call.function))),
        ..request.describe(JobKind::Udf)
    })
}

#[cfg(not(feature = "udf"))]
const fn describe_udf(_: &QueryRequest<'_>) -> Result<JobDescription, Refusal> {
    Err(Refusal::Unsupported(crate::refusal::Feature::Udfs))
}

/// # Errors
/// `PARAMETER` if there are no operations, or if one of them reads or has an invalid expression.
fn check_operations(request: &QueryRequest<'_>) -> Result<(), Refusal> {
    let message = &request.message;
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

/// The request for a record, still without its digest.
fn record_request<'a>(request: &'a QueryRequest<'a>) -> Request<'a> {
    let header = &request.message.header;
    let stats = request.stats();
    Request {
        header: Header {
            info1: Info1::empty(),
            info2: Info2::WRITE | (header.info2 & Info2::DURABLE_DELETE),
            // A record that was removed meanwhile is not created again. A UDF needs no flag for that.
            info3: if request.fields.udf {
                Info3::empty()
            } else {
                Info3::UPDATE_ONLY | (header.info3 & Info3::REPLACE_ONLY)
            },
            record_ttl: header.record_ttl,
            ..Header::default()
        },
        message: request.message,
        fields: Fields {
            udf: request.fields.udf,
            ..Fields::default()
        },
        digest: Digest([0; Digest::SIZE]),
        filter: request.filter,
        masks: request.masks(),
        is_background: true,
        counted: if request.fields.udf {
            &stats.udf_sub
        } else {
            &stats.ops_sub
        },
    }
}
