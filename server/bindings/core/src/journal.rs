//! The journal.

use std::time::Duration;

use spikelet::Value;
use spikelet::journal::Journal;

use crate::argument::{Argument, unknown};
use crate::error::{Error, Kind};
use crate::fault::parameter;
use crate::naming::Naming;
use crate::plain::{self, Plain};
use crate::server::Server;

const PARAMETERS: &[&str] = &[
    "command",
    "namespace",
    "set",
    "key",
    "digest",
    "node",
    "result",
    "since",
    "faulted",
];

/// A filter of the journal.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter(spikelet::journal::Filter);

impl Filter {
    /// Creates a filter from parameters: `command`, `namespace`, `set`, `key`, `digest`, `node`, `result`, `since` and
    /// `faulted`.
    ///
    /// # Errors
    /// [`Kind::Type`] and [`Kind::Value`].
    pub fn new(parameters: &[(String, Value)], naming: Naming) -> Result<Self, Error> {
        let mut filter = spikelet::journal::Filter::new();
        for (given, value) in parameters {
            let name = naming
                .find(given, PARAMETERS)
                .ok_or_else(|| unknown("parameter of a filter", given, PARAMETERS, naming))?;
            let given = Argument::new(given, value);
            if let Some((name, text)) = parameter(name, given)? {
                filter = filter.parameter(name, &text).map_err(|error| given.refused(&error))?;
            }
        }
        Ok(Self(filter))
    }

    /// Creates a filter from what a test expects: the name of a command, a list of a command, a key and a result code, of
    /// which the last can be left out, or a map of parameters.
    fn expected(value: &Value, naming: Naming) -> Result<Self, Error> {
        let argument = Argument::new("expected", value);
        let wrong = || {
            argument
                .wrong_type("the name of a command; a command, a key and perhaps a result code; or parameters by name")
        };
        let named = |names: &[&str], values: &[Value]| {
            let names = names.iter().map(|name| (*name).to_owned());
            Self::new(&names.zip(values.iter().cloned()).collect::<Vec<_>>(), naming)
        };
        match value {
            Value::String(_) => named(&["command"], std::slice::from_ref(value)),
            Value::List(items) if (1..=3).contains(&items.len()) => named(&["command", "key", "result"], items),
            Value::Map(map) => {
                let pairs = map.iter().map(|(name, value)| match name {
                    Value::String(name) => Ok((name.clone(), value.clone())),
                    _ => Err(wrong()),
                });
                Self::new(&pairs.collect::<Result<Vec<_>, _>>()?, naming)
            }
            _ => Err(wrong()),
        }
    }
}

/// # The journal
///
/// Errors are [`Kind::Closed`] and [`Kind::Forked`], and those given. A server without a journal fails with [`Kind::Value`]
/// where that would be mistaken for a server without requests.
impl Server {
    fn with_journal<T>(&self, filter: &Filter, call: impl FnOnce(Journal<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.with(|server| {
            let journal = server.journal().matching(filter.0.clone());
            match journal.is_on() {
                true => call(journal),
                false => Err(Error::new(
                    Kind::Value,
                    "this server keeps no journal, because it was started with journal=0",
                )),
            }
        })
    }

    /// Returns the matching entries, or the last few of them, oldest first.
    ///
    /// # Errors
    /// See above.
    pub fn entries(&self, filter: &Filter, last: Option<usize>) -> Result<Vec<Plain>, Error> {
        self.with_journal(filter, |journal| {
            let entries = match last {
                Some(n) => journal.last_of(n),
                None => journal.entries(),
            };
            Ok(entries.iter().map(plain::entry).collect())
        })
    }

    /// Returns the number of matching entries.
    ///
    /// # Errors
    /// See above.
    pub fn count_entries(&self, filter: &Filter) -> Result<usize, Error> {
        self.with_journal(filter, |journal| Ok(journal.count()))
    }

    /// Returns how many entries were dropped to make room for later ones.
    ///
    /// # Errors
    /// See above.
    pub fn dropped_entries(&self) -> Result<u64, Error> {
        self.with_journal(&Filter::default(), |journal| Ok(journal.dropped()))
    }

    /// Returns the number of the next request, for the parameter `since`.
    ///
    /// # Errors
    /// See above.
    pub fn next_number(&self) -> Result<u64, Error> {
        self.with_journal(&Filter::default(), |journal| Ok(journal.next_number()))
    }

    /// Removes all entries, matching or not.
    ///
    /// # Errors
    /// See above.
    pub fn clear_journal(&self) -> Result<(), Error> {
        self.with_journal(&Filter::default(), |journal| {
            journal.clear();
            Ok(())
        })
    }

    /// Checks the number of matching entries.
    ///
    /// # Errors
    /// [`Kind::Assertion`] if there are more or fewer.
    pub fn check_count(&self, filter: &Filter, n: usize) -> Result<(), Error> {
        self.with_journal(filter, |journal| Ok(journal.check_count(n)?))
    }

    /// Checks that the matching entries are these, in this order. Each is the name of a command, a list of a command, a key
    /// and perhaps a result code, or a map of parameters.
    ///
    /// # Errors
    /// [`Kind::Assertion`] if they differ; [`Kind::Type`] and [`Kind::Value`] for what is expected.
    pub fn check_sequence(&self, filter: &Filter, expected: &[Value]) -> Result<(), Error> {
        let expected = expected.iter().map(|value| Filter::expected(value, self.naming()));
        let expected: Vec<_> = expected.collect::<Result<_, _>>()?;
        self.with_journal(filter, |journal| {
            Ok(journal.check_sequence(expected.into_iter().map(|filter| filter.0))?)
        })
    }

    /// Blocks the thread until there are `n` matching entries, and returns them. Calls `is_cancelled` every 50 milliseconds.
    ///
    /// # Errors
    /// [`Kind::Timeout`] if they do not arrive in time, [`Kind::Cancelled`] if `is_cancelled` returns `true`, and
    /// [`Kind::Closed`] if the server is closed meanwhile.
    pub fn wait_for(
        &self,
        filter: &Filter,
        n: usize,
        timeout: Duration,
        mut is_cancelled: impl FnMut() -> bool,
    ) -> Result<Vec<Plain>, Error> {
        self.with_journal(filter, |journal| {
            let found = journal
                .wait_for(n)
                .timeout_unless(timeout, || self.is_closed() || is_cancelled())?;
            match found {
                Some(entries) => Ok(entries.iter().map(plain::entry).collect()),
                None if self.is_closed() => Err(Error::new(Kind::Closed, "the server was closed during the wait")),
                None => Err(Error::new(Kind::Cancelled, "the wait was cancelled")),
            }
        })
    }
}
