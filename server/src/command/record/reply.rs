//! Replies to commands on one record.

use bytes::BytesMut;
use spikelet_wire::{FieldType, Header, MessageWriter, ResultCode};

use super::transaction::Version;

use crate::refusal::Refusal;
use crate::store::Record;

/// Where the reply to a command on one record is written: into a frame of its own, or into the frame of a batch as one of its
/// rows.
#[derive(Debug)]
pub(in crate::command) struct Reply<'b> {
    out: &'b mut BytesMut,
    row: Option<u32>,
    /// What a command of a transaction reports beside its result.
    transaction: Option<TransactionFields>,
}

/// The fields of a reply to a command of a transaction.
#[derive(Debug, Clone, Copy, Default)]
struct TransactionFields {
    version: Option<Version>,
    deadline: Option<u32>,
}

/// The metadata of a record in a reply. All of it is 0 if there is no record.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::command) struct Metadata {
    pub(in crate::command) generation: u16,
    pub(in crate::command) void_time: u32,
}

/// A command that was refused, and has no reply yet.
#[derive(Debug, Clone, Copy)]
pub(in crate::command) struct Refused {
    pub(in crate::command) refusal: Refusal,
    /// The metadata in the reply.
    pub(in crate::command) metadata: Metadata,
}

impl From<&Record> for Metadata {
    fn from(record: &Record) -> Self {
        Self {
            generation: record.generation,
            void_time: record.void_time,
        }
    }
}

/// Refused without metadata.
impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        refusal.with(Metadata::default())
    }
}

impl Refusal {
    /// Refused with the metadata of a record.
    pub(in crate::command) fn with(self, metadata: impl Into<Metadata>) -> Refused {
        Refused {
            refusal: self,
            metadata: metadata.into(),
        }
    }
}

impl TransactionFields {
    #[cold]
    fn write(self, message: &mut MessageWriter<'_>) {
        if let Some(version) = self.version {
            message.field(FieldType::RECORD_VERSION, &version);
        }
        if let Some(deadline) = self.deadline {
            message.field(FieldType::MRT_DEADLINE, &deadline.to_le_bytes());
        }
    }
}

impl<'b> Reply<'b> {
    pub(in crate::command) const fn single(out: &'b mut BytesMut) -> Self {
        Self {
            out,
            row: None,
            transaction: None,
        }
    }

    pub(in crate::command) const fn row(out: &'b mut BytesMut, index: u32) -> Self {
        Self {
            out,
            row: Some(index),
            transaction: None,
        }
    }

    pub(in crate::command) const fn is_row(&self) -> bool {
        self.row.is_some()
    }

    /// Replies with a result code and metadata alone.
    pub(in crate::command) fn status(&mut self, code: ResultCode, metadata: Metadata) {
        self.message(code, metadata).finish();
    }

    /// Replies that the command is refused, and returns the result code. Every refusal of a command on one record passes here.
    pub(in crate::command) fn refuse(&mut self, refused: impl Into<Refused>) -> ResultCode {
        let Refused { refusal, metadata } = refused.into();
        let code = refusal.result_code();
        tracing::debug!(code = code.0, "refused: {refusal}");
        self.status(code, metadata);
        code
    }

    /// Appends a reply that was written elsewhere.
    pub(super) fn append(&mut self, reply: &[u8]) {
        self.out.extend_from_slice(reply);
    }

    /// Begins a reply with bins.
    pub(in crate::command) fn message(&mut self, code: ResultCode, metadata: Metadata) -> MessageWriter<'_> {
        let header = Header {
            generation: u32::from(metadata.generation),
            record_ttl: metadata.void_time,
            // A row of a batch has its index in the place of a request's timeout.
            transaction_ttl: self.row.unwrap_or(0),
            ..Header::result(code)
        };
        let mut message = match self.row {
            None => MessageWriter::frame(self.out, &header),
            Some(_) => MessageWriter::bare(self.out, &header),
        };
        if let Some(fields) = self.transaction {
            fields.write(&mut message);
        }
        message
    }

    /// Sets the version of the record that a command of a transaction has read.
    pub(super) fn set_version(&mut self, version: Version) {
        self.transaction.get_or_insert_default().version = Some(version);
    }

    /// Takes that version back: the command has written the record.
    pub(super) fn take_version(&mut self) -> Option<Version> {
        self.transaction.as_mut()?.version.take()
    }

    /// Sets the deadline of a transaction, in seconds since 2010.
    pub(super) fn set_deadline(&mut self, deadline: u32) {
        self.transaction.get_or_insert_default().deadline = Some(deadline);
    }

    /// The same reply, written to another buffer.
    pub(super) const fn elsewhere<'o>(&self, out: &'o mut BytesMut) -> Reply<'o> {
        Reply {
            out,
            row: self.row,
            transaction: self.transaction,
        }
    }
}
