//! Cluster formation: which nodes form a subcluster when the network between nodes is cut.

use super::node::Node;
use super::node_bits::{bit, positions};

/// Groups the nodes that are up so that all nodes of a group see one another. A group is one bit for each position; the
/// group with the lowest position comes first.
///
/// The node with the highest id is the principal and decides. It leaves out the nodes that it does not see; then, as long as
/// some of the rest do not see one another, the node that sees the fewest of the others, of several the one with the lowest
/// id. The nodes that are left out form groups in the same way.
pub(super) fn subclusters(nodes: &[Node]) -> Vec<u64> {
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
