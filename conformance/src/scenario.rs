//! A scenario: its name and its function.

use std::fmt;
use std::pin::Pin;

use crate::context::Context;
use crate::outcome::Outcome;

/// A scenario: an async function over a [`Context`] that asks a server, asserts, and leaves a transcript.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// What it belongs to: the name of its file.
    pub subject: &'static str,
    /// Its name among those of its subject.
    pub name: &'static str,
    /// What runs it.
    pub run: for<'c> fn(&'c mut Context) -> Running<'c>,
}

/// A scenario that runs.
pub type Running<'c> = Pin<Box<dyn Future<Output = Outcome> + Send + 'c>>;

impl Scenario {
    /// Subject and name.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}", self.subject, self.name)
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scenario({})", self.id())
    }
}

/// The scenarios of a file, by the names of its functions. One that is left out is dead code, so the compiler tells.
macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        /// The scenarios of this file.
        pub(super) const SCENARIOS: &[$crate::scenario::Scenario] = &[$($crate::scenario::Scenario {
            subject: $crate::scenario::subject(module_path!()),
            name: stringify!($name),
            run: |t| Box::pin($name(t)),
        }),*];
    };
}

/// The last part of a module's path.
pub(crate) const fn subject(path: &'static str) -> &'static str {
    let mut rest = path.as_bytes();
    let mut start = 0;
    let mut at = 0;
    while let [byte, more @ ..] = rest {
        at += 1;
        if *byte == b':' {
            start = at;
        }
        rest = more;
    }
    path.split_at(start).1
}

pub(crate) use scenarios;
