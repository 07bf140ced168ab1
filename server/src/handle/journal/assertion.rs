//! Assertions on the journal, and what they say when they fail.

use std::fmt::Write as _;

use super::{Entry, Filter, Journal};

/// How many of the last entries a failure shows.
const LAST: usize = 10;

impl Journal<'_> {
    /// Asserts that there are so many entries.
    ///
    /// # Panics
    /// When there are not, with what is there instead; and when the server keeps no journal.
    #[track_caller]
    pub fn assert_count(&self, n: usize) {
        self.assert_on();
        let found = self.count();
        assert!(
            found == n,
            "expected {n} × {}, found {found}\n{}{}",
            self.filter,
            self.made_room(),
            last_entries(self)
        );
    }

    /// Asserts that the entries are these, in this order, and no others.
    ///
    /// What is expected of an entry is a [`Command`](crate::Command), a pair of a command and a key, one with a result code
    /// as well, or a whole [`Filter`].
    ///
    /// ```
    /// use spikelet::{Command, Server};
    ///
    /// let server = Server::builder().journal(100).start()?;
    /// // ... after a client has put and got the record `user1`:
    /// # if false {
    /// server.journal().set("demo").assert_sequence([(Command::Write, "user1"), (Command::Read, "user1")]);
    /// # }
    /// # Ok::<(), spikelet::StartError>(())
    /// ```
    ///
    /// # Panics
    /// When they are not, showing both side by side; and when the server keeps no journal.
    #[track_caller]
    pub fn assert_sequence<F: Into<Filter>>(&self, expected: impl IntoIterator<Item = F>) {
        self.assert_on();
        let expected: Vec<Filter> = expected.into_iter().map(Into::into).collect();
        let (found, matched): (Vec<Entry>, Vec<bool>) = {
            let state = self.log.state();
            let found = state.matching(&self.filter).enumerate();
            let found = found.map(|(at, noted)| {
                let is_expected = expected.get(at).is_some_and(|filter| filter.matches(noted));
                (noted.entry(), is_expected)
            });
            found.unzip()
        };
        if found.len() == expected.len() && matched.iter().all(|matched| *matched) {
            return;
        }
        let mut text = format!("another sequence of × {} than expected\n", self.filter);
        for at in 0..expected.len().max(found.len()) {
            let mark = if matched.get(at) == Some(&true) { ' ' } else { '!' };
            let wanted = expected.get(at).map_or_else(|| "nothing".to_owned(), Filter::to_string);
            let found = found.get(at).map_or_else(|| "nothing".to_owned(), Entry::to_string);
            let _ = writeln!(text, "{mark} expected {wanted}\n     found {found}");
        }
        panic!("{text}{}", self.made_room());
    }

    #[track_caller]
    fn assert_on(&self) {
        assert!(self.is_kept(), "{}", off());
    }

    fn made_room(&self) -> String {
        match self.dropped() {
            0 => String::new(),
            n => format!("({n} older entries had to make room; a journal of a larger capacity keeps them)\n"),
        }
    }
}

/// What is said of a server that keeps no journal.
pub(super) const fn off() -> &'static str {
    "this server keeps no journal: start it with `Server::builder().journal(1000).start()`"
}

/// The last entries, whichever of their like were meant.
pub(super) fn last_entries(journal: &Journal<'_>) -> String {
    let all = Journal::new(journal.log, journal.filter.widened());
    let last = all.last_of(LAST);
    if last.is_empty() {
        return "nothing was asked".to_owned();
    }
    let mut text = format!("the last {} of {} entries:", last.len(), all.count());
    for entry in last {
        let _ = write!(text, "\n  {entry}");
    }
    text
}
