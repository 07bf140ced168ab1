//! The request of a batch: the rows for one node as one frame.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::BytesMut;
use spikelet_wire::batch::{BatchFlags, BatchWriter};
use spikelet_wire::{Field, FieldType, Header, Info1, MessageWriter, Op};

use super::super::options::ServerOptions;
use super::super::request::{Content, check_size, key_to_send};
use super::super::udf_call::UdfCall;
use crate::error::Error;
use crate::key::Key;
use crate::policy::WriteOptions;
use crate::transaction::Fields;

/// A row that is ready to be sent: its options include those of the batch.
#[derive(Debug)]
pub(crate) struct PreparedRow {
    pub(crate) key: Key,
    pub(crate) content: Arc<Content>,
    pub(crate) options: WriteOptions,
    pub(crate) transaction: Option<Fields>,
}

impl PreparedRow {
    fn user_key(&self) -> Option<Vec<u8>> {
        key_to_send(&self.key, &self.content, &self.options)
    }

    /// Whether the row has the same content as the row before, so that it can be sent as a repeat.
    fn repeats(&self, before: &Self) -> bool {
        self.key.namespace() == before.key.namespace()
            && self.key.set() == before.key.set()
            && (Arc::ptr_eq(&self.content, &before.content) || self.content == before.content)
            && self.options == before.options
            && self.transaction == before.transaction
            // A user key that is sent differs from row to row.
            && (self.options.send_key != Some(true) || self.user_key().is_none() && before.user_key().is_none())
    }

    fn write_to(&self, batch: &mut BatchWriter<'_>, server: ServerOptions) {
        let user_key = self.user_key();
        let filter = self.options.filter.as_ref();
        let fields = [
            (FieldType::NAMESPACE, Some(self.key.namespace().as_bytes())),
            (
                FieldType::SET,
                Some(self.key.set().as_bytes()).filter(|set| !set.is_empty()),
            ),
            (FieldType::KEY, user_key.as_deref()),
            (FieldType::FILTER_EXPRESSION, filter.map(|filter| filter.as_bytes())),
        ];
        let udf = self.content.udf.iter().flat_map(UdfCall::fields);
        let fields = fields
            .into_iter()
            .filter_map(|(field_type, data)| data.map(|data| (field_type, data)))
            .chain(self.transaction.iter().flat_map(Fields::iter))
            .chain(udf)
            .map(|(field_type, data)| Field { field_type, data });
        let operations = &self.content.operations;
        let arguments: Vec<_> = operations.iter().map(|operation| operation.argument()).collect();
        let ops =
            operations
                .iter()
                .zip(&arguments)
                .map(|(operation, (particle_type, data)): (_, &(_, Cow<'_, [u8]>))| {
                    Op::new(operation.code(), operation.bin().as_bytes(), *particle_type, data)
                });
        let header = self.content.header(&self.options, server);
        batch.row(
            &self.key.digest(),
            &header,
            &fields.collect::<Vec<_>>(),
            &ops.collect::<Vec<_>>(),
        );
    }
}

/// Encodes the frame of some rows.
pub(crate) fn encode<'a>(
    out: &mut BytesMut,
    flags: BatchFlags,
    rows: impl Iterator<Item = &'a PreparedRow>,
    server: ServerOptions,
) -> Result<(), Error> {
    let mut field = BytesMut::new();
    let mut batch = BatchWriter::new(&mut field, flags);
    let mut before: Option<&PreparedRow> = None;
    for row in rows {
        match before.is_some_and(|before| row.repeats(before)) {
            true => batch.repeat(&row.key.digest()),
            false => row.write_to(&mut batch, server),
        }
        before = Some(row);
    }
    batch.finish();
    let header = Header {
        info1: Info1::READ | Info1::BATCH,
        transaction_ttl: server.timeout,
        ..Header::default()
    };
    let mut message = MessageWriter::frame(out, &header);
    message.field(FieldType::BATCH, &field);
    message.finish();
    check_size(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Operation;
    use crate::policy::Ttl;
    use spikelet_wire::batch::Batch;
    use spikelet_wire::{Info2, Message};

    fn rows(rows: &[PreparedRow]) -> Vec<Option<(Header, usize, usize)>> {
        let mut out = BytesMut::new();
        encode(
            &mut out,
            BatchFlags::REPORT_ALL_ERRORS,
            rows.iter(),
            ServerOptions {
                timeout: 1000,
                ..ServerOptions::default()
            },
        )
        .unwrap();
        let message = Message::decode(&out[8..]).unwrap();
        assert_eq!(message.header.transaction_ttl, 1000);
        let batch = Batch::decode(message.field(FieldType::BATCH).unwrap()).unwrap();
        let rows = batch.rows().map(|row| row.unwrap().content);
        rows.map(|content| content.map(|c| (c.message.header, c.message.field_count(), c.message.op_count())))
            .collect()
    }

    fn row(key: i64, content: &Arc<Content>, options: &WriteOptions) -> PreparedRow {
        PreparedRow {
            key: Key::new("test", "demo", key),
            content: content.clone(),
            options: options.clone(),
            transaction: None,
        }
    }

    #[test]
    fn rows_with_the_same_content_are_sent_as_repeats() {
        let add = || Arc::new(Content::operate(vec![Operation::add("views", 1)]));
        let (content, options) = (add(), WriteOptions::default());
        let forever = WriteOptions {
            ttl: Some(Ttl::Never),
            ..WriteOptions::default()
        };
        let rows = rows(&[
            row(1, &content, &options),
            row(2, &content, &options),
            row(3, &add(), &options),
            row(4, &add(), &forever),
            PreparedRow {
                key: Key::new("test", "other", 5),
                ..row(5, &content, &forever)
            },
        ]);
        assert_eq!(
            rows.iter().map(Option::is_none).collect::<Vec<_>>(),
            [false, true, true, false, false]
        );
        let (header, fields, ops) = rows[0].unwrap();
        assert_eq!(
            (header.info1, header.info2, fields, ops),
            (Info1::empty(), Info2::WRITE, 2, 1)
        );
        assert_eq!(rows[3].unwrap().0.record_ttl, u32::MAX);
    }

    #[test]
    fn rows_that_send_user_keys_are_not_sent_as_repeats() {
        let options = WriteOptions {
            send_key: Some(true),
            ..WriteOptions::default()
        };
        let remove = Arc::new(Content::remove());
        let rows = rows(&[row(1, &remove, &options), row(2, &remove, &options)]);
        assert!(rows.iter().all(|row| row.unwrap().1 == 3));
    }
}
