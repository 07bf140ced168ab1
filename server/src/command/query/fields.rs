//! The fields that only queries have.

use std::num::NonZeroU32;
use std::time::Duration;

use spikelet_wire::{Digest, FieldType, Info1, Message, PARTITIONS, PartitionId};

use super::walk::{Stop, Walk};
use crate::refusal::{Part, Refusal};
use crate::store::{BinName, Namespace, SetId, Sets};

/// How long a client may leave an answer unread unless it says otherwise.
const SOCKET_TIMEOUT: Duration = Duration::from_secs(10);

/// The set whose records a query is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WantedSet {
    /// Records of any set, and of none.
    Any,
    /// Records of this set.
    One(SetId),
    /// Records of a set that there was not when the query began.
    Unknown,
}

impl WantedSet {
    /// Whether a record in `set` is one that the query is about.
    pub(super) fn has(self, set: Option<SetId>) -> bool {
        match self {
            Self::Any => true,
            Self::One(id) => set == Some(id),
            Self::Unknown => false,
        }
    }
}

/// The partitions that a query asks for.
#[derive(Debug)]
pub(super) struct Partitions {
    pub(super) walk: Walk,
    /// How many there are.
    pub(super) count: usize,
    /// How many of them are resumed behind a digest.
    pub(super) resumed: usize,
}

/// The set that a query names.
///
/// # Errors
/// `PARAMETER` for a name that is too long.
pub(super) fn set(namespace: &Namespace, name: Option<&[u8]>) -> Result<WantedSet, Refusal> {
    match name {
        None | Some([]) => Ok(WantedSet::Any),
        Some(name) if name.len() > Sets::MAX_NAME => Err(Refusal::Malformed(Part::Query)),
        Some(name) => Ok(namespace.sets.find(name).map_or(WantedSet::Unknown, WantedSet::One)),
    }
}

/// The partitions that a query names, by number or by a digest to resume behind; none where it names none.
///
/// # Errors
/// `PARAMETER` for an empty or too long list, a partition that does not exist or is named twice, and for
/// values of an index query that do not belong to digests.
pub(super) fn partitions(message: &Message<'_>) -> Result<Option<Partitions>, Refusal> {
    let ids = message.field(FieldType::PARTITION_IDS);
    let digests = message.field(FieldType::DIGESTS);
    if ids.is_none() && digests.is_none() {
        return Ok(None);
    }
    let mut named = vec![false; usize::from(PARTITIONS)];
    let mut stops = Vec::new();
    let mut name = |stop: Stop| {
        match named.get_mut(usize::from(stop.partition.get())) {
            Some(named) if !*named => *named = true,
            _ => return Err(Refusal::Malformed(Part::Query)),
        }
        stops.push(stop);
        Ok(())
    };
    for id in list::<2>(ids)? {
        let partition = PartitionId::new(u16::from_le_bytes(*id)).ok_or(Refusal::Malformed(Part::Query))?;
        name(Stop::whole(partition))?;
    }
    let digests = list::<{ Digest::SIZE }>(digests)?;
    let values = match message.field(FieldType::BVALS) {
        // In an index a digest says nothing without its value.
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
        name(Stop {
            partition: digest.partition_id(),
            behind: Some(digest),
            value: values.get(at).map_or(0, |value| i64::from_le_bytes(*value)),
        })?;
    }
    Ok(Some(Partitions {
        count: stops.len(),
        resumed: digests.len(),
        walk: Walk::through(stops),
    }))
}

/// The entries of a field that is a list of one entry for each partition at most. What is too short for an entry at its
/// end is not looked at.
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

/// How many records a second a query may touch at most.
///
/// # Errors
/// `PARAMETER` where a short query has a limit, and for a field of a wrong size.
pub(super) fn records_per_second(message: &Message<'_>) -> Result<Option<NonZeroU32>, Refusal> {
    let Some(bytes) = sized(message, FieldType::RECORDS_PER_SECOND)? else {
        return Ok(None);
    };
    if message.header.info1.contains(Info1::SHORT_QUERY) {
        return Err(Refusal::Malformed(Part::Query));
    }
    Ok(NonZeroU32::new(u32::from_be_bytes(bytes)))
}

/// How long the client may leave an answer unread; none for as long as it likes.
///
/// # Errors
/// `PARAMETER` for a field of a wrong size.
pub(super) fn socket_timeout(message: &Message<'_>) -> Result<Option<Duration>, Refusal> {
    let Some(bytes) = sized(message, FieldType::SOCKET_TIMEOUT)? else {
        return Ok(Some(SOCKET_TIMEOUT));
    };
    // The real server keeps it as a signed number, and takes a negative one for no limit too.
    Ok(match u32::from_be_bytes(bytes) {
        1.. if bytes[0] < 0x80 => Some(Duration::from_millis(u32::from_be_bytes(bytes).into())),
        _ => None,
    })
}

/// How many records a query may return; none for all.
///
/// # Errors
/// `PARAMETER` for a field of a wrong size.
pub(super) fn sample_max(message: &Message<'_>) -> Result<Option<u64>, Refusal> {
    let max = sized(message, FieldType::SAMPLE_MAX)?.map(u64::from_be_bytes);
    Ok(max.filter(|max| *max != 0))
}

/// The id by which a query is known; 0 where the client leaves it to the server.
pub(super) fn transaction_id(message: &Message<'_>) -> u64 {
    sized(message, FieldType::TRANSACTION_ID)
        .ok()
        .flatten()
        .map_or(0, u64::from_be_bytes)
}

/// The names of bins, as clients sent them before queries had operations: a count, and for each name its size and it.
/// Names that no bin can have are left out.
///
/// # Errors
/// `PARAMETER` for a list that ends before its count is reached.
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

fn sized<const SIZE: usize>(message: &Message<'_>, field: FieldType) -> Result<Option<[u8; SIZE]>, Refusal> {
    let data = message.field(field).map(<[u8; SIZE]>::try_from);
    data.transpose().map_err(|_| Refusal::Malformed(Part::Query))
}
