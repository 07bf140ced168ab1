//! The commands of a sequence.

use bytes::BytesMut;
use spikelet_client::{Index, Operation, Predicate};
use spikelet_wire::batch::{BatchFlags, BatchWriter};
use spikelet_wire::{
    Field, FieldType, FrameType, Header, Info1, Info2, Info3, MessageWriter, Op, OpCode, ParticleType, frame,
};

use super::records::Records;
use crate::known_crashes::Detector;

/// One command on the records of a sequence.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Command {
    /// The index of the record in the sequence, from 0; ignored if the action is not on one record.
    pub record: u8,
    /// The action.
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

/// An action on a record, or on several.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Executes operations on the record's bins in this order, all or none of them.
    Operate(Vec<Operation>),
    /// Deletes the record.
    Delete,
    /// Executes these commands as the rows of one batch, one after the other. Rows are not batches or queries.
    Batch(Vec<Command>),
    /// Finds the records of the sequence, without an index.
    Query(Bins),
    /// Finds the records of the sequence by a secondary index.
    Find {
        /// The bins to return.
        bins: Bins,
        /// The values to find.
        predicate: Predicate,
        /// The number of the index to use, whose bin the predicate does not name; otherwise the predicate describes it.
        index: Option<u8>,
    },
    /// Creates a secondary index on the records of the sequence, and waits until it is built. The number identifies it.
    CreateIndex(u8, Index),
    /// Removes the secondary index of this number.
    DropIndex(u8),
}

/// The bins that a query returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bins {
    /// All bins.
    All,
    /// No bins, only metadata.
    None,
    /// These bins.
    Some(Vec<String>),
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

    /// A batch of commands.
    #[must_use]
    pub fn batch(rows: Vec<Self>) -> Self {
        Self {
            action: Action::Batch(rows),
            ..Self::default()
        }
    }

    /// A query for the records of the sequence.
    #[must_use]
    pub fn query(bins: Bins) -> Self {
        Self {
            action: Action::Query(bins),
            ..Self::default()
        }
    }

    /// The creation of a secondary index on the records of the sequence.
    #[must_use]
    pub fn create_index(number: u8, index: Index) -> Self {
        Self {
            action: Action::CreateIndex(number, index),
            ..Self::default()
        }
    }

    /// The removal of a secondary index.
    #[must_use]
    pub fn drop_index(number: u8) -> Self {
        Self {
            action: Action::DropIndex(number),
            ..Self::default()
        }
    }

    /// The operations of a command on one record; all other commands have none.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        match &self.action {
            Action::Operate(operations) => operations,
            _ => &[],
        }
    }

    /// Whether the response is a stream of messages, one for each row of a batch or record of a query, which ends with a
    /// [final](Info3::LAST) one.
    #[must_use]
    pub const fn has_rows(&self) -> bool {
        matches!(self.action, Action::Batch(_)) || self.is_query()
    }

    /// Whether the response is the text of an info command.
    #[must_use]
    pub const fn is_info(&self) -> bool {
        matches!(self.action, Action::CreateIndex(..) | Action::DropIndex(_))
    }

    /// Whether the command finds records, with or without an index.
    #[must_use]
    pub const fn is_query(&self) -> bool {
        matches!(self.action, Action::Query(_) | Action::Find { .. })
    }

    /// The commands that remove everything that commands can create: records and indexes.
    #[must_use]
    pub fn clean_up(commands: &[Self]) -> Vec<Self> {
        let mut records: Vec<u8> = commands.iter().flat_map(Self::records).collect();
        let mut indexes: Vec<u8> = commands.iter().filter_map(Self::index).collect();
        for numbers in [&mut records, &mut indexes] {
            numbers.sort_unstable();
            numbers.dedup();
        }
        let records = records.into_iter().map(Self::delete);
        records.chain(indexes.into_iter().map(Self::drop_index)).collect()
    }

    /// The records that the command can create.
    fn records(&self) -> Vec<u8> {
        match &self.action {
            Action::Operate(_) => vec![self.record],
            Action::Batch(rows) => rows.iter().flat_map(Self::records).collect(),
            _ => Vec::new(),
        }
    }

    /// The index that the command creates.
    const fn index(&self) -> Option<u8> {
        match self.action {
            Action::CreateIndex(number, _) => Some(number),
            _ => None,
        }
    }

    /// Removes the operations that can cause a [known crash](crate::known_crashes). Returns whether any are left.
    pub(super) fn leave_out_known_crashes(&mut self, detector: &mut Detector) -> bool {
        match &mut self.action {
            Action::Operate(operations) => {
                operations.retain(|operation| {
                    let (particle_type, argument) = operation.argument();
                    detector.check(operation.code(), particle_type, &argument).is_none()
                });
                !operations.is_empty()
            }
            Action::Batch(rows) => {
                rows.retain_mut(|row| row.leave_out_known_crashes(detector));
                !rows.is_empty()
            }
            Action::CreateIndex(_, index) => index
                .context_bytes()
                .is_none_or(|context| detector.check_index(context).is_none()),
            _ => true,
        }
    }

    /// Encodes the command as a request frame for the records of a sequence.
    ///
    /// # Panics
    /// If the name of an indexed bin contains a semicolon or a line break, which no info command can contain.
    #[must_use]
    pub fn encode(&self, records: &Records) -> BytesMut {
        let mut out = BytesMut::new();
        if let Some(info) = self.info(records) {
            frame::write(&mut out, FrameType::INFO, format!("{info}\n").as_bytes());
            return out;
        }
        let mut message = MessageWriter::frame(&mut out, &self.header());
        match &self.action {
            Action::Operate(_) | Action::Delete => {
                message.field(FieldType::NAMESPACE, records.namespace().as_bytes());
                message.field(FieldType::SET, records.set().as_bytes());
                message.field(FieldType::DIGEST, &records.key(self.record).digest().0);
            }
            Action::Batch(rows) => message.field(FieldType::BATCH, &encode_rows(rows, records)),
            // They are info commands.
            Action::CreateIndex(..) | Action::DropIndex(_) => {}
            Action::Query(_) | Action::Find { .. } => {
                // Only the partitions of the records are searched, so that a query costs the same on a full server.
                let partitions = (0..Records::COUNT).map(|record| records.key(record).digest().partition_id().get());
                let mut partitions: Vec<u16> = partitions.collect();
                partitions.sort_unstable();
                partitions.dedup();
                let partitions: Vec<u8> = partitions.into_iter().flat_map(u16::to_le_bytes).collect();
                message.field(FieldType::NAMESPACE, records.namespace().as_bytes());
                message.field(FieldType::SET, records.set().as_bytes());
                message.field(FieldType::PARTITION_IDS, &partitions);
                // Without an id, which the server refuses if it has seen it before.
                message.field(FieldType::SOCKET_TIMEOUT, &10_000_u32.to_be_bytes());
            }
        }
        if let Action::Find { predicate, index, .. } = &self.action {
            let predicate = match index {
                Some(number) => &predicate.clone().index(records.index(*number)),
                None => predicate,
            };
            predicate
                .fields()
                .for_each(|(field_type, data)| message.field(field_type, &data));
        }
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
        if let Action::Query(Bins::Some(bins))
        | Action::Find {
            bins: Bins::Some(bins), ..
        } = &self.action
        {
            for bin in bins {
                message.op(&Op::new(OpCode::READ, bin.as_bytes(), ParticleType::NULL, &[]));
            }
        }
        message.finish();
        out
    }

    /// The info command of a command on indexes.
    fn info(&self, records: &Records) -> Option<String> {
        match &self.action {
            Action::CreateIndex(number, index) => {
                let line = index.to_info(records.namespace(), records.set(), &records.index(*number));
                Some(line.expect("the name of an indexed bin has no semicolon and no line break"))
            }
            Action::DropIndex(number) => Some(format!(
                "sindex-delete:namespace={};indexname={}",
                records.namespace(),
                records.index(*number)
            )),
            _ => None,
        }
    }

    fn header(&self) -> Header {
        let mut header = Header::default();
        match &self.action {
            Action::Batch(_) => {
                header.info1 = Info1::READ | Info1::BATCH;
                return header;
            }
            Action::Query(bins) | Action::Find { bins, .. } => {
                header.info1 = match bins {
                    Bins::All => Info1::READ | Info1::GET_ALL,
                    Bins::None => Info1::READ | Info1::GET_NO_BINS,
                    Bins::Some(_) => Info1::READ,
                };
                // The client understands the end of a partition.
                header.info3 = Info3::PARTITION_DONE;
                return header;
            }
            Action::Operate(_) | Action::Delete | Action::CreateIndex(..) | Action::DropIndex(_) => {}
        }
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

/// Encodes the field of a batch whose rows are executed one after the other.
fn encode_rows(rows: &[Command], records: &Records) -> BytesMut {
    let mut out = BytesMut::new();
    let flags = BatchFlags::INLINE_IN_MEMORY | BatchFlags::REPORT_ALL_ERRORS;
    let mut batch = BatchWriter::new(&mut out, flags);
    for row in rows {
        let mut fields = vec![
            Field {
                field_type: FieldType::NAMESPACE,
                data: records.namespace().as_bytes(),
            },
            Field {
                field_type: FieldType::SET,
                data: records.set().as_bytes(),
            },
        ];
        fields.extend(row.filter.as_deref().map(|filter| Field {
            field_type: FieldType::FILTER_EXPRESSION,
            data: filter,
        }));
        let arguments: Vec<_> = row.operations().iter().map(Operation::argument).collect();
        let ops: Vec<_> = row
            .operations()
            .iter()
            .zip(&arguments)
            .map(|(operation, (particle_type, argument))| {
                Op::new(operation.code(), operation.bin().as_bytes(), *particle_type, argument)
            })
            .collect();
        batch.row(&records.key(row.record).digest(), &row.header(), &fields, &ops);
    }
    batch.finish();
    out
}
