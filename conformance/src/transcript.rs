//! Transcripts: what was asked and what was answered, in a form that two servers can be compared by.

use std::fmt;

use spikelet_client::{BatchRecord, Error, OrderedRecord, Page, Record, Task};
use spikelet_wire::{ResultCode, Value};

use crate::clock;

/// By how many seconds the expiry of a record may differ between two runs.
pub const TOLERANCE: i64 = 2;

/// What a scenario asked, and what a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The request, as the scenario puts it.
    pub request: String,
    /// The answer.
    pub answer: Answer,
}

/// An answer without what differs from run to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The command succeeded and says nothing else.
    Done,
    /// A record, or the results of its operations.
    Record(Answered),
    /// The answer to a question: whether a record exists, or what a text of the server's own says.
    Says(String),
    /// The rows of a batch, in order.
    Rows(Vec<Answer>),
    /// The server refused.
    Refused(ResultCode),
    /// The command failed before the server answered.
    Failed(String),
}

/// A record in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Names and values of the bins, described, in the server's order.
    pub bins: Vec<(String, String)>,
    /// The generation.
    pub generation: u32,
    /// In how many seconds the record expires, if ever.
    pub expires_in: Option<i64>,
}

impl Entry {
    /// Whether another server answered the same.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        self.request == other.request && self.answer.agrees(&other.answer)
    }
}

impl Answer {
    fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Record(ours), Self::Record(theirs)) => ours.agrees(theirs),
            (Self::Rows(ours), Self::Rows(theirs)) => {
                ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| a.agrees(b))
            }
            _ => self == other,
        }
    }
}

impl Answered {
    /// A record as it came from a server, just now.
    pub(crate) fn new<'b>(
        bins: impl IntoIterator<Item = (&'b str, &'b Value)>,
        generation: u32,
        void_time: u32,
    ) -> Self {
        let bins = bins
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_string()));
        Self {
            bins: bins.collect(),
            generation,
            expires_in: (void_time != 0).then(|| i64::from(void_time) - i64::from(clock::now())),
        }
    }

    fn agrees(&self, other: &Self) -> bool {
        let expires = match (self.expires_in, other.expires_in) {
            (Some(ours), Some(theirs)) => (ours - theirs).abs() <= TOLERANCE,
            (None, None) => true,
            _ => false,
        };
        expires && self.generation == other.generation && self.bins == other.bins
    }
}

/// Where two transcripts part: the position, and what stands there in each.
#[must_use]
pub fn difference<'t>(ours: &'t [Entry], theirs: &'t [Entry]) -> Option<(usize, Option<&'t Entry>, Option<&'t Entry>)> {
    (0..ours.len().max(theirs.len())).find_map(|at| match (ours.get(at), theirs.get(at)) {
        (Some(a), Some(b)) if a.agrees(b) => None,
        (a, b) => Some((at, a, b)),
    })
}

/// What can stand in a transcript.
pub trait Describe {
    /// The answer, described.
    fn describe(&self) -> Answer;
}

impl<T: Describe> Describe for Result<T, Error> {
    fn describe(&self) -> Answer {
        match self {
            Ok(answer) => answer.describe(),
            Err(error) => match error.result_code() {
                Some(code) => Answer::Refused(code),
                None => Answer::Failed(format!("{:?}", error.kind())),
            },
        }
    }
}

impl Describe for () {
    fn describe(&self) -> Answer {
        Answer::Done
    }
}

impl Describe for bool {
    fn describe(&self) -> Answer {
        Answer::Says(self.to_string())
    }
}

impl Describe for String {
    fn describe(&self) -> Answer {
        Answer::Says(self.clone())
    }
}

impl Describe for Record {
    fn describe(&self) -> Answer {
        Answer::Record(Answered::new(self.bins.iter(), self.generation, self.void_time))
    }
}

impl Describe for Page {
    /// The records sorted: their order depends on the names of their sets, and on the number of nodes.
    fn describe(&self) -> Answer {
        let mut records: Vec<Answer> = self.records.iter().map(Describe::describe).collect();
        records.sort_by_cached_key(ToString::to_string);
        Answer::Rows(records)
    }
}

impl Describe for Task {
    fn describe(&self) -> Answer {
        Answer::Done
    }
}

impl Describe for Value {
    fn describe(&self) -> Answer {
        Answer::Says(self.to_string())
    }
}

impl Describe for OrderedRecord {
    fn describe(&self) -> Answer {
        let bins = self.bins.iter().map(|(name, value)| (name.as_str(), value));
        Answer::Record(Answered::new(bins, self.generation, self.void_time))
    }
}

impl<O: Describe> Describe for BatchRecord<O> {
    fn describe(&self) -> Answer {
        self.result.describe()
    }
}

impl<T: Describe> Describe for Vec<T> {
    fn describe(&self) -> Answer {
        Answer::Rows(self.iter().map(Describe::describe).collect())
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.request, self.answer)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("ok"),
            Self::Record(record) => record.fmt(f),
            Self::Says(text) => f.write_str(text),
            Self::Rows(rows) => {
                f.write_str("[")?;
                for (i, row) in rows.iter().enumerate() {
                    write!(f, "{}{row}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Refused(code) => write!(f, "{code:?}"),
            Self::Failed(kind) => write!(f, "failed: {kind}"),
        }
    }
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (i, (name, value)) in self.bins.iter().enumerate() {
            write!(f, "{}{name}: {value}", if i == 0 { "" } else { ", " })?;
        }
        write!(f, "}} generation {}", self.generation)?;
        self.expires_in
            .map_or(Ok(()), |seconds| write!(f, " expires in {seconds} s"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(expires_in: Option<i64>, generation: u32) -> Entry {
        let record = Answered {
            bins: vec![("a".into(), "1".into())],
            generation,
            expires_in,
        };
        Entry {
            request: "get(&key)".into(),
            answer: Answer::Rows(vec![Answer::Record(record)]),
        }
    }

    #[test]
    fn expiry_agrees_within_two_seconds() {
        assert!(entry(Some(300), 1).agrees(&entry(Some(298), 1)));
        assert!(!entry(Some(300), 1).agrees(&entry(Some(297), 1)));
        assert!(!entry(Some(1), 1).agrees(&entry(None, 1)));
        assert!(!entry(None, 1).agrees(&entry(None, 2)));
    }

    #[test]
    fn a_transcript_that_ends_early_differs() {
        let both = [entry(None, 1), entry(None, 2)];
        assert_eq!(difference(&both, &both), None);
        assert_eq!(difference(&both, &both[..1]), Some((1, Some(&both[1]), None)));
    }

    #[test]
    fn an_entry_reads_well() {
        assert_eq!(
            entry(Some(9), 3).to_string(),
            "get(&key) -> [{a: 1} generation 3 expires in 9 s]"
        );
    }
}
