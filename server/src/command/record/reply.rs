//! Answers: written into the connection's buffer as they come to be.

use bytes::BytesMut;
use spikelet_wire::{Header, MessageWriter, ResultCode};

use crate::store::Record;

/// Where the answer to a command on one record goes: into a frame of its own, or into a batch's as one row of many.
#[derive(Debug)]
pub(in crate::command) struct Reply<'b> {
    out: &'b mut BytesMut,
    row: Option<u32>,
}

/// What an answer says of a record beside its bins. All 0 where there is no record.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::command) struct Metadata {
    pub(in crate::command) generation: u16,
    pub(in crate::command) void_time: u32,
}

impl From<&Record> for Metadata {
    fn from(record: &Record) -> Self {
        Self {
            generation: record.generation,
            void_time: record.void_time,
        }
    }
}

impl<'b> Reply<'b> {
    pub(in crate::command) const fn single(out: &'b mut BytesMut) -> Self {
        Self { out, row: None }
    }

    pub(in crate::command) const fn row(out: &'b mut BytesMut, index: u32) -> Self {
        Self { out, row: Some(index) }
    }

    pub(in crate::command) const fn is_row(&self) -> bool {
        self.row.is_some()
    }

    /// Answers with nothing but a result code and the record's metadata.
    pub(in crate::command) fn status(&mut self, code: ResultCode, metadata: Metadata) {
        self.message(code, metadata).finish();
    }

    /// Begins an answer with bins.
    pub(in crate::command) fn message(&mut self, code: ResultCode, metadata: Metadata) -> MessageWriter<'_> {
        let header = Header {
            generation: u32::from(metadata.generation),
            record_ttl: metadata.void_time,
            // A row of a batch says which it is where a request says how long it may take.
            transaction_ttl: self.row.unwrap_or(0),
            ..Header::result(code)
        };
        match self.row {
            None => MessageWriter::frame(self.out, &header),
            Some(_) => MessageWriter::bare(self.out, &header),
        }
    }
}
