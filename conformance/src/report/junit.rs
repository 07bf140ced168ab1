//! The report as JUnit XML: a suite for each target, a case for each test.

use std::fmt::{self, Write as _};

use super::Report;
use crate::results::{TargetRun, TestResult, Verdict};

impl Report {
    /// The report as JUnit XML.
    #[must_use]
    pub fn junit(&self) -> String {
        let mut out = String::new();
        // Writing to a `String` cannot fail.
        let _ = self.write_junit(&mut out);
        out
    }

    fn write_junit(&self, out: &mut String) -> fmt::Result {
        writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
        writeln!(out, "<testsuites>")?;
        self.runs.iter().try_for_each(|run| write_suite(out, run))?;
        if !self.stale.is_empty() {
            let count = self.stale.len();
            writeln!(
                out,
                r#"  <testsuite name="divergences" tests="{count}" failures="{count}" skipped="0">"#
            )?;
            for entry in &self.stale {
                writeln!(
                    out,
                    r#"    <testcase classname="divergences" name={}>"#,
                    attribute(&entry.name)
                )?;
                writeln!(
                    out,
                    r#"      <failure message="stale: all tests that it applies to passed"/>"#
                )?;
                writeln!(out, "    </testcase>")?;
            }
            writeln!(out, "  </testsuite>")?;
        }
        writeln!(out, "</testsuites>")
    }
}

fn write_suite(out: &mut String, run: &TargetRun) -> fmt::Result {
    let skipped = run.count(|verdict| matches!(verdict, Verdict::Skipped(_) | Verdict::Accepted(_)));
    writeln!(
        out,
        r#"  <testsuite name={} tests="{}" failures="{}" skipped="{skipped}" time="{:.3}">"#,
        attribute(&run.target),
        run.results.len(),
        run.count(|verdict| matches!(verdict, Verdict::Failed(_))),
        run.duration.as_secs_f64(),
    )?;
    for TestResult {
        name,
        verdict,
        duration,
        ..
    } in &run.results
    {
        let class = attribute(&format!("{}.{}", run.target, name.split('/').next().unwrap_or(name)));
        let time = duration.as_secs_f64();
        write!(
            out,
            r#"    <testcase classname={class} name={} time="{time:.3}""#,
            attribute(name)
        )?;
        match verdict {
            Verdict::Passed => writeln!(out, "/>")?,
            Verdict::Failed(what) => {
                let message = what.lines().next().unwrap_or_default();
                writeln!(
                    out,
                    ">\n      <failure message={}>{}</failure>",
                    attribute(message),
                    escaped(what)
                )?;
                writeln!(out, "    </testcase>")?;
            }
            Verdict::Skipped(why) => writeln!(out, ">\n      <skipped message={}/>\n    </testcase>", attribute(why))?,
            Verdict::Accepted(why) => {
                let message = attribute(&format!("accepted divergence: {why}"));
                writeln!(out, ">\n      <skipped message={message}/>\n    </testcase>")?;
            }
        }
    }
    writeln!(out, "  </testsuite>")
}

fn attribute(text: &str) -> String {
    format!("\"{}\"", escaped(text).replace('\n', "&#10;"))
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML cannot represent most control characters.
            c if c.is_control() && !matches!(c, '\n' | '\t' | '\r') => out.push('\u{fffd}'),
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;

    #[test]
    fn every_result_is_a_case() {
        let xml = report("").junit();
        assert_eq!(xml.matches("<testcase ").count(), 3);
        assert!(
            xml.contains(r#"<testsuite name="embedded" tests="3" failures="1" skipped="1" time="1.000">"#),
            "{xml}"
        );
        assert!(
            xml.contains(r#"<failure message="a &lt; b &amp; &quot;c&quot;"#),
            "{xml}"
        );
        assert!(xml.contains(r#"<skipped message="no time"/>"#), "{xml}");
        assert!(!xml.contains('\u{1}'));
    }
}
