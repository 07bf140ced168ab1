//! Decoding the fields that only queries have.

use std::num::NonZeroU32;
use std::time::Duration;

use spikelet_wire::{Digest, FieldType, Info1, Message, PARTITIONS, PartitionId};

use super::partition_scan::{PartitionCursor, PartitionScan};
use crate::refusal::{Part, Refusal};
use crate::store::{BinName, Namespace, SetId, Sets};

/// The default socket timeout: for so long a client may leave a reply unread.
const SOCKET_TIMEOUT: Duration = Duration::from_secs(10);

/// The set whose records a query finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SetFilter {
    /// All records, in any set or in none.
    Any,
    /// The records in this set.
    One(SetId),
    /// The records in a set that did not exist when the query started: none.
    Unknown,
}

impl SetFilter {
    /// Whether the query finds a record in `set`.
    pub(super) fn matches(self, set: Option<SetId>) -> bool {
        match self {
            Self::Any => true,
            Self::One(id) => set == Some(id),
            Self::Unknown => false,
        }
    }
}

/// The partitions that a query requests.
#[derive(Debug)]
pub(super) struct Partitions {
    pub(super) scan: PartitionScan,
    /// The number of partitions.
    pub(super) count: usize,
    /// The number of partitions that resume after a digest.
    pub(super) resumed: usize,
}

/// The filter for the set that a query names.
///
/// # Errors
/// `PARAMETER` for a name that is too long.
pub(super) fn set_filter(namespace: &Namespace, name: Option<&[u8]>) -> Result<SetFilter, Refusal> {
    match name {
        None | Some([]) => Ok(SetFilter::Any),
        Some(name) if name.len() > Sets::MAX_NAME => Err(Refusal::Malformed(Part::Query)),
        Some(name) => Ok(namespace.sets.find(name).map_or(SetFilter::Unknown, SetFilter::One)),
    }
}

/// The partitions that a query names, by number or by a digest to resume after; `None` if it has no list of partitions.
///
/// # Errors
/// `PARAMETER` for an empty or too long list, for a partition that does not exist or is named twice, and if the values of an
/// index query do not match its digests.
pub(super) fn partitions(message: &Message<'_>) -> Result<Option<Partitions>, Refusal> {
    let ids = message.field(FieldType::PARTITION_IDS);
    let digests = message.field(FieldType::DIGESTS);
    if ids.is_none() && digests.is_none() {
        return Ok(None);
    }
    let mut named = vec![false; usize::from(PARTITIONS)];
    let mut cursors = Vec::new();
    let mut name = |cursor: PartitionCursor| {
        match named.get_mut(usize::from(cursor.partition.get())) {
            Some(named) if !*named => *named = true,
            _ => return Err(Refusal::Malformed(Part::Query)),
        }
        cursors.push(cursor);
        Ok(())
    };
    for id in list::<2>(ids)? {
        let partition = PartitionId::new(u16::from_le_bytes(*id)).ok_or(Refusal::Malformed(Part::Query))?;
        name(PartitionCursor::start_of(partition))?;
    }
    let digests = list::<{ Digest::SIZE }>(digests)?;
    let values = match message.field(FieldType::BVALS) {
        // An index query resumes after a value and a digest.
        values if message.field(FieldType::INDEX_RANGE).is_some() && !digests.is_empty() => {
            let values = values.unwrap_or_default().as_chunks().0;
            Some(values).filter(|values| values.len() == digests.len())
        }
        Some(_) if digests.is_empty() => None,
        _ => Some(&[][..]),
    };
    let values = values.ok_or(Refusal::Malformed(Part::Query))?;
    for (at, digest) in digests.iter().enumerate() {
        let digest = Digest(*digest);
        name(PartitionCursor {
            partition: digest.partition_id(),
            after: Some(digest),
            value: values.get(at).map_or(0, |value| i64::from_le_bytes(*value)),
        })?;
    }
    Ok(Some(Partitions {
        count: cursors.len(),
        resumed: digests.len(),
        scan: PartitionScan::new(cursors),
    }))
}

/// The entries of a list field, which has at most one entry for each partition. An incomplete entry at the end is ignored.
fn list<const SIZE: usize>(field: Option<&[u8]>) -> Result<&[[u8; SIZE]], Refusal> {
    let Some(data) = field else {
        return Ok(&[]);
    };
    match data.as_chunks().0 {
        [] => Err(Refusal::Malformed(Part::Query)),
        entries if entries.len() > usize::from(PARTITIONS) => Err(Refusal::Malformed(Part::Query)),
        entries => Ok(entries),
    }
}

/// The rate limit of a query; `None` for no limit.
///
/// # Errors
/// `PARAMETER` for a short query with a limit, and for a field of the wrong size.
pub(super) fn records_per_second(message: &Message<'_>) -> Result<Option<NonZeroU32>, Refusal> {
    let Some(bytes) = sized(message, FieldType::RECORDS_PER_SECOND)? else {
        return Ok(None);
    };
    if message.header.info1.contains(Info1::SHORT_QUERY) {
        return Err(Refusal::Malformed(Part::Query));
    }
    Ok(NonZeroU32::new(u32::from_be_bytes(bytes)))
}

/// The time for which the client may leave a reply unread; `None` for no limit.
///
/// # Errors
/// `PARAMETER` for a field of the wrong size.
pub(super) fn socket_timeout(message: &Message<'_>) -> Result<Option<Duration>, Refusal> {
    let Some(bytes) = sized(message, FieldType::SOCKET_TIMEOUT)? else {
        return Ok(Some(SOCKET_TIMEOUT));
    };
    // The real server reads a signed number. 0 and negative numbers stand for no limit.
    Ok(match u32::from_be_bytes(bytes) {
        1.. if bytes[0] < 0x80 => Some(Duration::from_millis(u32::from_be_bytes(bytes).into())),
        _ => None,
    })
}

/// The maximum number of records that a query returns; `None` for no limit.
///
/// # Errors
/// `PARAMETER` for a field of the wrong size.
pub(super) fn sample_max(message: &Message<'_>) -> Result<Option<u64>, Refusal> {
    let max = sized(message, FieldType::SAMPLE_MAX)?.map(u64::from_be_bytes);
    Ok(max.filter(|max| *max != 0))
}

/// The id of a query; 0 if the server is to generate one.
pub(super) fn transaction_id(message: &Message<'_>) -> u64 {
    sized(message, FieldType::TRANSACTION_ID)
        .ok()
        .flatten()
        .map_or(0, u64::from_be_bytes)
}

/// The list of bin names that clients sent before queries had operations: a count (1), and for each name its size (1) and the
/// name. Invalid names are left out.
///
/// # Errors
/// `PARAMETER` for a list with fewer names than its count.
pub(super) fn bin_list(mut data: &[u8]) -> Result<Vec<BinName>, Refusal> {
    let mut names = Vec::new();
    let count = take(&mut data, 1)?;
    for _ in 0..count.first().copied().unwrap_or_default() {
        let size = take(&mut data, 1)?.first().copied().unwrap_or_default();
        names.extend(BinName::new(take(&mut data, usize::from(size))?));
    }
    Ok(names)
}

fn take<'a>(data: &mut &'a [u8], size: usize) -> Result<&'a [u8], Refusal> {
    let (taken, rest) = data.split_at_checked(size).ok_or(Refusal::Malformed(Part::Query))?;
    *data = rest;
    Ok(taken)
}

/// A field of a fixed size.
fn sized<const SIZE: usize>(message: &Message<'_>, field: FieldType) -> Result<Option<[u8; SIZE]>, Refusal> {
    let data = message.field(field).map(<[u8; SIZE]>::try_from);
    data.transpose().map_err(|_| Refusal::Malformed(Part::Query))
}
