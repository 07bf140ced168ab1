//! Writes: put, add, append, prepend, touch, and operate with anything that writes.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use spikelet_wire::{Info1, Info2, Info3, MessageWriter, Op, OpCode, ParticleType, ResultCode};

use super::identity::{check_key, check_new_key};
use super::mask;
use super::on_copy::Effect;
use super::operation::{self, BinRead, Kind};
use super::reply::{Metadata, Refused, Reply};
use super::request::Request;
use super::view::View;
use super::{MAX_OPS, generation, void_time};
use crate::clock::Now;
use crate::ops::exp::RecordView;
use crate::ops::{Particle, SharedBytes};
use crate::refusal::{Conflict, Feature, Refusal};
use crate::state::add;
use crate::store::masking::Mask;
use crate::store::record::{END_MARK, stored_size};
use crate::store::{Bin, BinName, Bins, Namespace, Partition, Record, SetId, Usage};

/// Executes a write.
pub(in crate::command) fn write(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<ResultCode, Refused> {
    let plan = Plan::of(namespace, request)?;
    let mut partition = namespace.partition_or_create(request.partition());
    apply(now, namespace, &mut partition, request, &plan, reply)?;
    Ok(ResultCode::OK)
}

/// What the flags and operations of a write require. It is determined before the record is looked up.
struct Plan {
    must_exist: bool,
    replace: bool,
    reads_all: bool,
    /// Whether an operation evaluates an expression.
    evaluates: bool,
}

impl Plan {
    fn of(namespace: &Namespace, request: &Request<'_>) -> Result<Self, Refusal> {
        if request.set().is_none() && namespace.settings.disallow_null_setname.load(Ordering::Relaxed) {
            return Err(Refusal::NoSetName);
        }
        let header = &request.header;
        let (count, ops) = (request.message.op_count(), request.message.ops());
        if count == 0 {
            return Err(Refusal::NoOperations);
        }
        if count > MAX_OPS {
            return Err(Refusal::TooManyOperations(count as u32));
        }
        let replace = header.info3.intersects(Info3::CREATE_OR_REPLACE | Info3::REPLACE_ONLY);
        let mut plan = Self {
            must_exist: header.info3.intersects(Info3::UPDATE_ONLY | Info3::REPLACE_ONLY),
            replace,
            reads_all: false,
            evaluates: false,
        };
        let (mut reads, mut has_results) = (false, false);
        for op in ops {
            let kind = operation::kind(op.code);
            plan.evaluates |= matches!(op.code, OpCode::EXP_READ | OpCode::EXP_MODIFY);
            if kind == Kind::Touch {
                plan.must_exist = true;
            } else if BinName::new(op.name).is_none() {
                return Err(Refusal::BinName);
            }
            // A replace only writes bins: it cannot touch, modify or remove anything of the old record.
            let deletes_bin = kind == Kind::Write && op.particle_type == ParticleType::NULL;
            let changes = match op.code {
                OpCode::EXP_MODIFY => false,
                _ => matches!(kind, Kind::Touch | Kind::Modify | Kind::DeleteAll),
            };
            if replace && (deletes_bin || changes) {
                return Err(Refusal::Flags(Conflict::ReplaceModifies));
            }
            if kind == Kind::Read {
                reads = true;
                if is_read_all(&op, header.info1) {
                    if plan.reads_all || header.info2.contains(Info2::RESPOND_ALL_OPS) {
                        return Err(Refusal::Flags(Conflict::ReadAllWithResults));
                    }
                    plan.reads_all = true;
                    continue;
                }
            }
            has_results |= kind == Kind::Read || matches!(op.code, OpCode::CDT_MODIFY | OpCode::HLL_MODIFY);
        }
        if reads && !header.info1.contains(Info1::READ) {
            return Err(Refusal::Flags(Conflict::ReadsWithoutFlag));
        }
        if header.info1.contains(Info1::GET_ALL) && !plan.reads_all {
            return Err(Refusal::Flags(Conflict::GetAllWithoutRead));
        }
        if plan.reads_all && has_results {
            return Err(Refusal::Flags(Conflict::ReadAllWithResults));
        }
        Ok(plan)
    }
}

/// Whether an operation reads all bins: it names no bin, and the flag to get all bins is set.
fn is_read_all(op: &Op<'_>, info1: Info1) -> bool {
    op.code == OpCode::READ && op.name.is_empty() && info1.contains(Info1::GET_ALL)
}

/// Executes a write on a copy of its record.
pub(super) fn on_copy(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    found: Option<&Record>,
    reply: &mut Reply<'_>,
) -> (Result<(), Refused>, Effect) {
    let metadata = found.map(Metadata::from).unwrap_or_default();
    let existing = found.filter(|record| !namespace.is_expired_or_truncated(record, now));
    let executed = Plan::of(namespace, request).map_err(Refused::from).and_then(|plan| {
        request.check_transaction(now, namespace)?;
        let write =
            Write::prepare(now, namespace, request, &plan, existing).map_err(|refusal| refusal.with(metadata))?;
        let mut bins = existing.map_or_else(Bins::default, |record| Bins::new(record.bins.clone()));
        let outcome = write.execute(existing, &mut bins, reply);
        match outcome.map_err(|refusal| refusal.with(metadata))? {
            Outcome::Written(_) => Ok(Effect::Put(write.record(existing, bins))),
            Outcome::Deleted => Ok(Effect::Remove),
            Outcome::Buried(_) => Ok(Effect::Bury(Record {
                void_time: 0,
                ..write.record(existing, bins)
            })),
        }
    });
    match executed {
        Ok(effect) => (Ok(()), effect),
        Err(refused) => (Err(refused), Effect::None),
    }
}

fn apply(
    now: Now,
    namespace: &Namespace,
    partition: &mut Partition,
    request: &Request<'_>,
    plan: &Plan,
    reply: &mut Reply<'_>,
) -> Result<(), Refused> {
    let found = partition.get_mut(&request.digest);
    // A refusal has the metadata of the record that was found, even if it has expired.
    let metadata = found.as_deref().map(Metadata::from).unwrap_or_default();
    let fail = |refusal: Refusal| refusal.with(metadata);
    request.check_transaction(now, namespace)?;
    let is_expired_or_truncated = found
        .as_deref()
        .is_some_and(|record| namespace.is_expired_or_truncated(record, now));
    let existing = found.filter(|_| !is_expired_or_truncated);
    let write = Write::prepare(now, namespace, request, plan, existing.as_deref()).map_err(fail)?;
    match existing {
        Some(record) => {
            let entries = namespace
                .sindexes
                .entries_of(&request.digest, write.view.set, &record.bins);
            let set_name = set_name_size(namespace, request, write.view.set);
            let usage = Usage::of(record, set_name);
            let mut bins = Bins::new(std::mem::take(&mut record.bins));
            match write.execute(Some(record), &mut bins, reply) {
                Ok(Outcome::Written(size)) => {
                    record.bins = bins.commit();
                    if let Some(entries) = entries {
                        entries.update(&request.digest, write.view.set, &record.bins);
                    }
                    record.generation = write.view.generation;
                    record.void_time = write.view.void_time;
                    record.last_update = write.view.last_update;
                    if record.key.is_none() {
                        record.key = request.fields.key.map(SharedBytes::from);
                    }
                    let after = Usage::new(size, record.void_time);
                    namespace.count_change(write.view.set, usage, after);
                }
                Ok(Outcome::Deleted) => {
                    // `remove` finds the entries of secondary indexes by the old bins.
                    record.bins = bins.roll_back();
                    namespace.remove(partition, &request.digest);
                    add(&request.counted.deleted_last_bin, 1);
                }
                Ok(Outcome::Buried(size)) => {
                    if let Some(entries) = entries {
                        entries.remove(&request.digest);
                    }
                    record.bins = bins.commit();
                    record.generation = write.view.generation;
                    record.void_time = 0;
                    record.last_update = write.view.last_update;
                    namespace.count_change(write.view.set, usage, Usage::tombstone(size));
                    add(&request.counted.deleted_last_bin, 1);
                }
                Err(refusal) => {
                    record.bins = bins.roll_back();
                    return Err(fail(refusal));
                }
            }
        }
        None => {
            let mut bins = Bins::with_room(request.message.op_count());
            // The outcome is `Written`: without a record to delete, an empty one is refused.
            write.execute(None, &mut bins, reply).map_err(fail)?;
            namespace.insert(partition, request.digest, write.record(None, bins));
        }
    }
    Ok(())
}

/// The checks before any bin is changed, in the order of the real server. Returns the set of the record.
pub(in crate::command) fn check(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    existing: Option<&Record>,
) -> Result<Option<SetId>, Refusal> {
    let header = &request.header;
    let is_live = existing.is_some_and(Record::is_live);
    if is_live && header.info2.contains(Info2::CREATE_ONLY) {
        return Err(Refusal::Exists);
    }
    generation::check(request, existing)?;
    let Some(record) = existing else {
        let set = match request.set() {
            Some(name) => Some(namespace.sets.find_or_create(name).ok_or(Refusal::Set)?),
            None => None,
        };
        namespace.check_stop_writes_count(set)?;
        if namespace.truncates(set, now) {
            return Err(Refusal::Truncated);
        }
        namespace.check_stop_writes_size(set)?;
        check_new_key(request.fields.key)?;
        return Ok(set);
    };
    // Unlike a read, a write must name the set.
    if !request.is_background && request.set().and_then(|name| namespace.sets.find(name)) != record.set {
        return Err(Refusal::OtherSet);
    }
    namespace.check_stop_writes_size(record.set)?;
    // A tombstone has nothing to filter, but keeps its generation, its set and its key.
    if is_live {
        let shown = request.masks.shown(namespace, record);
        request
            .filter
            .check(&View::of(now, namespace, &request.digest, record).showing(shown.as_deref()))?;
    }
    match record.key {
        Some(_) => check_key(request, record)?,
        None => check_new_key(request.fields.key)?,
    }
    Ok(record.set)
}

/// The size of the name of the record's set, in bytes. Most requests name the set, and then it is not looked up.
fn set_name_size(namespace: &Namespace, request: &Request<'_>, set: Option<SetId>) -> Option<usize> {
    let named = request.set().map(<[u8]>::len);
    named.or_else(|| set.and_then(|id| namespace.sets.get(id)).map(|set| set.name.len()))
}

/// Whether the real server checks the masking rule of a bin before and after an operation. It does not for operations on lists,
/// maps, bits and HyperLogLogs: no rule is for values of their types.
const fn is_masked_operation(code: OpCode) -> bool {
    matches!(
        code,
        OpCode::WRITE | OpCode::INCR | OpCode::APPEND | OpCode::PREPEND | OpCode::EXP_MODIFY
    )
}

/// What a write does to the record in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The record is stored with its new bins. Its stored form has so many bytes.
    Written(usize),
    /// The record is deleted, since it has no bins left.
    Deleted,
    /// The record has no bins left, and becomes a tombstone, since the delete is durable. Its stored form has so many bytes.
    Buried(usize),
}

/// A write that passed the checks.
struct Write<'a> {
    request: &'a Request<'a>,
    plan: &'a Plan,
    /// Whether there is a record, and not a tombstone. The record's bins may have been taken out of it since this was determined.
    is_live: bool,
    /// The record as it will be, without its bins.
    view: View<'a>,
    /// The masking rules of its set.
    mask: Option<Mask>,
}

impl<'a> Write<'a> {
    /// Checks a write, and determines the metadata that the record will have.
    fn prepare(
        now: Now,
        namespace: &'a Namespace,
        request: &'a Request<'a>,
        plan: &'a Plan,
        existing: Option<&Record>,
    ) -> Result<Self, Refusal> {
        let live = existing.filter(|record| record.is_live());
        if plan.must_exist && live.is_none() {
            return Err(Refusal::NotFound);
        }
        let set = check(now, namespace, request, existing)?;
        let (of, ttl) = ((set, live), request.header.record_ttl);
        let void_time = void_time::void_time(now, namespace, request.counted, of, ttl)?;
        Ok(Self {
            request,
            plan,
            is_live: live.is_some(),
            mask: request.masks.in_set(namespace, set),
            view: View {
                now,
                namespace,
                digest: &request.digest,
                set,
                key: None,
                // Expressions see the metadata that the record will have.
                generation: generation::next(existing),
                void_time,
                last_update: existing.map_or(now, |record| record.last_update.max(now)),
                stored_size: Some(match (plan.evaluates, existing) {
                    (true, Some(record)) => View::of(now, namespace, &request.digest, record).stored_size(),
                    // The real server counts one block of 16 bytes for a record that is being created.
                    (true, None) => 16,
                    (false, _) => 0,
                }),
                bins: &[],
            },
        })
    }

    /// The record as the write makes it.
    fn record(&self, existing: Option<&Record>, bins: Bins) -> Record {
        let key = existing.and_then(|record| record.key.clone());
        Record {
            generation: self.view.generation,
            set: self.view.set,
            void_time: self.view.void_time,
            last_update: self.view.last_update,
            key: key.or_else(|| self.request.fields.key.map(SharedBytes::from)),
            bins: bins.commit(),
        }
    }
}

impl Write<'_> {
    /// Executes the operations on `bins` and writes the reply; nothing is written if one is refused.
    fn execute(&self, existing: Option<&Record>, bins: &mut Bins, reply: &mut Reply<'_>) -> Result<Outcome, Refusal> {
        if self.plan.replace {
            self.check_all(bins)?;
            bins.clear();
        }
        self.check_large_values(bins.as_slice().len())?;
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
            .try_for_each(|op| self.execute_op(&op, key, bins, &mut message))
            .and_then(|()| self.outcome(existing, bins.as_slice()));
        match result {
            Ok(outcome) => {
                if !matches!(outcome, Outcome::Written(_)) {
                    message.set_metadata(0, 0);
                }
                message.finish();
            }
            Err(_) => message.abandon(),
        }
        result
    }

    /// Refuses a write that stores a value larger than a record may be, without copying the value. Only a write that cannot fail
    /// for another reason is refused here: the real server checks the size last.
    fn check_large_values(&self, bins: usize) -> Result<(), Refusal> {
        let max = self.view.namespace.settings.max_record_size.load(Ordering::Relaxed);
        let ops = || self.request.message.ops();
        let Some(largest) = ops().map(|op| op.value.len()).max().filter(|size| *size > max as usize) else {
            return Ok(());
        };
        if self.mask.is_some() {
            return Ok(());
        }
        let mut names = HashSet::new();
        let only_stores =
            ops().all(|op| op.code == OpCode::WRITE && Particle::is_opaque(op.particle_type) && names.insert(op.name));
        if only_stores && bins + names.len() <= Record::MAX_BINS {
            return Err(Refusal::RecordTooBig {
                size: largest as u32,
                max,
            });
        }
        Ok(())
    }

    fn execute_op(
        &self,
        op: &Op<'_>,
        key: Option<&[u8]>,
        bins: &mut Bins,
        message: &mut MessageWriter<'_>,
    ) -> Result<(), Refusal> {
        let respond_all_ops = self.request.header.info2.contains(Info2::RESPOND_ALL_OPS);
        let kind = operation::kind(op.code);
        if kind == Kind::Touch {
            return Ok(());
        }
        if is_read_all(op, self.request.header.info1) {
            let shown = self.shown(bins);
            for bin in shown.as_deref().unwrap_or(bins.as_slice()) {
                operation::write_bin(message, OpCode::READ, bin.name.as_bytes(), Some(&bin.value));
            }
            return Ok(());
        }
        let name = BinName::new(op.name).ok_or(Refusal::BinName)?;
        match kind {
            Kind::Read => {
                let shown = self.shown(bins);
                let view = View {
                    key,
                    bins: shown.as_deref().unwrap_or(bins.as_slice()),
                    ..self.view
                };
                match operation::read(op, &name, &view)? {
                    BinRead::Absent if !respond_all_ops => {}
                    BinRead::Absent => operation::write_bin(message, op.code, op.name, None),
                    BinRead::Value(value) => operation::write_bin(message, op.code, op.name, value.as_deref()),
                }
            }
            Kind::DeleteAll => {
                self.check_all(bins)?;
                bins.clear();
                if respond_all_ops {
                    operation::write_bin(message, op.code, op.name, None);
                }
            }
            Kind::Unknown => return Err(Refusal::Operation(op.code)),
            _ => {
                let checked = self.mask.as_ref().filter(|_| is_masked_operation(op.code));
                if let (Some(mask), Some(value)) = (checked, bins.get(&name))
                    && mask.refuses(&name, value)
                {
                    return Err(mask::violation());
                }
                let shown = self.shown(bins).filter(|_| op.code == OpCode::EXP_MODIFY);
                let view = View { key, ..self.view }.showing(shown.as_deref());
                let result = operation::change(op, name, bins, &view)?;
                if let (Some(mask), Some(value)) = (checked, bins.get(&name))
                    && mask.mismatches(&name, value)
                {
                    return Err(ResultCode::INCOMPATIBLE_TYPE.into());
                }
                if respond_all_ops || result.is_some() {
                    operation::write_bin(message, op.code, op.name, result.as_ref());
                }
            }
        }
        Ok(())
    }

    /// The bins as the user sees them; `None` if nothing in them is masked for the user.
    fn shown(&self, bins: &Bins) -> Option<Box<[Bin]>> {
        self.mask.as_ref()?.show_all(bins.as_slice())
    }

    /// # Errors
    /// `ROLE_VIOLATION` if the user may not change one of these bins.
    fn check_all(&self, bins: &Bins) -> Result<(), Refusal> {
        let mask = self.mask.as_ref();
        mask.map_or(Ok(()), |mask| mask.check_all(bins.as_slice()))
    }

    fn outcome(&self, existing: Option<&Record>, bins: &[Bin]) -> Result<Outcome, Refusal> {
        let request = self.request;
        if bins.len() > Record::MAX_BINS {
            return Err(Refusal::TooManyBins(bins.len() as u32));
        }
        if bins.is_empty() {
            // A replace ignores the record that it replaces, and refuses to create one without bins.
            return if !self.is_live || self.plan.replace {
                Err(Refusal::NotFound)
            } else if request.header.info2.contains(Info2::DURABLE_DELETE) {
                check_deletion(self.view.namespace, request)?;
                Ok(Outcome::Buried(self.stored_size(existing, 0, bins)))
            } else {
                check_deletion(self.view.namespace, request)?;
                Ok(Outcome::Deleted)
            };
        }
        let size = self.stored_size(existing, self.view.void_time, bins);
        let max = self.view.namespace.settings.max_record_size.load(Ordering::Relaxed);
        if size + END_MARK > max as usize {
            Err(Refusal::RecordTooBig {
                size: (size + END_MARK) as u32,
                max,
            })
        } else {
            Ok(Outcome::Written(size))
        }
    }

    /// The size of the stored form of the record with these bins, in bytes.
    fn stored_size(&self, existing: Option<&Record>, void_time: u32, bins: &[Bin]) -> usize {
        let key = existing.and_then(|record| record.key.as_deref());
        let key = key.or(self.request.fields.key);
        let set_name = set_name_size(self.view.namespace, self.request, self.view.set);
        stored_size(void_time, set_name, key.map(<[u8]>::len), bins)
    }
}

/// Checks whether a record may be deleted durably or, if the request does not ask for that, without a tombstone.
///
/// # Errors
/// [`Refusal::EnterpriseOnly`] if the edition has no durable deletes; [`Refusal::NotDurable`] if the namespace allows no others.
pub(super) fn check_deletion(namespace: &Namespace, request: &Request<'_>) -> Result<(), Refusal> {
    let settings = &namespace.settings;
    match request.header.info2.contains(Info2::DURABLE_DELETE) {
        true if !settings.durable_deletes => Err(Refusal::EnterpriseOnly(Feature::DurableDeletes)),
        false if settings.strong_consistency && !settings.allow_expunge.load(Ordering::Relaxed) => {
            Err(Refusal::NotDurable)
        }
        _ => Ok(()),
    }
}
