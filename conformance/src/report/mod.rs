//! The report of a run: the results on each target, and stale divergences.

mod junit;
mod markdown;
mod terminal;

use std::collections::BTreeMap;

use crate::divergences::{Divergence, Divergences};
use crate::results::{TargetRun, TestResult, Verdict};

/// The maximum number of failed cases that are shown for an area.
const MAX_SHOWN_PER_AREA: usize = 5;

/// The results of a run, after accepted divergences are applied.
#[derive(Debug, Clone)]
pub struct Report {
    /// The runs, by target.
    pub runs: Vec<TargetRun>,
    /// Entries of the accepted divergences whose tests all passed.
    pub stale: Vec<Divergence>,
}

impl Report {
    /// Applies the accepted divergences to the failures, and finds those that are stale.
    #[must_use]
    pub fn new(mut runs: Vec<TargetRun>, divergences: &Divergences) -> Self {
        let mut stale = Vec::new();
        for entry in &divergences.entries {
            let (mut ran, mut diverged) = (false, false);
            for run in &mut runs {
                for result in &mut run.results {
                    if !entry.applies_to(&result.name, &run.target) {
                        continue;
                    }
                    match &result.verdict {
                        Verdict::Passed => ran = true,
                        Verdict::Failed(_) => {
                            diverged = true;
                            result.verdict = Verdict::Accepted(entry.reason.clone());
                        }
                        Verdict::Accepted(_) => diverged = true,
                        // A skipped test says nothing about the entry.
                        Verdict::Skipped(_) => {}
                    }
                }
            }
            if ran && !diverged {
                stale.push(entry.clone());
            }
        }
        Self { runs, stale }
    }

    /// Whether a test failed or a divergence is stale.
    #[must_use]
    pub fn failed(&self) -> bool {
        !self.stale.is_empty() || self.count(|verdict| matches!(verdict, Verdict::Failed(_))) > 0
    }

    /// Whether any test ran, that is, was not skipped.
    #[must_use]
    pub fn ran(&self) -> bool {
        self.count(|verdict| !matches!(verdict, Verdict::Skipped(_))) > 0
    }

    /// The reason, if all tests of a run were skipped for the same one.
    fn skipped_entirely(run: &TargetRun) -> Option<&str> {
        let mut reasons = run.results.iter().map(|result| match &result.verdict {
            Verdict::Skipped(why) => Some(why.as_str()),
            _ => None,
        });
        let first = reasons.next()??;
        reasons.all(|reason| reason == Some(first)).then_some(first)
    }

    /// The results of a run that are shown individually, and the number of further failures in each area of recorded
    /// cases: one wrong behaviour of a server can fail hundreds of cases.
    fn shown(run: &TargetRun) -> (Vec<&TestResult>, BTreeMap<&str, usize>) {
        let (mut failed, mut more) = (BTreeMap::new(), BTreeMap::new());
        let shown = run.results.iter().filter(|result| {
            let area = result
                .name
                .strip_prefix("recorded/")
                .and_then(|rest| rest.split_once('/'));
            let (Some((area, _)), Verdict::Failed(_)) = (area, &result.verdict) else {
                return true;
            };
            let failed = failed.entry(area).or_insert(0);
            *failed += 1;
            if *failed > MAX_SHOWN_PER_AREA {
                *more.entry(area).or_insert(0) += 1;
            }
            *failed <= MAX_SHOWN_PER_AREA
        });
        (shown.collect(), more)
    }

    fn count(&self, of: impl Fn(&Verdict) -> bool + Copy) -> usize {
        self.runs.iter().map(|run| run.count(of)).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::results::TestResult;

    pub(super) fn report(entries: &str) -> Report {
        let result = |name: &str, verdict| TestResult {
            name: name.to_owned(),
            verdict,
            duration: Duration::from_millis(5),
            transcript: Vec::new(),
        };
        let run = TargetRun {
            target: "embedded".to_owned(),
            results: vec![
                result("kv/good", Verdict::Passed),
                result("kv/bad", Verdict::Failed("a < b & \"c\"\u{1}".to_owned())),
                result("ttl/long", Verdict::Skipped("no time".to_owned())),
            ],
            duration: Duration::from_secs(1),
        };
        Report::new(vec![run], &Divergences::parse(entries).unwrap())
    }

    fn entry(name: &str) -> String {
        format!("[[divergence]]\nname = \"{name}\"\nreason = \"known\"\n")
    }

    #[test]
    fn an_accepted_divergence_is_not_a_failure() {
        assert!(report("").failed());
        let accepted = report(&entry("kv/bad"));
        assert!(!accepted.failed() && accepted.ran());
        assert_eq!(
            accepted.runs[0].results[1].verdict,
            Verdict::Accepted("known".to_owned())
        );
    }

    #[test]
    fn a_stale_entry_fails_the_run() {
        let stale = report(&[entry("kv/bad"), entry("kv/good")].concat());
        assert!(stale.failed());
        assert_eq!(stale.stale[0].name, "kv/good");
        // An entry whose tests did not run is not stale.
        assert!(!report(&[entry("kv/bad"), entry("ttl/*"), entry("none/*")].concat()).failed());
    }

    #[test]
    fn two_entries_may_apply_to_one_failure() {
        assert!(!report(&[entry("kv/bad"), entry("kv/*")].concat()).failed());
    }

    #[test]
    fn only_a_few_of_many_recorded_cases_are_shown() {
        let mut report = report("");
        let failed = |n| TestResult {
            name: format!("recorded/kv/{n}"),
            verdict: Verdict::Failed("otherwise".to_owned()),
            duration: Duration::ZERO,
            transcript: Vec::new(),
        };
        report.runs[0].results.extend((0..12).map(failed));
        let text = report.to_string();
        assert!(
            text.contains("recorded/kv/4\n") && !text.contains("recorded/kv/5\n"),
            "{text}"
        );
        assert!(text.contains("FAILED   7 more of recorded/kv\n"), "{text}");
        assert!(report.markdown().contains("7 more of `recorded/kv` failed"));
    }
}
