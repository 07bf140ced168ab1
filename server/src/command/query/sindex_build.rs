//! Builds of secondary indexes, which run step by step like queries.

use crate::clock::Now;
use crate::command::step::Step;
use crate::state::State;
use crate::store::sindex::Build;

/// The number of records that a step adds to an index, before other commands get their turn.
pub(super) const RECORDS_PER_STEP: usize = 1024;

/// The number of records that are added to an index before the reply to `sindex-create`. So a test with few records need not wait
/// until the index is readable.
pub(super) const RECORDS_BEFORE_REPLY: usize = 65_536;

/// Continues the first of the builds. Each comes with the name of its namespace.
pub(super) fn step(state: &State, now: Now, builds: &mut Vec<(String, Build)>) -> Step {
    let Some((namespace, build)) = builds.first_mut() else {
        return Step::Done;
    };
    let is_done = match state.namespace(Some(namespace.as_bytes())) {
        Some(namespace) => build.step(namespace, now, RECORDS_PER_STEP),
        None => true,
    };
    if is_done {
        builds.remove(0);
    }
    if builds.is_empty() { Step::Done } else { Step::More }
}
