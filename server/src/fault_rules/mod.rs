//! Fault rules: which requests a fault applies to, how often, and what happens to them.
//!
//! Nothing here knows sockets: [`Table`] decides, and `net` does what it decided.

mod random;
mod reaction;
mod requested;
mod rule;
mod table;
mod verdict;

#[cfg(test)]
pub(crate) use self::random::SplitMix64;
pub use self::reaction::Reaction;
pub(crate) use self::rule::{Counts, Plan, Rule};
pub(crate) use self::table::Table;
pub(crate) use self::verdict::{Action, Noise, Then, Verdict};
