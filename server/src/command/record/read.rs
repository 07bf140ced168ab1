//! Reads: get, get of some bins, header, exists, and operate with reads only.

use spikelet_wire::{Info1, Info2, OpCode, ResultCode};

use super::MAX_OPS;
use super::identity::{check_key, check_set};
use super::on_copy::Effect;
use super::operation::{self, BinRead};
use super::reply::{Metadata, Refused, Reply};
use super::request::Request;
use super::view::View;
use super::void_time::{self, ReadTouch};
use crate::clock::Now;
use crate::refusal::Refusal;
use crate::state::add;
use crate::store::{BinName, Namespace, Record};

/// Executes a read.
pub(super) fn read(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<ResultCode, Refused> {
    request.check_transaction(now, namespace)?;
    let (replied, touch) = {
        let partition = namespace.partition(request.partition());
        let found = partition.as_ref().and_then(|partition| partition.get(&request.digest));
        let record = found.ok_or(Refusal::NotFound)?;
        let refused = |refusal: Refusal| refusal.with(record);
        let shown = request.masks.shown(namespace, record);
        let view = View::of(now, namespace, &request.digest, record).showing(shown.as_deref());
        let touch = check(now, namespace, request, record, &view).map_err(refused)?;
        (write_reply(request, record, &view, reply).map_err(refused), touch)
    };
    // A read touches even if one of its operations is refused. By now the partition is no longer locked for reading.
    if let Some(touch) = touch {
        apply_touch(touch, now, namespace, request);
    }
    replied.map(|()| ResultCode::OK)
}

/// Touches the record of a read, and counts whether it did.
pub(super) fn apply_touch(touch: ReadTouch, now: Now, namespace: &Namespace, request: &Request<'_>) {
    let counter = match touch.apply(now, namespace, &request.digest) {
        true => &request.counted.read_touch_success,
        false => &request.counted.read_touch_skip,
    };
    add(counter, 1);
}

/// Executes a read on a copy of its record.
pub(super) fn on_copy(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    found: Option<&Record>,
    reply: &mut Reply<'_>,
) -> (Result<(), Refused>, Effect) {
    let shown = found.and_then(|record| request.masks.shown(namespace, record));
    let view = |record| View::of(now, namespace, &request.digest, record).showing(shown.as_deref());
    let checked = request
        .check_transaction(now, namespace)
        .map_err(Refused::from)
        .and_then(|()| {
            let record = found.ok_or(Refusal::NotFound)?;
            let touch =
                check(now, namespace, request, record, &view(record)).map_err(|refusal| refusal.with(record))?;
            Ok((record, touch))
        });
    match checked {
        Ok((record, touch)) => {
            let replied = write_reply(request, record, &view(record), reply);
            let effect = touch.map_or(Effect::None, Effect::Touch);
            (replied.map_err(|refusal| refusal.with(record)), effect)
        }
        Err(refused) => (Err(refused), Effect::None),
    }
}

/// The checks before any bin is read, in the order of the real server.
fn check(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    record: &Record,
    view: &View<'_>,
) -> Result<Option<ReadTouch>, Refusal> {
    // A read need not name the set, but a set that it names must be the record's.
    check_set(namespace, request, record)?;
    if !namespace.exists(record, now) {
        return Err(Refusal::NotFound);
    }
    let touch = void_time::read_touch(now, namespace, record, request.header.record_ttl)?;
    request.filter.check(view)?;
    check_key(request, record)?;
    Ok(touch)
}

/// Writes the reply; nothing if it is refused.
fn write_reply(request: &Request<'_>, record: &Record, view: &View<'_>, reply: &mut Reply<'_>) -> Result<(), Refusal> {
    let header = &request.header;
    if header.info1.contains(Info1::GET_NO_BINS) {
        reply.status(ResultCode::OK, record.into());
        return Ok(());
    }
    let op_count = request.message.op_count();
    if op_count > MAX_OPS {
        return Err(Refusal::TooManyOperations(op_count as u32));
    }
    let is_row = reply.is_row();
    let metadata = Metadata::from(record);
    if header.info1.contains(Info1::GET_ALL) {
        let mut message = reply.message(ResultCode::OK, metadata);
        for bin in view.bins {
            operation::write_bin(&mut message, OpCode::READ, bin.name.as_bytes(), Some(&bin.value));
        }
        message.finish();
        return Ok(());
    }
    if op_count == 0 {
        return Err(Refusal::NoOperations);
    }
    let respond_all_ops = header.info2.contains(Info2::RESPOND_ALL_OPS);
    let mut message = reply.message(ResultCode::OK, metadata);
    let result = request.message.ops().try_for_each(|op| {
        let name = BinName::new(op.name).ok_or(Refusal::BinName)?;
        let value = match operation::read(&op, &name, view)? {
            BinRead::Absent => None,
            BinRead::Value(value) => value,
        };
        if respond_all_ops || value.is_some() {
            // The rows of a batch return the result of every operation as that of a plain read.
            let code = if is_row { OpCode::READ } else { op.code };
            operation::write_bin(&mut message, code, op.name, value.as_deref());
        }
        Ok(())
    });
    match result {
        Ok(()) => message.finish(),
        Err(_) => message.abandon(),
    }
    result
}
