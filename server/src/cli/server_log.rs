//! The lines of the real server's log by which helpers of containers know that a server is ready.
#![expect(clippy::disallowed_methods, reason = "the log has the machine's time")]

use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::ConfigFile;

/// Writes what a server with a configuration file logs when it is ready, to stderr as the real server does.
///
/// - `service ready: soon there will be cake!`
/// - `{NAMESPACE} migrations: complete`
/// - `heartbeat-received`
pub(super) fn ready(file: &ConfigFile) {
    if !file.ignored().is_empty() {
        let ignored = file.ignored().join(", ");
        line(
            "WARNING",
            "cfg",
            &format!("these parameters have no effect in this server: {ignored}"),
        );
    }
    line("INFO", "as", "service ready: soon there will be cake!");
    line("INFO", "info", "   heartbeat-received: self 0 foreign 0");
    for namespace in file.namespaces() {
        line("INFO", "info", &format!("{{{}}} migrations: complete", namespace.name));
    }
}

fn line(level: &str, context: &str, text: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // If stderr is closed, there is nowhere to report it.
    let _ = writeln!(
        std::io::stderr().lock(),
        "{} GMT: {level} ({context}): {text}",
        date(now.as_secs())
    );
}

/// The time as the real server's log has it: `Nov 28 2026 09:36:33`.
fn date(seconds: u64) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    // Years from March on, in eras of 400 years that begin in the year 0.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year + u64::from(month >= 10);
    let name = MONTHS.get(((month + 2) % 12) as usize).copied().unwrap_or_default();
    format!(
        "{name} {day:02} {year} {:02}:{:02}:{:02}",
        time / 3600,
        time / 60 % 60,
        time % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), "Jan 01 1970 00:00:00");
        assert_eq!(date(951_782_400), "Feb 29 2000 00:00:00");
        assert_eq!(date(1_795_858_593), "Nov 28 2026 09:36:33");
    }
}
