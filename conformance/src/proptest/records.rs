//! The records of a sequence.

use spikelet_client::Key;

/// The records of a sequence: a command names them by index, and the targets by key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Records {
    namespace: String,
    set: String,
    sequence: String,
}

impl Records {
    /// The number of records that a sequence of the [strategies](super::strategies) uses.
    pub const COUNT: u8 = 2;

    /// The records of a sequence, which is unique within the set.
    pub fn new(namespace: impl Into<String>, set: impl Into<String>, sequence: impl ToString) -> Self {
        Self {
            namespace: namespace.into(),
            set: set.into(),
            sequence: sequence.to_string(),
        }
    }

    /// The namespace of the records.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The set of the records.
    #[must_use]
    pub fn set(&self) -> &str {
        &self.set
    }

    /// The key of a record.
    #[must_use]
    pub fn key(&self, record: u8) -> Key {
        let user_key = format!("{} {record}", self.sequence);
        Key::new(self.namespace.as_str(), self.set.as_str(), user_key)
    }

    /// Other records, for a repetition of the sequence.
    #[must_use]
    pub(crate) fn repeated(&self, time: usize) -> Self {
        Self::new(
            self.namespace.as_str(),
            self.set.as_str(),
            format!("{} repeated {time}", self.sequence),
        )
    }
}
