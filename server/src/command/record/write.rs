//! Writes: put, add, append, prepend, touch, and operate with anything that writes.

use spikelet_wire::{Info1, Info2, Info3, MessageWriter, Op, OpCode, ParticleType, ResultCode};

use super::bin_ops::{self, BinRead, Kind, View};
use super::identity::{check_key, check_new_key};
use super::reply::{Metadata, Reply};
use super::request::Request;
use super::{MAX_OPS, generation, void_time};
use crate::clock::Now;
use crate::ops::SharedBytes;
use crate::ops::exp::RecordView;
use crate::store::record::{END_MARK, stored_size};
use crate::store::{Bin, BinName, Bins, Namespace, Partition, Record, SetId};

/// Carries out a command that writes.
pub(in crate::command) fn write(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> ResultCode {
    let result = Plan::of(request)
        .map_err(|code| (code, Metadata::default()))
        .and_then(|plan| {
            let mut partition = namespace.partition_or_create(request.partition());
            apply(now, namespace, &mut partition, request, &plan, reply)
        });
    match result {
        Ok(()) => ResultCode::OK,
        Err((code, metadata)) => {
            reply.status(code, metadata);
            code
        }
    }
}

/// What a write's flags and operations come to, known before the record is.
struct Plan {
    must_exist: bool,
    replace: bool,
    reads_all: bool,
    /// Whether it evaluates expressions, beside the filter.
    evaluates: bool,
}

impl Plan {
    fn of(request: &Request<'_>) -> Result<Self, ResultCode> {
        let header = &request.header;
        let (count, ops) = (request.message.op_count(), request.message.ops());
        if count == 0 || count > MAX_OPS {
            return Err(ResultCode::PARAMETER);
        }
        let replace = header.info3.intersects(Info3::CREATE_OR_REPLACE | Info3::REPLACE_ONLY);
        let mut plan = Self {
            must_exist: header.info3.intersects(Info3::UPDATE_ONLY | Info3::REPLACE_ONLY),
            replace,
            reads_all: false,
            evaluates: false,
        };
        let (mut reads, mut answers) = (false, false);
        for op in ops {
            let kind = bin_ops::kind(op.code);
            plan.evaluates |= matches!(op.code, OpCode::EXP_READ | OpCode::EXP_MODIFY);
            if kind == Kind::Touch {
                plan.must_exist = true;
            } else if BinName::new(op.name).is_none() {
                return Err(ResultCode::BIN_NAME);
            }
            // To replace a record is to write its bins anew: nothing of the old one can be touched, changed or removed.
            let deletes_bin = kind == Kind::Write && op.particle_type == ParticleType::NULL;
            let changes = match op.code {
                OpCode::EXP_MODIFY => false,
                _ => matches!(kind, Kind::Touch | Kind::Modify | Kind::DeleteAll),
            };
            if replace && (deletes_bin || changes) {
                return Err(ResultCode::PARAMETER);
            }
            if kind == Kind::Read {
                reads = true;
                if is_read_all(&op, header.info1) {
                    if plan.reads_all || header.info2.contains(Info2::RESPOND_ALL_OPS) {
                        return Err(ResultCode::PARAMETER);
                    }
                    plan.reads_all = true;
                    continue;
                }
            }
            answers |= kind == Kind::Read || matches!(op.code, OpCode::CDT_MODIFY | OpCode::HLL_MODIFY);
        }
        let unannounced_read = reads && !header.info1.contains(Info1::READ);
        let unmet_get_all = header.info1.contains(Info1::GET_ALL) && !plan.reads_all;
        if unannounced_read || unmet_get_all || (plan.reads_all && answers) {
            return Err(ResultCode::PARAMETER);
        }
        Ok(plan)
    }
}

/// A read without a bin's name reads all bins, where the flags say so too.
fn is_read_all(op: &Op<'_>, info1: Info1) -> bool {
    op.code == OpCode::READ && op.name.is_empty() && info1.contains(Info1::GET_ALL)
}

/// An error, and what the answer says of the record beside it.
type Failure = (ResultCode, Metadata);

fn apply(
    now: Now,
    namespace: &Namespace,
    partition: &mut Partition,
    request: &Request<'_>,
    plan: &Plan,
    reply: &mut Reply<'_>,
) -> Result<(), Failure> {
    let found = partition.get_mut(&request.digest);
    // An error tells the metadata of the record that was found, even of one that has expired.
    let metadata = found.as_deref().map(Metadata::from).unwrap_or_default();
    let fail = |code| (code, metadata);
    request
        .check_transaction()
        .map_err(|code| (code, Metadata::default()))?;
    let is_expired_or_truncated = found
        .as_deref()
        .is_some_and(|record| namespace.is_expired_or_truncated(record, now));
    let existing = found.filter(|_| !is_expired_or_truncated);
    if plan.must_exist && existing.is_none() {
        return Err(fail(ResultCode::NOT_FOUND));
    }
    let set = check(now, namespace, request, existing.as_deref()).map_err(fail)?;
    let void_time =
        void_time::void_time(now, namespace, existing.as_deref(), request.header.record_ttl).map_err(fail)?;

    let write = Write {
        request,
        plan,
        view: View {
            now,
            namespace,
            digest: &request.digest,
            set,
            key: None,
            // Expressions see the metadata that the record is about to have.
            generation: generation::next(existing.as_deref()),
            void_time,
            last_update: existing.as_deref().map_or(now, |record| record.last_update.max(now)),
            stored_size: Some(match (plan.evaluates, existing.as_deref()) {
                (true, Some(record)) => View::of(now, namespace, &request.digest, record).stored_size(),
                // One block, which is not there yet.
                (true, None) => 16,
                (false, _) => 0,
            }),
            bins: &[],
        },
    };
    match existing {
        Some(record) => {
            let places = namespace.sindexes.places(&request.digest, set, &record.bins);
            let mut bins = Bins::new(std::mem::take(&mut record.bins));
            match write.carry_out(Some(record), &mut bins, reply) {
                Ok(Outcome::Written) => {
                    record.bins = bins.commit();
                    if let Some(places) = places {
                        places.move_to(&request.digest, set, &record.bins);
                    }
                    record.generation = write.view.generation;
                    record.void_time = write.view.void_time;
                    record.last_update = write.view.last_update;
                    if record.key.is_none() {
                        record.key = request.fields.key.map(SharedBytes::from);
                    }
                }
                Ok(Outcome::Deleted) => {
                    // Its bins are here, and the indexes know it by them.
                    record.bins = bins.roll_back();
                    namespace.remove(partition, &request.digest);
                }
                Err(code) => {
                    record.bins = bins.roll_back();
                    return Err(fail(code));
                }
            }
        }
        None => {
            let mut bins = Bins::with_room(request.message.op_count());
            // A record that does not exist is never deleted: that is an error.
            write.carry_out(None, &mut bins, reply).map_err(fail)?;
            let record = Record {
                generation: write.view.generation,
                set,
                void_time,
                last_update: now,
                key: request.fields.key.map(SharedBytes::from),
                bins: bins.commit(),
            };
            namespace.insert(partition, request.digest, record);
        }
    }
    Ok(())
}

/// Everything that is checked before bins are looked at, in the real server's order; gives the record's set.
pub(in crate::command) fn check(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    existing: Option<&Record>,
) -> Result<Option<SetId>, ResultCode> {
    let header = &request.header;
    if existing.is_some() && header.info2.contains(Info2::CREATE_ONLY) {
        return Err(ResultCode::RECORD_EXISTS);
    }
    generation::check(request, existing)?;
    let Some(record) = existing else {
        let set = match request.set() {
            Some(name) => Some(namespace.sets.find_or_create(name).ok_or(ResultCode::PARAMETER)?),
            None => None,
        };
        if namespace.truncates(set, now) {
            return Err(ResultCode::FORBIDDEN);
        }
        check_new_key(request.fields.key)?;
        return Ok(set);
    };
    // Unlike a read, a write has to name the set.
    if !request.is_background && request.set().and_then(|name| namespace.sets.find(name)) != record.set {
        return Err(ResultCode::PARAMETER);
    }
    request
        .filter
        .check(&View::of(now, namespace, &request.digest, record))?;
    match record.key {
        Some(_) => check_key(request, record)?,
        None => check_new_key(request.fields.key)?,
    }
    Ok(record.set)
}

/// What became of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It is to be stored, with the bins that were worked on.
    Written,
    /// Its last bin went, and so does it.
    Deleted,
}

/// A write that passed every check and now meets its record.
struct Write<'a> {
    request: &'a Request<'a>,
    plan: &'a Plan,
    /// The record as it is about to be, but for its bins.
    view: View<'a>,
}

impl Write<'_> {
    /// Carries out the operations on `bins` and writes the answer; on an error nothing is answered yet.
    fn carry_out(
        &self,
        existing: Option<&Record>,
        bins: &mut Bins,
        reply: &mut Reply<'_>,
    ) -> Result<Outcome, ResultCode> {
        if self.plan.replace {
            bins.clear();
        }
        let key = existing.and_then(|record| record.key.as_deref());
        let metadata = Metadata {
            generation: self.view.generation,
            void_time: self.view.void_time,
        };
        let mut message = reply.message(ResultCode::OK, metadata);
        let result = self
            .request
            .message
            .ops()
            .try_for_each(|op| self.carry_out_op(&op, key, bins, &mut message))
            .and_then(|()| self.outcome(existing, bins.as_slice()));
        match result {
            Ok(outcome) => {
                if outcome == Outcome::Deleted {
                    message.set_metadata(0, 0);
                }
                message.finish();
            }
            Err(_) => message.abandon(),
        }
        result
    }

    fn carry_out_op(
        &self,
        op: &Op<'_>,
        key: Option<&[u8]>,
        bins: &mut Bins,
        message: &mut MessageWriter<'_>,
    ) -> Result<(), ResultCode> {
        let respond_all_ops = self.request.header.info2.contains(Info2::RESPOND_ALL_OPS);
        let kind = bin_ops::kind(op.code);
        if kind == Kind::Touch {
            return Ok(());
        }
        if is_read_all(op, self.request.header.info1) {
            for bin in bins.as_slice() {
                bin_ops::write_bin(message, OpCode::READ, bin.name.as_bytes(), Some(&bin.value));
            }
            return Ok(());
        }
        let name = BinName::new(op.name).ok_or(ResultCode::BIN_NAME)?;
        match kind {
            Kind::Read => {
                let view = View {
                    key,
                    bins: bins.as_slice(),
                    ..self.view
                };
                match bin_ops::read(op, &name, &view)? {
                    BinRead::Absent if !respond_all_ops => {}
                    BinRead::Absent => bin_ops::write_bin(message, op.code, op.name, None),
                    BinRead::Value(value) => bin_ops::write_bin(message, op.code, op.name, value.as_deref()),
                }
            }
            Kind::DeleteAll => {
                bins.clear();
                if respond_all_ops {
                    bin_ops::write_bin(message, op.code, op.name, None);
                }
            }
            Kind::Unknown => return Err(ResultCode::PARAMETER),
            _ => {
                let result = bin_ops::change(op, name, bins, &View { key, ..self.view })?;
                if respond_all_ops || result.is_some() {
                    bin_ops::write_bin(message, op.code, op.name, result.as_ref());
                }
            }
        }
        Ok(())
    }

    fn outcome(&self, existing: Option<&Record>, bins: &[Bin]) -> Result<Outcome, ResultCode> {
        let request = self.request;
        if bins.len() > Record::MAX_BINS {
            return Err(ResultCode::PARAMETER);
        }
        if bins.is_empty() {
            // A replace does not look at what it replaces, and takes a record without bins for one that never was.
            return if existing.is_none() || self.plan.replace {
                Err(ResultCode::NOT_FOUND)
            } else if request.header.info2.contains(Info2::DURABLE_DELETE) {
                Err(ResultCode::ENTERPRISE_ONLY)
            } else {
                Ok(Outcome::Deleted)
            };
        }
        let key = existing.and_then(|record| record.key.as_deref()).or(request.fields.key);
        let named = request.set().map(<[u8]>::len);
        let set_name_size = named.or_else(|| {
            self.view
                .set
                .and_then(|id| self.view.namespace.sets.get(id))
                .map(|set| set.name.len())
        });
        let size = stored_size(self.view.void_time, set_name_size, key.map(<[u8]>::len), bins);
        if size + END_MARK > Record::MAX_SIZE {
            Err(ResultCode::RECORD_TOO_BIG)
        } else {
            Ok(Outcome::Written)
        }
    }
}
