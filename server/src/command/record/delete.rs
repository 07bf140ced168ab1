//! Deletes of whole records.

use spikelet_wire::{Info2, ResultCode};

use super::generation;
use super::identity::{check_key, check_set};
use super::on_copy::Effect;
use super::reply::{Metadata, Refused, Reply};
use super::request::Request;
use super::view::View;
use super::write;
use crate::clock::Now;
use crate::refusal::Refusal;
use crate::store::{Namespace, Record};

/// Executes a delete. Its reply never has metadata.
pub(super) fn delete(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<ResultCode, Refused> {
    remove(now, namespace, request)?;
    reply.status(ResultCode::OK, Metadata::default());
    Ok(ResultCode::OK)
}

fn remove(now: Now, namespace: &Namespace, request: &Request<'_>) -> Result<(), Refused> {
    if namespace.settings.strong_consistency {
        request.check_transaction(now, namespace)?;
    }
    if request.header.info2.contains(Info2::DURABLE_DELETE) {
        return bury(now, namespace, request);
    }
    write::check_deletion(namespace, request)?;
    let mut partition = namespace.partition_mut(request.partition()).ok_or(Refusal::NotFound)?;
    // The real server does not check whether the record has expired: as long as it is stored it can be deleted.
    let record = partition.get(&request.digest).filter(|record| record.is_live());
    check(now, namespace, request, record.ok_or(Refusal::NotFound)?)?;
    namespace.remove(&mut partition, &request.digest);
    Ok(())
}

fn check(now: Now, namespace: &Namespace, request: &Request<'_>, record: &Record) -> Result<(), Refusal> {
    check_set(namespace, request, record)?;
    generation::check(request, Some(record))?;
    let shown = request.masks.shown(namespace, record);
    request
        .filter
        .check(&View::of(now, namespace, &request.digest, record).showing(shown.as_deref()))?;
    check_key(request, record)?;
    check_mask(namespace, request, record)
}

/// # Errors
/// `ROLE_VIOLATION` if the user may not change a bin of the record.
fn check_mask(namespace: &Namespace, request: &Request<'_>, record: &Record) -> Result<(), Refusal> {
    let mask = request.masks.in_set(namespace, record.set);
    mask.map_or(Ok(()), |mask| mask.check_all(&record.bins))
}

/// Replaces the record by a tombstone, on the record's partition. See [`on_copy`].
fn bury(now: Now, namespace: &Namespace, request: &Request<'_>) -> Result<(), Refused> {
    let mut partition = namespace.partition_mut(request.partition()).ok_or(Refusal::NotFound)?;
    let (result, effect) = on_copy(now, namespace, request, partition.get(&request.digest));
    result?;
    if let Effect::Bury(tombstone) = effect {
        namespace.insert(&mut partition, request.digest, tombstone);
    }
    Ok(())
}

/// Makes the tombstone of a record. The real server executes a durable delete as a write that deletes all bins, so it has the
/// checks of a write: the request must name the set, and an expired record does not exist.
pub(super) fn on_copy(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    found: Option<&Record>,
) -> (Result<(), Refused>, Effect) {
    match tombstone(now, namespace, request, found) {
        Ok(tombstone) => (Ok(()), Effect::Bury(tombstone)),
        Err(refusal) => (Err(refusal.into()), Effect::None),
    }
}

fn tombstone(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    found: Option<&Record>,
) -> Result<Record, Refusal> {
    write::check_deletion(namespace, request)?;
    let existing = found.filter(|record| !namespace.is_expired_or_truncated(record, now));
    let Some(record) = existing.filter(|record| record.is_live()) else {
        generation::check(request, existing)?;
        return Err(Refusal::NotFound);
    };
    write::check(now, namespace, request, Some(record))?;
    check_mask(namespace, request, record)?;
    Ok(Record {
        generation: generation::next(Some(record)),
        void_time: 0,
        last_update: record.last_update.max(now),
        bins: Box::default(),
        ..record.clone()
    })
}
