//! Frames: the 8-byte header before every body on a connection, and compressed frames.

use bytes::{BufMut, BytesMut};
use miniz_oxide::deflate::{self, CompressionLevel};
use miniz_oxide::inflate::{self, TINFLStatus};

use crate::error::{Cursor, DecodeError};

/// The largest body that the server accepts, in bytes.
pub const MAX_BODY: u64 = 128 * 1024 * 1024;

/// The size of the largest frame that is not worth compressing, in bytes. Clients and server have the same threshold.
pub const COMPRESSION_THRESHOLD: usize = 128;

/// The type of a frame's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameType(pub u8);

impl FrameType {
    /// Text of the info protocol.
    pub const INFO: Self = Self(1);
    /// The security protocol.
    pub const SECURITY: Self = Self(2);
    /// A [message](crate::message).
    pub const MESSAGE: Self = Self(3);
    /// The uncompressed size, followed by a whole frame compressed with zlib.
    pub const COMPRESSED: Self = Self(4);
    /// Between clusters only.
    pub const INTERNAL_XDR: Self = Self(5);
}

/// The frame's header: version, type and the size of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// The version of the frame format, always [`FrameHeader::VERSION`].
    pub version: u8,
    /// The type of the body.
    pub frame_type: FrameType,
    /// The size of the body in bytes, 48 bits on the wire.
    pub size: u64,
}

impl FrameHeader {
    /// Size of the header on the wire, in bytes.
    pub const SIZE: usize = 8;
    /// The only version in use.
    pub const VERSION: u8 = 2;

    /// The header for a body.
    #[must_use]
    pub const fn new(frame_type: FrameType, size: usize) -> Self {
        Self {
            version: Self::VERSION,
            frame_type,
            size: size as u64,
        }
    }

    /// Decodes a header.
    ///
    /// Version, type and size are not checked here, because a server handles each of them differently.
    #[must_use]
    pub fn decode(bytes: [u8; Self::SIZE]) -> Self {
        let [version, frame_type, size @ ..] = bytes;
        let [a, b, c, d, e, f] = size;
        Self {
            version,
            frame_type: FrameType(frame_type),
            size: u64::from_be_bytes([0, 0, a, b, c, d, e, f]),
        }
    }

    /// Encodes a header.
    #[must_use]
    pub const fn encode(self) -> [u8; Self::SIZE] {
        let [_, _, a, b, c, d, e, f] = self.size.to_be_bytes();
        [self.version, self.frame_type.0, a, b, c, d, e, f]
    }
}

/// Appends a whole frame: its header and `body`.
pub fn write(out: &mut BytesMut, frame_type: FrameType, body: &[u8]) {
    out.put_slice(&FrameHeader::new(frame_type, body.len()).encode());
    out.put_slice(body);
}

/// A frame whose size is not known yet. Its header is written after its body.
///
/// ```
/// use bytes::{BufMut, BytesMut};
/// use spikelet_wire::FrameType;
/// use spikelet_wire::frame::OpenFrame;
///
/// let mut out = BytesMut::new();
/// let frame = OpenFrame::begin(&mut out);
/// out.put_slice(b"build\n");
/// frame.finish(FrameType::INFO, &mut out);
/// assert_eq!(&out[..], b"\x02\x01\0\0\0\0\0\x06build\n");
/// ```
#[derive(Debug)]
#[must_use = "a frame is whole only when it is finished"]
pub struct OpenFrame {
    start: usize,
}

impl OpenFrame {
    /// Begins a frame at the end of `out`. Everything appended afterwards is its body.
    pub fn begin(out: &mut BytesMut) -> Self {
        let start = out.len();
        out.put_bytes(0, FrameHeader::SIZE);
        Self { start }
    }

    /// The current size of its body, in bytes.
    #[must_use]
    pub fn body_size(&self, out: &BytesMut) -> usize {
        out.len().saturating_sub(self.start + FrameHeader::SIZE)
    }

    /// Completes the frame by writing its header.
    pub fn finish(self, frame_type: FrameType, out: &mut BytesMut) {
        let header = FrameHeader::new(frame_type, self.body_size(out)).encode();
        if let Some(reserved) = out.get_mut(self.start..self.start + FrameHeader::SIZE) {
            reserved.copy_from_slice(&header);
        }
    }

    /// Removes what is written so far from `out`, for [`resume`](Self::resume).
    #[must_use]
    pub fn suspend(self, out: &mut BytesMut) -> BytesMut {
        out.split_off(self.start.min(out.len()))
    }

    /// Continues a frame at the end of `out`.
    pub fn resume(suspended: &BytesMut, out: &mut BytesMut) -> Self {
        let start = out.len();
        out.extend_from_slice(suspended);
        Self { start }
    }

    /// Discards the whole frame.
    pub fn abandon(self, out: &mut BytesMut) {
        out.truncate(self.start);
    }
}

/// Compresses a whole frame into a frame of type [`FrameType::COMPRESSED`].
///
/// The body is the uncompressed size (8 bytes) and the zlib stream of the inner frame, header included.
#[must_use]
pub fn compress(frame: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(FrameHeader::SIZE + 8 + frame.len() / 2);
    body.put_slice(&[0; FrameHeader::SIZE]);
    body.put_u64(frame.len() as u64);
    body.put_slice(&deflate::compress_to_vec_zlib(frame, CompressionLevel::BestSpeed as u8));
    let header = FrameHeader::new(FrameType::COMPRESSED, body.len() - FrameHeader::SIZE);
    body[..FrameHeader::SIZE].copy_from_slice(&header.encode());
    body
}

/// The uncompressed size that the body of a compressed frame announces, in bytes; 0 if it is too short for that.
#[must_use]
pub fn announced_size(body: &[u8]) -> u64 {
    body.first_chunk().map_or(0, |size| u64::from_be_bytes(*size))
}

/// Decompresses the frame in the body of a compressed frame.
///
/// # Errors
/// If the stream is damaged, its uncompressed size is not the announced one, or the announced one is over [`MAX_BODY`].
pub fn decompress(body: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut cursor = Cursor::new(body);
    let size = u64::from_be_bytes(cursor.array("a compressed frame without its uncompressed size")?);
    if size > MAX_BODY + FrameHeader::SIZE as u64 {
        return Err(DecodeError::new("the uncompressed size is over the limit", 0));
    }
    // One byte more than announced is enough to detect a wrong size. No memory is allocated from the announced size.
    match inflate::decompress_to_vec_zlib_with_limit(cursor.rest(), size as usize + 1) {
        Ok(frame) if frame.len() as u64 == size => Ok(frame),
        Err(error) if error.status != TINFLStatus::HasMoreOutput => {
            Err(DecodeError::new("a damaged zlib stream", cursor.at()))
        }
        _ => Err(DecodeError::new("the uncompressed size is not the announced one", 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_keeps_48_bits_of_size() {
        let header = FrameHeader {
            version: 2,
            frame_type: FrameType::MESSAGE,
            size: 0x0000_8123_4567_89ab,
        };
        assert_eq!(header.encode(), [2, 3, 0x81, 0x23, 0x45, 0x67, 0x89, 0xab]);
        assert_eq!(FrameHeader::decode(header.encode()), header);
    }

    #[test]
    fn a_compressed_frame_round_trips() {
        let mut frame = BytesMut::new();
        write(&mut frame, FrameType::INFO, &[b'a'; 5000]);
        let compressed = compress(&frame);
        assert!(compressed.len() < 200);
        let header = FrameHeader::decode(compressed[..8].try_into().unwrap());
        assert_eq!(
            (header.frame_type, header.size),
            (FrameType::COMPRESSED, compressed.len() as u64 - 8)
        );
        assert_eq!(decompress(&compressed[8..]).unwrap(), frame);
    }

    #[test]
    fn a_stream_that_is_damaged_or_has_a_wrong_size_is_rejected() {
        let mut compressed = compress(&[7; 100])[8..].to_vec();
        compressed[7] = 99;
        assert_eq!(
            decompress(&compressed).unwrap_err().what,
            "the uncompressed size is not the announced one"
        );
        compressed[0] = 1;
        assert_eq!(
            decompress(&compressed).unwrap_err().what,
            "the uncompressed size is over the limit"
        );
        assert_eq!(
            decompress(&[0, 0, 0, 0, 0, 0, 0, 9, 1, 2]).unwrap_err().what,
            "a damaged zlib stream"
        );
        assert!(decompress(&[0; 7]).is_err());
    }
}
