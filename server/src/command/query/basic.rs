//! Basic queries: they return the records that they find, in one message each.

use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::BytesMut;
use spikelet_wire::frame::OpenFrame;
use spikelet_wire::{Digest, FrameType, Header, Info1, Info3, MessageWriter, PartitionId, ResultCode, message};

use super::fields::{self, Partitions, SetFilter};
use super::index_range::IndexRange;
use super::partition_scan::RecordPart;
use super::projection::{FoundRecord, Projection};
use super::rate_limit::RateLimit;
use super::request::{QueryRequest, last_message};
use super::source::Source;
use crate::access::Direction;
use crate::clock::Now;
use crate::command::record::filter::Filter;
use crate::command::record::view::View;
use crate::command::security::permit;
use crate::command::step::Step;
use crate::refusal::{Feature, Refusal};
use crate::state::{ActiveJob, JobDescription, JobEnd, JobKind, NamespaceStats, QueryQuota, Tally};
use crate::store::{Record, Set, SetId};

/// The size at which a frame ends, in bytes. It ends after the record that reaches this size.
///
/// The frames of the real server have a megabyte. Smaller frames, which fit into the cache of a processor and into the buffer that
/// a connection keeps, are faster, and clients accept them.
const FRAME: usize = 128 * 1024;

/// The number of records that a step reads, before other commands get their turn.
const RECORDS_PER_STEP: usize = 4096;

/// How many bytes of values a step goes through in the time that it takes to read one record.
const BYTES_PER_READ: usize = 64;

/// The timeout of a short query that does not have one, in milliseconds.
const SHORT_QUERY_TIMEOUT: u64 = 1000;

/// A query that returns records.
#[derive(Debug)]
pub(super) struct BasicQuery {
    source: Source,
    projection: Projection,
    /// The number of records that it may still return; `None` for no limit.
    remaining: Option<u64>,
    rate_limit: RateLimit,
    length: Length,
    socket_timeout: Option<Duration>,
    started: Now,
    /// What it takes of the user's quota while it runs.
    _quota: Option<QueryQuota>,
}

/// Whether a query is short, and has a deadline, or is long, and a job that is listed and can be aborted.
#[derive(Debug)]
enum Length {
    Short { deadline: Now, is_late: bool },
    Long(ActiveJob),
}

impl BasicQuery {
    /// Checks a query, in the order of the real server, and starts it.
    ///
    /// # Errors
    /// `UNSUPPORTED_FEATURE` for a query without partitions, as old clients send it; `PARAMETER` for an invalid field;
    /// [`Refusal::IndexNotFound`], [`Refusal::IndexNotReadable`] and `QUOTA_EXCEEDED`.
    pub(super) fn start(request: &QueryRequest<'_>) -> Result<Self, Refusal> {
        let message = &request.message;
        let header = &message.header;
        if !header.info3.contains(Info3::PARTITION_DONE) {
            return Err(Refusal::Unsupported(Feature::OldQueries));
        }
        let set = fields::set_filter(request.namespace, request.fields.set)?;
        let partitions = fields::partitions(message)?;
        let index_range = IndexRange::decode(message)?;
        let records_per_second = fields::records_per_second(message)?;
        let Partitions { scan, count, resumed } = partitions.ok_or(Refusal::Unsupported(Feature::OldQueries))?;
        let search = IndexRange::search(index_range, request.namespace, set)?;
        let source = Source::new(set, scan, search);
        request.check_search(&source)?;
        let socket_timeout = fields::socket_timeout(message)?;
        let remaining = fields::sample_max(message)?;
        let projection = Projection::of(message)?;
        request.check_filter()?;
        let limit = records_per_second.map_or(0, NonZeroU32::get);
        let quota = permit::query_quota(request.session, Direction::Read, limit)?;
        let is_forced_long = request.namespace.settings.force_long_queries.load(Ordering::Relaxed);
        let length = if header.info1.contains(Info1::SHORT_QUERY) && !is_forced_long {
            let milliseconds = match header.transaction_ttl {
                0 => SHORT_QUERY_TIMEOUT,
                ttl => u64::from(ttl),
            };
            Length::Short {
                deadline: Now(request.now.0.saturating_add(milliseconds)),
                is_late: false,
            }
        } else {
            Length::Long(request.state.jobs().start(JobDescription {
                index: source.index_name(),
                partitions: Some((count, resumed)),
                records_per_second,
                socket_timeout,
                ..request.describe(JobKind::Basic)
            })?)
        };
        Ok(Self {
            source,
            projection,
            remaining,
            rate_limit: RateLimit::new(records_per_second.map(NonZeroU32::get)),
            length,
            socket_timeout,
            started: request.now,
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
        let counters = stats.queries(self.source.is_indexed());
        match &self.length {
            Length::Short { .. } => counters.short_basic.count(end.result_code()),
            Length::Long(active) => {
                active.abandon(end);
                counters.long_basic.count(end.result_code());
            }
        }
    }

    /// Writes up to one frame of records.
    pub(super) fn step(&mut self, request: &QueryRequest<'_>, out: &mut BytesMut) -> Step {
        let counters = request.stats().queries(self.source.is_indexed());
        let start = out.len();
        let frame = OpenFrame::begin(out);
        let mut tally = Tally::default();
        let mut budget = StepBudget {
            reads: RECORDS_PER_STEP,
            records: self.rate_limit.records_per_step(),
        };
        let mut is_done = false;
        while budget.is_left(&frame, out) {
            match self.source.scan.partition() {
                Some(partition) if !request.is_full(partition) => {
                    write_partition_unavailable(out, partition);
                    self.source.scan.next_partition();
                }
                Some(_) if self.needs_no_records(request.now) => self.source.scan.next_partition(),
                None if self.source.partition().is_none() || self.needs_no_records(request.now) => {
                    is_done = true;
                    break;
                }
                _ => self.return_records(request, (&frame, &mut budget, &mut tally), out),
            }
        }
        if let (true, Length::Short { is_late, .. }) = (is_done, &self.length) {
            let code = if *is_late { ResultCode::TIMEOUT } else { ResultCode::OK };
            MessageWriter::bare(out, &last_message(code)).finish();
            counters.short_basic.count(code);
        }
        if frame.body_size(out) == 0 {
            frame.abandon(out);
        } else {
            frame.finish(FrameType::MESSAGE, out);
        }
        let partition = self.source.partition().filter(|_| !is_done);
        if let Length::Long(active) = &mut self.length {
            if is_done {
                let code = active.complete();
                message::write_header_only(out, &last_message(code));
                counters.long_basic.count(code);
            }
            tally.sent = (out.len() - start) as u64;
            active.reach(request.now, partition, &tally);
        }
        if is_done {
            let stats = request.stats();
            stats.count_query_latency(self.source.is_indexed(), self.started, request.now);
            Step::Done
        } else {
            self.rate_limit.step(tally.throttled)
        }
    }

    /// Whether no more records are to be returned. The remaining partitions are then checked only for whether the node has them.
    fn needs_no_records(&mut self, now: Now) -> bool {
        let has_ended = match &mut self.length {
            Length::Short { deadline, is_late } => {
                *is_late |= now > *deadline;
                *is_late
            }
            Length::Long(active) => active.end().is_some(),
        };
        has_ended || self.source.set == SetFilter::Unknown || self.remaining == Some(0)
    }

    /// Writes some records: those of the current partition, or those that the secondary index finds. The index scan starts when
    /// all partitions have been added to it.
    fn return_records(
        &mut self,
        request: &QueryRequest<'_>,
        (frame, budget, tally): (&OpenFrame, &mut StepBudget, &mut Tally),
        out: &mut BytesMut,
    ) {
        let Self {
            source: Source { set, scan, index, .. },
            projection,
            remaining,
            rate_limit,
            ..
        } = self;
        let (now, namespace) = (request.now, request.namespace);
        let is_limited = u64::from(rate_limit.is_limited());
        let mut names = SetNameCache::default();
        let masks = request.masks();
        let part = match (&*projection, request.filter) {
            (Projection::NoBins, Filter::None) => RecordPart::Metadata,
            _ => RecordPart::Bins,
        };
        let evaluates = request.filter.evaluates() || matches!(projection, Projection::Operations);
        let mut visit = |digest: &Digest, record: &Record, value: Option<i64>| {
            let reads = 1 + if evaluates {
                record.value_bytes() / BYTES_PER_READ
            } else {
                0
            };
            budget.reads = budget.reads.saturating_sub(reads);
            if set.matches(record.set) && namespace.is_visible(record, now) {
                let shown = masks.shown(namespace, record);
                let view = View::of(now, namespace, digest, record).showing(shown.as_deref());
                match request.filter.check(&view) {
                    Ok(()) => {
                        budget.records = budget.records.saturating_sub(1);
                        // A record that is left out since it has none of the bins counts too.
                        let is_last = remaining.as_mut().is_some_and(|remaining| {
                            *remaining = remaining.saturating_sub(1);
                            *remaining == 0
                        });
                        let found = FoundRecord {
                            view,
                            record,
                            set: record.set.and_then(|id| names.get(request, id)),
                            value,
                        };
                        match projection.write(request, &found, out) {
                            Ok(()) => {
                                tally.succeeded += 1;
                                tally.throttled += is_limited;
                            }
                            Err(_) => tally.failed += 1,
                        }
                        if is_last {
                            return ControlFlow::Break(());
                        }
                    }
                    Err(Refusal::FilteredOut) => tally.filtered += 1,
                    // The record has changed since the index was read.
                    Err(_) => {}
                }
            }
            if budget.is_left(frame, out) {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        match (scan.cursor(), index) {
            (None, Some(index)) => {
                let reads = index.visit(namespace, |digest, record, value| visit(digest, record, Some(value)));
                budget.reads = budget.reads.saturating_sub(reads);
            }
            (Some(cursor), Some(index)) => {
                index.add_partition(cursor);
                scan.next_partition();
            }
            (_, None) => scan.visit(namespace, part, |digest, record| visit(digest, record, None)),
        }
    }
}

/// What a step may still do, before other commands get their turn.
struct StepBudget {
    /// The number of records that it may read.
    reads: usize,
    /// The number of records that it may return.
    records: u32,
}

impl StepBudget {
    fn is_left(&self, frame: &OpenFrame, out: &BytesMut) -> bool {
        self.reads > 0 && self.records > 0 && frame.body_size(out) < FRAME
    }
}

/// The name of the set of the last record. Mostly the next record is in the same set.
#[derive(Default)]
struct SetNameCache(Option<(SetId, Arc<Set>)>);

impl SetNameCache {
    fn get(&mut self, request: &QueryRequest<'_>, id: SetId) -> Option<&[u8]> {
        if self.0.as_ref().is_none_or(|(known, _)| *known != id) {
            self.0 = Some((id, request.namespace.sets.get(id)?));
        }
        self.0.as_ref().map(|(_, set)| &*set.name)
    }
}

/// Writes that the node does not have a partition, so that the client queries it on another node.
fn write_partition_unavailable(out: &mut BytesMut, partition: PartitionId) {
    let header = Header {
        info3: Info3::PARTITION_DONE,
        generation: u32::from(partition.get()),
        ..Header::result(ResultCode::UNAVAILABLE)
    };
    MessageWriter::bare(out, &header).finish();
}
