//! Replaying many cases at once.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use spikelet_wire::{FieldType, FrameHeader, Info2, Message};

use super::case::{Case, Expected, Step};
use super::connection::Exchange;
use super::response::Answer;
use crate::frame_display::DescribedFrame;

/// How many cases are played at a time. Most of the time of a case whose answer is silence is waiting.
const CONNECTIONS: usize = 16;
/// How long a server is left alone with what it does in the background.
const PAUSE: Duration = Duration::from_millis(50);

/// A case that a server answered otherwise than the real one.
#[derive(Debug, Clone)]
pub struct Mismatch<'c> {
    /// The case.
    pub case: &'c Case,
    /// Which of its steps, from 0.
    pub step: usize,
    /// What the real server did, or nothing where the way to the server broke.
    pub expected: Answer,
    /// What the server did, or why it could not be asked.
    pub answered: Result<Answer, String>,
}

/// How many cases were played, and which did not match.
#[derive(Debug, Clone, Default)]
pub struct Report<'c> {
    /// The number of cases played.
    pub played: usize,
    /// Those that did not match, in the order of the recording.
    pub mismatches: Vec<Mismatch<'c>>,
}

impl Report<'_> {
    /// Whether there were cases, and all of them matched.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.played > 0 && self.mismatches.is_empty()
    }

    /// How many cases matched.
    #[must_use]
    pub const fn matched(&self) -> usize {
        self.played - self.mismatches.len()
    }
}

/// Plays cases against a server, several at a time, and compares its answers with the recorded ones.
///
/// Start on an empty server: cases use records of their own, but expect them not to exist. `progress` is told how many
/// cases were played, after each of them.
pub fn replay<'c>(addr: SocketAddr, cases: &'c [Case], progress: impl Fn(usize) + Sync) -> Report<'c> {
    let (next, played) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mismatches = Mutex::new(Vec::new());
    let play_one = |exchange: &mut Exchange, (index, case): (usize, &'c Case)| {
        if let Some(mismatch) = play(exchange, case) {
            mismatches
                .lock()
                .unwrap_or_else(|e| e.into_inner())
                .push((index, mismatch));
        }
        progress(played.fetch_add(1, Ordering::Relaxed) + 1);
    };
    // Cases that change whatever records there are come last and one at a time, as they were recorded.
    let (alone, together): (Vec<_>, Vec<_>) = cases.iter().enumerate().partition(|(_, case)| changes_others(case));
    // The first case of an area may register what the others use.
    let mut exchange = Exchange::new(addr);
    let together = match together.split_first() {
        Some((first, others)) => {
            play_one(&mut exchange, *first);
            others
        }
        None => &[],
    };
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut exchange = Exchange::new(addr);
                while let Some(case) = together.get(next.fetch_add(1, Ordering::Relaxed)) {
                    play_one(&mut exchange, *case);
                }
            });
        }
    });
    alone.into_iter().for_each(|case| play_one(&mut exchange, case));
    let mut mismatches = mismatches.into_inner().unwrap_or_else(|e| e.into_inner());
    mismatches.sort_by_key(|(index, _)| *index);
    Report {
        played: played.into_inner(),
        mismatches: mismatches.into_iter().map(|(_, mismatch)| mismatch).collect(),
    }
}

/// Asks everything that a case asks, one step after the other, and gives what was answered without comparing it.
///
/// # Errors
/// When the server cannot be reached.
pub fn ask(addr: SocketAddr, case: &Case) -> std::io::Result<Vec<Answer>> {
    let mut exchange = Exchange::new(addr);
    case.steps.iter().map(|step| exchange.ask(step)).collect()
}

/// Whether a case has operations carried out on all records of a set: a message that writes and names no record.
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

fn play<'c>(exchange: &mut Exchange, case: &'c Case) -> Option<Mismatch<'c>> {
    case.steps.iter().enumerate().find_map(|(number, step)| {
        let expected = expected(step)?;
        let answered = exchange.ask(step).map_err(|error| error.to_string());
        let matches = answered.as_ref().is_ok_and(|answered| expected.agrees(answered));
        (!matches).then_some(Mismatch {
            case,
            step: number,
            expected,
            answered,
        })
    })
}

/// What is expected of a step; a pause is made here, and expects nothing.
fn expected(step: &Step) -> Option<Answer> {
    match &step.expected {
        Expected::Frames(frames) => Some(Answer::new(frames.clone(), step.kind, step.at)),
        Expected::Closed => Some(Answer::Closed),
        Expected::Silent => Some(Answer::Silent),
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
            writeln!(f, "  request  {}", DescribedFrame(&step.request))?;
        }
        writeln!(f, "  expected {}", self.expected)?;
        match &self.answered {
            Ok(answered) => write!(f, "  answered {answered}"),
            Err(error) => write!(f, "  could not ask: {error}"),
        }
    }
}

impl fmt::Display for Report<'_> {
    /// The count, and the first few mismatches.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "matched {} of {} cases", self.matched(), self.played)?;
        self.mismatches
            .iter()
            .take(5)
            .try_for_each(|mismatch| write!(f, "\n{mismatch}"))
    }
}
