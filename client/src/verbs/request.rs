//! Requests on one record: what a read, a write or a UDF call asks of the record, and the frame that carries it.

use bytes::BytesMut;
use spikelet_wire::frame::{COMPRESSION_THRESHOLD, MAX_BODY};
use spikelet_wire::{FieldType, FrameHeader, Header, Info1, Info2, Info4, MessageWriter, frame};

use super::options::ServerOptions;
use super::udf_call::UdfCall;
use crate::bins::Bins;
use crate::error::Error;
use crate::key::Key;
use crate::operation::{self, Operation};
use crate::policy::{Policy, WriteOptions};
use crate::transaction::Fields;

/// The content of a request on one record. It is without the key, so that the rows of a batch can share it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Content {
    pub(crate) info1: Info1,
    pub(crate) info2: Info2,
    info4: Info4,
    pub(crate) operations: Vec<Operation>,
    pub(crate) udf: Option<UdfCall>,
}

impl Content {
    pub(crate) fn read(info1: Info1) -> Self {
        Self {
            info1: Info1::READ | info1,
            ..Self::default()
        }
    }

    pub(crate) fn read_bins(bins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            operations: bins.into_iter().map(Operation::get).collect(),
            ..Self::read(Info1::empty())
        }
    }

    pub(crate) fn write(operations: Vec<Operation>) -> Self {
        Self {
            info2: Info2::WRITE,
            operations,
            ..Self::default()
        }
    }

    pub(crate) fn write_bins(bins: Bins) -> Self {
        Self::write(
            bins.into_iter()
                .map(|(bin, value)| Operation::write(bin, value))
                .collect(),
        )
    }

    pub(crate) fn remove() -> Self {
        Self {
            info2: Info2::WRITE | Info2::DELETE,
            ..Self::default()
        }
    }

    pub(crate) fn udf(call: UdfCall) -> Self {
        Self {
            info2: Info2::WRITE,
            udf: Some(call),
            ..Self::default()
        }
    }

    /// The verification of the version of a record, at the end of a transaction.
    pub(crate) fn verify() -> Self {
        Self {
            info1: Info1::READ | Info1::GET_NO_BINS,
            info4: Info4::MRT_VERIFY_READ,
            ..Self::default()
        }
    }

    /// The end of a transaction for a record that it has written.
    pub(crate) fn roll(forward: bool) -> Self {
        Self {
            info2: Info2::WRITE | Info2::DURABLE_DELETE,
            info4: match forward {
                true => Info4::MRT_ROLL_FORWARD,
                false => Info4::MRT_ROLL_BACK,
            },
            ..Self::default()
        }
    }

    /// Operations of any kind. The flags of the header follow from them.
    pub(crate) fn operate(operations: Vec<Operation>) -> Self {
        let mut content = Self {
            operations,
            ..Self::default()
        };
        for operation in &content.operations {
            match operation.reads() {
                true => content.info1.insert(Info1::READ),
                false => content.info2.insert(Info2::WRITE),
            }
            content.info1.set(
                Info1::GET_ALL,
                content.info1.contains(Info1::GET_ALL) || operation.reads_all(),
            );
        }
        content
    }

    pub(crate) const fn writes(&self) -> bool {
        self.info2.contains(Info2::WRITE)
    }

    /// The header of the request, without the timeout for the server.
    pub(crate) fn header(&self, options: &WriteOptions, server: ServerOptions) -> Header {
        let mut header = Header {
            info1: self.info1,
            info2: self.info2,
            info4: self.info4,
            ..Header::default()
        };
        match self.writes() {
            true => options.apply(&mut header),
            // In a read this field is the percentage of the TTL below which the read touches the record.
            false => {
                header.record_ttl = server.read_touch_ttl;
                header.info3 |= server.read_mode.flags();
            }
        }
        header
            .info2
            .set(Info2::RESPOND_ALL_OPS, options.respond_all_ops == Some(true));
        header
    }

    /// Rejects content that cannot be encoded.
    pub(crate) fn check(&self) -> Result<(), Error> {
        operation::check_all(&self.operations)
    }
}

/// Writes the frame of a command on one record.
pub(crate) fn encode(
    out: &mut BytesMut,
    key: &Key,
    content: &Content,
    options: &WriteOptions,
    transaction: Option<&Fields>,
    server: ServerOptions,
) -> Result<(), Error> {
    content.check()?;
    let header = Header {
        transaction_ttl: server.timeout,
        ..content.header(options, server)
    };
    let mut message = MessageWriter::frame(out, &header);
    message.field(FieldType::NAMESPACE, key.namespace().as_bytes());
    if !key.set().is_empty() {
        message.field(FieldType::SET, key.set().as_bytes());
    }
    message.field(FieldType::DIGEST, &key.digest().0);
    if let Some(transaction) = transaction {
        for (field_type, data) in transaction.iter() {
            message.field(field_type, data);
        }
    }
    if let Some(user_key) = key_to_send(key, content, options) {
        message.field(FieldType::KEY, &user_key);
    }
    if let Some(filter) = &options.filter {
        message.field(FieldType::FILTER_EXPRESSION, filter.as_bytes());
    }
    if let Some(udf) = &content.udf {
        udf.write_to(&mut message);
    }
    for operation in &content.operations {
        operation.write_to(&mut message);
    }
    message.finish();
    check_size(out)
}

/// The data of the key field, if the user's key is to be sent.
pub(crate) fn key_to_send(key: &Key, content: &Content, options: &WriteOptions) -> Option<Vec<u8>> {
    let sends_key = options.send_key == Some(true) && content.writes();
    key.user_key()
        .filter(|_| sends_key)
        .map(spikelet_wire::UserKey::to_field)
}

/// Asks for a compressed reply, and compresses the frame of a request if that makes it smaller. Does nothing unless the policy
/// says so.
pub(crate) fn compress(mut frame: BytesMut, policy: &Policy) -> BytesMut {
    if !policy.compress {
        return frame;
    }
    // The byte behind the size of the message's header.
    if let Some(info1) = frame.get_mut(FrameHeader::SIZE + 1) {
        *info1 |= Info1::COMPRESS_RESPONSE.bits();
    }
    if frame.len() <= COMPRESSION_THRESHOLD {
        return frame;
    }
    let compressed = frame::compress(&frame);
    match compressed.len() < frame.len() {
        true => BytesMut::from(&compressed[..]),
        false => frame,
    }
}

/// Rejects a frame over 128 MiB, on which the server would close the connection.
pub(crate) fn check_size(frame: &[u8]) -> Result<(), Error> {
    match (frame.len() - FrameHeader::SIZE) as u64 > MAX_BODY {
        true => Err(Error::argument("the command is over 128 MiB")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{ExistsAction, FilterExpression, Generation, Ttl};
    use spikelet_wire::{Info3, Message, OpCode, ParticleType};

    fn frame(key: &Key, content: &Content, options: &WriteOptions) -> Vec<u8> {
        let mut out = BytesMut::new();
        encode(
            &mut out,
            key,
            content,
            options,
            None,
            ServerOptions {
                timeout: 1000,
                ..ServerOptions::default()
            },
        )
        .unwrap();
        out.to_vec()
    }

    #[test]
    fn a_put_is_written_with_all_its_options() {
        let key = Key::new("test", "demo", "user1");
        let options = WriteOptions {
            ttl: Some(Ttl::Seconds(300)),
            generation: Some(Generation::Equal(7)),
            exists: Some(ExistsAction::ReplaceOnly),
            send_key: Some(true),
            filter: Some(FilterExpression::from_bytes([0xc3])),
            ..WriteOptions::default()
        };
        let content = Content::write(vec![Operation::write("age", 30)]);
        let frame = frame(&key, &content, &options);
        let message = Message::decode(&frame[8..]).unwrap();
        let header = message.header;
        assert_eq!(header.info2, Info2::WRITE | Info2::GENERATION);
        assert_eq!(header.info3, Info3::REPLACE_ONLY);
        assert_eq!(
            (header.generation, header.record_ttl, header.transaction_ttl),
            (7, 300, 1000)
        );
        let fields: Vec<_> = message.fields().map(|field| (field.field_type, field.data)).collect();
        assert_eq!(
            fields,
            [
                (FieldType::NAMESPACE, &b"test"[..]),
                (FieldType::SET, b"demo"),
                (FieldType::DIGEST, &key.digest().0),
                (FieldType::KEY, b"\x03user1"),
                (FieldType::FILTER_EXPRESSION, &[0xc3]),
            ]
        );
        let op = message.ops().next().unwrap();
        assert_eq!(
            (op.code, op.particle_type, op.name, op.value),
            (
                OpCode::WRITE,
                ParticleType::INTEGER,
                &b"age"[..],
                &[0, 0, 0, 0, 0, 0, 0, 30][..]
            )
        );
    }

    #[test]
    fn flags_follow_from_the_content() {
        let key = Key::new("test", "", 1);
        let flags = |content: &Content| {
            let frame = frame(&key, content, &WriteOptions::default());
            let message = Message::decode(&frame[8..]).unwrap();
            assert_eq!(message.field_count(), 2, "no set, no key");
            (message.header.info1, message.header.info2, message.op_count())
        };
        let none = (Info1::empty(), Info2::empty());
        let read = |info1| (Info1::READ | info1, none.1);
        let with = |(info1, info2), ops| (info1, info2, ops);
        assert_eq!(flags(&Content::read(Info1::GET_ALL)), with(read(Info1::GET_ALL), 0));
        assert_eq!(
            flags(&Content::read(Info1::GET_NO_BINS)),
            with(read(Info1::GET_NO_BINS), 0)
        );
        assert_eq!(flags(&Content::read_bins(["a", "b"])), with(read(none.0), 2));
        assert_eq!(flags(&Content::remove()), (none.0, Info2::WRITE | Info2::DELETE, 0));
        let operate = Content::operate(vec![Operation::add("n", 1), Operation::get("n")]);
        assert_eq!(flags(&operate), (Info1::READ, Info2::WRITE, 2));
        let operate = Content::operate(vec![Operation::get_all(), Operation::get("n")]);
        assert_eq!(flags(&operate), (Info1::READ | Info1::GET_ALL, none.1, 2));
        assert!(!operate.writes());
    }

    #[test]
    fn requests_are_compressed_if_that_makes_them_smaller() {
        let policy = Policy {
            compress: true,
            ..Policy::default()
        };
        let put = |text: &str| {
            let content = Content::write(vec![Operation::write("text", text)]);
            BytesMut::from(&frame(&Key::new("test", "demo", 1), &content, &WriteOptions::default())[..])
        };
        let small = put("aaaa");
        assert_eq!(compress(small.clone(), &Policy::default()), small);
        let compressed = compress(small.clone(), &policy);
        assert_eq!((compressed[1], compressed[9], compressed.len()), (3, 0x80, small.len()));
        let large = put(&"a".repeat(1000));
        let compressed = compress(large.clone(), &policy);
        assert_eq!(compressed[1], 4);
        assert!(compressed.len() < 150);
        let mut inner = BytesMut::from(&frame::decompress(&compressed[8..]).unwrap()[..]);
        assert_eq!(inner[9], 0x80);
        inner[9] = 0;
        assert_eq!(inner, large);
    }

    #[test]
    fn content_that_cannot_be_encoded_is_rejected() {
        let key = Key::new("test", "demo", 1);
        let refused = |operations| {
            let content = Content::write(operations);
            encode(
                &mut BytesMut::new(),
                &key,
                &content,
                &WriteOptions::default(),
                None,
                ServerOptions::default(),
            )
            .unwrap_err()
        };
        assert_eq!(
            refused(vec![Operation::write("x".repeat(256), 1)]).to_string(),
            "a bin's name is over 255 bytes"
        );
        assert_eq!(
            refused(vec![Operation::touch(); 65536]).to_string(),
            "a command has over 65535 operations"
        );
    }
}
