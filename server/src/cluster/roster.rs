//! Rosters: the nodes that are expected to keep the partitions of a namespace with strong consistency.

use std::fmt;
use std::str::FromStr;

use super::node::NodeId;

/// The nodes of a roster, with their racks, in descending order of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Roster(Vec<RosterNode>);

/// A node of a roster. It need not be a node of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RosterNode {
    /// Its id.
    pub(crate) id: NodeId,
    /// Its rack; 0 for none.
    pub(crate) rack: u32,
}

/// Why a text is not a roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RosterError {
    /// It names no node.
    Empty,
    /// It has too many nodes.
    TooLong,
    /// A part of it is not `ID` or `ID@RACK`.
    Node(String),
    /// It names a node twice.
    Twice(NodeId),
}

impl Roster {
    /// The largest number of nodes, as in the real server.
    const MAX_NODES: usize = 256;
    /// The largest rack id.
    const MAX_RACK: u32 = 1_000_000;

    /// A roster of these nodes.
    pub(crate) fn new(nodes: impl IntoIterator<Item = RosterNode>) -> Self {
        let mut nodes: Vec<_> = nodes.into_iter().take(Self::MAX_NODES).collect();
        nodes.sort_by_key(|node| std::cmp::Reverse(node.id));
        nodes.dedup_by_key(|node| node.id);
        Self(nodes)
    }

    pub(crate) fn nodes(&self) -> &[RosterNode] {
        &self.0
    }

    /// A node's entry.
    pub(crate) fn get(&self, id: NodeId) -> Option<&RosterNode> {
        self.0.iter().find(|node| node.id == id)
    }
}

/// `B2@1,B1`, or `null` for an empty roster.
impl fmt::Display for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("null");
        }
        for (at, node) in self.0.iter().enumerate() {
            let separator = if at > 0 { "," } else { "" };
            write!(f, "{separator}{}", node.id)?;
            if node.rack != 0 {
                write!(f, "@{}", node.rack)?;
            }
        }
        Ok(())
    }
}

impl FromStr for Roster {
    type Err = RosterError;

    fn from_str(text: &str) -> Result<Self, RosterError> {
        let mut nodes: Vec<RosterNode> = Vec::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let malformed = || RosterError::Node(part.to_owned());
            let (id, rack) = part.split_once('@').unwrap_or((part, "0"));
            let id: NodeId = id.parse().map_err(|_| malformed())?;
            let rack: u32 = rack.parse().map_err(|_| malformed())?;
            if id == NodeId(0) || rack > Self::MAX_RACK {
                return Err(malformed());
            }
            if nodes.iter().any(|node| node.id == id) {
                return Err(RosterError::Twice(id));
            }
            if nodes.len() == Self::MAX_NODES {
                return Err(RosterError::TooLong);
            }
            nodes.push(RosterNode { id, rack });
        }
        if nodes.is_empty() {
            return Err(RosterError::Empty);
        }
        Ok(Self::new(nodes))
    }
}

impl fmt::Display for RosterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the roster names no node"),
            Self::TooLong => write!(f, "a roster has at most {} nodes", Roster::MAX_NODES),
            Self::Node(text) => write!(f, "bad node '{text}': it must be ID or ID@RACK"),
            Self::Twice(id) => write!(f, "node {id} occurs twice"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_and_written_as_text() {
        let roster: Roster = "B1,B3@2,B2@1".parse().unwrap();
        assert_eq!(roster.to_string(), "B3@2,B2@1,B1");
        assert_eq!(roster.get(NodeId(0xB3)).map(|node| node.rack), Some(2));
        assert_eq!(Roster::default().to_string(), "null");
        let refused = |text: &str| text.parse::<Roster>().unwrap_err();
        assert_eq!(refused(""), RosterError::Empty);
        assert_eq!(refused("B1,B1@2"), RosterError::Twice(NodeId(0xB1)));
        for bad in ["0", "XY", "B1@", "B1@-1", "B1@1000001", "B1:1"] {
            assert_eq!(refused(bad), RosterError::Node(bad.to_owned()));
        }
    }
}
