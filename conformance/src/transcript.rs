//! Transcripts: the requests and responses of a scenario, in a form that is comparable between servers.

use std::fmt;

use spikelet_client::{BatchRecord, Error, OrderedRecord, Page, Record, Task};
use spikelet_wire::{ResultCode, Value};

use crate::clock;

/// The number of seconds by which the expiry of a record may differ between two runs.
pub const TOLERANCE: i64 = 2;

/// A request of a scenario and the server's response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The request: the source text of the command, or the description of a raw request.
    pub request: String,
    /// The response.
    pub response: Response,
}

/// A response, without values that differ from run to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// The command succeeded and returned nothing.
    Done,
    /// A record, or the results of its operations.
    Record(RecordResponse),
    /// A text: whether a record exists, or what follows from a text of the server.
    Text(String),
    /// The rows of a batch, in order.
    Rows(Vec<Response>),
    /// The server rejected the command.
    Rejected(ResultCode),
    /// The command failed without a response from the server.
    Failed(String),
}

/// A record in a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordResponse {
    /// The names and displayed values of the bins, in the server's order.
    pub bins: Vec<(String, String)>,
    /// The generation.
    pub generation: u32,
    /// The number of seconds until the record expires; `None` if it never does.
    pub expires_in: Option<i64>,
}

impl Entry {
    /// Whether both servers responded alike to the same request.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        self.request == other.request && self.response.agrees(&other.response)
    }
}

impl Response {
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

impl RecordResponse {
    /// Creates the response for a record that was received just now.
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

/// The first difference between two transcripts: its position, and the entry of each transcript there.
#[must_use]
pub fn difference<'t>(ours: &'t [Entry], theirs: &'t [Entry]) -> Option<(usize, Option<&'t Entry>, Option<&'t Entry>)> {
    (0..ours.len().max(theirs.len())).find_map(|at| match (ours.get(at), theirs.get(at)) {
        (Some(a), Some(b)) if a.agrees(b) => None,
        (a, b) => Some((at, a, b)),
    })
}

/// A conversion of client results into the responses of a transcript.
pub trait ToResponse {
    /// The result as a response.
    fn to_response(&self) -> Response;
}

impl<T: ToResponse> ToResponse for Result<T, Error> {
    fn to_response(&self) -> Response {
        match self {
            Ok(response) => response.to_response(),
            Err(error) => match error.result_code() {
                Some(code) => Response::Rejected(code),
                None => Response::Failed(format!("{:?}", error.kind())),
            },
        }
    }
}

impl ToResponse for () {
    fn to_response(&self) -> Response {
        Response::Done
    }
}

impl ToResponse for bool {
    fn to_response(&self) -> Response {
        Response::Text(self.to_string())
    }
}

impl ToResponse for String {
    fn to_response(&self) -> Response {
        Response::Text(self.clone())
    }
}

impl ToResponse for Record {
    fn to_response(&self) -> Response {
        Response::Record(RecordResponse::new(self.bins.iter(), self.generation, self.void_time))
    }
}

impl ToResponse for Page {
    /// Sorts the records, because their order depends on the names of their sets and the number of nodes.
    fn to_response(&self) -> Response {
        let mut records: Vec<Response> = self.records.iter().map(ToResponse::to_response).collect();
        records.sort_by_cached_key(ToString::to_string);
        Response::Rows(records)
    }
}

impl ToResponse for Task {
    fn to_response(&self) -> Response {
        Response::Done
    }
}

impl ToResponse for Value {
    fn to_response(&self) -> Response {
        Response::Text(self.to_string())
    }
}

impl ToResponse for OrderedRecord {
    fn to_response(&self) -> Response {
        let bins = self.bins.iter().map(|(name, value)| (name.as_str(), value));
        Response::Record(RecordResponse::new(bins, self.generation, self.void_time))
    }
}

impl<O: ToResponse> ToResponse for BatchRecord<O> {
    fn to_response(&self) -> Response {
        self.result.to_response()
    }
}

impl<T: ToResponse> ToResponse for Vec<T> {
    fn to_response(&self) -> Response {
        Response::Rows(self.iter().map(ToResponse::to_response).collect())
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.request, self.response)
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("ok"),
            Self::Record(record) => record.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Rows(rows) => {
                f.write_str("[")?;
                for (i, row) in rows.iter().enumerate() {
                    write!(f, "{}{row}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Rejected(code) => write!(f, "{code:?}"),
            Self::Failed(kind) => write!(f, "failed: {kind}"),
        }
    }
}

impl fmt::Display for RecordResponse {
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
        let record = RecordResponse {
            bins: vec![("a".into(), "1".into())],
            generation,
            expires_in,
        };
        Entry {
            request: "get(&key)".into(),
            response: Response::Rows(vec![Response::Record(record)]),
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
    fn an_entry_is_displayed_in_readable_form() {
        assert_eq!(
            entry(Some(9), 3).to_string(),
            "get(&key) -> [{a: 1} generation 3 expires in 9 s]"
        );
    }
}
