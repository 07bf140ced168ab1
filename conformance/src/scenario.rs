//! Scenarios: an async function with a name.

use std::fmt;
use std::pin::Pin;

use crate::context::Context;
use crate::needs::Needs;
use crate::outcome::Outcome;

/// A scenario: an async function that sends commands through a [`Context`], asserts on the responses and writes a
/// transcript.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// The subject, which is the name of the scenario's file.
    pub subject: &'static str,
    /// The name, which is unique within the subject.
    pub name: &'static str,
    /// What it needs of a server.
    pub needs: Needs,
    /// The function.
    pub run: for<'c> fn(&'c mut Context) -> Running<'c>,
}

/// The future of a running scenario.
pub type Running<'c> = Pin<Box<dyn Future<Output = Outcome> + Send + 'c>>;

impl Scenario {
    /// The full name: `SUBJECT/NAME`.
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

/// Defines the list of a file's scenarios from the names of its functions, after what they need of a server, if anything.
/// The compiler reports a function that is missing from the list as dead code.
macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        $crate::scenario::scenarios![needs Nothing; $($name),*];
    };
    (needs $needs:ident; $($name:ident),* $(,)?) => {
        /// The scenarios of this file.
        pub(super) const SCENARIOS: &[$crate::scenario::Scenario] = &[$($crate::scenario::Scenario {
            subject: $crate::scenario::subject(module_path!()),
            name: stringify!($name),
            needs: $crate::needs::Needs::$needs,
            run: |t| Box::pin($name(t)),
        }),*];
    };
}

/// The last segment of a module path.
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
