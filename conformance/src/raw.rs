//! Messages as they stand on the wire, for what a client has no verb for.

use std::fmt;
use std::io;
use std::time::Duration;

use bytes::BytesMut;
use spikelet_client::Key;
use spikelet_wire::batch::{BatchFlags, BatchWriter};
use spikelet_wire::{
    Field, FieldType, FrameHeader, FrameType, Header, Info1, Info3, Message, MessageWriter, Op, OpCode, ResultCode,
    Value,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::scenario::End;
use crate::transcript::{Answer, Answered};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A message to send.
#[derive(Debug, Clone, Default)]
pub struct RawRequest {
    header: Header,
    fields: Vec<(FieldType, Vec<u8>)>,
    ops: Vec<(OpCode, String, Value)>,
    /// What is sent in a field of its own is described by this in place of its bytes, which differ from run to run.
    described: String,
}

/// A message that was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct RawAnswer {
    /// Its header.
    pub header: Header,
    /// Its bins, in order.
    pub bins: Vec<(String, Value)>,
}

impl RawRequest {
    /// A request about a record.
    #[must_use]
    pub fn new(key: &Key, header: Header) -> Self {
        Self::bare(header)
            .field(FieldType::NAMESPACE, key.namespace())
            .field(FieldType::SET, key.set())
            .field(FieldType::DIGEST, key.digest().0)
    }

    /// A request without any field.
    #[must_use]
    pub fn bare(header: Header) -> Self {
        Self {
            header,
            ..Self::default()
        }
    }

    /// A batch.
    #[must_use]
    pub fn batch(flags: BatchFlags, rows: &[RawRow]) -> Self {
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

    /// Takes the fields of a type away.
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

    /// Says in words what the transcript cannot see.
    #[must_use]
    pub fn described(mut self, words: &str) -> Self {
        self.described = words.to_owned();
        self
    }

    fn encode(&self) -> BytesMut {
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
pub struct RawRow {
    key: Key,
    /// Nothing in a row that repeats the one before.
    header: Option<Header>,
    writes: Vec<(String, Value)>,
}

impl RawRow {
    /// A row of its own.
    #[must_use]
    pub fn new(key: &Key, header: Header) -> Self {
        Self {
            key: key.clone(),
            header: Some(header),
            writes: Vec::new(),
        }
    }

    /// A row that asks what the row before asks, of another record.
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

impl RawAnswer {
    /// The result code.
    #[must_use]
    pub const fn code(&self) -> ResultCode {
        self.header.result_code()
    }

    fn decode(message: &Message<'_>) -> Result<Self, spikelet_wire::DecodeError> {
        let bins = message.ops().map(|op| {
            let name = String::from_utf8_lossy(op.name).into_owned();
            Ok((name, Value::from_particle(op.particle_type, op.value)?))
        });
        Ok(Self {
            header: message.header,
            bins: bins.collect::<Result<_, _>>()?,
        })
    }

    /// As it stands in a transcript.
    pub(crate) fn describe(&self) -> Answer {
        match self.code() {
            ResultCode::OK => {
                let bins = self.bins.iter().map(|(name, value)| (name.as_str(), value));
                Answer::Record(Answered::new(bins, self.header.generation, self.header.record_ttl))
            }
            code => Answer::Refused(code),
        }
    }
}

impl fmt::Display for RawRequest {
    /// Without digests and keys, which differ from run to run.
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

/// A connection that messages are sent over, as they are.
#[derive(Debug)]
pub(crate) struct Connection(TcpStream);

impl Connection {
    pub(crate) async fn open(hosts: &str) -> Result<Self, End> {
        let host = hosts.split(',').next().unwrap_or_default();
        let stream = within(TcpStream::connect(host)).await?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    pub(crate) async fn ask(&mut self, request: &RawRequest) -> Result<Vec<RawAnswer>, End> {
        within(self.0.write_all(&request.encode())).await?;
        let many = [FieldType::BATCH, FieldType::BATCH_WITH_SET];
        let many = request.fields.iter().any(|(field_type, _)| many.contains(field_type));
        let mut answers = Vec::new();
        loop {
            let body = self.frame().await?;
            let mut rest = &body[..];
            while !rest.is_empty() {
                let message;
                (message, rest) = Message::decode_first(rest)?;
                let last = message.header.info3.contains(Info3::LAST);
                // The message that ends a batch says nothing but that.
                if !(many && last && message.header.result_code == 0) {
                    answers.push(RawAnswer::decode(&message)?);
                }
                if last || !many {
                    answers.sort_by_key(|answer| answer.header.transaction_ttl);
                    return Ok(answers);
                }
            }
        }
    }

    async fn frame(&mut self) -> Result<Vec<u8>, End> {
        let mut header = [0; FrameHeader::SIZE];
        within(self.0.read_exact(&mut header)).await?;
        let header = FrameHeader::decode(header);
        if header.frame_type != FrameType::MESSAGE {
            return Err(End::failed(format_args!(
                "answered with a frame of type {}",
                header.frame_type.0
            )));
        }
        let mut body = Vec::new();
        let read = within((&mut self.0).take(header.size).read_to_end(&mut body)).await?;
        match read as u64 == header.size {
            true => Ok(body),
            false => Err(End::failed("the connection was closed within an answer")),
        }
    }
}

async fn within<T>(waiting: impl Future<Output = io::Result<T>>) -> Result<T, End> {
    match timeout(PATIENCE, waiting).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(End::failed(format_args!(
            "nothing within {} seconds",
            PATIENCE.as_secs()
        ))),
    }
}
