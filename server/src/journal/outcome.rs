//! How a request ended, read from the bytes that answer it.

use std::fmt;

use spikelet_wire::{FrameHeader, FrameType, Info3, Message, ResultCode};

use crate::command::Command;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Outcome {
    /// What became of it.
    pub ended: Ended,
    /// The result code; `None` where there is none yet, and for info commands, which have none.
    ///
    /// A fault that keeps the answer from the client does not change this: it is how the server carried the request out.
    pub code: Option<ResultCode>,
    /// The generation of the record, behind a command on one record that succeeded and told it.
    pub generation: Option<u32>,
    /// How many records, rows or values a query or a batch was answered with.
    pub records: u64,
    /// The size of the answer in bytes, with the headers of its frames.
    pub bytes: u64,
    /// The fault that struck it, by the number of its rule.
    pub fault: Option<u64>,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Ended {
    /// Not over: a query that still runs, or what a fault lets wait.
    #[default]
    Pending,
    /// It was answered.
    Answered,
    /// It was not answered, or not wholly, and the connection was closed.
    Closed,
    /// It was not answered, or not wholly, and the connection stays open.
    Unanswered,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(f, "record")
    }
}

impl Outcome {
    /// Shows it, and calls by this name what there are several of in the answer.
    pub(super) fn show(&self, f: &mut fmt::Formatter<'_>, counted: &str) -> fmt::Result {
        match (self.code.map(|code| (code, code.name())), self.ended) {
            (Some((_, Some(name))), _) => f.write_str(name)?,
            (Some((code, None)), _) => write!(f, "result code {}", code.0)?,
            (None, Ended::Answered) => write!(f, "{} bytes", self.bytes)?,
            (None, _) => f.write_str("nothing")?,
        }
        if let Some(generation) = self.generation {
            write!(f, ", generation {generation}")?;
        }
        match self.records {
            0 => {}
            1 => write!(f, ", 1 {counted}")?,
            n => write!(f, ", {n} {counted}s")?,
        }
        match self.ended {
            Ended::Pending => f.write_str(", not over")?,
            Ended::Answered => {}
            Ended::Closed => f.write_str(", connection closed")?,
            Ended::Unanswered => f.write_str(", not answered")?,
        }
        match self.fault {
            Some(rule) => write!(f, ", by fault {rule}"),
            None => Ok(()),
        }
    }
}

/// What answers a request, read as it is written.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(super) outcome: Outcome,
    /// The result codes of a batch's rows, by their index.
    pub(super) rows: Vec<(u32, ResultCode)>,
}

impl Answer {
    /// Reads whole frames that answer a command.
    pub(super) fn read(&mut self, command: Command, mut bytes: &[u8]) {
        self.outcome.bytes += bytes.len() as u64;
        while let Some((header, rest)) = bytes.split_first_chunk::<{ FrameHeader::SIZE }>() {
            let header = FrameHeader::decode(*header);
            let size = usize::try_from(header.size).unwrap_or(usize::MAX);
            let (body, rest) = rest.split_at(size.min(rest.len()));
            bytes = rest;
            match header.frame_type {
                FrameType::MESSAGE => self.read_messages(command, body),
                // The second byte of a security answer is its result code.
                FrameType::SECURITY => self.outcome.code = body.get(1).copied().map(ResultCode),
                _ => {}
            }
        }
    }

    fn read_messages(&mut self, command: Command, mut body: &[u8]) {
        let is_stream = matches!(command, Command::Batch | Command::Query);
        while let Ok((message, rest)) = Message::decode_first(body) {
            body = rest;
            let (header, code) = (message.header, message.header.result_code());
            if !is_stream {
                self.outcome.code = Some(code);
                self.outcome.generation = Some(header.generation).filter(|&n| code.is_ok() && n > 0);
            } else if header.info3.contains(Info3::LAST) {
                self.outcome.code = Some(code);
            } else if command == Command::Batch {
                self.rows.push((header.transaction_ttl, code));
                self.outcome.records += 1;
            } else if !header.info3.contains(Info3::PARTITION_DONE) {
                self.outcome.records += 1;
            }
        }
    }
}
