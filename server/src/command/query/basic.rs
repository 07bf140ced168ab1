//! Basic queries: the records that a query finds, answered one message each.

use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::BytesMut;
use spikelet_wire::frame::OpenFrame;
use spikelet_wire::{
    Digest, FieldType, FrameType, Header, Info1, Info2, Info3, Message, MessageWriter, OpCode, PartitionId, ResultCode,
    message,
};

use super::fields::{self, Partitions, WantedSet};
use super::index::{IndexWalk, Wanted};
use super::pace::Pace;
use super::request::{QueryRequest, last};
use super::walk::{Look, Walk};
use crate::clock::Now;
use crate::command::record::MAX_OPS;
use crate::command::record::filter::Filter;
use crate::command::record::operation::{self, BinRead};
use crate::command::record::view::View;
use crate::command::step::Step;
use crate::refusal::{Conflict, Feature, Refusal};
use crate::state::{ActiveJob, JobDescription, JobEnd, JobKind, NamespaceStats, Tally};
use crate::store::sindex::Search;
use crate::store::{BinName, Record, Set, SetId};

/// A frame ends behind the record that makes it this large, in bytes.
///
/// The real server's frames are of a megabyte. Frames that stay within a processor's cache, and within what a connection
/// keeps, are faster, and clients do not mind.
const FRAME: usize = 128 * 1024;

/// How many records are looked at before others get their turn.
const AT_ONCE: usize = 4096;

/// How long a short query may take that does not say, in milliseconds.
const SHORT_QUERY: u64 = 1000;

/// A query that answers records.
#[derive(Debug)]
pub(super) struct Basic {
    walk: Walk,
    search: Option<Arc<Search>>,
    index: Option<IndexWalk>,
    set: WantedSet,
    selection: Selection,
    /// How many records it may still answer; none for all.
    remaining: Option<u64>,
    pace: Pace,
    length: Length,
    socket_timeout: Option<Duration>,
    started: Now,
}

/// What is answered of a record.
#[derive(Debug)]
enum Selection {
    /// Its metadata.
    NoBins,
    /// All bins.
    All,
    /// Some bins. A record that has none of them is left out.
    Bins(Vec<BinName>),
    /// The results of the message's operations. A record without any is left out.
    Operations,
}

/// Whether a query is listed and can be aborted, or has to be over soon.
#[derive(Debug)]
enum Length {
    Short { deadline: Now, is_late: bool },
    Long(ActiveJob),
}

impl Basic {
    /// Checks a query, in the real server's order, and begins it.
    ///
    /// # Errors
    /// `UNSUPPORTED_FEATURE` for a query of clients before partition queries, `PARAMETER` for
    /// fields that are wrong, [`Refusal::IndexNotFound`] and [`Refusal::IndexNotReadable`].
    pub(super) fn start(asking: &QueryRequest<'_>) -> Result<Self, Refusal> {
        let message = &asking.message;
        let header = &message.header;
        if !header.info3.contains(Info3::PARTITION_DONE) {
            return Err(Refusal::Unsupported(Feature::OldQueries));
        }
        let set = fields::set(asking.namespace, asking.fields.set)?;
        let partitions = fields::partitions(message)?;
        let wanted = Wanted::of(message)?;
        let records_per_second = fields::records_per_second(message)?;
        let Partitions { walk, count, resumed } = partitions.ok_or(Refusal::Unsupported(Feature::OldQueries))?;
        let search = wanted.map(|wanted| wanted.find(asking.namespace, set)).transpose()?;
        let socket_timeout = fields::socket_timeout(message)?;
        let remaining = fields::sample_max(message)?;
        let selection = Selection::of(message)?;
        asking.check_filter()?;
        let is_forced_long = asking.namespace.settings.force_long_queries.load(Ordering::Relaxed);
        let length = if header.info1.contains(Info1::SHORT_QUERY) && !is_forced_long {
            let milliseconds = match header.transaction_ttl {
                0 => SHORT_QUERY,
                ttl => u64::from(ttl),
            };
            Length::Short {
                deadline: Now(asking.now.0.saturating_add(milliseconds)),
                is_late: false,
            }
        } else {
            Length::Long(asking.state.jobs().start(JobDescription {
                index: search.as_ref().map(|search| search.sindex.name().to_string()),
                partitions: Some((count, resumed)),
                records_per_second,
                socket_timeout,
                ..asking.describe(JobKind::Basic)
            })?)
        };
        Ok(Self {
            walk,
            index: search.clone().map(IndexWalk::new),
            search,
            set,
            selection,
            remaining,
            pace: Pace::new(records_per_second.map(NonZeroU32::get)),
            length,
            socket_timeout,
            started: asking.now,
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
        let counters = stats.queries(self.search.is_some());
        match &self.length {
            Length::Short { .. } => counters.short_basic.count(end.result_code()),
            Length::Long(active) => {
                active.abandon(end);
                counters.long_basic.count(end.result_code());
            }
        }
    }

    /// Answers up to a frame of records.
    pub(super) fn step(&mut self, asking: &QueryRequest<'_>, out: &mut BytesMut) -> Step {
        let counters = asking.stats().queries(self.search.is_some());
        let start = out.len();
        let frame = OpenFrame::begin(out);
        let mut tally = Tally::default();
        let mut turn = Turn {
            looks: AT_ONCE,
            records: self.pace.at_once(),
        };
        let mut is_done = false;
        while turn.goes_on(&frame, out) {
            match self.walk.partition() {
                Some(partition) if !asking.is_full(partition) => {
                    partition_unavailable(out, partition);
                    self.walk.leave();
                }
                Some(_) if self.has_enough(asking.now) => self.walk.leave(),
                None if self.partition().is_none() || self.has_enough(asking.now) => {
                    is_done = true;
                    break;
                }
                _ => self.answer_some(asking, (&frame, &mut turn, &mut tally), out),
            }
        }
        if let (true, Length::Short { is_late, .. }) = (is_done, &self.length) {
            let code = if *is_late { ResultCode::TIMEOUT } else { ResultCode::OK };
            MessageWriter::bare(out, &last(code)).finish();
            counters.short_basic.count(code);
        }
        if frame.body_size(out) == 0 {
            frame.abandon(out);
        } else {
            frame.finish(FrameType::MESSAGE, out);
        }
        let partition = self.partition().filter(|_| !is_done);
        if let Length::Long(active) = &mut self.length {
            if is_done {
                let code = active.complete();
                message::write_header_only(out, &last(code));
                counters.long_basic.count(code);
            }
            tally.sent = (out.len() - start) as u64;
            active.reach(asking.now, partition, &tally);
        }
        if is_done {
            let stats = asking.stats();
            stats.count_query_latency(self.search.is_some(), self.started, asking.now);
            Step::Done
        } else {
            self.pace.step(tally.throttled)
        }
    }

    /// Whether there is nothing more to find; partitions are then only looked at for whether they are there.
    fn has_enough(&mut self, now: Now) -> bool {
        let has_ended = match &mut self.length {
            Length::Short { deadline, is_late } => {
                *is_late |= now > *deadline;
                *is_late
            }
            Length::Long(active) => active.end().is_some(),
        };
        has_ended || self.set == WantedSet::Unknown || self.remaining == Some(0)
    }

    /// Answers records: those of the partition, or, when all partitions that are to be asked for are known, those that the
    /// index finds there.
    fn answer_some(
        &mut self,
        asking: &QueryRequest<'_>,
        (frame, turn, tally): (&OpenFrame, &mut Turn, &mut Tally),
        out: &mut BytesMut,
    ) {
        let Self {
            walk,
            index,
            set,
            selection,
            remaining,
            pace,
            ..
        } = self;
        let (now, namespace) = (asking.now, asking.namespace);
        let is_limited = u64::from(pace.is_limited());
        let mut names = SetNames::default();
        let look = match (&*selection, asking.filter) {
            (Selection::NoBins, Filter::None) => Look::Metadata,
            _ => Look::Bins,
        };
        let mut answer = |digest: &Digest, record: &Record, value: Option<i64>| {
            turn.looks = turn.looks.saturating_sub(1);
            if set.has(record.set) && !namespace.is_expired_or_truncated(record, now) {
                let view = View::of(now, namespace, digest, record);
                match asking.filter.check(&view) {
                    Ok(()) => {
                        turn.records = turn.records.saturating_sub(1);
                        // What is left out for want of bins counts too.
                        let enough = remaining.as_mut().is_some_and(|remaining| {
                            *remaining = remaining.saturating_sub(1);
                            *remaining == 0
                        });
                        let found = Found {
                            view,
                            record,
                            set: record.set.and_then(|id| names.get(asking, id)),
                            value,
                        };
                        match selection.write(asking, &found, out) {
                            Ok(()) => {
                                tally.succeeded += 1;
                                tally.throttled += is_limited;
                            }
                            Err(_) => tally.failed += 1,
                        }
                        if enough {
                            return ControlFlow::Break(());
                        }
                    }
                    Err(Refusal::FilteredOut) => tally.filtered += 1,
                    // The index was looked at before the record changed.
                    Err(_) => {}
                }
            }
            if turn.goes_on(frame, out) {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        match (walk.stop(), index) {
            (None, Some(index)) => {
                let looks = index.visit(namespace, |digest, record, value| answer(digest, record, Some(value)));
                turn.looks = turn.looks.saturating_sub(looks);
            }
            (Some(stop), Some(index)) => {
                index.pass_through(stop);
                walk.leave();
            }
            (_, None) => walk.visit(namespace, look, |digest, record| answer(digest, record, None)),
        }
    }

    /// The partition that it has reached; none at its end.
    fn partition(&self) -> Option<PartitionId> {
        let of_index = || self.index.as_ref().and_then(IndexWalk::partition);
        self.walk.partition().or_else(of_index)
    }
}

/// What may still be done before others get their turn.
struct Turn {
    /// How many records may be looked at.
    looks: usize,
    /// How many may be answered.
    records: u32,
}

impl Turn {
    fn goes_on(&self, frame: &OpenFrame, out: &BytesMut) -> bool {
        self.looks > 0 && self.records > 0 && frame.body_size(out) < FRAME
    }
}

/// A record that is to be answered.
struct Found<'r> {
    view: View<'r>,
    record: &'r Record,
    set: Option<&'r [u8]>,
    /// The value by which an index found it.
    value: Option<i64>,
}

/// The name of the last set that was asked for: most records that follow one another are of one set.
#[derive(Default)]
struct SetNames(Option<(SetId, Arc<Set>)>);

impl SetNames {
    fn get(&mut self, asking: &QueryRequest<'_>, id: SetId) -> Option<&[u8]> {
        if self.0.as_ref().is_none_or(|(known, _)| *known != id) {
            self.0 = Some((id, asking.namespace.sets.get(id)?));
        }
        self.0.as_ref().map(|(_, set)| &*set.name)
    }
}

impl Selection {
    /// # Errors
    /// `PARAMETER` for a list of bins beside operations, and for operations that do not read.
    fn of(message: &Message<'_>) -> Result<Self, Refusal> {
        if message.header.info1.contains(Info1::GET_NO_BINS) {
            return Ok(Self::NoBins);
        }
        match (message.field(FieldType::QUERY_BINLIST), message.op_count()) {
            (None, 0) => Ok(Self::All),
            (Some(list), 0) => fields::bin_list(list).map(Self::Bins),
            (Some(_), _) => Err(Refusal::Flags(Conflict::QueryOperations)),
            (None, _) => {
                let mut ops = message.ops();
                let reads =
                    ops.all(|op| BinName::new(op.name).is_some() && operation::kind(op.code) == operation::Kind::Read);
                if reads {
                    Ok(Self::Operations)
                } else {
                    Err(Refusal::Flags(Conflict::QueryOperations))
                }
            }
        }
    }

    /// Writes a record, if there is something of it to write.
    ///
    /// # Errors
    /// That of an operation that fails; then nothing is written.
    fn write(&self, asking: &QueryRequest<'_>, found: &Found<'_>, out: &mut BytesMut) -> Result<(), Refusal> {
        let Found { view, record, .. } = found;
        let begin = |out, info1| {
            let header = Header {
                info1,
                generation: u32::from(record.generation),
                record_ttl: record.void_time,
                ..Header::default()
            };
            let mut message = MessageWriter::bare(out, &header);
            message.field(FieldType::NAMESPACE, asking.namespace.name.as_bytes());
            message.field(FieldType::DIGEST, &view.digest.0);
            if let Some(set) = found.set {
                message.field(FieldType::SET, set);
            }
            if let Some(key) = &record.key {
                message.field(FieldType::KEY, key);
            }
            if let Some(value) = found.value {
                message.field(FieldType::BVALS, &value.to_le_bytes());
            }
            message
        };
        match self {
            Self::NoBins => begin(out, Info1::GET_NO_BINS).finish(),
            Self::All => {
                let mut message = begin(out, Info1::empty());
                for bin in &record.bins {
                    operation::write_bin(&mut message, OpCode::READ, bin.name.as_bytes(), Some(&bin.value));
                }
                message.finish();
            }
            Self::Bins(names) => {
                let mut message = begin(out, Info1::empty());
                for name in names {
                    if let Some(value) = view.bin(name) {
                        operation::write_bin(&mut message, OpCode::READ, name.as_bytes(), Some(value));
                    }
                }
                finish_unless_empty(message);
            }
            Self::Operations => {
                let mut message = begin(out, Info1::empty());
                match write_results(asking, view, &mut message) {
                    Ok(()) => finish_unless_empty(message),
                    Err(code) => {
                        message.abandon();
                        return Err(code);
                    }
                }
            }
        }
        Ok(())
    }
}

fn write_results(asking: &QueryRequest<'_>, view: &View<'_>, answer: &mut MessageWriter<'_>) -> Result<(), Refusal> {
    let request = &asking.message;
    if request.op_count() > MAX_OPS {
        return Err(Refusal::TooManyOperations(request.op_count() as u32));
    }
    let respond_all_ops = request.header.info2.contains(Info2::RESPOND_ALL_OPS);
    for op in request.ops() {
        let name = BinName::new(op.name).ok_or(Refusal::BinName)?;
        let value = match operation::read(&op, &name, view)? {
            BinRead::Absent => None,
            BinRead::Value(value) => value,
        };
        if respond_all_ops || value.is_some() {
            operation::write_bin(answer, op.code, op.name, value.as_deref());
        }
    }
    Ok(())
}

fn finish_unless_empty(message: MessageWriter<'_>) {
    if message.op_count() == 0 {
        message.abandon();
    } else {
        message.finish();
    }
}

/// Says that the records of a partition are to be had from another node.
fn partition_unavailable(out: &mut BytesMut, partition: PartitionId) {
    let header = Header {
        info3: Info3::PARTITION_DONE,
        generation: u32::from(partition.get()),
        ..Header::result(ResultCode::UNAVAILABLE)
    };
    MessageWriter::bare(out, &header).finish();
}
