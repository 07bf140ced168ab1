//! Who is on which side of a network that is cut.

use super::node::Node;
use super::table::{bit, positions};

/// The nodes that are up, in groups of which all see one another, a bit for each position: that of the lowest one first.
///
/// The node with the highest id decides who is with it. It leaves out those that it does not see; then, as long as there are
/// some that do not see one another, the one that misses most of the others, the lowest id of several. Those that are left
/// out do the same among themselves.
pub(super) fn split(nodes: &[Node]) -> Vec<u64> {
    let up = nodes.iter().enumerate().filter(|(_, node)| node.is_up());
    let mut rest = up.fold(0, |bits, (at, _)| bits | bit(at));
    let id = |at: usize| nodes.get(at).map(|node| node.id);
    let unseen = |at: usize| nodes.get(at).map_or(0, |node| node.unseen);
    let mut groups = Vec::new();
    while let Some(principal) = positions(rest).max_by_key(|at| id(*at)) {
        let mut group = rest & !unseen(principal);
        loop {
            let missing = |at: &usize| (unseen(*at) & group).count_ones();
            let others = positions(group).filter(|at| *at != principal && missing(at) > 0);
            match others.min_by_key(|at| (std::cmp::Reverse(missing(at)), id(*at))) {
                Some(worst) => group &= !bit(worst),
                None => break,
            }
        }
        groups.push(group);
        rest &= !group;
    }
    groups.sort_unstable_by_key(|group| group.trailing_zeros());
    groups
}
