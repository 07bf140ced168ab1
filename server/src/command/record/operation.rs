//! Operations on one bin: which operation code is executed by which module of [`crate::ops`].

use std::borrow::Cow;

use spikelet_wire::{MessageWriter, Op, OpCode, ParticleType, ResultCode};

use super::view::View;
use crate::ops::exp::{self, BinChange};
use crate::ops::{self, Particle};
use crate::refusal::{Feature, Refusal};
use crate::store::{BinName, Bins};

/// The kind of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::command) enum Kind {
    Read,
    Write,
    Modify,
    Touch,
    DeleteAll,
    Unknown,
}

/// The kind of an operation, by its code.
pub(in crate::command) const fn kind(code: OpCode) -> Kind {
    match code {
        OpCode::READ | OpCode::CDT_READ | OpCode::BITS_READ | OpCode::HLL_READ | OpCode::EXP_READ => Kind::Read,
        OpCode::WRITE => Kind::Write,
        OpCode::INCR
        | OpCode::APPEND
        | OpCode::PREPEND
        | OpCode::CDT_MODIFY
        | OpCode::BITS_MODIFY
        | OpCode::HLL_MODIFY
        | OpCode::EXP_MODIFY => Kind::Modify,
        OpCode::TOUCH => Kind::Touch,
        OpCode::DELETE_ALL => Kind::DeleteAll,
        _ => Kind::Unknown,
    }
}

/// The result of an operation that reads.
#[derive(Debug)]
pub(in crate::command) enum BinRead<'a> {
    /// There is no such bin. That is not an error.
    Absent,
    /// The result of the operation, if it has one.
    Value(Option<Cow<'a, Particle>>),
}

/// Executes an operation that reads.
pub(in crate::command) fn read<'a>(op: &Op<'_>, name: &BinName, view: &View<'a>) -> Result<BinRead<'a>, Refusal> {
    if kind(op.code) != Kind::Read {
        return Err(Refusal::Operation(op.code));
    }
    if op.code == OpCode::EXP_READ {
        return Ok(BinRead::Value(exp::read_op(op.value, view, view.now)?.map(Cow::Owned)));
    }
    let Some(bin) = view.bin(name) else {
        return Ok(BinRead::Absent);
    };
    let result = match op.code {
        OpCode::READ => return Ok(BinRead::Value(Some(Cow::Borrowed(bin)))),
        OpCode::BITS_READ => ops::bits::read(Some(bin), bits_argument(op)?),
        OpCode::HLL_READ => ops::hll::read(Some(bin), op.value),
        OpCode::CDT_READ => ops::cdt_op::read(Some(bin), op.value),
        _ => return Err(Refusal::Unsupported(Feature::Operation)),
    };
    Ok(BinRead::Value(result?.map(Cow::Owned)))
}

/// Executes an operation that writes or modifies a bin, and returns its result. An expression reads the bins of `view` if there
/// are any: the user may see them masked.
pub(in crate::command) fn change(
    op: &Op<'_>,
    name: BinName,
    bins: &mut Bins,
    view: &View<'_>,
) -> Result<Option<Particle>, Refusal> {
    match op.code {
        // Writing a value of type NULL removes the bin.
        OpCode::WRITE if op.particle_type == ParticleType::NULL => bins.remove(&name),
        OpCode::WRITE => bins.set(name, Particle::from_wire(op.particle_type, op.value)?),
        OpCode::INCR => bins.modify(name, |bin| ops::scalar::incr(bin, op.particle_type, op.value))?,
        OpCode::APPEND => bins.modify(name, |bin| ops::scalar::append(bin, op.particle_type, op.value))?,
        OpCode::PREPEND => bins.modify(name, |bin| ops::scalar::prepend(bin, op.particle_type, op.value))?,
        OpCode::BITS_MODIFY => {
            let argument = bits_argument(op)?;
            return Ok(bins.modify(name, |bin| ops::bits::modify(bin, argument))?);
        }
        OpCode::HLL_MODIFY => return Ok(bins.modify(name, |bin| ops::hll::modify(bin, op.value))?),
        OpCode::CDT_MODIFY => return Ok(bins.modify(name, |bin| ops::cdt_op::modify(bin, op.value))?),
        OpCode::EXP_MODIFY => {
            let view = View {
                bins: if view.bins.is_empty() {
                    bins.as_slice()
                } else {
                    view.bins
                },
                ..*view
            };
            match exp::modify_op(op.value, &view, view.now, view.bin(&name).is_some())? {
                BinChange::Keep => {}
                BinChange::Set(value) => bins.set(name, value),
                BinChange::Delete => bins.remove(&name),
            }
        }
        _ => return Err(Refusal::Unsupported(Feature::Operation)),
    }
    Ok(None)
}

/// The argument of a bit operation. Unlike those of other operations, its particle type must be a blob.
const fn bits_argument<'a>(op: &Op<'a>) -> Result<&'a [u8], ResultCode> {
    match op.particle_type {
        ParticleType::BLOB => Ok(op.value),
        _ => Err(ResultCode::INCOMPATIBLE_TYPE),
    }
}

/// Appends a bin, or the result of an operation, to a reply.
pub(in crate::command) fn write_bin(
    message: &mut MessageWriter<'_>,
    code: OpCode,
    name: &[u8],
    value: Option<&Particle>,
) {
    match value {
        Some(value) => message.op_with((code, value.particle_type(), name), value.wire_size(), |out| {
            value.write(out)
        }),
        None => message.op(&Op::new(code, name, ParticleType::NULL, &[])),
    }
}
