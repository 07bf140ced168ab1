//! Compressed answers, a feature of the Enterprise Edition.

use std::sync::Arc;

use bytes::BytesMut;
use spikelet_wire::{Digest, FieldType, FrameHeader, FrameType, Header, Info1, Info3, Message, frame};

use super::record::proxy;
use crate::state::{ProtoCompression, Session, State, Stats};

/// How to compress the answer to a request that asks for it.
#[derive(Debug, Clone)]
pub(crate) struct Compression {
    stats: Arc<Stats>,
    counters: Counters,
}

/// Which counters count the answer. Namespaces are given by their position in the configuration.
#[derive(Debug, Clone, Copy)]
enum Counters {
    Batch,
    Record(usize),
    Query(usize),
}

impl Compression {
    /// Returns how to compress the answer to a request; `None` if the client does not ask for it, and if the request is refused
    /// before its namespace is found.
    pub(crate) fn of(state: &State, session: &Session, header: FrameHeader, body: &[u8]) -> Option<Self> {
        let info1 = Info1::from_bits_retain(*body.get(1)?);
        if header.frame_type != FrameType::MESSAGE || !info1.contains(Info1::COMPRESS_RESPONSE) {
            return None;
        }
        let own = || Arc::clone(&session.stats);
        if info1.contains(Info1::BATCH) {
            return Some(Self {
                stats: own(),
                counters: Counters::Batch,
            });
        }
        let message = Message::decode(body).ok()?;
        let namespace = state.namespace(message.field(FieldType::NAMESPACE))?;
        let Some(digest) = message.field(FieldType::DIGEST) else {
            return Some(Self {
                stats: own(),
                counters: Counters::Query(namespace.number),
            });
        };
        // The node that executes a command compresses the answer, also if another node received the command.
        let partition = Digest::try_from(digest).ok()?.partition_id();
        let proxied_to = proxy::proxied_to(state, session.node, namespace, partition, &message.header);
        Some(Self {
            stats: proxied_to.unwrap_or_else(own),
            counters: Counters::Record(namespace.number),
        })
    }

    /// Compresses the frames of an answer.
    ///
    /// As on the real server, each block of rows or records is compressed by itself, and frames without content stay as they are:
    /// they tell an error, that a write is done, or that there are no more blocks.
    pub(crate) fn apply(&self, mut answer: BytesMut) -> BytesMut {
        let mut out = BytesMut::new();
        while let Some(header) = answer.first_chunk() {
            let size = usize::try_from(FrameHeader::decode(*header).size).unwrap_or(usize::MAX);
            let frame = answer.split_to(size.saturating_add(FrameHeader::SIZE).min(answer.len()));
            match self.compressed(&frame) {
                Some(compressed) => out.extend_from_slice(&compressed),
                None => out.extend_from_slice(&frame),
            }
        }
        out
    }

    /// The compressed frame, if that is worth it.
    fn compressed(&self, frame: &[u8]) -> Option<Vec<u8>> {
        if !self.has_content(frame) {
            return None;
        }
        let worth = frame.len() > frame::COMPRESSION_THRESHOLD;
        let compressed = worth.then(|| frame::compress(frame));
        let compressed = compressed.filter(|compressed| compressed.len() < frame.len());
        self.counters().count(frame.len(), compressed.as_ref().map(Vec::len));
        compressed
    }

    /// Whether a frame has content. The last message of a batch has no row.
    fn has_content(&self, frame: &[u8]) -> bool {
        const LAST: usize = FrameHeader::SIZE + 3;
        match self.counters {
            Counters::Batch => frame.get(LAST).is_none_or(|info3| info3 & Info3::LAST.bits() == 0),
            Counters::Record(_) | Counters::Query(_) => frame.len() > FrameHeader::SIZE + Header::SIZE,
        }
    }

    fn counters(&self) -> &ProtoCompression {
        match self.counters {
            Counters::Batch => &self.stats.batch_compression,
            Counters::Record(namespace) => &self.stats.of_number(namespace).record_compression,
            Counters::Query(namespace) => &self.stats.of_number(namespace).query_compression,
        }
    }
}
