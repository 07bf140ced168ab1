//! The command and the target of a request.

use spikelet_wire::batch::BatchRequest;
use spikelet_wire::{Digest, FieldType, Message};

use super::command::Kind;

/// The command and the target of a request or of a row of a batch.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Subject<'a> {
    pub(crate) kind: Kind,
    pub(crate) namespace: Option<&'a [u8]>,
    /// `None` if it is absent or empty.
    pub(crate) set: Option<&'a [u8]>,
    pub(crate) digest: Option<Digest>,
    /// The id of its transaction.
    pub(crate) transaction: Option<u64>,
}

/// A row of a batch.
pub(crate) struct BatchRow<'a> {
    /// The index that the client gave the row.
    pub(crate) index: u32,
    pub(crate) subject: Subject<'a>,
    pub(crate) message: Message<'a>,
}

impl<'a> Subject<'a> {
    /// Creates a subject without a target.
    pub(crate) fn of_kind(kind: impl Into<Kind>) -> Self {
        Self {
            kind: kind.into(),
            ..Self::default()
        }
    }

    /// Returns the subject of a message.
    pub(crate) fn of_message(kind: Kind, message: &Message<'a>) -> Self {
        let digest = message.field(FieldType::DIGEST);
        let digest = digest.and_then(|digest| Digest::try_from(digest).ok());
        Self::new(kind, message, digest)
    }

    fn new(kind: Kind, message: &Message<'a>, digest: Option<Digest>) -> Self {
        Self {
            kind,
            namespace: message.field(FieldType::NAMESPACE),
            set: message.field(FieldType::SET).filter(|set| !set.is_empty()),
            digest,
            transaction: transaction(message),
        }
    }
}

/// The id of the transaction of which a message is part.
fn transaction(message: &Message<'_>) -> Option<u64> {
    let id = message.field(FieldType::MRT_ID)?;
    id.try_into().ok().map(u64::from_le_bytes)
}

/// Returns the rows of a batch up to the first damaged one, in order. A row that repeats the previous one consists of only its
/// digest on the wire.
pub(crate) fn rows<'a>(request: &BatchRequest<'a>) -> impl Iterator<Item = BatchRow<'a>> + use<'a> {
    let mut previous = None;
    request.batch.rows().map_while(move |row| {
        let row = row.ok()?;
        previous = row.content.or(previous);
        let message = previous?.message;
        let kind = Kind::of_record(&message);
        Some(BatchRow {
            index: row.index,
            subject: Subject::new(kind, &message, Some(row.digest)),
            message,
        })
    })
}
