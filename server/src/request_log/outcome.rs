//! The outcome of a request, decoded from the reply.

use std::fmt;

use spikelet_wire::{FrameHeader, FrameType, Info3, Message, ResultCode};

use crate::selector::Command;

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Outcome {
    /// How the request ended.
    pub ended: Ended,
    /// The result code; `None` while there is none, and for info commands, which have none.
    ///
    /// This is the result of execution, even if a fault kept the reply from the client.
    pub code: Option<ResultCode>,
    /// The generation in the reply to a successful command on one record, if the reply has one.
    pub generation: Option<u32>,
    /// The number of records, rows or values in the reply to a query or a batch.
    pub records: u64,
    /// The size of the reply in bytes, including frame headers, and before it is compressed.
    pub bytes: u64,
    /// The id of the fault that fired on the request.
    pub fault: Option<u64>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Ended {
    /// It has not ended: a query is running, or a fault delays the request.
    #[default]
    Pending,
    /// The whole reply was sent.
    Answered,
    /// No reply, or only part of it, was sent, and the connection was closed.
    Closed,
    /// No reply, or only part of it, was sent, and the connection stays open.
    Unanswered,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(f, "record")
    }
}

impl Outcome {
    /// Formats the outcome, with this noun for the items in the reply.
    pub(super) fn show(&self, f: &mut fmt::Formatter<'_>, counted: &str) -> fmt::Result {
        let code = self.code.map(|code| match code.name() {
            Some(name) => name.to_owned(),
            None => format!("result code {}", code.0),
        });
        let (bytes, ended) = match self.ended {
            Ended::Answered => (code.is_none().then(|| format!("{} bytes", self.bytes)), None),
            Ended::Pending => (None, Some("pending")),
            Ended::Closed => (None, Some("connection closed")),
            Ended::Unanswered => (None, Some("not answered")),
        };
        let records = match self.records {
            0 => None,
            1 => Some(format!("1 {counted}")),
            n => Some(format!("{n} {counted}s")),
        };
        let words = [
            code,
            bytes,
            self.generation.map(|generation| format!("generation {generation}")),
            records,
            ended.map(str::to_owned),
            self.fault.map(|rule| format!("by fault {rule}")),
        ];
        f.write_str(&words.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// A reply, decoded while it is written.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(super) outcome: Outcome,
    /// The result codes of a batch's rows, by their index.
    pub(super) rows: Vec<(u32, ResultCode)>,
}

impl Reply {
    /// Decodes complete frames of the reply to a command.
    pub(super) fn read(&mut self, command: Command, mut bytes: &[u8]) {
        self.outcome.bytes += bytes.len() as u64;
        while let Some((header, rest)) = bytes.split_first_chunk::<{ FrameHeader::SIZE }>() {
            let header = FrameHeader::decode(*header);
            let size = usize::try_from(header.size).unwrap_or(usize::MAX);
            let (body, rest) = rest.split_at(size.min(rest.len()));
            bytes = rest;
            match header.frame_type {
                FrameType::MESSAGE => self.read_messages(command, body),
                // The second byte of a security reply is its result code.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_there_is_is_shown() {
        let text = |ended, code, generation, records, fault| {
            let bytes = 30;
            Outcome {
                ended,
                code,
                generation,
                records,
                bytes,
                fault,
            }
            .to_string()
        };
        let ok = Some(ResultCode::OK);
        assert_eq!(text(Ended::Pending, None, None, 0, None), "pending");
        assert_eq!(
            text(Ended::Pending, None, None, 7, Some(2)),
            "7 records, pending, by fault 2"
        );
        assert_eq!(text(Ended::Answered, None, None, 0, None), "30 bytes");
        assert_eq!(text(Ended::Answered, ok, Some(3), 0, None), "OK, generation 3");
        assert_eq!(
            text(Ended::Answered, Some(ResultCode(250)), None, 1, None),
            "result code 250, 1 record"
        );
        assert_eq!(text(Ended::Unanswered, None, None, 0, None), "not answered");
        assert_eq!(
            text(Ended::Closed, ok, None, 0, Some(1)),
            "OK, connection closed, by fault 1"
        );
    }
}
