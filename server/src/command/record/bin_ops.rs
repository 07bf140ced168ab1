//! The operations of a command, one bin at a time: which code goes to which of [`ops`](crate::ops).

use std::borrow::Cow;

use spikelet_wire::{Digest, MessageWriter, Op, OpCode, ParticleType, ResultCode};

use crate::clock::Now;
use crate::ops::exp::{self, BinChange, RecordView};
use crate::ops::{self, Particle};
use crate::store::record::rounded_stored_size;
use crate::store::{Bin, BinName, Bins, Namespace, Record, SetId};

/// A record as an operation sees it: expressions may ask for any of it.
#[derive(Debug, Clone, Copy)]
pub(in crate::command) struct View<'a> {
    pub(in crate::command) now: Now,
    pub(in crate::command) namespace: &'a Namespace,
    pub(in crate::command) digest: &'a Digest,
    pub(in crate::command) set: Option<SetId>,
    pub(in crate::command) key: Option<&'a [u8]>,
    pub(in crate::command) generation: u16,
    pub(in crate::command) void_time: u32,
    pub(in crate::command) last_update: Now,
    /// The size of the record's stored form, where that is not what comes of `bins`.
    pub(in crate::command) stored_size: Option<u32>,
    pub(in crate::command) bins: &'a [Bin],
}

impl<'a> View<'a> {
    pub(in crate::command) fn of(now: Now, namespace: &'a Namespace, digest: &'a Digest, record: &'a Record) -> Self {
        Self {
            now,
            namespace,
            digest,
            set: record.set,
            key: record.key.as_deref(),
            generation: record.generation,
            void_time: record.void_time,
            last_update: record.last_update,
            stored_size: None,
            bins: &record.bins,
        }
    }

    /// The value of a bin.
    pub(in crate::command) fn bin(&self, name: &BinName) -> Option<&'a Particle> {
        self.bins.iter().find(|bin| bin.name == *name).map(|bin| &bin.value)
    }
}

impl RecordView for View<'_> {
    fn bin(&self, name: &[u8]) -> Option<&Particle> {
        self.bin(&BinName::new(name)?)
    }

    fn digest(&self) -> &Digest {
        self.digest
    }

    fn set_name(&self) -> Cow<'_, [u8]> {
        let set = self.set.and_then(|set| self.namespace.sets.get(set));
        set.map_or(Cow::Borrowed(&[]), |set| Cow::Owned(set.name.to_vec()))
    }

    fn key(&self) -> Option<(ParticleType, &[u8])> {
        let (key_type, key) = self.key?.split_first()?;
        Some((ParticleType(*key_type), key))
    }

    fn void_time(&self) -> u32 {
        self.void_time
    }

    fn last_update(&self) -> Now {
        self.last_update
    }

    fn stored_size(&self) -> u32 {
        self.stored_size.unwrap_or_else(|| {
            let set = self.set.map(|_| self.set_name().len());
            rounded_stored_size(self.void_time, set, self.key.map(<[u8]>::len), self.bins)
        })
    }
}

/// What kind of operation a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::command) enum Kind {
    Read,
    Write,
    Modify,
    Touch,
    DeleteAll,
    Unknown,
}

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

/// What an operation read.
#[derive(Debug)]
pub(in crate::command) enum BinRead<'a> {
    /// There is no such bin, which is no error.
    Absent,
    /// The operation's result, which may be nothing.
    Value(Option<Cow<'a, Particle>>),
}

/// Carries out an operation that reads.
pub(in crate::command) fn read<'a>(op: &Op<'_>, name: &BinName, view: &View<'a>) -> Result<BinRead<'a>, ResultCode> {
    if kind(op.code) != Kind::Read {
        return Err(ResultCode::PARAMETER);
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
        OpCode::CDT_READ => ops::collection::read(Some(bin), op.value),
        _ => return Err(ResultCode::UNSUPPORTED_FEATURE),
    };
    result.map(|value| BinRead::Value(value.map(Cow::Owned)))
}

/// Carries out an operation that writes or modifies its bin, and gives its result.
pub(in crate::command) fn change(
    op: &Op<'_>,
    name: BinName,
    bins: &mut Bins,
    view: &View<'_>,
) -> Result<Option<Particle>, ResultCode> {
    match op.code {
        // A value without a type is no value: the bin goes.
        OpCode::WRITE if op.particle_type == ParticleType::NULL => bins.remove(&name),
        OpCode::WRITE => bins.set(name, Particle::from_wire(op.particle_type, op.value)?),
        OpCode::INCR => bins.modify(name, |bin| ops::scalar::incr(bin, op.particle_type, op.value))?,
        OpCode::APPEND => bins.modify(name, |bin| ops::scalar::append(bin, op.particle_type, op.value))?,
        OpCode::PREPEND => bins.modify(name, |bin| ops::scalar::prepend(bin, op.particle_type, op.value))?,
        OpCode::BITS_MODIFY => {
            let argument = bits_argument(op)?;
            return bins.modify(name, |bin| ops::bits::modify(bin, argument));
        }
        OpCode::HLL_MODIFY => return bins.modify(name, |bin| ops::hll::modify(bin, op.value)),
        OpCode::CDT_MODIFY => return bins.modify(name, |bin| ops::collection::modify(bin, op.value)),
        OpCode::EXP_MODIFY => {
            let view = View {
                bins: bins.as_slice(),
                ..*view
            };
            match exp::modify_op(op.value, &view, view.now, view.bin(&name).is_some())? {
                BinChange::Keep => {}
                BinChange::Set(value) => bins.set(name, value),
                BinChange::Delete => bins.remove(&name),
            }
        }
        _ => return Err(ResultCode::UNSUPPORTED_FEATURE),
    }
    Ok(None)
}

/// The argument of a bit operation, the one kind whose argument must say that it is a blob.
const fn bits_argument<'a>(op: &Op<'a>) -> Result<&'a [u8], ResultCode> {
    match op.particle_type {
        ParticleType::BLOB => Ok(op.value),
        _ => Err(ResultCode::INCOMPATIBLE_TYPE),
    }
}

/// Appends a bin, or the result of an operation, to an answer.
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
