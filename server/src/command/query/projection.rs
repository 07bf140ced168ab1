//! Projections: which part of a record a query returns, and the message with it.

use bytes::BytesMut;
use spikelet_wire::{FieldType, Header, Info1, Info2, Message, MessageWriter, OpCode};

use super::fields;
use super::request::QueryRequest;
use crate::command::record::MAX_OPS;
use crate::command::record::operation::{self, BinRead};
use crate::command::record::view::View;
use crate::refusal::{Conflict, Refusal};
use crate::store::{BinName, Record};

/// Which part of a record a query returns.
#[derive(Debug)]
pub(super) enum Projection {
    /// Only the metadata.
    NoBins,
    /// All bins.
    All,
    /// The bins with these names. A record without any of them is left out.
    Bins(Vec<BinName>),
    /// The results of the operations of the message. A record without results is left out.
    Operations,
}

/// A record that a query returns.
pub(super) struct FoundRecord<'r> {
    pub(super) view: View<'r>,
    pub(super) record: &'r Record,
    /// The name of its set.
    pub(super) set: Option<&'r [u8]>,
    /// The value by which a secondary index found it.
    pub(super) value: Option<i64>,
}

impl Projection {
    /// The projection that a message requests.
    ///
    /// # Errors
    /// `PARAMETER` for a list of bins together with operations, and for operations that do not read.
    pub(super) fn of(message: &Message<'_>) -> Result<Self, Refusal> {
        if message.header.info1.contains(Info1::GET_NO_BINS) {
            return Ok(Self::NoBins);
        }
        match (message.field(FieldType::QUERY_BINLIST), message.op_count()) {
            (None, 0) => Ok(Self::All),
            (Some(list), 0) => fields::bin_list(list).map(Self::Bins),
            (Some(_), _) => Err(Refusal::Flags(Conflict::QueryOperations)),
            (None, _) => {
                let mut ops = message.ops();
                let reads =
                    ops.all(|op| BinName::new(op.name).is_some() && operation::kind(op.code) == operation::Kind::Read);
                if reads {
                    Ok(Self::Operations)
                } else {
                    Err(Refusal::Flags(Conflict::QueryOperations))
                }
            }
        }
    }

    /// Writes the message with a record, unless the record is left out.
    ///
    /// # Errors
    /// The error of an operation that fails. Then nothing is written.
    pub(super) fn write(
        &self,
        request: &QueryRequest<'_>,
        found: &FoundRecord<'_>,
        out: &mut BytesMut,
    ) -> Result<(), Refusal> {
        let FoundRecord { view, record, .. } = found;
        let begin = |out, info1| {
            let header = Header {
                info1,
                generation: u32::from(record.generation),
                record_ttl: record.void_time,
                ..Header::default()
            };
            let mut message = MessageWriter::bare(out, &header);
            message.field(FieldType::NAMESPACE, request.namespace.name.as_bytes());
            message.field(FieldType::DIGEST, &view.digest.0);
            if let Some(set) = found.set {
                message.field(FieldType::SET, set);
            }
            if let Some(key) = &record.key {
                message.field(FieldType::KEY, key);
            }
            if let Some(value) = found.value {
                message.field(FieldType::BVALS, &value.to_le_bytes());
            }
            message
        };
        match self {
            Self::NoBins => begin(out, Info1::GET_NO_BINS).finish(),
            Self::All => {
                let mut message = begin(out, Info1::empty());
                for bin in view.bins {
                    operation::write_bin(&mut message, OpCode::READ, bin.name.as_bytes(), Some(&bin.value));
                }
                message.finish();
            }
            Self::Bins(names) => {
                let mut message = begin(out, Info1::empty());
                for name in names {
                    if let Some(value) = view.bin(name) {
                        operation::write_bin(&mut message, OpCode::READ, name.as_bytes(), Some(value));
                    }
                }
                finish_unless_empty(message);
            }
            Self::Operations => {
                let mut message = begin(out, Info1::empty());
                match write_results(request, view, &mut message) {
                    Ok(()) => finish_unless_empty(message),
                    Err(code) => {
                        message.abandon();
                        return Err(code);
                    }
                }
            }
        }
        Ok(())
    }
}

fn write_results(request: &QueryRequest<'_>, view: &View<'_>, reply: &mut MessageWriter<'_>) -> Result<(), Refusal> {
    let message = &request.message;
    if message.op_count() > MAX_OPS {
        return Err(Refusal::TooManyOperations(message.op_count() as u32));
    }
    let respond_all_ops = message.header.info2.contains(Info2::RESPOND_ALL_OPS);
    for op in message.ops() {
        let name = BinName::new(op.name).ok_or(Refusal::BinName)?;
        let value = match operation::read(&op, &name, view)? {
            BinRead::Absent => None,
            BinRead::Value(value) => value,
        };
        if respond_all_ops || value.is_some() {
            operation::write_bin(reply, op.code, op.name, value.as_deref());
        }
    }
    Ok(())
}

fn finish_unless_empty(message: MessageWriter<'_>) {
    if message.op_count() == 0 {
        message.abandon();
    } else {
        message.finish();
    }
}
