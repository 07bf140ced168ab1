//! Frames that are no messages: which are read at all, and what becomes of the compressed, the secured and the internal.

use bytes::{BufMut, BytesMut};
use spikelet_wire::{FrameHeader, FrameType, Header, Info1, Message, MessageWriter, ResultCode, frame};

use super::stats::add;
use super::{Engine, Flow, Session};
use crate::clock::Now;
use crate::config::Edition;

/// Whether the server reads the body that a header announces.
pub(super) fn accepts(header: FrameHeader) -> bool {
    let version = match header.frame_type {
        // Old clients log in with a version of 0.
        FrameType::SECURITY => matches!(header.version, 0 | FrameHeader::VERSION),
        _ => header.version == FrameHeader::VERSION,
    };
    let known = (FrameType::INFO.0..=FrameType::INTERNAL_XDR.0).contains(&header.frame_type.0);
    version && known && header.size <= frame::MAX_BODY
}

/// Compression is an Enterprise feature, and only messages are compressed.
pub(super) fn handle_compressed(
    engine: &Engine,
    now: Now,
    session: &mut Session,
    body: &[u8],
    out: &mut BytesMut,
) -> Flow {
    if engine.config().edition == Edition::Community {
        return refuse(session, ResultCode::ENTERPRISE_ONLY, out);
    }
    let inner = frame::decompress(body).ok();
    let message = inner.as_deref().and_then(|inner| {
        let (header, body) = inner.split_first_chunk()?;
        (FrameHeader::decode(*header) == FrameHeader::new(FrameType::MESSAGE, body.len())).then_some(body)
    });
    match message {
        Some(message) => engine.handle_message(now, session, message, out),
        None => refuse(session, ResultCode::PARAMETER, out),
    }
}

/// Answers whatever is asked of the security protocol: there is none.
pub(super) fn refuse_security(engine: &Engine, out: &mut BytesMut) -> Flow {
    let code = match engine.config().edition {
        Edition::Community => ResultCode::SECURITY_NOT_SUPPORTED,
        Edition::Enterprise => ResultCode::SECURITY_NOT_ENABLED,
    };
    // Scheme, result, command, count of fields, and 12 bytes that are reserved.
    let mut body = [0; 16];
    body[1] = code.0;
    out.put_slice(&FrameHeader::new(FrameType::SECURITY, body.len()).encode());
    out.put_slice(&body);
    Flow::Continue
}

/// What servers send one another is checked like a message, and then never answered.
pub(super) fn handle_internal(
    engine: &Engine,
    now: Now,
    session: &mut Session,
    body: &[u8],
    out: &mut BytesMut,
) -> Flow {
    match Message::decode(body) {
        Ok(message) if !message.header.info1.contains(Info1::BATCH) => Flow::Ignore,
        _ => engine.handle_message(now, session, body, out),
    }
}

fn refuse(session: &Session, code: ResultCode, out: &mut BytesMut) -> Flow {
    add(&session.stats.demarshal_error, 1);
    MessageWriter::frame(out, &Header::result(code)).finish();
    Flow::Continue
}
