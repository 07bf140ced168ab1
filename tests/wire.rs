//! All recorded requests and responses decode, and encode to the same bytes.

use bytes::BytesMut;
use spikelet_conformance::recorded::{self, Expected};
use spikelet_wire::batch::{Batch, BatchWriter};
use spikelet_wire::{DecodeError, Field, FieldType, FrameHeader, FrameType, Message, MessageWriter, Op, Value, frame};

#[test]
fn requests_and_responses_reencode_to_the_same_bytes() {
    let (mut requests, mut answers) = (0, 0);
    for area in recorded::AREAS.iter().filter(|area| **area != "malformed") {
        for case in recorded::area(area).unwrap() {
            for step in case.steps {
                if !step.request.is_empty() {
                    assert_same(&case.id, &step.request);
                    requests += 1;
                }
                let Expected::Frames(frames) = step.expected else {
                    continue;
                };
                for frame in frames {
                    assert_same(&case.id, &frame);
                    answers += 1;
                }
            }
        }
    }
    assert!(
        requests > 60_000 && answers > 60_000,
        "{requests} requests, {answers} answers"
    );
}

#[test]
fn damaged_requests_do_not_panic_and_their_responses_reencode() {
    let mut refused = 0;
    for case in recorded::area("malformed").unwrap() {
        for step in case.steps {
            let again = reencoded(&step.request);
            refused += usize::from(again.is_err());
            let Expected::Frames(frames) = step.expected else {
                continue;
            };
            frames.iter().for_each(|frame| assert_same(&case.id, frame));
        }
    }
    assert!(refused > 50, "{refused} damaged requests were rejected");
}

#[test]
fn compressed_requests_decompress_to_the_same_bytes() {
    for case in recorded::area("batch").unwrap().iter().take(100) {
        for step in &case.steps {
            let compressed = frame::compress(&step.request);
            assert_eq!(
                frame::decompress(&compressed[FrameHeader::SIZE..]).unwrap(),
                step.request
            );
        }
    }
}

#[track_caller]
fn assert_same(id: &str, frame: &[u8]) {
    match reencoded(frame) {
        Ok(again) => assert_eq!(again, frame, "{id}"),
        Err(error) => panic!("{id}: {error}"),
    }
}

/// Decodes a frame and encodes it again.
fn reencoded(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let (head, body) = bytes.split_first_chunk().ok_or(DecodeError::new("no frame", 0))?;
    let header = FrameHeader::decode(*head);
    let mut out = BytesMut::new();
    if header.frame_type != FrameType::MESSAGE {
        frame::write(&mut out, header.frame_type, body);
        return Ok(out.to_vec());
    }
    let mut messages = BytesMut::new();
    let mut rest = body;
    while !rest.is_empty() {
        let message;
        (message, rest) = Message::decode_first(rest)?;
        reencode_message(&mut messages, &message)?;
    }
    frame::write(&mut out, FrameType::MESSAGE, &messages);
    Ok(out.to_vec())
}

fn reencode_message(out: &mut BytesMut, message: &Message<'_>) -> Result<(), DecodeError> {
    let mut writer = MessageWriter::bare(out, &message.header);
    for Field { field_type, data } in message.fields() {
        match field_type {
            FieldType::BATCH | FieldType::BATCH_WITH_SET => {
                let again = reencoded_batch(data)?;
                assert_eq!(rows(&again)?, rows(data)?);
                writer.field(field_type, data);
            }
            _ => writer.field(field_type, data),
        }
    }
    for op in message.ops() {
        let value = reencoded_value(&op)?;
        writer.op(&Op { value: &value, ..op });
    }
    writer.finish();
    Ok(())
}

/// The decoded rows of a batch. A row may encode absent flags, generation or TTL explicitly, but the writer omits those
/// bytes. Therefore the bytes are not compared.
fn rows(data: &[u8]) -> Result<Vec<String>, DecodeError> {
    let batch = Batch::decode(data)?;
    batch
        .rows()
        .map(|row| {
            let row = row?;
            let content = row.content.map(|content| content.message).map(|message| {
                let fields: Vec<_> = message.fields().collect();
                (message.header, fields, message.ops().collect::<Vec<_>>())
            });
            Ok(format!("{} {:?} {content:?}", row.index, row.digest))
        })
        .collect()
}

fn reencoded_batch(data: &[u8]) -> Result<BytesMut, DecodeError> {
    let mut out = BytesMut::new();
    let batch = Batch::decode(data)?;
    let mut writer = BatchWriter::new(&mut out, batch.flags);
    for row in batch.rows() {
        let row = row?;
        match row.content {
            Some(content) => {
                let (fields, ops): (Vec<_>, Vec<_>) =
                    (content.message.fields().collect(), content.message.ops().collect());
                writer.row(&row.digest, &content.message.header, &fields, &ops);
            }
            None => writer.repeat(&row.digest),
        }
    }
    writer.finish();
    Ok(out)
}

/// Decodes a scalar into a [`Value`] and encodes it again. The bytes of collections and GeoJSON contain flags and cells
/// from the server, which a value does not have, and a boolean may have any byte. They are returned unchanged.
fn reencoded_value(op: &Op<'_>) -> Result<Vec<u8>, DecodeError> {
    let value = Value::from_particle(op.particle_type, op.value);
    Ok(match value {
        Ok(Value::Bool(_) | Value::List(_) | Value::Map(_) | Value::GeoJson(_)) | Err(_) => op.value.to_vec(),
        Ok(value) => value.to_particle().1,
    })
}
