//! The results of a run: a verdict for each scenario and each recorded case.

use std::time::Duration;

use crate::scenario::Scenario;
use crate::target::{TargetSpec, Unavailable};
use crate::transcript::{Entry, difference};

/// The result of a scenario, a recorded case or an area of recorded cases.
#[derive(Debug, Clone)]
pub struct TestResult {
    /// Its name: `SUBJECT/NAME`, or `recorded/AREA/CASE`.
    pub name: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The duration.
    pub duration: Duration,
    /// The requests and responses.
    pub transcript: Vec<Entry>,
}

/// The verdict on a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The server behaved as the real one.
    Passed,
    /// The server behaved differently; the text says how.
    Failed(String),
    /// The test did not run, for this reason.
    Skipped(String),
    /// The server behaved differently, which is accepted for this reason.
    Accepted(String),
}

/// All results on one target.
#[derive(Debug, Clone)]
pub struct TargetRun {
    /// The name of the target.
    pub target: String,
    /// The results, in the order of the scenarios.
    pub results: Vec<TestResult>,
    /// The duration of the whole run.
    pub duration: Duration,
}

impl TargetRun {
    /// The results for an unavailable target: all scenarios are skipped.
    #[must_use]
    pub fn unavailable(target: &TargetSpec, scenarios: &[Scenario], why: &Unavailable) -> Self {
        let skipped = |scenario: &Scenario| TestResult {
            name: scenario.id(),
            verdict: Verdict::Skipped(why.to_string()),
            duration: Duration::ZERO,
            transcript: Vec::new(),
        };
        Self {
            target: target.to_string(),
            results: scenarios.iter().map(skipped).collect(),
            duration: Duration::ZERO,
        }
    }

    /// The number of results whose verdict satisfies a condition.
    pub fn count(&self, of: impl Fn(&Verdict) -> bool) -> usize {
        self.results.iter().filter(|result| of(&result.verdict)).count()
    }

    /// Fails what passed here with another transcript than on another target.
    pub fn compare(&mut self, with: &Self) {
        for result in &mut self.results {
            let other = with.results.iter().find(|other| other.name == result.name);
            // A failure on either target is already reported, and its transcript ends early.
            let Some(other) = other.filter(|other| other.verdict == Verdict::Passed) else {
                continue;
            };
            if result.verdict != Verdict::Passed {
                continue;
            }
            if let Some((at, ours, theirs)) = difference(&result.transcript, &other.transcript) {
                let shown = |entry: Option<&Entry>| entry.map_or("nothing".to_owned(), Entry::to_string);
                result.verdict = Verdict::Failed(format!(
                    "the transcripts differ at entry {at}\n  {}: {}\n  {}: {}",
                    self.target,
                    shown(ours),
                    with.target,
                    shown(theirs)
                ));
            }
        }
    }
}
