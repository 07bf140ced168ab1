//! Commands in a multi-record transaction, the verification of what it has read, and its end for one record.
//!
//! The client drives a transaction: it adds the record to the [monitor](super::monitor), writes it, verifies the versions of the
//! records that it has read, marks the monitor as committed, and rolls each record forward.

use std::sync::atomic::{AtomicU64, Ordering};

use spikelet_wire::mrt::{MAX_DURATION, MONITOR_SET};
use spikelet_wire::{Digest, FieldType, Info2, Info4, ResultCode, UserKey};

use super::on_copy::Effect;
use super::reply::{Metadata, Refused, Reply};
use super::request::Request;
use super::{delete, monitor, read, write};
use crate::clock::Now;
use crate::refusal::{Feature, Refusal};
use crate::store::transactions::Provisional;
use crate::store::{Namespace, Record};

/// The version of a record: the lower 40 bits of its last update time, and its generation, both little-endian. A record that does
/// not exist has version 0.
pub(super) type Version = [u8; 7];

/// Whether a command is one of this module, or of the monitor. Only namespaces with strong consistency have transactions.
pub(in crate::command) fn concerns(request: &Request<'_>) -> bool {
    request.fields.mrt_id.is_some() || !request.header.info4.is_empty() || is_monitor(request)
}

fn is_monitor(request: &Request<'_>) -> bool {
    request.set() == Some(MONITOR_SET.as_bytes())
}

/// Executes a command of a transaction.
pub(super) fn execute(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<ResultCode, Refused> {
    namespace.end_due_transactions(now);
    let (info2, info4) = (request.header.info2, request.header.info4);
    if is_monitor(request) {
        return monitor::execute(now, namespace, request, reply);
    }
    if info4.contains(Info4::MRT_VERIFY_READ) {
        return verify(now, namespace, request, reply);
    }
    let id = request.transaction()?.ok_or(Refusal::TransactionId)?;
    if info4.intersects(Info4::MRT_ROLL_FORWARD | Info4::MRT_ROLL_BACK) {
        return Ok(roll(namespace, request, id, reply));
    }
    if info2.contains(Info2::WRITE) {
        write_in(now, namespace, request, id, reply)
    } else {
        read_in(now, namespace, request, id, reply)
    }
}

/// A write or a delete. Its result is seen by the transaction alone.
fn write_in(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    id: u64,
    reply: &mut Reply<'_>,
) -> Result<ResultCode, Refused> {
    check_deadline(now, namespace, request, id)?;
    let mut partition = namespace.partition_or_create(request.partition());
    let own = lock_of(namespace, request, id)?;
    let original = partition.get(&request.digest);
    if own.is_some() && request.header.info4.contains(Info4::MRT_ON_LOCKING_ONLY) {
        return Err(Refusal::AlreadyLocked.into());
    }
    if own.is_none() {
        check_version(now, namespace, request, original)?;
    }
    let found = own.as_ref().map(|own| &own.record).or(original);
    let is_delete = request.header.info2.contains(Info2::DELETE);
    let mut written = bytes::BytesMut::new();
    let (result, effect) = {
        let mut reply = reply.elsewhere(&mut written);
        if is_delete {
            let result = delete::on_copy(now, namespace, request, found);
            if result.0.is_ok() {
                reply.status(ResultCode::OK, Metadata::default());
            }
            result
        } else {
            write::on_copy(now, namespace, request, found, &mut reply)
        }
    };
    if let Err(refused) = result {
        // Only a write without effect reports the version, which the client verifies later: a record that was written is among
        // the transaction's writes, not its reads.
        if own.is_none() {
            reply.set_version(version_of(now, namespace, original));
        }
        return Err(refused);
    }
    reply.append(&written);
    if let Effect::Put(record) | Effect::Bury(record) = effect {
        keep(now, namespace, request, id, record);
    }
    partition.shrink();
    Ok(ResultCode::OK)
}

/// A read. It sees what the transaction has written.
fn read_in(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    id: u64,
    reply: &mut Reply<'_>,
) -> Result<ResultCode, Refused> {
    let own = lock_of(namespace, request, id)?;
    let partition = namespace.partition(request.partition());
    let original = partition.as_ref().and_then(|partition| partition.get(&request.digest));
    if own.is_none() {
        check_version(now, namespace, request, original)?;
        reply.set_version(version_of(now, namespace, original));
    }
    let found = own.as_ref().map(|own| &own.record).or(original);
    let (result, _) = read::on_copy(now, namespace, request, found, reply);
    result.map(|()| ResultCode::OK)
}

/// Verifies that a record that the transaction has read was not written since, and is not about to be.
fn verify(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<ResultCode, Refused> {
    let counters = &namespace.transactions.counters;
    let partition = namespace.partition(request.partition());
    let found = partition.as_ref().and_then(|partition| partition.get(&request.digest));
    // Two transactions that each read what the other writes must not both commit.
    let verified = match namespace.transactions.owner(&request.digest) {
        Some(_) => Err(blocked(namespace)),
        None => check_version(now, namespace, request, found),
    };
    let counter = match verified {
        Ok(()) => &counters.verify_read_success,
        Err(_) => &counters.verify_read_error,
    };
    count(counter);
    verified?;
    reply.status(ResultCode::OK, found.map(Metadata::from).unwrap_or_default());
    Ok(ResultCode::OK)
}

/// Ends the transaction for a record. The record may have been rolled before, by an earlier attempt or by the monitor.
fn roll(namespace: &Namespace, request: &Request<'_>, id: u64, reply: &mut Reply<'_>) -> ResultCode {
    let forward = request.header.info4.contains(Info4::MRT_ROLL_FORWARD);
    let mut partition = namespace.partition_or_create(request.partition());
    namespace.roll(&mut partition, &request.digest, id, forward);
    partition.shrink();
    let counters = &namespace.transactions.counters;
    let counter = match forward {
        true => &counters.roll_forward_success,
        false => &counters.roll_back_success,
    };
    count(counter);
    reply.status(ResultCode::OK, Metadata::default());
    ResultCode::OK
}

/// What the transaction has made of the record before, if anything.
///
/// # Errors
/// [`Refusal::Blocked`] if another transaction has locked the record.
fn lock_of(namespace: &Namespace, request: &Request<'_>, id: u64) -> Result<Option<Provisional>, Refusal> {
    match namespace.transactions.provisional(&request.digest) {
        Some(found) if found.transaction != id => Err(blocked(namespace)),
        found => Ok(found),
    }
}

/// What the transaction of a UDF has made of its record before, if the UDF is in a transaction.
///
/// # Errors
/// [`Refusal::Blocked`], [`Refusal::TransactionExpired`] and [`Refusal::VersionMismatch`], as for a write.
#[cfg(feature = "udf")]
pub(super) fn own(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    found: Option<&Record>,
) -> Result<Option<Provisional>, Refusal> {
    if !namespace.settings.strong_consistency {
        return Ok(None);
    }
    let Some(id) = request.transaction()? else {
        return Ok(None);
    };
    namespace.end_due_transactions(now);
    check_deadline(now, namespace, request, id)?;
    let own = lock_of(namespace, request, id)?;
    if own.is_none() {
        check_version(now, namespace, request, found)?;
    }
    Ok(own)
}

/// Keeps what a transaction has made of a record.
pub(super) fn keep(now: Now, namespace: &Namespace, request: &Request<'_>, transaction: u64, record: Record) {
    let deadline = match deadline(request) {
        Ok(Some(deadline)) => deadline,
        _ => now.seconds().saturating_add(MAX_DURATION),
    };
    let provisional = Provisional {
        transaction,
        record,
        deadline,
    };
    namespace.transactions.set_provisional(request.digest, provisional);
}

/// A write outside of the transaction that has locked its record.
///
/// # Errors
/// [`Refusal::Blocked`] if a transaction has locked the record.
#[cold]
pub(super) fn check_lock(now: Now, namespace: &Namespace, request: &Request<'_>) -> Result<(), Refusal> {
    namespace.end_due_transactions(now);
    match namespace.transactions.owner(&request.digest) {
        Some(_) => Err(blocked(namespace)),
        None => Ok(()),
    }
}

fn blocked(namespace: &Namespace) -> Refusal {
    count(&namespace.transactions.counters.fail_blocked);
    Refusal::Blocked
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// The deadline that a write states, in seconds since 2010.
fn deadline(request: &Request<'_>) -> Result<Option<u32>, Refusal> {
    let Some(deadline) = request.message.field(FieldType::MRT_DEADLINE) else {
        return Ok(None);
    };
    let deadline = deadline.try_into().map_err(|_| Refusal::TransactionId)?;
    Ok(Some(u32::from_le_bytes(deadline)))
}

/// # Errors
/// [`Refusal::TransactionExpired`] if the deadline that a write states has passed, or the transaction was ended before.
fn check_deadline(now: Now, namespace: &Namespace, request: &Request<'_>, id: u64) -> Result<(), Refusal> {
    let has_passed = deadline(request)?.is_some_and(|deadline| deadline <= now.seconds());
    let monitor = || Digest::of(MONITOR_SET, &UserKey::Int(id.cast_signed()));
    if has_passed || namespace.transactions.ended(&monitor()).is_some() {
        return Err(Refusal::TransactionExpired);
    }
    Ok(())
}

/// # Errors
/// [`Refusal::VersionMismatch`] if the record has another version than the request states.
fn check_version(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    found: Option<&Record>,
) -> Result<(), Refusal> {
    match request.message.field(FieldType::RECORD_VERSION) {
        Some(expected) if *expected != version_of(now, namespace, found) => {
            count(&namespace.transactions.counters.fail_version_mismatch);
            Err(Refusal::VersionMismatch)
        }
        _ => Ok(()),
    }
}

/// An expired record has the same version before and after it is removed.
pub(super) fn version_of(now: Now, namespace: &Namespace, record: Option<&Record>) -> Version {
    let mut version = [0; 7];
    if let Some(record) = record.filter(|record| !namespace.is_expired_or_truncated(record, now)) {
        version[..5].copy_from_slice(&record.last_update.0.to_le_bytes()[..5]);
        version[5..].copy_from_slice(&record.generation.to_le_bytes());
    }
    version
}

impl Request<'_> {
    /// The id of its transaction.
    ///
    /// # Errors
    /// [`Refusal::TransactionId`] if the field is malformed.
    pub(super) fn transaction(&self) -> Result<Option<u64>, Refusal> {
        let Some(id) = self.fields.mrt_id else {
            return Ok(None);
        };
        let id = id.try_into().map_err(|_| Refusal::TransactionId)?;
        Ok(Some(u64::from_le_bytes(id)))
    }

    /// Refuses a command in a transaction where there are none, and a write to a record that a transaction has locked.
    pub(in crate::command) fn check_transaction(&self, now: Now, namespace: &Namespace) -> Result<(), Refusal> {
        if namespace.settings.strong_consistency {
            let writes = self.header.info2.contains(Info2::WRITE);
            if writes && self.fields.mrt_id.is_none() {
                return check_lock(now, namespace, self);
            }
            return Ok(());
        }
        if self.fields.mrt_id.is_some() {
            return Err(no_transactions(namespace));
        }
        Ok(())
    }
}

/// Why a namespace refuses a transaction.
pub(super) fn no_transactions(namespace: &Namespace) -> Refusal {
    if namespace.settings.durable_deletes {
        Refusal::Unsupported(Feature::Transactions)
    } else {
        Refusal::EnterpriseOnly(Feature::Transactions)
    }
}
