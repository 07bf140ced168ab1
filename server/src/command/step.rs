//! What a task needs after a step.

use std::time::Duration;

/// What a task needs after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// Another step, after others had their turn.
    More,
    /// Another step, but not before this time is over.
    Wait(Duration),
    /// Another step, after a record was unlocked that it needs.
    Locked,
    /// Nothing: it has ended, and its reply is complete.
    Done,
}
