//! Accepted divergences: scenarios and recorded cases that may fail on some targets, with the reasons.
//!
//! They are listed in the file `divergences.toml`:
//!
//! ```toml
//! [[divergence]]
//! name = "info/build*"        # a scenario, or `recorded/AREA/CASE`; `*` matches any text
//! target = "docker *6.4*"     # the target; optional, any by default
//! reason = "Server 6.4 does not know the command."
//! ```
//!
//! An entry is stale if its tests ran and all passed. A stale entry fails the run.

use serde::Deserialize;

/// The accepted divergences.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Divergences {
    /// The entries, in the order of the file.
    #[serde(default, rename = "divergence")]
    pub entries: Vec<Divergence>,
}

/// An accepted divergence.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Divergence {
    /// A pattern for the names of tests; `*` matches any text.
    pub name: String,
    /// A pattern for the names of targets; `*` matches any text.
    #[serde(default = "any_target")]
    pub target: String,
    /// Why it is accepted.
    pub reason: String,
}

impl Divergences {
    /// The divergences that this project accepts.
    ///
    /// # Errors
    /// Never, as long as the file that comes with this crate is valid.
    pub fn bundled() -> Result<Self, toml::de::Error> {
        Self::parse(include_str!("../divergences.toml"))
    }

    /// Parses the text of a file.
    ///
    /// # Errors
    /// If it is not valid TOML, or an entry has no name or no reason.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

impl Divergence {
    /// Whether it applies to a test on a target.
    #[must_use]
    pub fn applies_to(&self, name: &str, target: &str) -> bool {
        matches(&self.name, name) && matches(&self.target, target)
    }
}

fn any_target() -> String {
    "*".to_owned()
}

/// Whether a text matches a pattern, in which `*` matches any text.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<_> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_any_text() {
        assert!(matches("kv/int*", "kv/integers"));
        assert!(matches("*", ""));
        assert!(matches("a*b*c", "a-b-b-c"));
        assert!(matches("a*b*c", "abc"));
        assert!(!matches("a*b*c", "acb"));
        assert!(!matches("kv", "kv/integers"));
        assert!(!matches("*kv", "kv/integers"));
        assert!(!matches("a*a", "a"));
    }

    #[test]
    fn an_entry_needs_a_reason() {
        let entry = "[[divergence]]\nname = \"kv/*\"\nreason = \"because\"\n";
        let divergences = Divergences::parse(entry).unwrap();
        assert!(divergences.entries[0].applies_to("kv/x", "embedded"));
        assert!(Divergences::parse("[[divergence]]\nname = \"kv/*\"\n").is_err());
        assert!(Divergences::bundled().is_ok());
    }
}
