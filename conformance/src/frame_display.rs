//! Readable forms of frames and messages, for reports.

use std::fmt;

use spikelet_wire::{FrameHeader, FrameType, Header, Message, Value};

/// Displays a frame in readable form.
#[derive(Debug, Clone, Copy)]
pub struct DisplayFrame<'a>(pub &'a [u8]);

/// Displays a message in readable form.
#[derive(Debug, Clone, Copy)]
pub struct DisplayMessage<'a>(pub &'a [u8]);

impl fmt::Display for DisplayFrame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match split_frame(self.0) {
            Some((header, body)) if header.frame_type == FrameType::INFO => {
                write!(f, "info {:?}", String::from_utf8_lossy(body))
            }
            Some((header, body)) if header.frame_type == FrameType::MESSAGE => DisplayMessage(body).fmt(f),
            _ => write!(f, "frame {}", hex(self.0)),
        }
    }
}

impl fmt::Display for DisplayMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(message) = Message::decode(self.0) else {
            return write!(f, "damaged message {}", hex(self.0));
        };
        let header @ Header {
            generation,
            transaction_ttl,
            ..
        } = message.header;
        write!(f, "{:?}", header.result_code())?;
        write_flags(f, &header)?;
        // The special values of a TTL, such as "never", are the highest numbers. As negative numbers they are easier to
        // read.
        let ttl = header.record_ttl as i32;
        write!(
            f,
            " generation={generation} ttl={ttl} transaction_ttl={transaction_ttl}"
        )?;
        for field in message.fields() {
            let name = field.field_type.name().unwrap_or("?");
            write!(f, " {name}[{}]={}", field.field_type.0, text_or_hex(field.data))?;
        }
        message.ops().try_for_each(|op| {
            write!(f, " op {} {:?}", op.code.0, String::from_utf8_lossy(op.name))?;
            match Value::from_particle(op.particle_type, op.value) {
                Ok(value) => write!(f, " = {value}"),
                Err(_) => write!(f, " = particle {} {}", op.particle_type.0, hex(op.value)),
            }
        })
    }
}

fn write_flags(f: &mut fmt::Formatter<'_>, header: &Header) -> fmt::Result {
    let names = header.info1.iter_names().map(|(name, _)| name);
    let names = names.chain(header.info2.iter_names().map(|(name, _)| name));
    let names = names.chain(header.info3.iter_names().map(|(name, _)| name));
    let mut names = names.chain(header.info4.iter_names().map(|(name, _)| name));
    names.try_for_each(|name| write!(f, " {name}"))
}

/// Splits a frame into its header and its body.
pub(crate) fn split_frame(frame: &[u8]) -> Option<(FrameHeader, &[u8])> {
    let (header, body) = frame.split_first_chunk()?;
    Some((FrameHeader::decode(*header), body))
}

fn text_or_hex(data: &[u8]) -> String {
    match std::str::from_utf8(data) {
        Ok(text) if text.chars().all(|c| c.is_ascii_graphic()) => text.to_owned(),
        _ => hex(data),
    }
}

/// Encodes bytes as hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
