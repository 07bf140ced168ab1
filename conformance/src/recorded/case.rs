//! The format of the recordings: one case per line, as JSON, in a file compressed with gzip.
//!
//! A case is `{"id", "area", "note", "steps": [...]}`, and a step is
//!
//! - `q`: the request's frame, in hex,
//! - `k`: its [`RequestKind`],
//! - `r`: the frames of the recorded response, in hex; or instead `end`: `closed` or `silent`,
//! - `t`: when it was recorded, in seconds since 2010-01-01T00:00:00Z.
//!
//! The steps of a case run in order on one connection. Each case uses its own records and does not depend on other
//! cases, except for the first case of the area, which may register modules or indexes that the others use.

use serde::Deserialize;

/// A case: a sequence of requests with the responses of the real server.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Line")]
pub struct Case {
    /// The name, which is unique across all areas.
    pub id: String,
    /// The area, which is the name of the recording.
    pub area: String,
    /// A description of the case.
    pub note: String,
    /// The requests, in order.
    pub steps: Vec<Step>,
}

/// A request with the response of the real server.
#[derive(Debug, Clone)]
pub struct Step {
    /// The frame of the request.
    pub request: Vec<u8>,
    /// How the request is sent, and where its response ends.
    pub kind: RequestKind,
    /// The recorded response.
    pub expected: Expected,
    /// When it was recorded, in seconds since 2010-01-01T00:00:00Z.
    pub at: u32,
}

/// How a request is sent, and where its response ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestKind {
    /// The response is one frame.
    One,
    /// A batch: the response is all frames up to a message with [`LAST`](spikelet_wire::Info3::LAST).
    Batch,
    /// A query: the response is as for a batch, or one message with an error.
    Query,
    /// Damaged on purpose: sent on a separate connection.
    Raw,
    /// An info request.
    Info,
    /// Nothing is sent: the server gets time to finish background work.
    Pause,
}

/// The recorded behaviour of the real server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// It responded with these frames.
    Frames(Vec<Vec<u8>>),
    /// It closed the connection.
    Closed,
    /// It did not respond within 0.7 seconds.
    Silent,
    /// Nothing was sent.
    Nothing,
}

#[derive(Deserialize)]
struct Line {
    id: String,
    area: String,
    note: String,
    steps: Vec<LineStep>,
}

#[derive(Deserialize)]
struct LineStep {
    #[serde(default)]
    q: String,
    k: RequestKind,
    r: Option<Vec<String>>,
    end: Option<String>,
    #[serde(default)]
    t: u32,
}

impl TryFrom<Line> for Case {
    type Error = String;

    fn try_from(line: Line) -> Result<Self, String> {
        let steps = line.steps.into_iter().map(Step::try_from).collect::<Result<_, _>>();
        Ok(Self {
            steps: steps.map_err(|error| format!("case {}: {error}", line.id))?,
            id: line.id,
            area: line.area,
            note: line.note,
        })
    }
}

impl TryFrom<LineStep> for Step {
    type Error = String;

    fn try_from(step: LineStep) -> Result<Self, String> {
        let expected = match (step.end.as_deref(), step.r) {
            (Some("closed"), _) => Expected::Closed,
            (Some("silent"), _) => Expected::Silent,
            (Some(end), _) => return Err(format!("unknown end {end:?}")),
            (None, Some(frames)) => Expected::Frames(frames.iter().map(|hex| unhex(hex)).collect::<Result<_, _>>()?),
            (None, None) if step.k == RequestKind::Pause => Expected::Nothing,
            (None, None) => return Err("a step without a response".to_owned()),
        };
        Ok(Self {
            request: unhex(&step.q)?,
            kind: step.k,
            expected,
            at: step.t,
        })
    }
}

fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2);
            pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())
                .ok_or_else(|| "bytes that are not hex".to_owned())
        })
        .collect()
}
