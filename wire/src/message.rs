//! Messages: a header of 22 bytes, followed by fields and operations.

use bytes::{BufMut, BytesMut};

use crate::error::{Cursor, DecodeError};
use crate::field::{Field, FieldType};
use crate::flags::{Info1, Info2, Info3, Info4};
use crate::frame::{FrameHeader, FrameType};
use crate::op::{self, Op, OpCode};
use crate::particle::ParticleType;
use crate::result_code::ResultCode;

/// A decoded message, whose structure is valid. It borrows the bytes it was decoded from.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The header.
    pub header: Header,
    n_fields: u16,
    n_ops: u16,
    fields: &'a [u8],
    ops: &'a [u8],
}

impl<'a> Message<'a> {
    /// Decodes a message that fills all of `body`.
    ///
    /// # Errors
    /// If the body is shorter than a header, a field or operation is damaged, or bytes follow the last operation.
    pub fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let (message, rest) = Self::decode_first(body)?;
        if rest.is_empty() {
            Ok(message)
        } else {
            Err(DecodeError::new(
                "bytes behind the last operation",
                body.len() - rest.len(),
            ))
        }
    }

    /// Decodes the first message of `body` and returns it with the remaining bytes. Responses to batches and queries
    /// have several messages in a frame.
    ///
    /// # Errors
    /// If the body is shorter than a header, or a field or operation is damaged.
    pub fn decode_first(body: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let mut cursor = Cursor::new(body);
        let header = Header::decode(cursor.array("a body shorter than a message's header")?);
        let n_fields = u16::from_be_bytes([body[18], body[19]]);
        let n_ops = u16::from_be_bytes([body[20], body[21]]);
        Ok((
            Self::decode_content(header, (n_fields, n_ops), &mut cursor)?,
            cursor.rest(),
        ))
    }

    /// Decodes the fields and operations after a header. The header is passed in, because a batch row encodes it
    /// differently.
    pub(crate) fn decode_content(
        header: Header,
        (n_fields, n_ops): (u16, u16),
        cursor: &mut Cursor<'a>,
    ) -> Result<Self, DecodeError> {
        let (fields, fields_at) = (cursor.rest(), cursor.at());
        for _ in 0..n_fields {
            next_field(cursor)?;
        }
        let (ops, ops_at) = (cursor.rest(), cursor.at());
        for _ in 0..n_ops {
            next_op(cursor)?;
        }
        let (fields, ops) = (&fields[..ops_at - fields_at], &ops[..cursor.at() - ops_at]);
        Ok(Self {
            header,
            n_fields,
            n_ops,
            fields,
            ops,
        })
    }

    /// Its fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let mut cursor = Cursor::new(self.fields);
        std::iter::from_fn(move || next_field(&mut cursor).ok())
    }

    /// The data of the first field of a type.
    #[must_use]
    pub fn field(&self, field_type: FieldType) -> Option<&'a [u8]> {
        self.fields()
            .find(|field| field.field_type == field_type)
            .map(|field| field.data)
    }

    /// Its operations, in order.
    pub fn ops(&self) -> impl Iterator<Item = Op<'a>> + Clone + use<'a> {
        Ops(Cursor::new(self.ops))
    }

    /// The number of fields.
    #[must_use]
    pub const fn field_count(&self) -> usize {
        self.n_fields as usize
    }

    /// The number of operations.
    #[must_use]
    pub const fn op_count(&self) -> usize {
        self.n_ops as usize
    }
}

#[derive(Clone)]
struct Ops<'a>(Cursor<'a>);

impl<'a> Iterator for Ops<'a> {
    type Item = Op<'a>;

    fn next(&mut self) -> Option<Op<'a>> {
        next_op(&mut self.0).ok()
    }
}

pub(crate) fn next_field<'a>(cursor: &mut Cursor<'a>) -> Result<Field<'a>, DecodeError> {
    let at = cursor.at();
    let size = cursor.u32("a field without its size")?;
    let field_type = FieldType(cursor.u8("a field without its type")?);
    // The size includes the byte of the type.
    let size = size.checked_sub(1).ok_or(DecodeError::new("a field of size 0", at))?;
    Ok(Field {
        field_type,
        data: cursor.take(size as usize, "a field longer than the message")?,
    })
}

fn next_op<'a>(cursor: &mut Cursor<'a>) -> Result<Op<'a>, DecodeError> {
    let at = cursor.at();
    let size = cursor.u32("an operation without its size")? as usize;
    let [code, particle_type, flags, name_size] = cursor.array("an operation cut short")?;
    let name_size = usize::from(name_size);
    let lut_size = if flags & 1 == 1 { 8 } else { 0 };
    let value_size = size
        .checked_sub(4 + name_size + lut_size)
        .ok_or(DecodeError::new("an operation shorter than its name", at))?;
    let name = cursor.take(name_size, "a bin name longer than the message")?;
    cursor.take(lut_size, "an update time longer than the message")?;
    let value = cursor.take(value_size, "an operation longer than the message")?;
    Ok(Op {
        code: OpCode(code),
        particle_type: ParticleType(particle_type),
        flags,
        name,
        value,
    })
}

/// The header of a message, without the counts of fields and operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Header {
    /// The flags for reads.
    pub info1: Info1,
    /// The flags for writes.
    pub info2: Info2,
    /// The flags for write policies and streams.
    pub info3: Info3,
    /// The flags for multi-record transactions.
    pub info4: Info4,
    /// The result code of a command; 0 in a request.
    pub result_code: u8,
    /// The record's generation, or the expected one.
    pub generation: u32,
    /// In a request a TTL in seconds (or one of the [`Ttl`](ttl) values); in a response the void time, in seconds since
    /// 2010-01-01T00:00:00Z, 0 for a record that never expires.
    pub record_ttl: u32,
    /// In a request the server's timeout, in milliseconds; in the response to a batch the row's index.
    pub transaction_ttl: u32,
}

impl Header {
    /// The encoded size, in bytes.
    pub const SIZE: usize = 22;

    /// The header of a response that consists of a result code only.
    #[must_use]
    pub fn result(code: ResultCode) -> Self {
        Self {
            result_code: code.0,
            ..Self::default()
        }
    }

    /// The result code of a response.
    #[must_use]
    pub const fn result_code(&self) -> ResultCode {
        ResultCode(self.result_code)
    }

    pub(crate) fn decode(bytes: [u8; Self::SIZE]) -> Self {
        let word = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        Self {
            info1: Info1::from_bits_retain(bytes[1]),
            info2: Info2::from_bits_retain(bytes[2]),
            info3: Info3::from_bits_retain(bytes[3]),
            info4: Info4::from_bits_retain(bytes[4]),
            result_code: bytes[5],
            generation: word(6),
            record_ttl: word(10),
            transaction_ttl: word(14),
        }
    }

    /// The encoded header, with counts of 0. [`MessageWriter::finish`] writes the counts of fields and operations.
    fn encode(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        bytes[0] = Self::SIZE as u8;
        bytes[1] = self.info1.bits();
        bytes[2] = self.info2.bits();
        bytes[3] = self.info3.bits();
        bytes[4] = self.info4.bits();
        bytes[5] = self.result_code;
        bytes[6..10].copy_from_slice(&self.generation.to_be_bytes());
        bytes[10..14].copy_from_slice(&self.record_ttl.to_be_bytes());
        bytes[14..18].copy_from_slice(&self.transaction_ttl.to_be_bytes());
        bytes
    }
}

/// The special values of a request's TTL.
pub mod ttl {
    /// Use the default TTL of the set or the namespace.
    pub const DEFAULT: u32 = 0;
    /// The record never expires.
    pub const NEVER: u32 = u32::MAX;
    /// The record keeps its void time.
    pub const DONT_UPDATE: u32 = u32::MAX - 1;
}

/// Encodes a message into a buffer: first the fields, then the operations, then [`finish`](Self::finish).
///
/// ```
/// use bytes::BytesMut;
/// use spikelet_wire::{FieldType, Header, Info1, Message, MessageWriter};
///
/// let mut out = BytesMut::new();
/// let header = Header { info1: Info1::READ | Info1::GET_ALL, ..Header::default() };
/// let mut message = MessageWriter::frame(&mut out, &header);
/// message.field(FieldType::NAMESPACE, b"test");
/// message.finish();
/// let message = Message::decode(&out[8..])?;
/// assert_eq!(message.field(FieldType::NAMESPACE), Some(&b"test"[..]));
/// # Ok::<(), spikelet_wire::DecodeError>(())
/// ```
#[derive(Debug)]
#[must_use = "a message is whole only when it is finished"]
pub struct MessageWriter<'b> {
    out: &'b mut BytesMut,
    start: usize,
    framed: bool,
    n_fields: u16,
    n_ops: u16,
}

impl<'b> MessageWriter<'b> {
    /// Starts a message in a frame of its own.
    pub fn frame(out: &'b mut BytesMut, header: &Header) -> Self {
        out.put_slice(&[0; FrameHeader::SIZE]);
        Self {
            framed: true,
            ..Self::bare(out, header)
        }
    }

    /// Starts a message without a frame, for one of several in a body.
    pub fn bare(out: &'b mut BytesMut, header: &Header) -> Self {
        let start = out.len();
        out.put_slice(&header.encode());
        Self {
            out,
            start,
            framed: false,
            n_fields: 0,
            n_ops: 0,
        }
    }

    /// Appends a field. All fields precede the first operation.
    pub fn field(&mut self, field_type: FieldType, data: &[u8]) {
        debug_assert_eq!(self.n_ops, 0, "fields stand before operations");
        Field { field_type, data }.write(self.out);
        self.n_fields += 1;
    }

    /// Appends an operation.
    pub fn op(&mut self, op: &Op<'_>) {
        op.write(self.out);
        self.n_ops += 1;
    }

    /// Appends an operation whose value of `value_size` bytes is written by `value`.
    pub fn op_with(
        &mut self,
        (code, particle_type, name): (OpCode, ParticleType, &[u8]),
        value_size: usize,
        value: impl FnOnce(&mut BytesMut),
    ) {
        op::write_header(self.out, code, particle_type, name, value_size);
        let at = self.out.len();
        value(self.out);
        debug_assert_eq!(self.out.len() - at, value_size, "the announced size of a value");
        self.n_ops += 1;
    }

    /// The number of operations written so far.
    #[must_use]
    pub const fn op_count(&self) -> usize {
        self.n_ops as usize
    }

    /// Replaces the generation and TTL of the header. A response may know them only after its operations.
    pub fn set_metadata(&mut self, generation: u32, record_ttl: u32) {
        self.out[self.start + 6..self.start + 10].copy_from_slice(&generation.to_be_bytes());
        self.out[self.start + 10..self.start + 14].copy_from_slice(&record_ttl.to_be_bytes());
    }

    /// Discards everything written, including the frame's header.
    pub fn abandon(self) {
        let frame = if self.framed { FrameHeader::SIZE } else { 0 };
        self.out.truncate(self.start - frame);
    }

    /// Completes the message by writing the counts and the size of the frame.
    pub fn finish(self) {
        let counts = self.start + Header::SIZE - 4;
        self.out[counts..counts + 2].copy_from_slice(&self.n_fields.to_be_bytes());
        self.out[counts + 2..counts + 4].copy_from_slice(&self.n_ops.to_be_bytes());
        if self.framed {
            let header = FrameHeader::new(FrameType::MESSAGE, self.out.len() - self.start);
            self.out[self.start - FrameHeader::SIZE..self.start].copy_from_slice(&header.encode());
        }
    }
}

/// Appends a complete response that consists of a header only.
pub fn write_header_only(out: &mut BytesMut, header: &Header) {
    MessageWriter::frame(out, header).finish();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> BytesMut {
        let mut out = BytesMut::new();
        let header = Header {
            info2: Info2::WRITE,
            generation: 7,
            record_ttl: 300,
            transaction_ttl: 1000,
            ..Header::default()
        };
        let mut message = MessageWriter::frame(&mut out, &header);
        message.field(FieldType::NAMESPACE, b"test");
        message.field(FieldType::SET, b"");
        message.op(&Op::new(OpCode::WRITE, b"a", ParticleType::INTEGER, &[1]));
        message.op(&Op::new(OpCode::TOUCH, b"", ParticleType::NULL, &[]));
        message.finish();
        out
    }

    #[test]
    fn a_message_round_trips() {
        let out = sample();
        assert_eq!(
            FrameHeader::decode(out[..8].try_into().unwrap()).size,
            out.len() as u64 - 8
        );
        let message = Message::decode(&out[8..]).unwrap();
        assert_eq!((message.header.generation, message.header.record_ttl), (7, 300));
        assert_eq!(
            message.fields().map(|f| f.data).collect::<Vec<_>>(),
            [&b"test"[..], b""]
        );
        assert_eq!(
            message.ops().map(|o| o.code).collect::<Vec<_>>(),
            [OpCode::WRITE, OpCode::TOUCH]
        );
        assert_eq!((message.field_count(), message.op_count()), (2, 2));
    }

    #[test]
    fn every_truncated_message_is_rejected() {
        let out = sample();
        for end in 8..out.len() {
            assert!(Message::decode(&out[8..end]).is_err(), "cut at {end}");
        }
        let mut longer = out[8..].to_vec();
        longer.push(0);
        assert_eq!(
            Message::decode(&longer).unwrap_err().what,
            "bytes behind the last operation"
        );
    }
}
