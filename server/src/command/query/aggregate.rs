//! Aggregations: a UDF makes values out of the stream of records that a query finds.

use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use spikelet_wire::frame::OpenFrame;
use spikelet_wire::{
    Digest, FieldType, FrameType, Header, Info1, Message, MessageWriter, ParticleType, PartitionId, message,
};

use super::fields::{self, WantedSet};
use super::index::{IndexWalk, Wanted};
use super::pace::Pace;
use super::request::{QueryRequest, last};
use super::walk::{Look, Walk};
use crate::clock::Now;
use crate::command::record::udf;
use crate::command::record::view::View;
use crate::command::step::Step;
use crate::refusal::{Conflict, Feature, Refusal};
use crate::state::{ActiveJob, JobDescription, JobEnd, JobKind, NamespaceStats, Tally};
use crate::store::Record;
use crate::store::sindex::Search;
use crate::udf::{Modules, Returned, Work};

/// How long the UDF may run on the records of one partition. The real server has no limit.
const LIMIT: Duration = Duration::from_secs(10);
/// How many partitions without records a step visits.
const AT_ONCE: usize = 1024;

/// A query that aggregates records.
///
/// As in the real server each partition is a stream of its own, which clients see where nothing reduces the results.
#[derive(Debug)]
pub(super) struct Aggregate {
    walk: Walk,
    search: Option<Arc<Search>>,
    /// The way through the index, without a partition yet.
    index: Option<IndexWalk>,
    set: WantedSet,
    pace: Pace,
    active: ActiveJob,
    socket_timeout: Option<Duration>,
    stream: Option<Stream>,
}

impl Aggregate {
    /// Checks a query, in the real server's order, and begins it.
    ///
    /// # Errors
    /// `PARAMETER` for fields that are wrong and a short query, `UNSUPPORTED_FEATURE` for one
    /// with a filter, [`Refusal::NoSuchSet`], [`Refusal::IndexNotFound`] and
    /// [`Refusal::IndexNotReadable`].
    pub(super) fn start(asking: &QueryRequest<'_>) -> Result<Self, Refusal> {
        let message = &asking.message;
        if message.header.info1.contains(Info1::SHORT_QUERY) {
            return Err(Refusal::Flags(Conflict::ShortQuery));
        }
        if message.field(FieldType::FILTER_EXPRESSION).is_some() {
            return Err(Refusal::Unsupported(Feature::AggregationFilter));
        }
        let set = fields::set(asking.namespace, asking.fields.set)?;
        let wanted = Wanted::of(message)?;
        let records_per_second = fields::records_per_second(message)?;
        if set == WantedSet::Unknown {
            return Err(Refusal::NoSuchSet);
        }
        let search = wanted.map(|wanted| wanted.find(asking.namespace, set)).transpose()?;
        let socket_timeout = fields::socket_timeout(message)?;
        udf::call(message, LIMIT)?;
        let active = asking.state.jobs().start(JobDescription {
            index: search.as_ref().map(|search| search.sindex.name().to_string()),
            records_per_second,
            socket_timeout,
            ..asking.describe(JobKind::Aggregate)
        })?;
        Ok(Self {
            walk: Walk::everywhere(),
            index: search.clone().map(IndexWalk::new),
            search,
            set,
            pace: Pace::new(records_per_second.map(NonZeroU32::get)),
            active,
            socket_timeout,
            stream: None,
        })
    }

    pub(super) const fn socket_timeout(&self) -> Option<Duration> {
        self.socket_timeout
    }

    /// Its walk through a secondary index, if it searches one.
    pub(super) const fn index(&self) -> Option<&IndexWalk> {
        self.index.as_ref()
    }

    /// What it asks of an index.
    pub(super) fn search(&self) -> Option<Arc<Search>> {
        self.search.clone()
    }

    /// Has it end without the client.
    pub(super) fn abandon(&self, stats: &NamespaceStats, end: JobEnd) {
        self.active.abandon(end);
        let counters = stats.queries(self.search.is_some());
        counters.aggr.count(end.result_code());
    }

    /// Writes the values of the last partition, and finds the records of the next one.
    pub(super) fn step(&mut self, asking: &QueryRequest<'_>, out: &mut BytesMut) -> Step {
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
            // A query that waits for its pace holds nothing meanwhile.
            touched if touched > 0 && self.pace.is_limited() => {
                tally.throttled = touched;
                self.pace.step(touched)
            }
            _ if self.find_next(asking) => Step::More,
            _ => Step::Done,
        };
        if step == Step::Done {
            let code = self.active.complete();
            message::write_header_only(out, &last(code));
            let counters = asking.stats().queries(self.search.is_some());
            counters.aggr.count(code);
        }
        tally.sent = (out.len() - start) as u64;
        self.active.reach(asking.now, self.walk.partition(), &tally);
        step
    }

    /// Finds the records of the next partition that has any. Returns whether the query goes on.
    fn find_next(&mut self, asking: &QueryRequest<'_>) -> bool {
        for _ in 0..AT_ONCE {
            let Some(partition) = self.walk.partition().filter(|_| self.active.end().is_none()) else {
                return false;
            };
            if !asking.is_master(partition) {
                self.walk.leave();
                continue;
            }
            let found = self.find(asking);
            if !found.is_empty() {
                self.stream = Some(Stream::new(asking, partition, &found));
                break;
            }
        }
        true
    }

    pub(super) const fn needs_work(&self) -> bool {
        matches!(&self.stream, Some(stream) if stream.records.is_some())
    }

    /// Applies the UDF to the records that were found.
    pub(super) fn work(&mut self, message: &Message<'_>) {
        if let Some(stream) = &mut self.stream {
            stream.run(message);
        }
    }

    /// The records of the partition, which the walk then leaves.
    fn find(&mut self, asking: &QueryRequest<'_>) -> Vec<Digest> {
        let (set, namespace, now) = (self.set, asking.namespace, asking.now);
        let mut found = Vec::new();
        let mut find = |digest: &Digest, record: &Record| {
            if set.has(record.set) && !namespace.is_expired_or_truncated(record, now) {
                found.push(*digest);
            }
            ControlFlow::Continue(())
        };
        match (self.walk.stop(), &self.index) {
            (Some(stop), Some(index)) => {
                let mut index = index.clone();
                index.pass_through(stop);
                while index.partition().is_some() {
                    index.visit(namespace, |digest, record, _| find(digest, record));
                }
                self.walk.leave();
            }
            _ => self.walk.visit(namespace, Look::Metadata, find),
        }
        found
    }
}

/// The records of a partition, and the values that the UDF makes of them. It needs no lock: the records are copies.
#[derive(Debug)]
struct Stream {
    modules: Arc<Modules>,
    now: Now,
    /// `None` after the UDF was applied.
    records: Option<Vec<Work>>,
    /// How many records were found.
    count: u64,
    /// The frame of values; empty if there are none.
    frame: BytesMut,
    has_failed: bool,
}

impl Stream {
    fn new(asking: &QueryRequest<'_>, partition: PartitionId, found: &[Digest]) -> Self {
        let (now, namespace) = (asking.now, asking.namespace);
        let partition = namespace.partition(partition);
        let records = found.iter().filter_map(|digest| {
            let record = partition.as_ref()?.get(digest)?;
            asking.filter.check(&View::of(now, namespace, digest, record)).ok()?;
            Some(Work::new(udf::element(now, namespace, digest, record)))
        });
        Self {
            modules: Arc::clone(asking.state.modules()),
            now,
            records: Some(records.collect()),
            count: found.len() as u64,
            frame: BytesMut::new(),
            has_failed: false,
        }
    }

    fn run(&mut self, message: &Message<'_>) {
        let (Some(records), Ok(call)) = (self.records.take(), udf::call(message, LIMIT)) else {
            return;
        };
        let (mut records, out) = (records.into_iter(), &mut self.frame);
        let frame = OpenFrame::begin(out);
        let applied = self.modules.apply_stream(
            self.now,
            &call,
            || records.next(),
            |value| {
                answer(out, "SUCCESS", &value);
            },
        );
        if let Err(data) = applied {
            let particle_type = ParticleType::STRING;
            answer(out, "FAILURE", &Returned { particle_type, data });
            self.has_failed = true;
        }
        if frame.body_size(out) == 0 {
            frame.abandon(out);
        } else {
            frame.finish(FrameType::MESSAGE, out);
        }
    }
}

fn answer(out: &mut BytesMut, name: &str, value: &Returned) {
    let mut message = MessageWriter::bare(out, &Header::default());
    udf::append(&mut message, name, value);
    message.finish();
}
