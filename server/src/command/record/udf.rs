//! UDFs on single records: a function of a registered module changes a copy of a record, which is then stored.
//!
//! A script may run for seconds, and nothing else may wait for it: it is an [`offloaded`](super::offloaded) command. It runs on
//! a copy of the record, and needs neither the state nor the lock of the partition.
//!
//! Lua coroutines that yield from an instruction hook would do without threads. They were not chosen: a hook cannot yield
//! within a call of one of Lua's own functions or of ours, such as a sort with a comparison in Lua, and such a call can take
//! as long as the script.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use spikelet_wire::{
    Digest, FieldType, Header, Info2, Info3, Message, MessageWriter, OpCode, ParticleType, ResultCode,
};

use super::offloaded::MAX_RUNS;
use super::on_copy::Effect;
use super::reply::{Metadata, Refused, Reply};
use super::request::Request;
use super::transaction::Version;
use super::view::View;
use super::{generation, identity, transaction, void_time, write};
use crate::clock::Now;
use crate::ops::SharedBytes;
use crate::ops::exp::RecordView;
use crate::refusal::{Conflict, Part, Refusal};
use crate::state::{Scope, State, UdfOutcome};
use crate::store::record::{END_MARK, stored_size};
use crate::store::{HeldRecord, Namespace, Partition, Record, RecordLock, Sets};
use crate::udf::{Answer, Call, Modules, Returned, Subject, Work};

/// The exclusive limit of the names of a module and of a function, in bytes.
const MAX_NAME: usize = 128;
/// How long a UDF may run if its message has no timeout, unless `transaction-max-ms` was changed.
pub(in crate::command) const DEFAULT_LIMIT: Duration = Duration::from_secs(1);
/// How long a UDF may run at most.
const MAX_LIMIT: Duration = Duration::from_secs(60);

/// The call that a message requests.
///
/// # Errors
/// [`Refusal::Malformed`] if a field is missing, or a name is too long.
pub(in crate::command) fn call<'a>(message: &Message<'a>, limit: Duration) -> Result<Call<'a>, Refusal> {
    let field = |field_type| message.field(field_type).ok_or(Refusal::Malformed(Part::Udf));
    let (module, function) = (field(FieldType::UDF_FILENAME)?, field(FieldType::UDF_FUNCTION)?);
    let arguments = field(FieldType::UDF_ARGLIST)?;
    if module.len() >= MAX_NAME || function.len() >= MAX_NAME {
        return Err(Refusal::Malformed(Part::Udf));
    }
    Ok(Call {
        module,
        function,
        arguments,
        limit,
    })
}

/// How long a UDF on a single record may run.
fn limit(state: &State, header: &Header) -> Duration {
    let limit = match header.transaction_ttl {
        0 => {
            let changed = state.parameters().number(Scope::Service, "transaction-max-ms");
            changed.map_or(DEFAULT_LIMIT, Duration::from_millis)
        }
        milliseconds => Duration::from_millis(milliseconds.into()),
    };
    limit.min(MAX_LIMIT)
}

/// A script itself decides what to do if the record exists, or does not.
fn check_flags(header: &Header) -> Result<(), Refusal> {
    let forbidden = header
        .info2
        .intersects(Info2::GENERATION | Info2::GENERATION_GT | Info2::CREATE_ONLY)
        || header
            .info3
            .intersects(Info3::UPDATE_ONLY | Info3::CREATE_OR_REPLACE | Info3::REPLACE_ONLY);
    if forbidden {
        Err(Refusal::Flags(Conflict::UdfConditions))
    } else {
        Ok(())
    }
}

/// A call of a UDF that works on a copy of its record. The record is locked until this is dropped.
#[derive(Debug)]
pub(in crate::command) struct Application {
    modules: Arc<Modules>,
    /// How long the script may run.
    limit: Duration,
    now: Now,
    /// The record as the call found it.
    found: Option<HeldRecord>,
    /// An error reports the metadata of the record that was found, even of an expired one.
    metadata: Metadata,
    /// The version of the record, if a transaction reads it.
    version: Option<Version>,
    progress: Progress,
    /// How often the script ran.
    runs: u32,
    /// Dropped last, so that the record is stored before it is unlocked.
    _lock: RecordLock,
}

#[derive(Debug)]
enum Progress {
    /// The script is to run.
    Ready(Work),
    /// The script has run.
    Done(Answer, Option<Work>),
}

impl Application {
    /// Whether a request calls a UDF.
    pub(super) const fn is_for(request: &Request<'_>) -> bool {
        let info2 = request.header.info2;
        request.fields.udf && info2.contains(Info2::WRITE) && !info2.contains(Info2::DELETE)
    }

    /// Checks a call, in the real server's order, and locks its record.
    ///
    /// # Errors
    /// Why the call is refused.
    pub(super) fn begin(
        state: &State,
        now: Now,
        namespace: &Namespace,
        request: &Request<'_>,
    ) -> Result<Box<Self>, Refused> {
        let limit = limit(state, &request.header);
        call(&request.message, limit)?;
        check_flags(&request.header)?;
        request.check_transaction(now, namespace)?;
        // A call that is refused never locks the record.
        let Copied {
            found,
            metadata,
            version,
            work,
        } = copy(now, namespace, request)?;
        // The caller has checked the lock. Another thread may have been quicker since.
        let lock = namespace.record_locks.lock(&request.digest);
        let lock = lock.ok_or_else(|| Refusal::KeyBusy.with(metadata))?;
        Ok(Box::new(Self {
            modules: Arc::clone(state.modules()),
            limit,
            now,
            found,
            metadata,
            version,
            progress: Progress::Ready(work),
            runs: 0,
            _lock: lock,
        }))
    }

    /// Whether the script is to run.
    pub(super) const fn needs_run(&self) -> bool {
        matches!(self.progress, Progress::Ready(_))
    }

    /// Runs the script, for as long as its time limit allows.
    pub(super) fn run(&mut self, request: &Request<'_>) {
        let done = Progress::Done(Answer::Failure(Vec::new()), None);
        let work = match std::mem::replace(&mut self.progress, done) {
            Progress::Ready(work) => work,
            progress @ Progress::Done(..) => {
                self.progress = progress;
                return;
            }
        };
        let (answer, work) = match call(&request.message, self.limit) {
            Ok(call) => self.modules.apply(self.now, &call, work),
            Err(_) => (Answer::Failure(Vec::new()), None),
        };
        self.progress = Progress::Done(answer, work);
        self.runs += 1;
    }

    /// Stores what the script made of its record, and writes the reply.
    ///
    /// # Errors
    /// The call itself, if the script has to run again.
    pub(super) fn finish(
        mut self: Box<Self>,
        namespace: &Namespace,
        request: &Request<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<ResultCode, Box<Self>> {
        let (now, metadata) = (self.now, self.metadata);
        // A script that changes nothing, or fails, has read the record nevertheless.
        self.version.into_iter().for_each(|version| reply.set_version(version));
        let done = Progress::Done(Answer::Failure(Vec::new()), None);
        let code = match std::mem::replace(&mut self.progress, done) {
            Progress::Done(Answer::Success(returned), Some(work)) if work.code.is_ok() => {
                let result = if work.has_updates {
                    let mut partition = namespace.partition_or_create(request.partition());
                    if !partition.is_same(&request.digest, self.found.as_ref()) {
                        drop(partition);
                        return self.again(namespace, request, reply);
                    }
                    // A record that nobody else holds is changed in place.
                    self.found = None;
                    let stored = store(now, namespace, &mut partition, request, work);
                    if stored.is_ok() {
                        reply.take_version();
                    }
                    stored
                } else {
                    Ok((UdfOutcome::Read, metadata))
                };
                match result {
                    Ok((did, metadata)) => {
                        request.counted.lang.count(did);
                        answer(reply, ResultCode::OK, metadata, "SUCCESS", &returned);
                        ResultCode::OK
                    }
                    Err(refusal) => reply.refuse(refusal.with(metadata)),
                }
            }
            // The script went on although its last update had failed.
            Progress::Done(Answer::Success(_), work) => {
                let code = work.map_or(ResultCode::SERVER_ERROR, |work| work.code);
                reply.refuse(Refusal::Code(code).with(metadata))
            }
            Progress::Done(Answer::Failure(data), _) => {
                request.counted.lang.count(UdfOutcome::Fail);
                let text = Returned {
                    particle_type: ParticleType::STRING,
                    data,
                };
                answer(reply, ResultCode::UDF_BAD_RESPONSE, metadata, "FAILURE", &text);
                ResultCode::UDF_BAD_RESPONSE
            }
            Progress::Ready(work) => {
                self.progress = Progress::Ready(work);
                return Err(self);
            }
        };
        Ok(code)
    }

    /// Takes a new copy of the record.
    fn again(
        mut self: Box<Self>,
        namespace: &Namespace,
        request: &Request<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<ResultCode, Box<Self>> {
        let copied = if self.runs < MAX_RUNS {
            copy(self.now, namespace, request)
        } else {
            Err(Refusal::KeyBusy.with(self.metadata))
        };
        match copied {
            Ok(copied) => {
                (self.found, self.metadata, self.version) = (copied.found, copied.metadata, copied.version);
                self.progress = Progress::Ready(copied.work);
                Err(self)
            }
            Err(refused) => Ok(reply.refuse(refused)),
        }
    }
}

/// A record as a script finds it.
struct Copied {
    found: Option<HeldRecord>,
    metadata: Metadata,
    version: Option<Version>,
    work: Work,
}

/// Finds the record of a request, checks it, and copies it for the script.
fn copy(now: Now, namespace: &Namespace, request: &Request<'_>) -> Result<Copied, Refused> {
    let partition = namespace.partition(request.partition());
    let found = partition.and_then(|partition| partition.hold(&request.digest));
    let own = transaction::own(now, namespace, request, found.as_deref())?;
    let reads = own.is_none() && request.fields.mrt_id.is_some();
    let version = reads.then(|| transaction::version_of(now, namespace, found.as_deref()));
    let seen = own.as_ref().map(|own| &own.record).or(found.as_deref());
    let metadata = seen.map(Metadata::from).unwrap_or_default();
    let existing = seen.filter(|record| !namespace.is_expired_or_truncated(record, now));
    let checked = match existing {
        Some(record) if record.is_live() || !request.is_background => {
            write::check(now, namespace, request, Some(record)).map(drop)
        }
        _ if request.is_background => Err(Refusal::NotFound),
        _ => Ok(()),
    };
    checked.map_err(|refusal| refusal.with(metadata))?;
    let live = existing.filter(|record| record.is_live());
    let set = match live {
        Some(record) => record.set,
        None => request.set().and_then(|name| namespace.sets.find(name)),
    };
    let mask = request.masks.in_set(namespace, set);
    let work = Work::new(subject(now, namespace, request, live), mask);
    Ok(Copied {
        found,
        metadata,
        version,
        work,
    })
}

fn answer(reply: &mut Reply<'_>, code: ResultCode, metadata: Metadata, name: &str, value: &Returned) {
    let mut message = reply.message(code, metadata);
    append(&mut message, name, value);
    message.finish();
}

/// Appends the return value of a UDF. Its name tells clients whether the UDF succeeded.
pub(in crate::command) fn append(message: &mut MessageWriter<'_>, name: &str, value: &Returned) {
    let op = (OpCode::READ, value.particle_type, name.as_bytes());
    message.op_with(op, value.data.len(), |out| out.extend_from_slice(&value.data));
}

/// The record as the script sees it. If it does not exist, what it would be.
fn subject(now: Now, namespace: &Namespace, request: &Request<'_>, existing: Option<&Record>) -> Subject {
    let sent_key = request.fields.key.map(Box::from);
    if let Some(record) = existing {
        let subject = element(now, namespace, &request.digest, record);
        return Subject {
            key: subject.key.or(sent_key),
            is_read_only: false,
            ..subject
        };
    }
    let set = request.set();
    let id = set.and_then(|name| namespace.sets.find(name));
    Subject {
        digest: request.digest,
        now,
        exists: false,
        // The set is created together with the record.
        can_be_made: (id.is_some() || set.is_none_or(Sets::is_name))
            && !namespace.truncates(id, now)
            && identity::check_new_key(request.fields.key).is_ok(),
        is_read_only: false,
        set: set.map(Box::from),
        key: sent_key,
        generation: 0,
        void_time: 0,
        last_update: Now::default(),
        stored_size: 0,
        bins: Box::default(),
    }
}

/// A record as an element of a stream.
pub(in crate::command) fn element(now: Now, namespace: &Namespace, digest: &Digest, record: &Record) -> Subject {
    Subject {
        digest: *digest,
        now,
        exists: true,
        can_be_made: false,
        is_read_only: true,
        set: record
            .set
            .and_then(|id| namespace.sets.get(id))
            .map(|set| set.name.clone()),
        key: record.key.as_deref().map(Box::from),
        generation: record.generation,
        void_time: record.void_time,
        last_update: record.last_update,
        stored_size: View::of(now, namespace, digest, record).stored_size(),
        bins: record.bins.clone(),
    }
}

/// Stores the changes of a UDF, as a write would. Returns the new metadata of the record, or the last one if it was removed.
fn store(
    now: Now,
    namespace: &Namespace,
    partition: &mut Partition,
    request: &Request<'_>,
    work: Work,
) -> Result<(UdfOutcome, Metadata), Refusal> {
    let found = partition.get(&request.digest);
    let own = transaction::own(now, namespace, request, found)?;
    let seen = own.as_ref().map(|own| &own.record).or(found);
    let (did, metadata, effect) = apply(now, namespace, request, seen, work)?;
    match (effect, request.transaction()?) {
        (Effect::Put(record) | Effect::Bury(record), Some(id)) if namespace.settings.strong_consistency => {
            transaction::keep(now, namespace, request, id, record);
        }
        (Effect::Put(record) | Effect::Bury(record), _) => namespace.insert(partition, request.digest, record),
        (Effect::Remove, _) => namespace.remove(partition, &request.digest),
        (Effect::None | Effect::Touch(_), _) => {}
    }
    Ok((did, metadata))
}

/// What the changes of a UDF do to the record that it has seen.
fn apply(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    seen: Option<&Record>,
    work: Work,
) -> Result<(UdfOutcome, Metadata, Effect), Refusal> {
    let existing = seen.filter(|record| !namespace.is_expired_or_truncated(record, now));
    let ttl = work.ttl.unwrap_or(request.header.record_ttl);
    // A record without bins counts as one that never was.
    let of = existing.filter(|_| work.had_bins > 0);
    let set = existing.map_or_else(
        || request.set().and_then(|name| namespace.sets.find(name)),
        |record| record.set,
    );
    let void_time = void_time::void_time(now, namespace, request.counted, (set, of), ttl)?;
    let metadata = Metadata {
        generation: generation::next(existing),
        void_time,
    };
    let bins = work.bins.commit();
    if bins.is_empty() {
        if work.had_bins == 0 {
            return Err(Refusal::NotFound);
        }
        write::check_deletion(namespace, request)?;
        if request.header.info2.contains(Info2::DURABLE_DELETE) {
            let tombstone = existing.map(|record| Record {
                generation: metadata.generation,
                void_time: 0,
                last_update: record.last_update.max(now),
                bins,
                ..record.clone()
            });
            return Ok((
                UdfOutcome::Delete,
                metadata,
                tombstone.map_or(Effect::None, Effect::Bury),
            ));
        }
        return Ok((UdfOutcome::Delete, metadata, Effect::Remove));
    }
    let (set_size, key_size) = (
        work.subject.set.as_deref().map(<[u8]>::len),
        work.subject.key.as_deref().map(<[u8]>::len),
    );
    let size = stored_size(void_time, set_size, key_size, &bins) + END_MARK;
    let max = namespace.settings.max_record_size.load(Ordering::Relaxed);
    if size > max as usize {
        return Err(Refusal::RecordTooBig { size: size as u32, max });
    }
    let set = match (existing, request.set()) {
        (Some(record), _) => record.set,
        (None, Some(name)) => Some(namespace.sets.find_or_create(name).ok_or(Refusal::Set)?),
        (None, None) => None,
    };
    let record = Record {
        generation: metadata.generation,
        set,
        void_time,
        last_update: existing.map_or(now, |record| record.last_update.max(now)),
        key: match existing.and_then(|record| record.key.clone()) {
            Some(key) => Some(key),
            None => work.subject.key.as_deref().map(SharedBytes::from),
        },
        bins,
    };
    Ok((UdfOutcome::Write, metadata, Effect::Put(record)))
}

#[cfg(test)]
mod tests;
