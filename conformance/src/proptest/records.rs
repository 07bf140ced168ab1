//! The records of a sequence.

use spikelet_client::Key;

use crate::frame_display::hex;

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

    /// The name of a secondary index, which no other sequence uses.
    #[must_use]
    pub fn index(&self, number: u8) -> String {
        // A name of any sequence could be too long.
        format!("{}-{number}", hex(&self.key(0).digest().0))
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
