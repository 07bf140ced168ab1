//! A request as the log keeps it: as bytes, which are decoded on demand.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use spikelet_wire::batch::BatchRequest;
use spikelet_wire::msgpack::Reader;
use spikelet_wire::{
    FieldType, FrameHeader, FrameType, Header, Message, MessageWriter, ResultCode, UserKey, Value, frame, info,
};

use super::entry::{Entry, Policies, Request, Row};
use super::index_range::IndexRange;
use super::operation::Operation;
use super::outcome::{Outcome, Reply};
use super::security_request::{self, SecurityRequest};
use crate::clock::Now;
use crate::cluster::NodeId;
use crate::selector::{self, Subject};
use crate::selector::{Command, Kind};

/// The size above which the log keeps no operations and no rows of a request, in bytes.
const LARGEST: usize = 1024 * 1024;

/// A frame or a connection that arrived.
pub(crate) struct Arrived<'a> {
    pub(crate) now: Now,
    pub(crate) node: NodeId,
    pub(crate) peer: Option<SocketAddr>,
    /// The user that is logged in, after the request.
    pub(crate) user: Option<Arc<str>>,
    /// `None` for a new connection.
    pub(crate) frame: Option<(FrameHeader, &'a [u8])>,
}

/// A request in the log.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) number: u64,
    pub(crate) node: NodeId,
    pub(crate) kind: Kind,
    pub(crate) outcome: Outcome,
    now: Now,
    peer: Option<SocketAddr>,
    pub(crate) user: Option<Arc<str>>,
    body: Bytes,
    is_shortened: bool,
    /// The result codes of a batch's rows, by their index.
    rows: Arc<[(u32, ResultCode)]>,
}

/// A command or a row of a batch, as it is on the wire.
pub(crate) struct Part<'a> {
    pub(crate) subject: Subject<'a>,
    pub(crate) code: Option<ResultCode>,
    /// A row's index.
    row: Option<u32>,
    message: Option<Message<'a>>,
}

impl Recorded {
    pub(crate) fn new(number: u64, arrived: &Arrived<'_>) -> Self {
        let (kind, (body, is_shortened)) = match arrived.frame {
            Some((header, body)) => (Kind::of_frame(header, body), keep(header.frame_type, body)),
            None => (Command::Connect.into(), (Bytes::new(), false)),
        };
        Self {
            number,
            node: arrived.node,
            kind,
            outcome: Outcome::default(),
            now: arrived.now,
            peer: arrived.peer,
            user: arrived.user.clone(),
            body,
            is_shortened,
            rows: Arc::default(),
        }
    }

    pub(crate) fn answered(&mut self, reply: &Reply) {
        self.outcome = reply.outcome;
        self.rows = reply.rows.as_slice().into();
    }

    /// The approximate memory use, in bytes.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>() + self.body.len() + size_of_val(&*self.rows)
    }

    /// The command itself, or the rows of a batch.
    pub(crate) fn parts(&self) -> Vec<Part<'_>> {
        let rows = match self.kind.command {
            Command::Batch => self.batch_rows(),
            _ => Vec::new(),
        };
        if rows.is_empty() { vec![self.whole()] } else { rows }
    }

    fn whole(&self) -> Part<'_> {
        let message = match self.kind.command {
            Command::Info | Command::Batch | Command::Connect | Command::Security => None,
            _ => Message::decode(&self.body).ok(),
        };
        let subject = |message| Subject::of_message(self.kind, message);
        Part {
            subject: message.as_ref().map_or_else(|| Subject::of_kind(self.kind), subject),
            code: self.outcome.code,
            row: None,
            message,
        }
    }

    fn batch_rows(&self) -> Vec<Part<'_>> {
        let Ok(request) = BatchRequest::decode(&self.body) else {
            return Vec::new();
        };
        let rows = selector::rows(&request).map(|row| Part {
            subject: row.subject,
            code: None,
            row: Some(row.index),
            message: Some(row.message),
        });
        let mut parts: Vec<_> = rows.collect();
        let mut codes = self.rows.to_vec();
        codes.sort_unstable_by_key(|(index, _)| *index);
        for part in &mut parts {
            let at = codes.binary_search_by_key(&part.row, |(index, _)| Some(*index));
            part.code = at.ok().and_then(|at| codes.get(at)).map(|(_, code)| *code);
        }
        parts
    }

    pub(crate) fn entry(&self) -> Entry {
        let mut entry = Entry {
            number: self.number,
            node: self.node,
            time: self.now.into(),
            peer: self.peer,
            user: self.user.as_deref().map(str::to_owned),
            request: Request::default(),
            rows: Vec::new(),
            info: Vec::new(),
            security: None,
            is_shortened: self.is_shortened,
            outcome: self.outcome,
        };
        match self.kind.command {
            Command::Batch => {
                entry.request.command = Command::Batch;
                let rows = self.batch_rows();
                entry.request.writes = rows.iter().any(|row| row.subject.kind.writes);
                entry.rows = rows
                    .iter()
                    .map(|row| Row {
                        index: row.row.unwrap_or_default(),
                        request: row.request(),
                        code: row.code,
                    })
                    .collect();
            }
            Command::Info => {
                entry.request.command = Command::Info;
                entry.info = info::names(&self.body).map(text).collect();
            }
            Command::Security => {
                entry.request.command = Command::Security;
                entry.security = SecurityRequest::of(&self.body);
            }
            _ => entry.request = self.whole().request(),
        }
        entry
    }
}

impl Part<'_> {
    fn field(&self, field: FieldType) -> Option<&[u8]> {
        self.message.as_ref()?.field(field)
    }

    fn request(&self) -> Request {
        let field = |field| self.field(field).map(text);
        let udf = field(FieldType::UDF_FILENAME).map(|module| {
            let function = field(FieldType::UDF_FUNCTION).unwrap_or_default();
            format!("{module}.{function}")
        });
        let message = self.message.as_ref();
        let filter = self.field(FieldType::FILTER_EXPRESSION).is_some();
        let background = self.is_background();
        let subject = &self.subject;
        let policies = message.map(|message| Policies::of(&message.header, (filter, background), subject.transaction));
        Request {
            command: subject.kind.command,
            writes: subject.kind.writes,
            namespace: subject.namespace.map(text),
            set: subject.set.map(text),
            key: self.field(FieldType::KEY).and_then(|key| UserKey::from_field(key).ok()),
            digest: subject.digest,
            operations: message.map_or_else(Vec::new, |message| message.ops().map(|op| Operation::of(&op)).collect()),
            udf,
            udf_arguments: self.udf_arguments(),
            index: field(FieldType::INDEX_NAME),
            range: self.field(FieldType::INDEX_RANGE).and_then(IndexRange::of),
            policies: policies.unwrap_or_default(),
        }
    }

    /// A query that writes always runs in the background. A query with a UDF has a field that says whether it does.
    fn is_background(&self) -> bool {
        const BACKGROUND: &[u8] = &[2];
        let kind = self.subject.kind;
        kind.command == Command::Query
            && match self.field(FieldType::UDF_FILENAME) {
                Some(_) => self.field(FieldType::UDF_OP) == Some(BACKGROUND),
                None => kind.writes,
            }
    }

    fn udf_arguments(&self) -> Vec<Value> {
        let packed = self.field(FieldType::UDF_ARGLIST).unwrap_or_default();
        match Value::unpack(&mut Reader::new(packed)) {
            Ok(Value::List(arguments)) => arguments,
            _ => Vec::new(),
        }
    }
}

/// Returns what the log keeps of a frame's body, and whether it is shortened.
fn keep(frame_type: FrameType, body: &[u8]) -> (Bytes, bool) {
    match frame_type {
        FrameType::COMPRESSED => match frame::decompress(body) {
            Ok(inner) => keep_message(inner.get(FrameHeader::SIZE..).unwrap_or_default()),
            Err(_) => (Bytes::new(), false),
        },
        FrameType::INFO => (
            Bytes::copy_from_slice(body.get(..LARGEST).unwrap_or(body)),
            body.len() > LARGEST,
        ),
        FrameType::SECURITY => (security_request::without_secrets(body), false),
        _ => keep_message(body),
    }
}

fn keep_message(body: &[u8]) -> (Bytes, bool) {
    if body.len() <= LARGEST {
        return (Bytes::copy_from_slice(body), false);
    }
    let mut kept = BytesMut::new();
    match Message::decode(body) {
        Ok(message) => {
            let mut shortened = MessageWriter::bare(&mut kept, &message.header);
            message
                .fields()
                .filter(|field| field.data.len() <= usize::from(u16::MAX))
                .for_each(|field| shortened.field(field.field_type, field.data));
            shortened.finish();
        }
        Err(_) => kept.put_slice(body.get(..Header::SIZE).unwrap_or_default()),
    }
    (kept.freeze(), true)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
