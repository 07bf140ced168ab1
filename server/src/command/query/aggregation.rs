//! Aggregations: a stream UDF computes values from the records that a query finds.

use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use spikelet_wire::frame::OpenFrame;
use spikelet_wire::{
    Digest, FieldType, FrameType, Header, Info1, Message, MessageWriter, ParticleType, PartitionId, message,
};

use super::fields::{self, SetFilter};
use super::index_range::IndexRange;
use super::partition_scan::{PartitionScan, RecordPart};
use super::rate_limit::RateLimit;
use super::request::{QueryRequest, last_message};
use super::source::Source;
use crate::access::Direction;
use crate::clock::Now;
use crate::command::record::udf;
use crate::command::record::view::View;
use crate::command::security::permit;
use crate::command::step::Step;
use crate::refusal::{Conflict, Feature, Refusal};
use crate::state::{ActiveJob, JobDescription, JobEnd, JobKind, NamespaceStats, QueryQuota, Tally};
use crate::store::Record;
use crate::udf::{Modules, Returned, Work};

/// The time limit of the UDF for the records of one partition. The real server has none.
const UDF_LIMIT: Duration = Duration::from_secs(10);
/// The number of partitions that a step searches for records.
const PARTITIONS_PER_STEP: usize = 1024;

/// A query that aggregates records.
///
/// As in the real server each partition is a stream of its own. Clients see that if they do not reduce the results.
#[derive(Debug)]
pub(super) struct AggregationQuery {
    /// Its partitions. A copy of the scan of the secondary index is made for each, and none is added to the scan itself.
    source: Source,
    rate_limit: RateLimit,
    active: ActiveJob,
    socket_timeout: Option<Duration>,
    stream: Option<Stream>,
    /// What it takes of the user's quota while it runs.
    _quota: Option<QueryQuota>,
}

impl AggregationQuery {
    /// Checks a query, in the order of the real server, and starts it.
    ///
    /// # Errors
    /// `PARAMETER` for an invalid field, or for a short query; `UNSUPPORTED_FEATURE` for a query with a filter expression;
    /// [`Refusal::NoSuchSet`], [`Refusal::IndexNotFound`] and [`Refusal::IndexNotReadable`].
    pub(super) fn start(request: &QueryRequest<'_>) -> Result<Self, Refusal> {
        let message = &request.message;
        if message.header.info1.contains(Info1::SHORT_QUERY) {
            return Err(Refusal::Flags(Conflict::ShortQuery));
        }
        if message.field(FieldType::FILTER_EXPRESSION).is_some() {
            return Err(Refusal::Unsupported(Feature::AggregationFilter));
        }
        let set = fields::set_filter(request.namespace, request.fields.set)?;
        let index_range = IndexRange::decode(message)?;
        let records_per_second = fields::records_per_second(message)?;
        if set == SetFilter::Unknown {
            return Err(Refusal::NoSuchSet);
        }
        let search = IndexRange::search(index_range, request.namespace, set)?;
        let source = Source::new(set, PartitionScan::all(), search);
        request.check_search(&source)?;
        let socket_timeout = fields::socket_timeout(message)?;
        let limit = records_per_second.map_or(0, NonZeroU32::get);
        let quota = permit::query_quota(request.session, Direction::Read, limit)?;
        udf::call(message, UDF_LIMIT)?;
        let active = request.state.jobs().start(JobDescription {
            index: source.index_name(),
            records_per_second,
            socket_timeout,
            ..request.describe(JobKind::Aggregate)
        })?;
        Ok(Self {
            source,
            rate_limit: RateLimit::new(records_per_second.map(NonZeroU32::get)),
            active,
            socket_timeout,
            stream: None,
            _quota: quota,
        })
    }

    pub(super) const fn socket_timeout(&self) -> Option<Duration> {
        self.socket_timeout
    }

    pub(super) const fn source(&self) -> &Source {
        &self.source
    }

    /// Ends the query without a reply.
    pub(super) fn abandon(&self, stats: &NamespaceStats, end: JobEnd) {
        self.active.abandon(end);
        let counters = stats.queries(self.source.is_indexed());
        counters.aggr.count(end.result_code());
    }

    /// Writes the results of the last partition, and finds the records of the next one.
    pub(super) fn step(&mut self, request: &QueryRequest<'_>, out: &mut BytesMut) -> Step {
        let start = out.len();
        let mut tally = Tally::default();
        if let Some(stream) = self.stream.take() {
            tally.succeeded = stream.count;
            if stream.has_failed {
                self.active.abandon(JobEnd::Failed);
            }
            out.extend_from_slice(&stream.frame);
        }
        let step = match tally.succeeded {
            // A query that waits for its rate limit holds no records meanwhile.
            processed if processed > 0 && self.rate_limit.is_limited() => {
                tally.throttled = processed;
                self.rate_limit.step(processed)
            }
            _ if self.find_next(request) => Step::More,
            _ => Step::Done,
        };
        if step == Step::Done {
            let code = self.active.complete();
            message::write_header_only(out, &last_message(code));
            let counters = request.stats().queries(self.source.is_indexed());
            counters.aggr.count(code);
        }
        tally.sent = (out.len() - start) as u64;
        self.active.reach(request.now, self.source.scan.partition(), &tally);
        step
    }

    /// Finds the records of the next partition that has any. Returns whether the query continues.
    fn find_next(&mut self, request: &QueryRequest<'_>) -> bool {
        for _ in 0..PARTITIONS_PER_STEP {
            let Some(partition) = self.source.scan.partition().filter(|_| self.active.end().is_none()) else {
                return false;
            };
            if !request.is_master(partition) {
                self.source.scan.next_partition();
                continue;
            }
            let found = self.find(request);
            if !found.is_empty() {
                self.stream = Some(Stream::new(request, partition, &found));
                break;
            }
        }
        true
    }

    pub(super) const fn has_blocking_work(&self) -> bool {
        matches!(&self.stream, Some(stream) if stream.records.is_some())
    }

    /// Applies the UDF to the records that were found.
    pub(super) fn run_blocking(&mut self, message: &Message<'_>) {
        if let Some(stream) = &mut self.stream {
            stream.run(message);
        }
    }

    /// Finds the records of the current partition, and moves on to the next one.
    fn find(&mut self, request: &QueryRequest<'_>) -> Vec<Digest> {
        let (set, namespace, now) = (self.source.set, request.namespace, request.now);
        let mut found = Vec::new();
        let mut find = |digest: &Digest, record: &Record| {
            if set.matches(record.set) && namespace.is_visible(record, now) {
                found.push(*digest);
            }
            ControlFlow::Continue(())
        };
        match (self.source.scan.cursor(), &self.source.index) {
            (Some(cursor), Some(index)) => {
                let mut index = index.clone();
                index.add_partition(cursor);
                while index.partition().is_some() {
                    index.visit(namespace, |digest, record, _| find(digest, record));
                }
                self.source.scan.next_partition();
            }
            _ => self.source.scan.visit(namespace, RecordPart::Metadata, find),
        }
        found
    }
}

/// Copies of the records of a partition, and the results of the UDF. The UDF needs no lock.
#[derive(Debug)]
struct Stream {
    modules: Arc<Modules>,
    now: Now,
    /// `None` after the UDF was applied.
    records: Option<Vec<Work>>,
    /// The number of records that were found.
    count: u64,
    /// The frame with the results; empty if there are none.
    frame: BytesMut,
    has_failed: bool,
}

impl Stream {
    fn new(request: &QueryRequest<'_>, partition: PartitionId, found: &[Digest]) -> Self {
        let (now, namespace) = (request.now, request.namespace);
        let masks = request.masks();
        let partition = namespace.partition(partition);
        let records = found.iter().filter_map(|digest| {
            let record = partition.as_ref()?.get(digest)?;
            request.filter.check(&View::of(now, namespace, digest, record)).ok()?;
            let subject = udf::element(now, namespace, digest, record);
            Some(Work::new(subject, masks.in_set(namespace, record.set)))
        });
        Self {
            modules: Arc::clone(request.state.modules()),
            now,
            records: Some(records.collect()),
            count: found.len() as u64,
            frame: BytesMut::new(),
            has_failed: false,
        }
    }

    fn run(&mut self, message: &Message<'_>) {
        let (Some(records), Ok(call)) = (self.records.take(), udf::call(message, UDF_LIMIT)) else {
            return;
        };
        let (mut records, out) = (records.into_iter(), &mut self.frame);
        let frame = OpenFrame::begin(out);
        let applied = self.modules.apply_stream(
            self.now,
            &call,
            || records.next(),
            |value| {
                write_result(out, "SUCCESS", &value);
            },
        );
        if let Err(data) = applied {
            let particle_type = ParticleType::STRING;
            write_result(out, "FAILURE", &Returned { particle_type, data });
            self.has_failed = true;
        }
        if frame.body_size(out) == 0 {
            frame.abandon(out);
        } else {
            frame.finish(FrameType::MESSAGE, out);
        }
    }
}

fn write_result(out: &mut BytesMut, name: &str, value: &Returned) {
    let mut message = MessageWriter::bare(out, &Header::default());
    udf::append(&mut message, name, value);
    message.finish();
}
