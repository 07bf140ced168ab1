//! Raw requests, with any header, fields and operations.

use std::fmt;

use bytes::BytesMut;
use spikelet_client::Key;
use spikelet_wire::batch::{BatchFlags, BatchWriter};
use spikelet_wire::{Field, FieldType, Header, Info1, MessageWriter, Op, OpCode, Value};

/// A raw request.
#[derive(Debug, Clone, Default)]
pub struct RawRequest {
    header: Header,
    fields: Vec<(FieldType, Vec<u8>)>,
    ops: Vec<(OpCode, String, Value)>,
    /// A description of field contents for the transcript, in place of the bytes, which differ from run to run.
    described: String,
}

impl RawRequest {
    /// A request for a record.
    #[must_use]
    pub fn new(key: &Key, header: Header) -> Self {
        Self::bare(header)
            .field(FieldType::NAMESPACE, key.namespace())
            .field(FieldType::SET, key.set())
            .field(FieldType::DIGEST, key.digest().0)
    }

    /// A request without fields.
    #[must_use]
    pub fn bare(header: Header) -> Self {
        Self {
            header,
            ..Self::default()
        }
    }

    /// A batch request.
    #[must_use]
    pub fn batch(flags: BatchFlags, rows: &[RawBatchRow]) -> Self {
        let mut field = BytesMut::new();
        let mut batch = BatchWriter::new(&mut field, flags);
        rows.iter().for_each(|row| row.encode(&mut batch));
        batch.finish();
        let header = Header {
            info1: Info1::READ | Info1::BATCH,
            ..Header::default()
        };
        let rows = rows.iter().map(|row| match row.header {
            Some(header) => format!("{:?} {:?} {:?}", header.info1, header.info2, row.writes),
            None => "repeat".to_owned(),
        });
        let described = format!("{flags:?} rows {}", rows.collect::<Vec<_>>().join("; "));
        Self::bare(header).field(FieldType::BATCH, field).described(&described)
    }

    /// Appends a field.
    #[must_use]
    pub fn field(mut self, field_type: FieldType, data: impl AsRef<[u8]>) -> Self {
        self.fields.push((field_type, data.as_ref().to_vec()));
        self
    }

    /// Removes the fields of a type.
    #[must_use]
    pub fn without(mut self, field_type: FieldType) -> Self {
        self.fields.retain(|(of, _)| *of != field_type);
        self
    }

    /// Appends an operation.
    #[must_use]
    pub fn op(mut self, code: OpCode, bin: &str, value: impl Into<Value>) -> Self {
        self.ops.push((code, bin.to_owned(), value.into()));
        self
    }

    /// Sets the description of what the transcript does not show.
    #[must_use]
    pub fn described(mut self, words: &str) -> Self {
        self.described = words.to_owned();
        self
    }

    /// Whether the response has a message for each row, followed by a final one.
    pub(super) fn is_batch(&self) -> bool {
        let batch = [FieldType::BATCH, FieldType::BATCH_WITH_SET];
        self.fields.iter().any(|(field_type, _)| batch.contains(field_type))
    }

    pub(super) fn encode(&self) -> BytesMut {
        let mut out = BytesMut::new();
        let mut message = MessageWriter::frame(&mut out, &self.header);
        for (field_type, data) in &self.fields {
            message.field(*field_type, data);
        }
        for (code, bin, value) in &self.ops {
            let (particle_type, data) = value.to_particle();
            message.op(&Op::new(*code, bin.as_bytes(), particle_type, &data));
        }
        message.finish();
        out
    }
}

/// A row of a batch.
#[derive(Debug, Clone)]
pub struct RawBatchRow {
    key: Key,
    /// `None` if the row repeats the previous one.
    header: Option<Header>,
    writes: Vec<(String, Value)>,
}

impl RawBatchRow {
    /// A row with its own header.
    #[must_use]
    pub fn new(key: &Key, header: Header) -> Self {
        Self {
            key: key.clone(),
            header: Some(header),
            writes: Vec::new(),
        }
    }

    /// A row that repeats the previous row's request for another record.
    #[must_use]
    pub fn repeat(key: &Key) -> Self {
        Self {
            key: key.clone(),
            header: None,
            writes: Vec::new(),
        }
    }

    /// Appends a write of a bin.
    #[must_use]
    pub fn write(mut self, bin: &str, value: impl Into<Value>) -> Self {
        self.writes.push((bin.to_owned(), value.into()));
        self
    }

    fn encode(&self, batch: &mut BatchWriter<'_>) {
        let Some(header) = &self.header else {
            return batch.repeat(&self.key.digest());
        };
        let fields = [
            (FieldType::NAMESPACE, self.key.namespace()),
            (FieldType::SET, self.key.set()),
        ];
        let fields = fields.map(|(field_type, data)| Field {
            field_type,
            data: data.as_bytes(),
        });
        let values: Vec<_> = self
            .writes
            .iter()
            .map(|(bin, value)| (bin, value.to_particle()))
            .collect();
        let ops: Vec<_> = values
            .iter()
            .map(|(bin, (particle_type, data))| Op::new(OpCode::WRITE, bin.as_bytes(), *particle_type, data))
            .collect();
        batch.row(&self.key.digest(), header, &fields, &ops);
    }
}

impl fmt::Display for RawRequest {
    /// Omits digests and keys, which differ from run to run.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Header {
            info1,
            info2,
            info3,
            generation,
            record_ttl,
            ..
        } = self.header;
        write!(
            f,
            "message {info1:?} {info2:?} {info3:?} generation {generation} ttl {record_ttl}"
        )?;
        for (field_type, _) in &self.fields {
            write!(f, " {}", field_type.name().unwrap_or("?"))?;
        }
        for (code, bin, value) in &self.ops {
            write!(f, " op {} {bin:?} {value}", code.0)?;
        }
        write!(f, " {}", self.described)
    }
}
