//! Why a parameter cannot be set.

use std::fmt;

/// Why a parameter cannot be set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigParameterError {
    /// There is no parameter of this name.
    Unknown {
        /// The name.
        name: String,
        /// The parameter that is most like it, if there is one.
        like: Option<&'static str>,
    },
    /// The parameter does not take the value.
    Value {
        /// The name of the parameter.
        name: &'static str,
        /// What the value must be: `must be true or false, not yes`.
        problem: String,
    },
}

impl ConfigParameterError {
    pub(super) const fn value(name: &'static str, problem: String) -> Self {
        Self::Value { name, problem }
    }

    /// The name is not among these.
    pub(crate) fn unknown(name: &str, known: impl Iterator<Item = &'static str>) -> Self {
        let by_distance = known.map(|other| (distance(name, other), other));
        let nearest = by_distance.filter(|(distance, _)| *distance <= 3).min();
        Self::Unknown {
            name: name.to_owned(),
            like: nearest.map(|(_, other)| other),
        }
    }
}

impl fmt::Display for ConfigParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, like: None } => write!(f, "unknown parameter {name:?}"),
            Self::Unknown { name, like: Some(like) } => {
                write!(f, "unknown parameter {name:?}; there is a parameter {like}")
            }
            Self::Value { name, problem } => write!(f, "{name} {problem}"),
        }
    }
}

impl std::error::Error for ConfigParameterError {}

/// The number of characters to insert, remove or replace to make one name of the other. Names over 64 bytes are like no other.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > 64 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_told_what_it_is_like() {
        let known = || ["default-ttl", "nsup-period"].into_iter();
        let like = |name: &str| ConfigParameterError::unknown(name, known()).to_string();
        assert_eq!(
            like("default-tll"),
            "unknown parameter \"default-tll\"; there is a parameter default-ttl"
        );
        assert_eq!(like("ttl"), "unknown parameter \"ttl\"");
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
