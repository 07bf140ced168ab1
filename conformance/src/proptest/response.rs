//! The response to a command.

use std::fmt;
use std::io;

use spikelet_wire::{FieldType, FrameHeader, FrameType, Info3, Message, OpCode, ParticleType, ResultCode, Value};

use super::command::{Action, Command};

/// The maximum difference between two void times, in seconds. The clocks differ, and so do the arrival times of
/// commands.
const VOID_TIME_TOLERANCE: u32 = 5;

/// The response to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The result code of the command.
    pub code: ResultCode,
    /// The record's generation.
    pub generation: u32,
    /// When the record expires, in seconds since 2010; 0 for never.
    pub void_time: u32,
    /// The results, in order.
    pub results: Vec<OpResult>,
    /// The rows of a batch, by index, or the records of a query, by digest.
    pub rows: Vec<Row>,
}

/// The response to a row of a batch, or a record that a query found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The index of the row in its batch; 0 for a query.
    pub index: u32,
    /// The digest, if the message has one.
    pub digest: Vec<u8>,
    /// The response.
    pub response: Response,
}

/// The result of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpResult {
    /// The code of the operation in the response.
    pub code: OpCode,
    /// The bin.
    pub bin: String,
    /// The type of the value.
    pub particle_type: ParticleType,
    /// The value's bytes.
    pub data: Vec<u8>,
}

impl Response {
    /// Decodes the response to a command that has no [rows](super::Command::has_rows).
    ///
    /// # Errors
    /// If it is not exactly one message.
    pub fn decode(frame: &[u8]) -> io::Result<Self> {
        let mut messages = messages(frame)?;
        match (messages.pop(), messages.pop()) {
            (Some(message), None) => Ok(Self::of(&message)),
            _ => Err(invalid("the response is not one message".to_owned())),
        }
    }

    /// Decodes the response to a command that has [rows](super::Command::has_rows): all frames up to the final message.
    ///
    /// # Errors
    /// If a frame is not a message.
    pub fn decode_rows(frames: &[u8]) -> io::Result<Self> {
        let mut messages = messages(frames)?;
        let last = messages
            .pop()
            .ok_or_else(|| invalid("the response is empty".to_owned()))?;
        let mut response = Self::of(&last);
        response.rows = messages
            .iter()
            .map(|message| Row {
                index: message.header.transaction_ttl,
                digest: message.field(FieldType::DIGEST).unwrap_or_default().to_vec(),
                response: Self::of(message),
            })
            .collect();
        // A batch may be answered in any order, and so may a query.
        response
            .rows
            .sort_by(|a, b| (a.index, &a.digest).cmp(&(b.index, &b.digest)));
        Ok(response)
    }

    /// Whether frames end with the final message of a response that has rows.
    pub(super) fn is_complete(frames: &[u8], command: &Command) -> io::Result<bool> {
        Ok(messages(frames)?.last().is_some_and(|last| {
            let is_query = matches!(command.action, Action::Query(_));
            // The response to a rejected query is one message with its error. A row of a batch may look the same.
            let is_row = last.field_count() > 0 || last.header.info3.contains(Info3::PARTITION_DONE);
            let is_rejected = is_query && last.header.result_code != 0 && !is_row;
            last.header.info3.contains(Info3::LAST) || is_rejected
        }))
    }

    fn of(message: &Message<'_>) -> Self {
        let results = message.ops().map(|op| OpResult {
            code: op.code,
            bin: String::from_utf8_lossy(op.name).into_owned(),
            particle_type: op.particle_type,
            data: op.value.to_vec(),
        });
        Self {
            code: message.header.result_code(),
            generation: message.header.generation,
            void_time: message.header.record_ttl,
            results: results.collect(),
            rows: Vec::new(),
        }
    }

    /// Whether it equals the response of another server. Void times may differ by a few seconds.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        self.agrees_except_void_time(other)
            && self.void_time.abs_diff(other.void_time) <= VOID_TIME_TOLERANCE
            && self
                .rows
                .iter()
                .zip(&other.rows)
                .all(|(a, b)| a.response.agrees(&b.response))
    }

    /// Whether it equals the response of another server except for the void time, for servers with different clocks.
    #[must_use]
    pub fn agrees_except_void_time(&self, other: &Self) -> bool {
        self.code == other.code
            && self.generation == other.generation
            && (self.void_time == 0) == (other.void_time == 0)
            && self.results == other.results
            && self.rows.len() == other.rows.len()
            && self.rows.iter().zip(&other.rows).all(|(a, b)| {
                (a.index, &a.digest) == (b.index, &b.digest) && a.response.agrees_except_void_time(&b.response)
            })
    }
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// The messages of whole frames.
fn messages(mut frames: &[u8]) -> io::Result<Vec<Message<'_>>> {
    let mut messages = Vec::new();
    while !frames.is_empty() {
        let Some((head, rest)) = frames.split_first_chunk() else {
            return Err(invalid("the response is not a frame".to_owned()));
        };
        let header = FrameHeader::decode(*head);
        if header.frame_type != FrameType::MESSAGE {
            return Err(invalid(format!(
                "the response is a frame of type {}",
                header.frame_type.0
            )));
        }
        let size = usize::try_from(header.size).unwrap_or(usize::MAX);
        let Some((mut body, rest)) = rest.split_at_checked(size) else {
            return Err(invalid("the response is a part of a frame".to_owned()));
        };
        while !body.is_empty() {
            let message;
            (message, body) = Message::decode_first(body).map_err(|error| invalid(error.to_string()))?;
            messages.push(message);
        }
        frames = rest;
    }
    Ok(messages)
}

impl OpResult {
    /// The value; [`Value::Other`] if it does not decode.
    #[must_use]
    pub fn value(&self) -> Value {
        Value::from_particle(self.particle_type, &self.data)
            .unwrap_or_else(|_| Value::Other(self.particle_type, self.data.clone()))
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code != ResultCode::OK {
            write!(f, "{:?}, ", self.code)?;
        }
        write!(f, "generation {}", self.generation)?;
        if self.void_time != 0 {
            write!(f, ", void time {}", self.void_time)?;
        }
        for result in &self.results {
            write!(f, ", {:?} = {}", result.bin, result.value())?;
        }
        for row in &self.rows {
            write!(f, ", [row {}: {}]", row.index, row.response)?;
        }
        Ok(())
    }
}
