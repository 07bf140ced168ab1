//! The results of a run: a verdict for each scenario and each recorded case.

use std::time::Duration;

use crate::scenario::Scenario;
use crate::target::{TargetSpec, Unavailable};
use crate::transcript::{Entry, difference};

/// What became of one scenario or one area of recorded cases.
#[derive(Debug, Clone)]
pub struct TestResult {
    /// Its name: `SUBJECT/NAME`, or `recorded/AREA/CASE`.
    pub name: String,
    /// How it ended.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
    /// What was asked and answered.
    pub transcript: Vec<Entry>,
}

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As on the real server.
    Passed,
    /// Otherwise, in these words.
    Failed(String),
    /// It did not run, for this reason.
    Skipped(String),
    /// Otherwise, which is accepted for this reason.
    Accepted(String),
}

/// All results on one target.
#[derive(Debug, Clone)]
pub struct TargetRun {
    /// The name of the target.
    pub target: String,
    /// The results, in the order of the scenarios.
    pub results: Vec<TestResult>,
    /// How long all of it took.
    pub took: Duration,
}

impl TargetRun {
    /// A target that could not be had, so that all tests were skipped.
    #[must_use]
    pub fn unavailable(target: &TargetSpec, scenarios: &[Scenario], why: &Unavailable) -> Self {
        let skipped = |scenario: &Scenario| TestResult {
            name: scenario.id(),
            verdict: Verdict::Skipped(why.to_string()),
            took: Duration::ZERO,
            transcript: Vec::new(),
        };
        Self {
            target: target.to_string(),
            results: scenarios.iter().map(skipped).collect(),
            took: Duration::ZERO,
        }
    }

    /// How many results have a verdict.
    pub fn count(&self, of: impl Fn(&Verdict) -> bool) -> usize {
        self.results.iter().filter(|result| of(&result.verdict)).count()
    }

    /// Fails what passed here with another transcript than on another target.
    pub fn compare(&mut self, with: &Self) {
        for result in &mut self.results {
            let other = with.results.iter().find(|other| other.name == result.name);
            // What failed on either side has been told, and its transcript ends early.
            let Some(other) = other.filter(|other| other.verdict == Verdict::Passed) else {
                continue;
            };
            if result.verdict != Verdict::Passed {
                continue;
            }
            if let Some((at, ours, theirs)) = difference(&result.transcript, &other.transcript) {
                let shown = |entry: Option<&Entry>| entry.map_or("nothing".to_owned(), Entry::to_string);
                result.verdict = Verdict::Failed(format!(
                    "the transcripts part at entry {at}\n  {}: {}\n  {}: {}",
                    self.target,
                    shown(ours),
                    with.target,
                    shown(theirs)
                ));
            }
        }
    }
}
