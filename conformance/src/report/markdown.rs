//! The report as Markdown: a table of counts by subject and target, and the tests that did not pass.

use std::fmt::{self, Write as _};

use super::Report;
use crate::results::{TargetRun, Verdict};

impl Report {
    /// The report as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        // Writing to a `String` cannot fail.
        let _ = self.write_markdown(&mut out);
        out
    }

    fn write_markdown(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "# Conformance\n")?;
        write!(out, "| subject |")?;
        self.runs
            .iter()
            .try_for_each(|run| write!(out, " {} |", cell(&run.target)))?;
        writeln!(out, "\n|---|{}", "---|".repeat(self.runs.len()))?;
        for subject in self.subjects() {
            write!(out, "| {} |", cell(subject))?;
            self.runs
                .iter()
                .try_for_each(|run| write!(out, " {} |", summary(run, Some(subject))))?;
            writeln!(out)?;
        }
        write!(out, "| **all** |")?;
        self.runs
            .iter()
            .try_for_each(|run| write!(out, " {} |", summary(run, None)))?;
        writeln!(out)?;
        for run in &self.runs {
            write_rest(out, run)?;
        }
        if !self.stale.is_empty() {
            writeln!(out, "\n## Stale divergences\n")?;
            for entry in &self.stale {
                writeln!(out, "- `{}` on `{}`: {}", entry.name, entry.target, entry.reason)?;
            }
        }
        Ok(())
    }

    fn subjects(&self) -> Vec<&str> {
        let mut subjects = Vec::new();
        for result in self.runs.iter().flat_map(|run| &run.results) {
            let subject = subject(&result.name);
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        }
        subjects
    }
}

fn subject(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

fn summary(run: &TargetRun, of: Option<&str>) -> String {
    let results = run
        .results
        .iter()
        .filter(|result| of.is_none_or(|of| subject(&result.name) == of));
    let (mut passed, mut failed, mut skipped, mut accepted) = (0, 0, 0, 0);
    for result in results {
        match result.verdict {
            Verdict::Passed => passed += 1,
            Verdict::Failed(_) => failed += 1,
            Verdict::Skipped(_) => skipped += 1,
            Verdict::Accepted(_) => accepted += 1,
        }
    }
    let counts = [
        (passed, "passed"),
        (failed, "**failed**"),
        (accepted, "accepted"),
        (skipped, "skipped"),
    ];
    let parts: Vec<_> = counts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    parts.join(", ")
}

fn write_rest(out: &mut String, run: &TargetRun) -> fmt::Result {
    if let Some(why) = Report::skipped_entirely(run) {
        return writeln!(out, "\n## {}\n\nAll tests skipped: {why}", run.target);
    }
    let (shown, more) = Report::shown(run);
    let rest = shown.into_iter().filter(|result| result.verdict != Verdict::Passed);
    for (at, result) in rest.enumerate() {
        if at == 0 {
            writeln!(out, "\n## {}\n", run.target)?;
        }
        let name = &result.name;
        match &result.verdict {
            Verdict::Failed(what) => {
                writeln!(out, "- **`{name}` failed**\n\n  ```text")?;
                what.lines().try_for_each(|line| writeln!(out, "  {line}"))?;
                writeln!(out, "  ```")?;
            }
            Verdict::Accepted(why) => writeln!(out, "- `{name}` diverges, accepted: {why}")?,
            Verdict::Skipped(why) => writeln!(out, "- `{name}` skipped: {why}")?,
            Verdict::Passed => {}
        }
    }
    more.iter()
        .try_for_each(|(area, count)| writeln!(out, "- **{count} more of `recorded/{area}` failed**"))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;

    #[test]
    fn counts_are_by_subject_followed_by_failures() {
        let text = report("").markdown();
        assert!(
            text.contains("| subject | embedded |\n|---|---|\n| kv | 1 passed, 1 **failed** |"),
            "{text}"
        );
        assert!(
            text.contains("| **all** | 1 passed, 1 **failed**, 1 skipped |"),
            "{text}"
        );
        assert!(text.contains("- **`kv/bad` failed**"), "{text}");
        assert!(text.contains("- `ttl/long` skipped: no time"), "{text}");
    }
}
