//! The commands of a sequence.

use bytes::BytesMut;
use spikelet_client::{Key, Operation};
use spikelet_wire::{FieldType, Header, Info1, Info2, Info3, MessageWriter, Op, OpCode};

/// One command on one of the records of a sequence.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Command {
    /// The index of the record in the sequence, from 0.
    pub record: u8,
    /// The action on the record.
    pub action: Action,
    /// The record exists action; ignored if the action only reads.
    pub exists: Exists,
    /// The generation policy; ignored if the action only reads.
    pub generation: Generation,
    /// The TTL of a write: in seconds, or one of [`ttl`](spikelet_wire::message::ttl).
    pub ttl: u32,
    /// Whether every operation gets a result.
    pub respond_all_ops: bool,
    /// The bytes of an expression that must be true of the record.
    pub filter: Option<Vec<u8>>,
}

/// An action on a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Executes operations on its bins in this order, all or none of them.
    Operate(Vec<Operation>),
    /// Deletes it.
    Delete,
}

/// The record exists action of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exists {
    /// Update the record, or create one.
    #[default]
    Update,
    /// Write only if there is a record.
    UpdateOnly,
    /// Replace the whole record, or create one.
    Replace,
    /// Replace the whole record, never create one.
    ReplaceOnly,
    /// Write only if there is no record.
    CreateOnly,
}

/// The generation policy of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Generation {
    /// Accept any generation.
    #[default]
    Any,
    /// Write only if the record has this generation; a record that does not exist has generation 0.
    Equal(u32),
    /// Write only if the record has a lower generation.
    Less(u32),
}

impl Default for Action {
    fn default() -> Self {
        Self::Operate(Vec::new())
    }
}

impl Command {
    /// Operations on a record, without conditions.
    #[must_use]
    pub fn operate(record: u8, operations: Vec<Operation>) -> Self {
        Self {
            record,
            action: Action::Operate(operations),
            ..Self::default()
        }
    }

    /// The deletion of a record, without conditions.
    #[must_use]
    pub fn delete(record: u8) -> Self {
        Self {
            record,
            action: Action::Delete,
            ..Self::default()
        }
    }

    /// The operations; a deletion has none.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        match &self.action {
            Action::Operate(operations) => operations,
            Action::Delete => &[],
        }
    }

    /// Encodes the command as a request frame for the record with a key.
    #[must_use]
    pub fn encode(&self, key: &Key) -> BytesMut {
        let mut out = BytesMut::new();
        let mut message = MessageWriter::frame(&mut out, &self.header());
        message.field(FieldType::NAMESPACE, key.namespace().as_bytes());
        message.field(FieldType::SET, key.set().as_bytes());
        message.field(FieldType::DIGEST, &key.digest().0);
        if let Some(filter) = &self.filter {
            message.field(FieldType::FILTER_EXPRESSION, filter);
        }
        for operation in self.operations() {
            let (particle_type, argument) = operation.argument();
            message.op(&Op::new(
                operation.code(),
                operation.bin().as_bytes(),
                particle_type,
                &argument,
            ));
        }
        message.finish();
        out
    }

    fn header(&self) -> Header {
        let mut header = Header::default();
        let writes = self.operations().iter().any(|operation| !operation.reads());
        let reads_all = |operation: &Operation| operation.code() == OpCode::READ && operation.bin().is_empty();
        if self.operations().iter().any(Operation::reads) {
            header.info1 |= Info1::READ;
        }
        if self.operations().iter().any(reads_all) {
            header.info1 |= Info1::GET_ALL;
        }
        header.info2.set(Info2::RESPOND_ALL_OPS, self.respond_all_ops);
        let deletes = self.action == Action::Delete;
        if !writes && !deletes {
            return header;
        }
        header.info2.set(Info2::WRITE, true);
        header.info2.set(Info2::DELETE, deletes);
        header.record_ttl = self.ttl;
        match self.exists {
            Exists::Update => {}
            Exists::UpdateOnly => header.info3 |= Info3::UPDATE_ONLY,
            Exists::Replace => header.info3 |= Info3::CREATE_OR_REPLACE,
            Exists::ReplaceOnly => header.info3 |= Info3::REPLACE_ONLY,
            Exists::CreateOnly => header.info2 |= Info2::CREATE_ONLY,
        }
        match self.generation {
            Generation::Any => {}
            Generation::Equal(generation) => {
                header.info2 |= Info2::GENERATION;
                header.generation = generation;
            }
            Generation::Less(generation) => {
                header.info2 |= Info2::GENERATION_GT;
                header.generation = generation;
            }
        }
        header
    }
}
