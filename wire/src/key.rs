//! User keys, digests and partitions.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use ripemd::{Digest as _, Ripemd160};

use crate::error::DecodeError;
use crate::particle::ParticleType;

/// The number of partitions in every namespace.
pub const PARTITIONS: u16 = 4096;

/// A user key. Together with the set it determines the digest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UserKey {
    /// An integer.
    Int(i64),
    /// Text.
    String(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl UserKey {
    /// The particle type with which it is hashed and stored.
    #[must_use]
    pub const fn particle_type(&self) -> ParticleType {
        match self {
            Self::Int(_) => ParticleType::INTEGER,
            Self::String(_) => ParticleType::STRING,
            Self::Blob(_) => ParticleType::BLOB,
        }
    }

    /// Parses a blob from hexadecimal digits, the form in which it is displayed.
    ///
    /// # Errors
    /// If the text is not pairs of hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, DecodeError> {
        unhex(text).map(Self::Blob)
    }

    /// The content of a [`KEY`](crate::FieldType::KEY) field: its type (1 byte) and its value.
    #[must_use]
    pub fn to_field(&self) -> Vec<u8> {
        let mut field = vec![self.particle_type().0];
        match self {
            Self::Int(n) => field.extend_from_slice(&n.to_be_bytes()),
            Self::String(s) => field.extend_from_slice(s.as_bytes()),
            Self::Blob(b) => field.extend_from_slice(b),
        }
        field
    }

    /// Decodes the content of a [`KEY`](crate::FieldType::KEY) field.
    ///
    /// # Errors
    /// If it is empty, has another type, is an integer without exactly 8 bytes, or is text that is not UTF-8.
    pub fn from_field(field: &[u8]) -> Result<Self, DecodeError> {
        let (&particle_type, data) = field.split_first().ok_or(DecodeError::new("an empty key", 0))?;
        match ParticleType(particle_type) {
            ParticleType::INTEGER => data
                .try_into()
                .map(|n| Self::Int(i64::from_be_bytes(n)))
                .map_err(|_| DecodeError::new("an integer key that is not 8 bytes", 1)),
            ParticleType::STRING => std::str::from_utf8(data)
                .map(|s| Self::String(s.to_owned()))
                .map_err(|e| DecodeError::new("a string key that is not UTF-8", 1 + e.valid_up_to())),
            ParticleType::BLOB => Ok(Self::Blob(data.to_vec())),
            _ => Err(DecodeError::new("a key of a type that has no digest", 0)),
        }
    }
}

impl fmt::Display for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(n) => n.fmt(f),
            Self::String(s) => s.fmt(f),
            Self::Blob(b) => b.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

macro_rules! key_from {
    ($($from:ty => $variant:ident($convert:expr);)*) => {
        $(impl From<$from> for UserKey {
            fn from(key: $from) -> Self {
                Self::$variant($convert(key))
            }
        })*
    };
}

key_from! {
    i64 => Int(i64::from);
    i32 => Int(i64::from);
    u32 => Int(i64::from);
    String => String(String::from);
    &str => String(str::to_owned);
    &String => String(String::clone);
    Vec<u8> => Blob(Vec::from);
    &[u8] => Blob(<[u8]>::to_vec);
}

impl<const N: usize> From<&[u8; N]> for UserKey {
    fn from(key: &[u8; N]) -> Self {
        Self::Blob(key.to_vec())
    }
}

/// The RIPEMD-160 of a record's set and key: the record's identity within a namespace.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; Self::SIZE]);

impl Digest {
    /// The size in bytes.
    pub const SIZE: usize = 20;

    /// Computes the digest of a key in a set; an empty name means no set.
    #[must_use]
    pub fn of(set: &str, key: &UserKey) -> Self {
        let mut hash = Ripemd160::new();
        hash.update(set.as_bytes());
        hash.update([key.particle_type().0]);
        match key {
            UserKey::Int(n) => hash.update(n.to_be_bytes()),
            UserKey::String(s) => hash.update(s.as_bytes()),
            UserKey::Blob(b) => hash.update(b),
        }
        Self(hash.finalize().into())
    }

    /// The partition of the record: the low 12 bits of the first two bytes, little-endian.
    #[must_use]
    pub const fn partition_id(&self) -> PartitionId {
        PartitionId(u16::from_le_bytes([self.0[0], self.0[1]]) & (PARTITIONS - 1))
    }
}

impl Ord for Digest {
    fn cmp(&self, other: &Self) -> Ordering {
        // Searches compare many digests. The first 8 bytes nearly always decide, without a function call.
        let first = |Self([a, b, c, d, e, f, g, h, ..]): &Self| u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
        first(self).cmp(&first(other)).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Digest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl TryFrom<&[u8]> for Digest {
    type Error = DecodeError;

    fn try_from(bytes: &[u8]) -> Result<Self, DecodeError> {
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| DecodeError::new("a digest that is not 20 bytes", 0))
    }
}

/// Parses hexadecimal digits, the form in which a digest is displayed.
impl FromStr for Digest {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        Self::try_from(&*unhex(text)?)
    }
}

fn unhex(text: &str) -> Result<Vec<u8>, DecodeError> {
    let wrong = DecodeError::new("no pair of hexadecimal digits", 0);
    let digits = text.chars().map(|digit| digit.to_digit(16).map(|digit| digit as u8));
    let digits: Vec<u8> = digits.collect::<Option<_>>().ok_or(wrong)?;
    let (pairs, []) = digits.as_chunks() else {
        return Err(wrong);
    };
    Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A partition's number, from 0 to 4095.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartitionId(u16);

impl PartitionId {
    /// The partition with a number, or `None` if the number is too large.
    #[must_use]
    pub const fn new(id: u16) -> Option<Self> {
        if id < PARTITIONS { Some(Self(id)) } else { None }
    }

    /// All partitions, in order.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        (0..PARTITIONS).map(Self)
    }

    /// The partition's number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_equal_those_of_other_clients() {
        // Computed with the official Python client's calc_digest.
        let cases = [
            ("demo", UserKey::from("user1"), DIGEST_DEMO_USER1),
            ("", UserKey::from(1), DIGEST_NO_SET_1),
        ];
        for (set, key, digest) in cases {
            assert_eq!(Digest::of(set, &key).to_string(), digest);
            assert_eq!(digest.parse(), Ok(Digest::of(set, &key)));
        }
    }
    const DIGEST_DEMO_USER1: &str = "03161f352c8ab85448952c896ecdaa122b3c4e71";
    const DIGEST_NO_SET_1: &str = "a443f05d05d962202b59abb402afae1737dbf66a";

    #[test]
    fn keys_round_trip_through_fields() {
        for key in [UserKey::from(-5), UserKey::from("ä"), UserKey::from(&[0xff, 0])] {
            assert_eq!(UserKey::from_field(&key.to_field()).unwrap(), key);
        }
        for bad in [&[][..], &[1, 0], &[2, 0, 0, 0, 0, 0, 0, 0, 0], &[3, 0xff]] {
            assert!(UserKey::from_field(bad).is_err());
        }
    }

    #[test]
    fn blobs_round_trip_through_hexadecimal() {
        for key in [UserKey::from(&[0xff, 0, 0x1a]), UserKey::Blob(Vec::new())] {
            assert_eq!(UserKey::from_hex(&key.to_string()), Ok(key));
        }
        for bad in ["f", "fg", "+f", "ä"] {
            assert!(
                UserKey::from_hex(bad).is_err() && bad.parse::<Digest>().is_err(),
                "{bad}"
            );
        }
        assert!("ff".parse::<Digest>().is_err());
    }

    #[test]
    fn digests_are_ordered_by_their_bytes() {
        let digest = |first: u8, ninth: u8| {
            let mut bytes = [7; Digest::SIZE];
            (bytes[0], bytes[8]) = (first, ninth);
            Digest(bytes)
        };
        let digests = [digest(1, 9), digest(7, 2), digest(7, 200), digest(255, 0)];
        assert!(digests.is_sorted_by(|a, b| a < b && a.0 < b.0));
        assert_eq!(digest(7, 2).cmp(&digests[1]), Ordering::Equal);
    }
}
