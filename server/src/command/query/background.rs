//! Background queries: operations on every record that a query finds, or a UDF.

use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::BytesMut;
use spikelet_wire::{Digest, Header, Info1, Info2, Info3, OpCode, PartitionId, ResultCode};

use super::fields::{self, WantedSet};
use super::index::{IndexWalk, Wanted};
use super::pace::{Pace, Step};
use super::request::QueryRequest;
use super::walk::{Look, Walk};
use crate::command::record::operation;
use crate::command::record::reply::Reply;
use crate::command::record::request::{Fields, Request};
#[cfg(feature = "udf")]
use crate::command::record::udf;
use crate::command::record::write;
use crate::ops::exp;
use crate::refusal::{Conflict, Part, Refusal};
use crate::state::{ActiveJob, JobDescription, JobKind, Tally};
use crate::store::Record;
use crate::store::sindex::Search;

/// How many records are changed before others get their turn.
const AT_ONCE: usize = 1024;

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
        })
    }

    /// Its walk through a secondary index, if it searches one.
    pub(super) const fn index(&self) -> Option<&IndexWalk> {
        self.index.as_ref()
    }

    /// What it asks of an index.
    pub(super) fn search(&self) -> Option<Arc<Search>> {
        self.search.clone()
    }

    /// Changes some records.
    pub(super) fn step(&mut self, asking: &QueryRequest<'_>) -> Step {
        let mut tally = Tally::default();
        let mut left = AT_ONCE.min(usize::try_from(self.pace.at_once()).unwrap_or(AT_ONCE));
        let mut looks = AT_ONCE * 4;
        let mut is_done = false;
        let mut found = Vec::new();
        while left > 0 && looks > 0 {
            let at = self.partition();
            if at.is_none() || self.active.end().is_some() {
                is_done = true;
                break;
            }
            let Self { walk, index, set, .. } = self;
            // Records are changed behind the walk's lock, one by one, each under its own.
            let mut find = |digest: &Digest, record: &Record| {
                looks = looks.saturating_sub(1);
                if set.has(record.set) && !asking.namespace.is_expired_or_truncated(record, asking.now) {
                    found.push(*digest);
                    left = left.saturating_sub(1);
                }
                if left > 0 && looks > 0 {
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
                    looks = looks.saturating_sub(visited);
                }
                (_, None) => walk.visit(asking.namespace, Look::Metadata, find),
            }
            change(asking, &mut found, &mut tally);
        }
        tally.throttled = tally.succeeded + tally.filtered + tally.failed;
        let partition = self.partition().filter(|_| !is_done);
        self.active.reach(asking.now, partition, &tally);
        if is_done {
            let counters = asking.stats().queries(self.search.is_some());
            let ends = if asking.fields.udf {
                &counters.udf_bg
            } else {
                &counters.ops_bg
            };
            ends.count(self.active.complete());
            Step::Done
        } else {
            self.pace.step(tally.throttled)
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

/// Applies the message's operations or its UDF to records, and forgets them.
fn change(asking: &QueryRequest<'_>, digests: &mut Vec<Digest>, tally: &mut Tally) {
    let header = &asking.message.header;
    let stats = asking.stats();
    let mut request = Request {
        header: Header {
            info1: Info1::empty(),
            info2: Info2::WRITE | (header.info2 & Info2::DURABLE_DELETE),
            // What is gone when its turn comes is not made anew. A UDF is not told so by flags.
            info3: if asking.fields.udf {
                Info3::empty()
            } else {
                Info3::UPDATE_ONLY | (header.info3 & Info3::REPLACE_ONLY)
            },
            record_ttl: header.record_ttl,
            ..Header::default()
        },
        message: asking.message,
        fields: Fields::default(),
        digest: Digest([0; Digest::SIZE]),
        filter: asking.filter,
        is_background: true,
        counted: if asking.fields.udf {
            &stats.udf_sub
        } else {
            &stats.ops_sub
        },
    };
    let mut unread = BytesMut::new();
    for digest in digests.drain(..) {
        request.digest = digest;
        // One record that cannot be written does not end the query.
        let code = change_one(asking, &request, &mut Reply::single(&mut unread));
        match code {
            ResultCode::OK => tally.succeeded += 1,
            ResultCode::NOT_FOUND => {}
            ResultCode::FILTERED_OUT => tally.filtered += 1,
            _ => tally.failed += 1,
        }
        unread.clear();
    }
}

fn change_one(asking: &QueryRequest<'_>, request: &Request<'_>, reply: &mut Reply<'_>) -> ResultCode {
    let (now, namespace) = (asking.now, asking.namespace);
    #[cfg(feature = "udf")]
    if asking.fields.udf {
        let result = udf::udf(now, namespace, asking.state.modules(), request, reply);
        let code = result.unwrap_or_else(|refused| refused.refusal.result_code());
        request.counted.count(Info2::WRITE, true, code);
        return code;
    }
    let result = write::write(now, namespace, request, reply);
    let code = result.unwrap_or_else(|refused| refused.refusal.result_code());
    request.counted.count(Info2::WRITE, false, code);
    code
}
