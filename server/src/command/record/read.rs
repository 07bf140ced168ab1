//! Reads: get, get of some bins, header, exists, and operate with nothing but reads.

use spikelet_wire::{Info1, Info2, OpCode, ResultCode};

use super::bin_ops::{BinRead, View};
use super::identity::{check_key, check_set};
use super::reply::{Metadata, Reply};
use super::request::Request;
use super::void_time::{self, ReadTouch};
use super::{MAX_OPS, bin_ops};
use crate::clock::Now;
use crate::store::{BinName, Namespace, Record};

/// Carries out a command that only reads.
pub(super) fn read(now: Now, namespace: &Namespace, request: &Request<'_>, reply: &mut Reply<'_>) -> ResultCode {
    if let Err(code) = request.check_transaction() {
        reply.status(code, Metadata::default());
        return code;
    }
    let mut touch = None;
    let code = {
        let partition = namespace.partition(request.partition());
        match partition.as_ref().and_then(|partition| partition.get(&request.digest)) {
            None => {
                reply.status(ResultCode::NOT_FOUND, Metadata::default());
                ResultCode::NOT_FOUND
            }
            Some(record) => match check(now, namespace, request, record) {
                Ok(read_touch) => {
                    touch = read_touch;
                    answer(now, namespace, request, record, reply)
                }
                Err(code) => {
                    reply.status(code, record.into());
                    code
                }
            },
        }
    };
    if let Some(touch) = touch {
        touch.apply(now, namespace, &request.digest);
    }
    code
}

/// Everything that is checked before bins are looked at, in the real server's order.
fn check(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    record: &Record,
) -> Result<Option<ReadTouch>, ResultCode> {
    // A read need not name the set, but what it names must be right.
    check_set(namespace, request, record)?;
    if namespace.is_expired_or_truncated(record, now) {
        return Err(ResultCode::NOT_FOUND);
    }
    let touch = void_time::read_touch(now, namespace, record, request.header.record_ttl)?;
    request
        .filter
        .check(&View::of(now, namespace, &request.digest, record))?;
    check_key(request, record)?;
    Ok(touch)
}

fn answer(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    record: &Record,
    reply: &mut Reply<'_>,
) -> ResultCode {
    let header = &request.header;
    if header.info1.contains(Info1::GET_NO_BINS) {
        reply.status(ResultCode::OK, record.into());
        return ResultCode::OK;
    }
    if request.message.op_count() > MAX_OPS {
        reply.status(ResultCode::PARAMETER, record.into());
        return ResultCode::PARAMETER;
    }
    let is_row = reply.is_row();
    let mut message = reply.message(ResultCode::OK, record.into());
    if header.info1.contains(Info1::GET_ALL) {
        for bin in &record.bins {
            bin_ops::write_bin(&mut message, OpCode::READ, bin.name.as_bytes(), Some(&bin.value));
        }
        message.finish();
        return ResultCode::OK;
    }
    let result = if request.message.op_count() == 0 {
        Err(ResultCode::PARAMETER)
    } else {
        let respond_all_ops = header.info2.contains(Info2::RESPOND_ALL_OPS);
        let view = View::of(now, namespace, &request.digest, record);
        request.message.ops().try_for_each(|op| {
            let name = BinName::new(op.name).ok_or(ResultCode::BIN_NAME)?;
            let value = match bin_ops::read(&op, &name, &view)? {
                BinRead::Absent => None,
                BinRead::Value(value) => value,
            };
            if respond_all_ops || value.is_some() {
                // The rows of a batch answer every operation as a plain read.
                let code = if is_row { OpCode::READ } else { op.code };
                bin_ops::write_bin(&mut message, code, op.name, value.as_deref());
            }
            Ok(())
        })
    };
    match result {
        Ok(()) => {
            message.finish();
            ResultCode::OK
        }
        Err(code) => {
            message.abandon();
            reply.status(code, record.into());
            code
        }
    }
}
