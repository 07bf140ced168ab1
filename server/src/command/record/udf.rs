//! UDFs on single records: a function of a registered module works on a record, and what it did is stored.

use std::sync::atomic::Ordering;
use std::time::Duration;

use spikelet_wire::{
    Digest, FieldType, Header, Info2, Info3, Message, MessageWriter, OpCode, ParticleType, ResultCode,
};

use super::reply::{Metadata, Refused, Reply};
use super::request::Request;
use super::view::View;
use super::{generation, identity, void_time, write};
use crate::clock::Now;
use crate::ops::SharedBytes;
use crate::ops::exp::RecordView;
use crate::refusal::{Conflict, Feature, Part, Refusal};
use crate::state::UdfOutcome;
use crate::store::record::{END_MARK, stored_size};
use crate::store::{Namespace, Partition, Record, Sets};
use crate::udf::{Answer, Call, Modules, Returned, Subject, Work};

/// The longest names of a module and of a function, in bytes, and one.
const MAX_NAME: usize = 128;
/// How long a UDF may run where its message does not say (`transaction-max-ms`).
pub(in crate::command) const DEFAULT_LIMIT: Duration = Duration::from_secs(1);
/// How long a UDF may run whatever its message says: the server does nothing else meanwhile.
const MAX_LIMIT: Duration = Duration::from_secs(60);

/// Applies a UDF to a record.
pub(in crate::command) fn udf(
    now: Now,
    namespace: &Namespace,
    modules: &Modules,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<ResultCode, Refused> {
    let call = call(&request.message, limit(&request.header))?;
    check_flags(&request.header)?;
    request.check_transaction()?;
    let mut partition = namespace.partition_or_create(request.partition());
    apply(now, namespace, &mut partition, modules, request, &call, reply)
}

/// The call that a message asks for.
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

fn limit(header: &Header) -> Duration {
    match header.transaction_ttl {
        0 => DEFAULT_LIMIT,
        milliseconds => Duration::from_millis(milliseconds.into()).min(MAX_LIMIT),
    }
}

/// A UDF decides itself what it does with a record that exists or does not.
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

fn apply(
    now: Now,
    namespace: &Namespace,
    partition: &mut Partition,
    modules: &Modules,
    request: &Request<'_>,
    call: &Call<'_>,
    reply: &mut Reply<'_>,
) -> Result<ResultCode, Refused> {
    let found = partition.get(&request.digest);
    // As with writes, an error tells the metadata of the record that was found, even of one that has expired.
    let metadata = found.map(Metadata::from).unwrap_or_default();
    let existing = found.filter(|record| !namespace.is_expired_or_truncated(record, now));
    let checked = match existing {
        Some(record) => write::check(now, namespace, request, Some(record)).map(drop),
        None if request.is_background => Err(Refusal::NotFound),
        None => Ok(()),
    };
    checked.map_err(|refusal| refusal.with(metadata))?;
    let subject = subject(now, namespace, request, existing);
    // The partition stays locked: nothing else sees or changes the record while the script works on its copy, and the
    // script can reach nothing that needs a lock.
    match modules.apply(now, call, Work::new(subject)) {
        (Answer::Success(returned), Some(work)) if work.code.is_ok() => {
            let result = if work.has_updates {
                store(now, namespace, partition, request, work)
            } else {
                Ok((UdfOutcome::Read, metadata))
            };
            let (did, metadata) = result.map_err(|refusal| refusal.with(metadata))?;
            request.counted.lang.count(did);
            answer(reply, ResultCode::OK, metadata, "SUCCESS", &returned);
            Ok(ResultCode::OK)
        }
        // The script went on although its last update had failed.
        (Answer::Success(_), work) => {
            let code = work.map_or(ResultCode::SERVER_ERROR, |work| work.code);
            Err(Refusal::Code(code).with(metadata))
        }
        (Answer::Failure(data), _) => {
            request.counted.lang.count(UdfOutcome::Fail);
            let text = Returned {
                particle_type: ParticleType::STRING,
                data,
            };
            answer(reply, ResultCode::UDF_BAD_RESPONSE, metadata, "FAILURE", &text);
            Ok(ResultCode::UDF_BAD_RESPONSE)
        }
    }
}

fn answer(reply: &mut Reply<'_>, code: ResultCode, metadata: Metadata, name: &str, value: &Returned) {
    let mut message = reply.message(code, metadata);
    append(&mut message, name, value);
    message.finish();
}

/// Appends what a UDF gave, under the name that tells clients what it is.
pub(in crate::command) fn append(message: &mut MessageWriter<'_>, name: &str, value: &Returned) {
    let op = (OpCode::READ, value.particle_type, name.as_bytes());
    message.op_with(op, value.data.len(), |out| out.extend_from_slice(&value.data));
}

/// The record as the script is to see it; without one, what it would be.
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
        // The set itself is made only with the record.
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

/// Stores what a UDF made of its record, as a write would; gives the metadata that the record then has, or had last.
fn store(
    now: Now,
    namespace: &Namespace,
    partition: &mut Partition,
    request: &Request<'_>,
    work: Work,
) -> Result<(UdfOutcome, Metadata), Refusal> {
    let existing = partition
        .get(&request.digest)
        .filter(|record| !namespace.is_expired_or_truncated(record, now));
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
        if request.header.info2.contains(Info2::DURABLE_DELETE) {
            return Err(Refusal::EnterpriseOnly(Feature::DurableDeletes));
        }
        namespace.remove(partition, &request.digest);
        return Ok((UdfOutcome::Delete, metadata));
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
        key: work.subject.key.as_deref().map(SharedBytes::from),
        bins,
    };
    namespace.insert(partition, request.digest, record);
    Ok((UdfOutcome::Write, metadata))
}

#[cfg(test)]
mod tests;
