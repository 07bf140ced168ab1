//! Compressed requests and answers.
//!
//! A request is decompressed before anything else looks at it, and an answer is compressed after everything else has looked at
//! it. So commands, faults and the journal see what is inside.

use bytes::{Buf, BytesMut};
use spikelet_wire::{FrameHeader, FrameType, frame};
use tokio::task::spawn_blocking;

use super::task::Workers;
use crate::command::Compression;

/// The largest request or answer that is not handed to another thread, in bytes. To compress it takes about a millisecond.
const INLINE: usize = 128 * 1024;

/// Takes a compressed frame from the start of `input`, where it is whole. Returns the message inside; if the frame is damaged
/// or holds anything else, a compressed frame without a body, which is refused.
pub(super) async fn decompress(workers: Workers, input: &mut BytesMut) -> BytesMut {
    let size = input
        .first_chunk()
        .map_or(0, |header| FrameHeader::decode(*header).size);
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    input.advance(FrameHeader::SIZE.min(input.len()));
    let body = input.split_to(size.min(input.len()));
    let is_large = frame::announced_size(&body) > INLINE as u64;
    on_a_thread(workers, is_large, move || message_in(&body)).await
}

fn message_in(body: &[u8]) -> BytesMut {
    let inner = frame::decompress(body).unwrap_or_default();
    let header = inner.first_chunk().map(|header| FrameHeader::decode(*header));
    let message_size = inner.len().saturating_sub(FrameHeader::SIZE);
    if header == Some(FrameHeader::new(FrameType::MESSAGE, message_size)) {
        return BytesMut::from(bytes::Bytes::from(inner));
    }
    let mut refused = BytesMut::new();
    frame::write(&mut refused, FrameType::COMPRESSED, &[]);
    refused
}

/// Compresses the frames of `out` after the first `from` bytes.
pub(super) async fn compress(workers: Workers, compression: &Compression, out: &mut BytesMut, from: usize) {
    let answer = out.split_off(from.min(out.len()));
    let (is_large, compression) = (answer.len() > INLINE, compression.clone());
    let compressed = on_a_thread(workers, is_large, move || compression.apply(answer)).await;
    out.extend_from_slice(&compressed);
}

/// Runs a function, on another thread if it takes long and there are threads. Nothing is left if that thread panics.
async fn on_a_thread(
    workers: Workers,
    is_long: bool,
    function: impl FnOnce() -> BytesMut + Send + 'static,
) -> BytesMut {
    match workers {
        Workers::Threads if is_long => spawn_blocking(function).await.unwrap_or_default(),
        _ => function(),
    }
}
