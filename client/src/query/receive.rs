//! A node's answer to a query, as it comes in.

use std::sync::Arc;
use std::time::Duration;

use spikelet_wire::{DecodeError, Digest, FieldType, FrameType, Info3, Message, PartitionId, ResultCode, UserKey};
use tokio::sync::mpsc;

use super::cursor::Position;
use crate::cluster::Receive;
use crate::connection::{Broken, Connection};
use crate::key::{Key, Names};
use crate::record::{Bins, Record};
use crate::response;
use crate::retry::Failure;

/// How many records are handed over at once.
///
/// Some 25 KB of them: allocators put more effort into freeing what is large, glibc's from 64 KB on.
const AT_ONCE: usize = 256;

/// What a group's node has come up with.
#[derive(Debug)]
pub(super) struct Event {
    /// The group's place among those of the round.
    pub(super) group: usize,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Records(Vec<Found>),
    /// The node does not have the partition.
    Missing(PartitionId),
    End(Result<ResultCode, Failure>),
}

/// A record that was found, and its place.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) record: Record,
    /// What the server has the record under in the index of an index query.
    value: Option<u64>,
    /// Not so for a value that was made out of records.
    has_digest: bool,
}

impl Found {
    /// The record's place; none for a value that was made out of records.
    pub(super) fn position(&self) -> Option<Position> {
        self.has_digest.then(|| Position {
            digest: self.record.key.digest(),
            value: self.value,
        })
    }
}

/// Receives the answer to a query: frames of messages, up to the message that says it is the last.
///
/// It waits where what it received before was not taken yet; the node then waits too.
pub(super) struct QueryMessages {
    pub(super) events: mpsc::Sender<Event>,
    pub(super) group: usize,
    pub(super) namespace: Arc<str>,
    /// Whether a bin may have several results.
    pub(super) has_operations: bool,
    /// Whether values are answered that were made out of records.
    pub(super) is_aggregation: bool,
    pub(super) socket_timeout: Duration,
}

impl Receive for QueryMessages {
    /// How the query as a whole ended.
    type Answer = ResultCode;

    async fn from(self, connection: &mut Connection) -> Result<ResultCode, Broken> {
        loop {
            let body = connection.receive(FrameType::MESSAGE, self.socket_timeout).await?;
            let mut rest = &body[..];
            let mut records = Batch::default();
            while !rest.is_empty() {
                let (message, behind) = Message::decode_first(rest)?;
                rest = behind;
                let (info3, code) = (message.header.info3, message.header.result_code());
                if info3.contains(Info3::PARTITION_DONE) {
                    if code != ResultCode::OK {
                        self.tell(What::Missing(partition(&message)?)).await;
                    }
                } else if info3.contains(Info3::LAST) || code != ResultCode::OK {
                    // A query that is refused has one answer, which is not marked as the last.
                    self.tell(What::Records(records.found)).await;
                    return Ok(code);
                } else if self.is_aggregation && has_failed(&message) {
                    // The last message will say only that.
                    self.tell(What::End(Err(response::udf_failure(&message)))).await;
                } else {
                    self.find(&message, &mut records)?;
                    if records.found.len() == AT_ONCE {
                        self.tell(What::Records(std::mem::take(&mut records).found)).await;
                    }
                }
            }
            self.tell(What::Records(records.found)).await;
        }
    }
}

impl QueryMessages {
    async fn tell(&self, what: What) {
        let is_empty = matches!(&what, What::Records(records) if records.is_empty());
        if !is_empty {
            // Nobody listens any more where the stream was dropped; this task is then aborted.
            let _ = self
                .events
                .send(Event {
                    group: self.group,
                    what,
                })
                .await;
        }
    }

    fn find(&self, message: &Message<'_>, records: &mut Batch) -> Result<(), DecodeError> {
        let (mut digest, mut set, mut user_key, mut value) = (None, &[][..], None, None);
        for field in message.fields() {
            match field.field_type {
                FieldType::DIGEST => digest = Some(Digest::try_from(field.data)?),
                FieldType::SET => set = field.data,
                // A key that this client has no type for is none.
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
            true => response::record(message, &key)?.into_record(),
            false => Record {
                key,
                bins: Bins::from_answer(message)?,
                generation: message.header.generation,
                void_time: message.header.record_ttl,
            },
        };
        if records.found.is_empty() {
            records.found.reserve_exact(AT_ONCE);
        }
        records.found.push(Found {
            record,
            value,
            has_digest,
        });
        Ok(())
    }
}

/// Records that are handed over together.
#[derive(Default)]
struct Batch {
    found: Vec<Found>,
    /// The names of the last key: most records that follow one another are of one set.
    ///
    /// They are not shared with what was handed over before, or two threads would count the same references.
    names: Option<Arc<Names>>,
}

impl Batch {
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

/// The partition that a message without a record is about.
fn partition(message: &Message<'_>) -> Result<PartitionId, DecodeError> {
    let partition = u16::try_from(message.header.generation).ok();
    let partition = partition.and_then(PartitionId::new);
    partition.ok_or(DecodeError::new("a partition that there is not", 0))
}

/// Whether a message says that a UDF failed.
fn has_failed(message: &Message<'_>) -> bool {
    message.ops().any(|op| op.name == response::UDF_FAILURE.as_bytes())
}
