//! What info commands leave to be done with many records: it runs step by step like a query.

use crate::clock::Now;
use crate::command::step::Step;
use crate::state::State;
use crate::store::TruncationSweep;
use crate::store::sindex::Build;

/// What an info command leaves to be done with the records of a namespace.
#[derive(Debug)]
pub(in crate::command) enum Maintenance {
    /// The build of a secondary index.
    Build(Build),
    /// The removal of truncated records.
    Sweep(TruncationSweep),
}

/// The number of records that a step goes through, before other commands get their turn.
const RECORDS_PER_STEP: usize = 1024;

/// The number of records that are added to an index before the reply to `sindex-create`. So a test with few records need not wait
/// until the index is readable.
const BUILT_BEFORE_REPLY: usize = 65_536;

/// The number of steps that are run before the reply. All truncated records are removed by then, so that a test need not wait
/// until statistics no longer count them.
pub(super) fn steps_before_reply(left: &[(String, Maintenance)]) -> usize {
    let sweeps = left.iter().any(|(_, left)| matches!(left, Maintenance::Sweep(_)));
    if sweeps {
        usize::MAX
    } else {
        BUILT_BEFORE_REPLY / RECORDS_PER_STEP
    }
}

/// Continues the first of them. Each comes with the name of its namespace.
pub(super) fn step(state: &State, now: Now, left: &mut Vec<(String, Maintenance)>) -> Step {
    let Some((namespace, first)) = left.first_mut() else {
        return Step::Done;
    };
    let is_done = match (state.namespace(Some(namespace.as_bytes())), first) {
        (Some(namespace), Maintenance::Build(build)) => build.step(namespace, now, RECORDS_PER_STEP),
        (Some(namespace), Maintenance::Sweep(sweep)) => sweep.step(namespace, RECORDS_PER_STEP),
        (None, _) => true,
    };
    if is_done {
        left.remove(0);
    }
    if left.is_empty() { Step::Done } else { Step::More }
}
