//! Assertions on the journal, and their failure messages.

use std::fmt::{self, Write as _};

use super::{Entry, Filter, Journal};

/// How many of the last entries a failure message shows.
const LAST: usize = 10;

/// The journal is not as expected. The message says what was expected and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch(String);

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mismatch {}

impl Journal<'_> {
    /// Asserts that there are `n` matching entries.
    ///
    /// # Panics
    /// If there are more or fewer, with the last entries in the message, or if the server keeps no journal.
    #[track_caller]
    pub fn assert_count(&self, n: usize) {
        if let Err(mismatch) = self.check_count(n) {
            panic!("{mismatch}");
        }
    }

    /// Checks that there are `n` matching entries, as [`assert_count`](Self::assert_count) does, without a panic.
    ///
    /// # Errors
    /// If there are more or fewer, with the last entries in the message, or if the server keeps no journal.
    pub fn check_count(&self, n: usize) -> Result<(), Mismatch> {
        self.check_kept()?;
        let found = self.count();
        if found == n {
            return Ok(());
        }
        Err(Mismatch(format!(
            "expected {n} × {}, found {found}\n{}{}",
            self.filter,
            self.dropped_note(),
            last_entries(self)
        )))
    }

    /// Asserts that the matching entries are exactly these, in this order.
    ///
    /// Each expectation is a [`Command`](crate::Command), a tuple of a command and a key, a tuple of a command, a key and a
    /// result code, or a [`Filter`].
    ///
    /// ```
    /// use spikelet::{Command, Server};
    ///
    /// let server = Server::builder().journal(100).start()?;
    /// // After a client has put and got the record `user1`:
    /// # if false {
    /// server.journal().set("demo").assert_sequence([(Command::Write, "user1"), (Command::Read, "user1")]);
    /// # }
    /// # Ok::<(), spikelet::StartError>(())
    /// ```
    ///
    /// # Panics
    /// If they differ, with both sequences in the message, or if the server keeps no journal.
    #[track_caller]
    pub fn assert_sequence<F: Into<Filter>>(&self, expected: impl IntoIterator<Item = F>) {
        if let Err(mismatch) = self.check_sequence(expected) {
            panic!("{mismatch}");
        }
    }

    /// Checks that the matching entries are exactly these, as [`assert_sequence`](Self::assert_sequence) does, without a panic.
    ///
    /// # Errors
    /// If they differ, with both sequences in the message, or if the server keeps no journal.
    pub fn check_sequence<F: Into<Filter>>(&self, expected: impl IntoIterator<Item = F>) -> Result<(), Mismatch> {
        self.check_kept()?;
        let expected: Vec<Filter> = expected.into_iter().map(Into::into).collect();
        let (found, matched): (Vec<Entry>, Vec<bool>) = {
            let state = self.log.state();
            let found = state.matching(&self.filter).enumerate();
            let found = found.map(|(at, recorded)| {
                let is_expected = expected.get(at).is_some_and(|filter| filter.matches(recorded));
                (recorded.entry(), is_expected)
            });
            found.unzip()
        };
        if found.len() == expected.len() && matched.iter().all(|matched| *matched) {
            return Ok(());
        }
        let mut text = format!("unexpected sequence of journal entries (filter: {})\n", self.filter);
        for at in 0..expected.len().max(found.len()) {
            let mark = if matched.get(at) == Some(&true) { ' ' } else { '!' };
            let expected = expected.get(at).map_or_else(|| "nothing".to_owned(), Filter::to_string);
            let found = found.get(at).map_or_else(|| "nothing".to_owned(), Entry::to_string);
            let _ = writeln!(text, "{mark} expected {expected}\n     found {found}");
        }
        Err(Mismatch(format!("{text}{}", self.dropped_note())))
    }

    fn check_kept(&self) -> Result<(), Mismatch> {
        match self.is_kept() {
            true => Ok(()),
            false => Err(Mismatch(off().to_owned())),
        }
    }

    fn dropped_note(&self) -> String {
        match self.dropped() {
            0 => String::new(),
            n => format!("({n} older entries were dropped; a journal with a larger capacity keeps them)\n"),
        }
    }
}

/// The message for a server that keeps no journal.
pub(super) const fn off() -> &'static str {
    "this server keeps no journal: start it with `Server::builder().journal(1000).start()`"
}

/// The last entries, matching or not.
pub(super) fn last_entries(journal: &Journal<'_>) -> String {
    if !journal.is_kept() {
        return off().to_owned();
    }
    let all = Journal::new(journal.log, journal.filter.widened());
    let last = all.last_of(LAST);
    if last.is_empty() {
        return "the journal has no entries".to_owned();
    }
    let mut text = format!("the last {} of {} entries:", last.len(), all.count());
    for entry in last {
        let _ = write!(text, "\n  {entry}");
    }
    text
}
