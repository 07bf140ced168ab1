//! The response to a command.

use std::fmt;
use std::io;

use spikelet_wire::{FieldType, FrameHeader, FrameType, Info3, Message, OpCode, ParticleType, ResultCode, Value, info};

use super::command::Command;

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
    /// The reply to an info command, without its name.
    pub text: String,
}

/// The response to a row of a batch, or a record that a query found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The index of the row in its batch; 0 for a query.
    pub index: u32,
    /// The digest, if the message has one.
    pub digest: Vec<u8>,
    /// The value by which a secondary index found the record, if the message has one.
    pub found_by: Vec<u8>,
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
    /// Decodes the response to a command.
    ///
    /// # Errors
    /// If it is not a response to such a command.
    pub fn decode(frames: &[u8], command: &Command) -> io::Result<Self> {
        match (command.is_info(), command.has_rows()) {
            (true, _) => Self::decode_info(frames),
            (_, true) => Self::decode_rows(frames),
            (_, false) => Self::decode_one(frames),
        }
    }

    /// Decodes the response to an [info command](Command::is_info).
    fn decode_info(frame: &[u8]) -> io::Result<Self> {
        let whole = frame.split_first_chunk().and_then(|(head, rest)| {
            let header = FrameHeader::decode(*head);
            (header.frame_type == FrameType::INFO && header.size == rest.len() as u64).then_some(rest)
        });
        let text =
            String::from_utf8_lossy(whole.ok_or_else(|| invalid("the response is not one info frame".to_owned()))?);
        Ok(Self {
            code: ResultCode::OK,
            generation: 0,
            void_time: 0,
            results: Vec::new(),
            rows: Vec::new(),
            // The name of the command contains the namespace, the set and the index.
            text: info::answers(&text)
                .map(|(_, value)| value)
                .collect::<Vec<_>>()
                .join("\n"),
        })
    }

    /// Decodes the response to a command that has no [rows](Command::has_rows).
    fn decode_one(frame: &[u8]) -> io::Result<Self> {
        let mut messages = messages(frame)?;
        match (messages.pop(), messages.pop()) {
            (Some(message), None) => Ok(Self::of(&message)),
            _ => Err(invalid("the response is not one message".to_owned())),
        }
    }

    /// Decodes the response to a command that has [rows](Command::has_rows): all frames up to the final message.
    fn decode_rows(frames: &[u8]) -> io::Result<Self> {
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
                found_by: message.field(FieldType::BVALS).unwrap_or_default().to_vec(),
                response: Self::of(message),
            })
            .collect();
        // A batch may be answered in any order, and so may a query.
        response
            .rows
            .sort_by(|a, b| (a.index, &a.digest, &a.found_by).cmp(&(b.index, &b.digest, &b.found_by)));
        Ok(response)
    }

    /// Whether frames are a whole response. One that has rows ends with its final message.
    pub(super) fn is_complete(frames: &[u8], command: &Command) -> io::Result<bool> {
        if !command.has_rows() {
            return Ok(true);
        }
        Ok(messages(frames)?.last().is_some_and(|last| {
            let is_query = command.is_query();
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
            text: String::new(),
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
            && self.text == other.text
            && self.rows.len() == other.rows.len()
            && self.rows.iter().zip(&other.rows).all(|(a, b)| {
                (a.index, &a.digest, &a.found_by) == (b.index, &b.digest, &b.found_by)
                    && a.response.agrees_except_void_time(&b.response)
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
        if !self.text.is_empty() {
            return f.write_str(&self.text);
        }
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
            write!(f, ", [row {}: {}", row.index, row.response)?;
            if !row.found_by.is_empty() {
                write!(f, ", found by {:02x?}", row.found_by)?;
            }
            f.write_str("]")?;
        }
        Ok(())
    }
}
