//! Receives a node's reply to a query, record by record.

use std::sync::Arc;
use std::time::Duration;

use spikelet_wire::{DecodeError, Digest, FieldType, FrameType, Info3, Message, PartitionId, ResultCode, UserKey};
use tokio::sync::mpsc;

use super::super::response;
use super::cursor::Position;
use crate::cluster::{Connection, ConnectionError, Failure, Receive, udf_failure};
use crate::key::{Key, Names};
use crate::record::Record;

/// How many records are passed on at once.
///
/// They take some 25 KB: allocators spend more effort on freeing large blocks, glibc's from 64 KB on.
const CHUNK: usize = 256;

/// What the node of a group has returned.
#[derive(Debug)]
pub(super) struct Event {
    /// The index of the group in its round.
    pub(super) group: usize,
    pub(super) kind: EventKind,
}

/// The content of an [`Event`].
#[derive(Debug)]
pub(super) enum EventKind {
    Records(Vec<Found>),
    /// The node does not have the partition.
    Missing(PartitionId),
    End(Result<ResultCode, Failure>),
}

/// A record that was found, and its position.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) record: Record,
    /// The record's value in the secondary index, for a query by index.
    value: Option<u64>,
    /// False for a value of an aggregation.
    has_digest: bool,
}

impl Found {
    /// The record's position; `None` for a value of an aggregation.
    pub(super) fn position(&self) -> Option<Position> {
        self.has_digest.then(|| Position {
            digest: self.record.key.digest(),
            value: self.value,
        })
    }
}

/// Receives the reply to a query: frames of messages, up to the message that is marked as the last.
///
/// It waits while what it received before has not been taken. The node then waits too.
pub(super) struct QueryMessages {
    pub(super) events: mpsc::Sender<Event>,
    pub(super) group: usize,
    pub(super) namespace: Arc<str>,
    /// Whether a bin can have several results.
    pub(super) has_operations: bool,
    /// Whether the messages are values of an aggregation.
    pub(super) is_aggregation: bool,
    pub(super) socket_timeout: Duration,
}

impl Receive for QueryMessages {
    /// The result code of the query as a whole.
    type Reply = ResultCode;

    async fn receive(self, connection: &mut Connection) -> Result<ResultCode, ConnectionError> {
        loop {
            let body = connection.receive(FrameType::MESSAGE, self.socket_timeout).await?;
            let mut rest = &body[..];
            let mut records = Chunk::default();
            while !rest.is_empty() {
                let (message, remaining) = Message::decode_first(rest)?;
                rest = remaining;
                let (info3, code) = (message.header.info3, message.header.result_code());
                if info3.contains(Info3::PARTITION_DONE) {
                    if code != ResultCode::OK {
                        self.send(EventKind::Missing(partition(&message)?)).await;
                    }
                } else if info3.contains(Info3::LAST) || code != ResultCode::OK {
                    // A refused query has a single message, which is not marked as the last.
                    self.send(EventKind::Records(records.found)).await;
                    return Ok(code);
                } else if self.is_aggregation && udf_failure(&message).is_some() {
                    // The last message has only the result code.
                    self.send(EventKind::End(Err(Failure::from_udf_message(&message))))
                        .await;
                } else {
                    self.find(&message, &mut records)?;
                    if records.found.len() == CHUNK {
                        self.send(EventKind::Records(std::mem::take(&mut records).found)).await;
                    }
                }
            }
            self.send(EventKind::Records(records.found)).await;
        }
    }
}

impl QueryMessages {
    async fn send(&self, kind: EventKind) {
        let is_empty = matches!(&kind, EventKind::Records(records) if records.is_empty());
        if !is_empty {
            // The receiver is gone if the stream was dropped; this task is then aborted.
            let _ = self
                .events
                .send(Event {
                    group: self.group,
                    kind,
                })
                .await;
        }
    }

    fn find(&self, message: &Message<'_>, records: &mut Chunk) -> Result<(), DecodeError> {
        let (mut digest, mut set, mut user_key, mut value) = (None, &[][..], None, None);
        for field in message.fields() {
            match field.field_type {
                FieldType::DIGEST => digest = Some(Digest::try_from(field.data)?),
                FieldType::SET => set = field.data,
                // A user key of a type that this client does not know is left out.
                FieldType::KEY => user_key = UserKey::from_field(field.data).ok(),
                FieldType::BVALS => value = field.data.first_chunk().map(|value| u64::from_le_bytes(*value)),
                _ => {}
            }
        }
        let has_digest = digest.is_some();
        if !has_digest && !self.is_aggregation {
            return Err(DecodeError::new("a record without a digest", 0));
        }
        let digest = digest.unwrap_or(Digest([0; Digest::SIZE]));
        let key = Key::found(records.names(&self.namespace, set), user_key, digest);
        let record = match self.has_operations {
            true => response::ordered_record(message, &key)?.into_record(),
            false => Record {
                key,
                bins: response::bins(message)?,
                generation: message.header.generation,
                void_time: message.header.record_ttl,
            },
        };
        if records.found.is_empty() {
            records.found.reserve_exact(CHUNK);
        }
        records.found.push(Found {
            record,
            value,
            has_digest,
        });
        Ok(())
    }
}

/// Records that are passed on together.
#[derive(Default)]
struct Chunk {
    found: Vec<Found>,
    /// The names of the last key: consecutive records are mostly of one set.
    ///
    /// They are not shared with earlier chunks, or two threads would contend for the same reference count.
    names: Option<Arc<Names>>,
}

impl Chunk {
    fn names(&mut self, namespace: &str, set: &[u8]) -> Arc<Names> {
        match &self.names {
            Some(names) if names.set.as_bytes() == set => names.clone(),
            _ => {
                let names = Names {
                    namespace: namespace.to_owned(),
                    set: String::from_utf8_lossy(set).into_owned(),
                };
                self.names.insert(Arc::new(names)).clone()
            }
        }
    }
}

/// The partition to which a message without a record refers.
fn partition(message: &Message<'_>) -> Result<PartitionId, DecodeError> {
    let partition = u16::try_from(message.header.generation).ok();
    let partition = partition.and_then(PartitionId::new);
    partition.ok_or(DecodeError::new("an unknown partition", 0))
}
