//! Divergences that are accepted: which scenarios or recorded cases may come out otherwise, where, and why.
//!
//! They stand in one file, `divergences.toml`:
//!
//! ```toml
//! [[divergence]]
//! name = "info/build*"        # a scenario, or `recorded/AREA/CASE`; `*` stands for anything
//! target = "docker *6.4*"     # the target; any where it is left out
//! reason = "Server 6.4 does not know the command."
//! ```
//!
//! An entry whose tests ran and all passed is stale, and fails the run: what it accepted is gone.

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
    /// The names that it is about; `*` stands for anything.
    pub name: String,
    /// The targets that it is about; `*` stands for anything.
    #[serde(default = "anything")]
    pub target: String,
    /// Why it is accepted.
    pub reason: String,
}

impl Divergences {
    /// Those that this project accepts.
    ///
    /// # Errors
    /// Never, as long as the file that comes with this crate is whole.
    pub fn of_this_project() -> Result<Self, toml::de::Error> {
        Self::parse(include_str!("../divergences.toml"))
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// When it is no TOML, or an entry lacks its name or its reason.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

impl Divergence {
    /// Whether it is about a test on a target.
    #[must_use]
    pub fn is_about(&self, name: &str, target: &str) -> bool {
        matches(&self.name, name) && matches(&self.target, target)
    }
}

fn anything() -> String {
    "*".to_owned()
}

/// Whether a text fits a pattern, in which `*` stands for any text.
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
    fn a_star_stands_for_anything() {
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
        assert!(divergences.entries[0].is_about("kv/x", "embedded"));
        assert!(Divergences::parse("[[divergence]]\nname = \"kv/*\"\n").is_err());
        assert!(Divergences::of_this_project().is_ok());
    }
}
