//! Names of bins, stored inline where they are short.

use std::fmt;

/// The longest name that is stored inline, in bytes: more than the 15 that a server accepts, and few enough that a name is
/// not larger than a `String`.
const INLINE: usize = 22;

/// The name of a bin.
///
/// A query may return millions of records, each with the names of its bins. A short name needs no allocation.
#[derive(Clone)]
pub(crate) enum BinName {
    Short { size: u8, bytes: [u8; INLINE] },
    Long(Box<str>),
}

impl BinName {
    pub(crate) fn as_str(&self) -> &str {
        // Both constructors take only valid UTF-8.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Short { size, bytes } => bytes.get(..usize::from(*size)).unwrap_or_default(),
            Self::Long(name) => name.as_bytes(),
        }
    }

    /// The name in an operation of a reply; bytes that are not UTF-8 are replaced.
    pub(crate) fn from_bytes(name: &[u8]) -> Self {
        match Self::short(name) {
            Some(short) if name.is_ascii() => short,
            _ => Self::from(&*String::from_utf8_lossy(name)),
        }
    }

    fn short(name: &[u8]) -> Option<Self> {
        let mut bytes = [0; INLINE];
        bytes.get_mut(..name.len())?.copy_from_slice(name);
        let size = u8::try_from(name.len()).ok()?;
        Some(Self::Short { size, bytes })
    }
}

impl From<&str> for BinName {
    fn from(name: &str) -> Self {
        Self::short(name.as_bytes()).unwrap_or_else(|| Self::Long(name.into()))
    }
}

impl From<String> for BinName {
    fn from(name: String) -> Self {
        Self::short(name.as_bytes()).unwrap_or_else(|| Self::Long(name.into()))
    }
}

impl From<BinName> for String {
    fn from(name: BinName) -> Self {
        match name {
            BinName::Short { .. } => name.as_str().to_owned(),
            BinName::Long(name) => name.into(),
        }
    }
}

impl PartialEq<str> for BinName {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl fmt::Debug for BinName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_whatever_its_length() {
        assert_eq!(size_of::<BinName>(), size_of::<String>());
        for name in [
            "",
            "a",
            "fifteen letters",
            "ä",
            "twenty-two letters, no",
            "a name longer than that",
        ] {
            let kept = BinName::from(name);
            assert_eq!(kept.as_str(), name);
            assert!(kept == *name && kept != *"another");
            assert_eq!(String::from(BinName::from(name.to_owned())), name);
            assert_eq!(BinName::from_bytes(name.as_bytes()).as_str(), name);
        }
        assert_eq!(BinName::from_bytes(b"a\xff").as_str(), "a\u{fffd}");
    }
}
