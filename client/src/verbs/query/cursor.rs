//! Cursors: the position of a query.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use spikelet_wire::{Digest, PARTITIONS, PartitionId};

use crate::error::Error;

/// The position of a query: the partitions that may have more records, and the last record returned from each.
///
/// A [query](crate::Command::after) with the same parameters continues there. Records that were returned already are not
/// returned again. Records that existed throughout are never missed, regardless of writes in the meantime.
///
/// It can be converted to text to leave the process, for example in the link to the next page:
///
/// ```
/// use spikelet_client::Cursor;
///
/// let cursor = Cursor::default();
/// let text = cursor.to_string();
/// assert_eq!(text.parse::<Cursor>()?, cursor);
/// # Ok::<(), spikelet_client::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// By partition, in order, each once. Partitions that are missing are done.
    stops: Vec<(PartitionId, Option<Position>)>,
}

/// A record after which its partition may have more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) digest: Digest,
    /// The record's value in the secondary index, for a query by index.
    pub(super) value: Option<u64>,
}

/// The version of the encoding, its first byte.
const VERSION: u8 = 1;
const AFTER_DIGESTS: u8 = 0;
const AFTER_VALUES: u8 = 1;

impl Cursor {
    /// The position after a record in its partition, in the order of the server's primary index.
    #[must_use]
    pub fn after(digest: Digest) -> Self {
        let position = Position { digest, value: None };
        Self {
            stops: vec![(digest.partition_id(), Some(position))],
        }
    }

    /// Whether the query is done.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.stops.is_empty()
    }

    /// Encodes the cursor, in at most about 100 kB.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let started = || self.stops.iter().filter_map(|(_, position)| *position);
        let has_values = started().any(|position| position.value.is_some());
        let mut bytes = vec![VERSION, if has_values { AFTER_VALUES } else { AFTER_DIGESTS }];
        let ranges = ranges(self.stops.iter().filter(|(_, position)| position.is_none()));
        bytes.extend_from_slice(&(ranges.len() as u16).to_be_bytes());
        for (first, count) in ranges {
            bytes.extend_from_slice(&first.to_be_bytes());
            bytes.extend_from_slice(&count.to_be_bytes());
        }
        for position in started() {
            bytes.extend_from_slice(&position.digest.0);
            if has_values {
                bytes.extend_from_slice(&position.value.unwrap_or_default().to_be_bytes());
            }
        }
        bytes
    }

    /// Decodes a cursor from [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    /// Of kind [`Argument`](crate::ErrorKind::Argument) for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::read(bytes).ok_or_else(|| Error::argument("these bytes are no cursor"))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<4>()?;
        let [VERSION, kind @ (AFTER_DIGESTS | AFTER_VALUES), count @ ..] = *head else {
            return None;
        };
        let (ranges, started) = rest.split_at_checked(usize::from(u16::from_be_bytes(count)) * 4)?;
        let mut stops = Vec::new();
        for &[a, b, c, d] in ranges.as_chunks().0 {
            let first = u16::from_be_bytes([a, b]);
            let end = first.checked_add(u16::from_be_bytes([c, d]))?;
            for partition in first..end {
                stops.push((PartitionId::new(partition)?, None));
            }
            if stops.len() > usize::from(PARTITIONS) {
                return None;
            }
        }
        let size = Digest::SIZE + if kind == AFTER_VALUES { 8 } else { 0 };
        if started.len() % size != 0 {
            return None;
        }
        for position in started.chunks(size) {
            let (digest, value) = position.split_first_chunk()?;
            let digest = Digest(*digest);
            let value = value.first_chunk().map(|value| u64::from_be_bytes(*value));
            stops.push((digest.partition_id(), Some(Position { digest, value })));
        }
        stops.sort_unstable_by_key(|(partition, _)| *partition);
        let is_once = stops.windows(2).all(|two| matches!(two, [a, b] if a.0 != b.0));
        is_once.then_some(Self { stops })
    }

    pub(super) fn new(stops: impl Iterator<Item = (PartitionId, Option<Position>)>) -> Self {
        Self { stops: stops.collect() }
    }

    pub(super) fn stops(&self) -> &[(PartitionId, Option<Position>)] {
        &self.stops
    }
}

impl Default for Cursor {
    /// The position before the first record of every partition.
    fn default() -> Self {
        Self::new(PartitionId::all().map(|partition| (partition, None)))
    }
}

impl fmt::Display for Cursor {
    /// Formats the cursor in URL-safe base64.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.to_bytes()))
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bytes = URL_SAFE_NO_PAD.decode(text);
        Self::from_bytes(&bytes.map_err(|_| Error::argument("this text is no cursor"))?)
    }
}

impl From<&Cursor> for Cursor {
    fn from(cursor: &Cursor) -> Self {
        cursor.clone()
    }
}

#[cfg(feature = "serde")]
impl serde_core::Serialize for Cursor {
    /// As text.
    fn serialize<S: serde_core::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde_core::Deserialize<'de> for Cursor {
    fn deserialize<D: serde_core::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde_core::de::Error::custom)
    }
}

/// Partitions as ranges: the first partition of each, and its length.
fn ranges<'a>(stops: impl Iterator<Item = &'a (PartitionId, Option<Position>)>) -> Vec<(u16, u16)> {
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for (partition, _) in stops {
        match ranges.last_mut() {
            Some((first, count)) if *first + *count == partition.get() => *count += 1,
            _ => ranges.push((partition.get(), 1)),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(values: bool) -> Cursor {
        let stops = [0, 1, 2, 7, 9, 4095].map(|partition| {
            let id = PartitionId::new(partition).unwrap();
            let mut digest = [partition as u8; Digest::SIZE];
            digest[..2].copy_from_slice(&partition.to_le_bytes());
            let position = Position {
                digest: Digest(digest),
                value: values.then_some(u64::from(partition) << 40),
            };
            (id, (partition % 2 == 1).then_some(position))
        });
        Cursor::new(stops.into_iter())
    }

    #[test]
    fn cursors_come_back_from_bytes_and_text() {
        for cursor in [
            cursor(false),
            cursor(true),
            Cursor::default(),
            Cursor::new([].into_iter()),
        ] {
            assert_eq!(Cursor::from_bytes(&cursor.to_bytes()).unwrap(), cursor);
            assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        }
        assert_eq!(Cursor::default().to_string(), "AQAAAQAAEAA");
        assert!(Cursor::new([].into_iter()).is_done());
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let good = cursor(true).to_bytes();
        for end in 0..good.len() {
            // Whole positions missing at the end cannot be detected.
            let is_whole = end >= 12 && (end - 12) % 28 == 0;
            assert_eq!(Cursor::from_bytes(&good[..end]).is_ok(), is_whole, "{end}");
        }
        let bad: [&[u8]; 5] = [
            &[2, 0, 0, 0],
            &[1, 2, 0, 0],
            &[1, 0, 0, 1, 0x10, 0, 0, 1],
            &[1, 0, 0, 2, 0, 0, 0, 2, 0, 1, 0, 1],
            &[1, 0, 0, 1, 0xff, 0xff, 0xff, 0xff],
        ];
        for bytes in bad {
            assert!(Cursor::from_bytes(bytes).is_err(), "{bytes:?}");
        }
        assert!("no cursor!".parse::<Cursor>().is_err());
    }
}
