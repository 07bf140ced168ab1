//! The format of the recordings: one case a line, as JSON, the whole file compressed with gzip.
//!
//! A case is `{"id", "area", "note", "steps": [...]}`, and a step is
//!
//! - `q`: the request's frame, in hex,
//! - `k`: its [`Kind`],
//! - `r`: the frames of the recorded answer, in hex, or in their place `end`: `closed` or `silent`,
//! - `t`: when it was recorded, in seconds since 2010-01-01T00:00:00Z.
//!
//! The steps of a case run in order on one connection. A case uses records of its own and needs no other case, but for
//! the area's first, which may register what the others use.

use serde::Deserialize;

/// A case: a few requests that belong together, and what the real server answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Line")]
pub struct Case {
    /// Its name, of its own in all areas.
    pub id: String,
    /// What it is about; the recording's name.
    pub area: String,
    /// What it tries.
    pub note: String,
    /// Its requests, in order.
    pub steps: Vec<Step>,
}

/// A request, and what the real server answered.
#[derive(Debug, Clone)]
pub struct Step {
    /// The request's frame.
    pub request: Vec<u8>,
    /// How it is sent, and where its answer ends.
    pub kind: Kind,
    /// The recorded answer.
    pub expected: Expected,
    /// When it was recorded, in seconds since 2010-01-01T00:00:00Z.
    pub at: u32,
}

/// How a request is sent, and where its answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One frame answers it.
    One,
    /// A batch: frames up to a message with [`LAST`](spikelet_wire::Info3::LAST).
    Batch,
    /// A query: as a batch, or one message with its error.
    Query,
    /// Damaged on purpose: sent on a connection of its own.
    Raw,
    /// An info request.
    Info,
    /// Nothing is sent: the server may finish what runs in the background.
    Pause,
}

/// What the real server did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// It answered with these frames.
    Frames(Vec<Vec<u8>>),
    /// It closed the connection.
    Closed,
    /// It answered nothing within 0.7 seconds.
    Silent,
    /// Nothing was asked.
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
    k: Kind,
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
            (Some(end), _) => return Err(format!("an end called {end:?}")),
            (None, Some(frames)) => Expected::Frames(frames.iter().map(|hex| unhex(hex)).collect::<Result<_, _>>()?),
            (None, None) if step.k == Kind::Pause => Expected::Nothing,
            (None, None) => return Err("a step without an answer".to_owned()),
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
