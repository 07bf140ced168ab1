//! The rows of a batch: the content of a field [`BATCH`](crate::FieldType::BATCH) or
//! [`BATCH_WITH_SET`](crate::FieldType::BATCH_WITH_SET).
//!
//! A row is an index, a digest, and either a small message or a mark that it repeats the previous row. The responses
//! are messages with the row's index in their transaction TTL, followed by one with [`LAST`](crate::Info3::LAST).

use bytes::{BufMut, BytesMut};

use crate::error::{Cursor, DecodeError};
use crate::field::{Field, FieldType};
use crate::flags::{Info1, Info2, Info3, Info4};
use crate::key::Digest;
use crate::message::{Header, Message, next_field};
use crate::op::Op;

bitflags::bitflags! {
    /// How the whole batch is executed and answered.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct BatchFlags: u8 {
        /// Rows of a namespace in memory are executed in the connection's thread, one after the other.
        const INLINE_IN_MEMORY = 1 << 0;
        /// The same for a namespace on devices.
        const INLINE_ON_DEVICE = 1 << 1;
        /// Every row gets a response, even after errors.
        const REPORT_ALL_ERRORS = 1 << 2;
        /// The first error ends the batch; the row with the error still gets a response.
        const REPORT_ERROR_RECORD = 1 << 3;
    }
}

bitflags::bitflags! {
    /// The contents of a row.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    struct RowFlags: u8 {
        const REPEAT = 1 << 0;
        const WRITE_FLAGS = 1 << 1;
        const GENERATION = 1 << 2;
        const TTL = 1 << 3;
        const INFO4 = 1 << 4;
    }
}

/// A complete batch request, decoded as the server decodes it.
#[derive(Debug, Clone)]
pub struct BatchRequest<'a> {
    /// The header of the message around the batch.
    pub header: Header,
    /// The bytes of the filter expression for rows that have none of their own.
    pub filter: Option<&'a [u8]>,
    /// The rows.
    pub batch: Batch<'a>,
}

impl<'a> BatchRequest<'a> {
    /// Reads the body of a frame.
    ///
    /// The server is not strict here. It reads rows up to the end of the message, regardless of the field's announced
    /// size, and ignores the rest of the message. If a field type occurs several times, the last one counts.
    ///
    /// # Errors
    /// If the body is shorter than a header, a field is damaged, or there is no batch field.
    pub fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut cursor = Cursor::new(body);
        let header = Header::decode(cursor.array("a body shorter than a message's header")?);
        let n_fields = u16::from_be_bytes([body[18], body[19]]);
        let (mut rows, mut filter) = (None, None);
        for _ in 0..n_fields {
            let (at, start) = (cursor.at(), cursor.rest());
            let field = match next_field(&mut cursor) {
                Ok(field) => field,
                // The announced size of the batch field is not needed. One that is too large ends the fields.
                Err(_) if start.len() > FIELD_HEADER && is_batch(FieldType(start[4])) => {
                    rows = Some(&start[FIELD_HEADER..]);
                    break;
                }
                Err(error) => return Err(error),
            };
            match field.field_type {
                field_type if is_batch(field_type) => rows = Some(&body[at + FIELD_HEADER..]),
                FieldType::FILTER_EXPRESSION => filter = Some(field.data),
                _ => {}
            }
        }
        let rows = rows.ok_or(DecodeError::new("a batch without rows", cursor.at()))?;
        Ok(Self {
            header,
            filter,
            batch: Batch::decode(rows)?,
        })
    }
}

/// The number of bytes before a field's data: its size and its type.
const FIELD_HEADER: usize = 5;

fn is_batch(field_type: FieldType) -> bool {
    matches!(field_type, FieldType::BATCH | FieldType::BATCH_WITH_SET)
}

/// A batch: its decoded head and its rows.
#[derive(Debug, Clone)]
pub struct Batch<'a> {
    /// How the batch is executed and answered.
    pub flags: BatchFlags,
    count: u32,
    cursor: Cursor<'a>,
}

impl<'a> Batch<'a> {
    /// Decodes the head of a batch. Rows are decoded one by one by [`rows`](Self::rows).
    ///
    /// # Errors
    /// If the field is shorter than the head.
    pub fn decode(field: &'a [u8]) -> Result<Self, DecodeError> {
        let mut cursor = Cursor::new(field);
        let count = cursor.u32("a batch without its count of rows")?;
        let flags = BatchFlags::from_bits_retain(cursor.u8("a batch without its flags")?);
        Ok(Self { flags, count, cursor })
    }

    /// The announced number of rows.
    #[must_use]
    pub const fn announced(&self) -> u32 {
        self.count
    }

    /// The rows in order, up to the first damaged one. The caller checks whether there are as many as announced.
    #[must_use]
    pub const fn rows(&self) -> Rows<'a> {
        Rows {
            cursor: self.cursor,
            left: self.count,
            is_damaged: false,
        }
    }

    /// The rows from a position on that [`Rows::position`] returned for the same batch.
    #[must_use]
    pub const fn rows_from(&self, position: RowPosition) -> Rows<'a> {
        let mut rows = self.rows();
        rows.cursor.seek(position.at);
        rows.left = position.left;
        rows
    }
}

/// An iterator over the rows of a batch.
#[derive(Debug, Clone)]
pub struct Rows<'a> {
    cursor: Cursor<'a>,
    left: u32,
    is_damaged: bool,
}

/// The position of a row in its batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowPosition {
    at: usize,
    left: u32,
}

impl Rows<'_> {
    /// The position of the next row.
    #[must_use]
    pub const fn position(&self) -> RowPosition {
        RowPosition {
            at: self.cursor.at(),
            left: self.left,
        }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Result<Row<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 || self.is_damaged {
            return None;
        }
        self.left -= 1;
        let row = Row::decode(&mut self.cursor);
        self.is_damaged = row.is_err();
        Some(row)
    }
}

/// One row of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The row's index, which its response carries.
    pub index: u32,
    /// The record.
    pub digest: Digest,
    /// The request for the record; `None` if the row repeats the previous one.
    pub content: Option<RowContent<'a>>,
}

/// The request of a row, as a message.
#[derive(Debug, Clone, Copy)]
pub struct RowContent<'a> {
    /// Its flags, generation, TTL, fields and operations. The transaction TTL is that of the batch.
    pub message: Message<'a>,
    /// Whether the row has write flags. If not, those of the batch's header apply.
    pub has_write_flags: bool,
}

impl<'a> Row<'a> {
    fn decode(cursor: &mut Cursor<'a>) -> Result<Self, DecodeError> {
        const CUT: &str = "a row cut short";
        let index = cursor.u32(CUT)?;
        let digest = Digest(cursor.array(CUT)?);
        let flags = RowFlags::from_bits_retain(cursor.u8(CUT)?);
        if flags.contains(RowFlags::REPEAT) {
            return Ok(Self {
                index,
                digest,
                content: None,
            });
        }
        let mut header = Header {
            info1: Info1::from_bits_retain(cursor.u8(CUT)?),
            ..Header::default()
        };
        let has_write_flags = flags.contains(RowFlags::WRITE_FLAGS);
        if has_write_flags {
            header.info2 = Info2::from_bits_retain(cursor.u8(CUT)?);
            header.info3 = Info3::from_bits_retain(cursor.u8(CUT)?);
        }
        if flags.contains(RowFlags::INFO4) {
            header.info4 = Info4::from_bits_retain(cursor.u8(CUT)?);
        }
        if flags.contains(RowFlags::GENERATION) {
            header.generation = u32::from(cursor.u16(CUT)?);
        }
        if flags.contains(RowFlags::TTL) {
            header.record_ttl = cursor.u32(CUT)?;
        }
        // The namespace is always present, but old clients did not count it.
        let counts = (cursor.u16(CUT)?.max(1), cursor.u16(CUT)?);
        let message = Message::decode_content(header, counts, cursor)?;
        Ok(Self {
            index,
            digest,
            content: Some(RowContent {
                message,
                has_write_flags,
            }),
        })
    }
}

/// Encodes the content of a batch field.
///
/// ```
/// use bytes::BytesMut;
/// use spikelet_wire::batch::{Batch, BatchFlags, BatchWriter};
/// use spikelet_wire::{Digest, Field, FieldType, Header, Info1, UserKey};
///
/// let mut field = BytesMut::new();
/// let mut batch = BatchWriter::new(&mut field, BatchFlags::REPORT_ALL_ERRORS);
/// let header = Header { info1: Info1::READ | Info1::GET_ALL, ..Header::default() };
/// let namespace = Field { field_type: FieldType::NAMESPACE, data: b"test" };
/// batch.row(&Digest::of("demo", &UserKey::from(1)), &header, &[namespace], &[]);
/// batch.repeat(&Digest::of("demo", &UserKey::from(2)));
/// batch.finish();
/// assert_eq!(Batch::decode(&field)?.rows().count(), 2);
/// # Ok::<(), spikelet_wire::DecodeError>(())
/// ```
#[derive(Debug)]
#[must_use = "a batch is whole only when it is finished"]
pub struct BatchWriter<'b> {
    out: &'b mut BytesMut,
    start: usize,
    count: u32,
}

impl<'b> BatchWriter<'b> {
    /// Starts a batch.
    pub fn new(out: &'b mut BytesMut, flags: BatchFlags) -> Self {
        let start = out.len();
        out.put_u32(0); // the count of rows, written by `finish`
        out.put_u8(flags.bits());
        Self { out, start, count: 0 }
    }

    /// Appends a row with its index, the number of rows before it. The first of its fields is the namespace.
    pub fn row(&mut self, digest: &Digest, header: &Header, fields: &[Field<'_>], ops: &[Op<'_>]) {
        let writes = !header.info2.is_empty() || !header.info3.is_empty();
        let mut flags = RowFlags::empty();
        flags.set(RowFlags::WRITE_FLAGS, writes);
        flags.set(RowFlags::INFO4, !header.info4.is_empty());
        flags.set(RowFlags::GENERATION, header.generation != 0);
        flags.set(RowFlags::TTL, header.record_ttl != 0);
        self.head(digest, flags);
        self.out.put_u8(header.info1.bits());
        if writes {
            self.out.put_slice(&[header.info2.bits(), header.info3.bits()]);
        }
        if flags.contains(RowFlags::INFO4) {
            self.out.put_u8(header.info4.bits());
        }
        if flags.contains(RowFlags::GENERATION) {
            // A record's generation has 16 bits, so no more are sent.
            self.out.put_u16(header.generation as u16);
        }
        if flags.contains(RowFlags::TTL) {
            self.out.put_u32(header.record_ttl);
        }
        self.out.put_u16(fields.len() as u16);
        self.out.put_u16(ops.len() as u16);
        fields.iter().for_each(|field| field.write(self.out));
        ops.iter().for_each(|op| op.write(self.out));
    }

    /// Appends a row that repeats the previous row's request for another record.
    pub fn repeat(&mut self, digest: &Digest) {
        self.head(digest, RowFlags::REPEAT);
    }

    fn head(&mut self, digest: &Digest, flags: RowFlags) {
        self.out.put_u32(self.count);
        self.out.put_slice(&digest.0);
        self.out.put_u8(flags.bits());
        self.count += 1;
    }

    /// Writes the number of rows.
    pub fn finish(self) {
        self.out[self.start..self.start + 4].copy_from_slice(&self.count.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OpCode, ParticleType, UserKey};

    #[test]
    fn rows_round_trip() {
        let mut field = BytesMut::new();
        let mut batch = BatchWriter::new(&mut field, BatchFlags::INLINE_IN_MEMORY);
        let digest = Digest::of("s", &UserKey::from(1));
        let header = Header {
            info2: Info2::WRITE | Info2::GENERATION,
            info4: Info4::MRT_ON_LOCKING_ONLY,
            generation: 3,
            record_ttl: 9,
            ..Header::default()
        };
        let fields = [(FieldType::NAMESPACE, &b"test"[..]), (FieldType::SET, b"s")]
            .map(|(field_type, data)| Field { field_type, data });
        batch.row(
            &digest,
            &header,
            &fields,
            &[Op::new(OpCode::INCR, b"n", ParticleType::INTEGER, &[1])],
        );
        batch.repeat(&digest);
        batch.finish();

        let batch = Batch::decode(&field).unwrap();
        assert_eq!((batch.announced(), batch.flags), (2, BatchFlags::INLINE_IN_MEMORY));
        let rows: Vec<_> = batch.rows().map(Result::unwrap).collect();
        let content = rows[0].content.unwrap();
        assert!(content.has_write_flags);
        assert_eq!(content.message.header, header);
        assert_eq!(content.message.fields().collect::<Vec<_>>(), fields);
        assert_eq!(
            (rows[1].index, rows[1].digest, rows[1].content.is_none()),
            (1, digest, true)
        );

        let mut rest = batch.rows();
        rest.next();
        let resumed = batch.rows_from(rest.position()).map(|row| row.unwrap().index);
        assert_eq!(resumed.collect::<Vec<_>>(), [1]);

        for end in 5..field.len() {
            assert!(
                Batch::decode(&field[..end]).unwrap().rows().any(|row| row.is_err()),
                "cut at {end}"
            );
        }
    }
}
