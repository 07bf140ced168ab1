//! Secondary indexes that are being built, step by step.

use crate::clock::Now;
use crate::command::step::Step;
use crate::state::State;
use crate::store::sindex::Build;

/// How many records a step adds to the indexes.
pub(super) const AT_ONCE: usize = 1024;

/// How many records are added before the reply that an index was created.
pub(super) const AT_FIRST: usize = 65_536;

/// Continues to build the first of the indexes. They come with the names of their namespaces.
pub(super) fn step(state: &State, now: Now, builds: &mut Vec<(String, Build)>) -> Step {
    let Some((namespace, build)) = builds.first_mut() else {
        return Step::Done;
    };
    let is_done = match state.namespace(Some(namespace.as_bytes())) {
        Some(namespace) => build.step(namespace, now, AT_ONCE),
        None => true,
    };
    if is_done {
        builds.remove(0);
    }
    if builds.is_empty() { Step::Done } else { Step::More }
}
