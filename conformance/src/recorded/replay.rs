//! Replays cases against a server, several at a time.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use spikelet_wire::{FieldType, FrameHeader, Info2, Message};

use super::case::{Case, Expected, Step};
use super::connection::Connection;
use super::response::Response;
use crate::frame_display::DisplayFrame;

/// The number of cases that are replayed at a time. Cases without a response mostly wait.
const CONNECTIONS: usize = 16;
/// How long a server gets to finish background work.
const PAUSE: Duration = Duration::from_millis(50);

/// A case in which a server responded differently from the real one.
#[derive(Debug, Clone)]
pub struct Mismatch<'c> {
    /// The case.
    pub case: &'c Case,
    /// The index of the step, from 0.
    pub step: usize,
    /// The recorded response.
    pub expected: Response,
    /// The actual response, or why there is none.
    pub actual: Result<Response, String>,
}

/// The result of a replay: the number of cases, and those that did not match.
#[derive(Debug, Clone, Default)]
pub struct Report<'c> {
    /// The number of cases replayed.
    pub replayed: usize,
    /// The cases that did not match, in the order of the recording.
    pub mismatches: Vec<Mismatch<'c>>,
}

impl Report<'_> {
    /// Whether at least one case was replayed, and all matched.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.replayed > 0 && self.mismatches.is_empty()
    }

    /// The number of cases that matched.
    #[must_use]
    pub const fn matched(&self) -> usize {
        self.replayed - self.mismatches.len()
    }
}

/// Replays cases against a server, several at a time, and compares its responses with the recorded ones.
///
/// The server must be empty, because cases expect that their records do not exist. `progress` is called after each case
/// with the number of cases replayed so far.
pub fn replay<'c>(addr: SocketAddr, cases: &'c [Case], progress: impl Fn(usize) + Sync) -> Report<'c> {
    let (next, replayed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mismatches = Mutex::new(Vec::new());
    let replay_one = |connection: &mut Connection, (index, case): (usize, &'c Case)| {
        if let Some(mismatch) = replay_case(connection, case) {
            mismatches
                .lock()
                .unwrap_or_else(|e| e.into_inner())
                .push((index, mismatch));
        }
        progress(replayed.fetch_add(1, Ordering::Relaxed) + 1);
    };
    // Cases that change other cases' records are replayed last and one at a time, as they were recorded.
    let (alone, together): (Vec<_>, Vec<_>) = cases.iter().enumerate().partition(|(_, case)| changes_others(case));
    // The first case of an area may register modules or indexes that the others use.
    let mut connection = Connection::new(addr);
    let together = match together.split_first() {
        Some((first, others)) => {
            replay_one(&mut connection, *first);
            others
        }
        None => &[],
    };
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut connection = Connection::new(addr);
                while let Some(case) = together.get(next.fetch_add(1, Ordering::Relaxed)) {
                    replay_one(&mut connection, *case);
                }
            });
        }
    });
    alone.into_iter().for_each(|case| replay_one(&mut connection, case));
    let mut mismatches = mismatches.into_inner().unwrap_or_else(|e| e.into_inner());
    mismatches.sort_by_key(|(index, _)| *index);
    Report {
        replayed: replayed.into_inner(),
        mismatches: mismatches.into_iter().map(|(_, mismatch)| mismatch).collect(),
    }
}

/// Sends the requests of a case, one after the other, and returns the responses without comparing them.
///
/// # Errors
/// If the server cannot be reached.
pub fn send(addr: SocketAddr, case: &Case) -> std::io::Result<Vec<Response>> {
    let mut connection = Connection::new(addr);
    case.steps.iter().map(|step| connection.send(step)).collect()
}

/// Whether a case writes to all records of a set: it has a message that writes and names no record.
fn changes_others(case: &Case) -> bool {
    case.steps.iter().any(|step| {
        let message = step.request.get(FrameHeader::SIZE..).map(Message::decode);
        message.and_then(Result::ok).is_some_and(|message| {
            let named = [FieldType::DIGEST, FieldType::BATCH, FieldType::BATCH_WITH_SET];
            message.header.info2.contains(Info2::WRITE)
                && !message.fields().any(|field| named.contains(&field.field_type))
        })
    })
}

fn replay_case<'c>(connection: &mut Connection, case: &'c Case) -> Option<Mismatch<'c>> {
    case.steps.iter().enumerate().find_map(|(number, step)| {
        let expected = expected(step)?;
        let actual = connection.send(step).map_err(|error| error.to_string());
        let matches = actual.as_ref().is_ok_and(|actual| expected.agrees(actual));
        (!matches).then_some(Mismatch {
            case,
            step: number,
            expected,
            actual,
        })
    })
}

/// The expected response of a step. For a pause, waits and returns `None`.
fn expected(step: &Step) -> Option<Response> {
    match &step.expected {
        Expected::Frames(frames) => Some(Response::new(frames.clone(), step.kind, step.at)),
        Expected::Closed => Some(Response::Closed),
        Expected::Silent => Some(Response::Silent),
        Expected::Nothing => {
            thread::sleep(PAUSE);
            None
        }
    }
}

impl fmt::Display for Mismatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Case { id, note, steps, .. } = self.case;
        writeln!(f, "{id}: {note}, step {}", self.step)?;
        if let Some(step) = steps.get(self.step) {
            writeln!(f, "  request  {}", DisplayFrame(&step.request))?;
        }
        writeln!(f, "  expected {}", self.expected)?;
        match &self.actual {
            Ok(actual) => write!(f, "  actual   {actual}"),
            Err(error) => write!(f, "  no response: {error}"),
        }
    }
}

impl fmt::Display for Report<'_> {
    /// The number of cases and the first few mismatches.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "matched {} of {} cases", self.matched(), self.replayed)?;
        self.mismatches
            .iter()
            .take(5)
            .try_for_each(|mismatch| write!(f, "\n{mismatch}"))
    }
}
