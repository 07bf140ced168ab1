//! Frames: which ones the server accepts, and the handling of compressed and security frames.

use bytes::{BufMut, BytesMut};
use spikelet_wire::{FrameHeader, FrameType, ResultCode, frame};

use crate::version::Edition;

/// Whether the server accepts a frame with this header. If not, it closes the connection.
#[must_use]
pub fn accepts(header: FrameHeader) -> bool {
    let version = match header.frame_type {
        // Old clients log in with version 0.
        FrameType::SECURITY => matches!(header.version, 0 | FrameHeader::VERSION),
        _ => header.version == FrameHeader::VERSION,
    };
    let known = (FrameType::INFO.0..=FrameType::INTERNAL_XDR.0).contains(&header.frame_type.0);
    version && known && header.size <= frame::MAX_BODY
}

/// The message in the body of a compressed frame; `None` if the body is malformed, or holds another kind of frame.
pub(super) fn decompress_message(body: &[u8]) -> Option<Vec<u8>> {
    let mut inner = frame::decompress(body).ok()?;
    let (header, message) = inner.split_first_chunk()?;
    if FrameHeader::decode(*header) != FrameHeader::new(FrameType::MESSAGE, message.len()) {
        return None;
    }
    Some(inner.split_off(FrameHeader::SIZE))
}

/// Replies to a request of the security protocol: security is not supported, or not enabled.
pub(super) fn refuse_security(edition: Edition, out: &mut BytesMut) {
    let code = match edition {
        Edition::Community => ResultCode::SECURITY_NOT_SUPPORTED,
        Edition::Enterprise => ResultCode::SECURITY_NOT_ENABLED,
    };
    // Scheme, result, command, number of fields, and 12 reserved bytes.
    let mut body = [0; 16];
    body[1] = code.0;
    out.put_slice(&FrameHeader::new(FrameType::SECURITY, body.len()).encode());
    out.put_slice(&body);
}
