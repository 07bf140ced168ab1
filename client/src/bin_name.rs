//! The names of a record's bins, kept in place.

use std::fmt;

/// How many bytes are kept in place: more than the 15 that a server takes, and no more than make a name as large as a
/// `String`.
const IN_PLACE: usize = 22;

/// The name of a bin.
///
/// Records come by the million, each with the names of its bins: a short one costs no allocation.
#[derive(Clone)]
pub(crate) enum BinName {
    Short { size: u8, bytes: [u8; IN_PLACE] },
    Long(Box<str>),
}

impl BinName {
    pub(crate) fn as_str(&self) -> &str {
        // It was text when it came in.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Short { size, bytes } => bytes.get(..usize::from(*size)).unwrap_or_default(),
            Self::Long(name) => name.as_bytes(),
        }
    }

    /// The name of an answer's operation; what is not UTF-8 in it is replaced.
    pub(crate) fn from_answer(name: &[u8]) -> Self {
        match Self::short(name) {
            Some(short) if name.is_ascii() => short,
            _ => Self::from(&*String::from_utf8_lossy(name)),
        }
    }

    fn short(name: &[u8]) -> Option<Self> {
        let mut bytes = [0; IN_PLACE];
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
            assert_eq!(BinName::from_answer(name.as_bytes()).as_str(), name);
        }
        assert_eq!(BinName::from_answer(b"a\xff").as_str(), "a\u{fffd}");
    }
}
