//! The report as text for a terminal.

use std::fmt;

use super::Report;
use crate::results::{TestResult, Verdict};

impl fmt::Display for Report {
    /// The tests that did not pass, and the counts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for run in &self.runs {
            if let Some(why) = Self::skipped_entirely(run) {
                writeln!(f, "{}: all {} skipped: {why}", run.target, run.results.len())?;
                continue;
            }
            let (shown, more) = Self::shown(run);
            for TestResult { name, verdict, .. } in shown {
                match verdict {
                    Verdict::Passed => {}
                    Verdict::Failed(what) => writeln!(f, "FAILED   {name}\n  {}", what.replace('\n', "\n  "))?,
                    Verdict::Skipped(why) => writeln!(f, "skipped  {name}: {why}")?,
                    Verdict::Accepted(why) => writeln!(f, "accepted {name}: {why}")?,
                }
            }
            for (area, count) in more {
                writeln!(f, "FAILED   {count} more of recorded/{area}")?;
            }
            writeln!(
                f,
                "{}: {} passed, {} failed, {} accepted, {} skipped in {:.1} s",
                run.target,
                run.count(|verdict| *verdict == Verdict::Passed),
                run.count(|verdict| matches!(verdict, Verdict::Failed(_))),
                run.count(|verdict| matches!(verdict, Verdict::Accepted(_))),
                run.count(|verdict| matches!(verdict, Verdict::Skipped(_))),
                run.duration.as_secs_f64(),
            )?;
        }
        for entry in &self.stale {
            writeln!(
                f,
                "STALE    divergence {:?} on {:?}: all its tests passed",
                entry.name, entry.target
            )?;
        }
        Ok(())
    }
}
