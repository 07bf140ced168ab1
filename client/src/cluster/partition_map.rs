//! The partition map: which node owns which partition, merged from what the nodes claim in the info value `replicas`.
//!
//! The format is `namespace:regime,replicas,bitmap,bitmap;...`, one base64 bitmap of the partitions for each replica.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use spikelet_wire::{PARTITIONS, PartitionId};

use super::node::Node;

const BITMAP_SIZE: usize = PARTITIONS as usize / 8;

/// The owners of all partitions of all namespaces.
#[derive(Debug, Default)]
pub(crate) struct PartitionMap {
    namespaces: HashMap<String, NamespacePartitions>,
}

/// The owners of a namespace's partitions.
#[derive(Debug, Default)]
pub(crate) struct NamespacePartitions {
    /// By replica, the master first, then by partition.
    replicas: Vec<Vec<Option<Owner>>>,
}

/// A partition's owner, and the regime in which it claimed the partition.
type Owner = (u64, Arc<Node>);

/// The partitions of one namespace that one node claims to own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    namespace: String,
    regime: u64,
    /// By replica, the master first.
    bitmaps: Vec<Vec<u8>>,
}

impl Claim {
    /// Parses the claims of a node.
    pub(crate) fn parse_all(text: &str) -> Option<Vec<Self>> {
        let claims = text.trim_end().split(';').filter(|claim| !claim.is_empty());
        claims.map(Self::parse).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        let (namespace, rest) = text.split_once(':')?;
        let mut parts = rest.split(',');
        let regime = parts.next()?.parse().ok()?;
        let replicas: usize = parts.next()?.parse().ok()?;
        let bitmaps: Vec<Vec<u8>> = parts.map(bitmap).collect::<Option<_>>()?;
        (bitmaps.len() == replicas).then(|| Self {
            namespace: namespace.to_owned(),
            regime,
            bitmaps,
        })
    }
}

fn bitmap(base64: &str) -> Option<Vec<u8>> {
    STANDARD
        .decode(base64)
        .ok()
        .filter(|bitmap| bitmap.len() == BITMAP_SIZE)
}

impl PartitionMap {
    /// Merges the claims of the nodes. Of several claims to a partition the highest regime wins, then the latest in order.
    pub(crate) fn build<'a>(claims: impl Iterator<Item = (&'a Arc<Node>, &'a [Claim])>) -> Self {
        let mut map = Self::default();
        for (node, claims) in claims {
            for claim in claims {
                let partitions = map.namespaces.entry(claim.namespace.clone()).or_default();
                partitions.add(node, claim);
            }
        }
        map
    }

    /// The partitions of a namespace; `None` where no node claims any.
    pub(crate) fn namespace(&self, name: &str) -> Option<&NamespacePartitions> {
        self.namespaces.get(name)
    }
}

impl NamespacePartitions {
    fn add(&mut self, node: &Arc<Node>, claim: &Claim) {
        if self.replicas.len() < claim.bitmaps.len() {
            self.replicas
                .resize_with(claim.bitmaps.len(), || vec![None; usize::from(PARTITIONS)]);
        }
        for (owners, bitmap) in self.replicas.iter_mut().zip(&claim.bitmaps) {
            for (partition, owner) in owners.iter_mut().enumerate() {
                let claimed = bitmap[partition / 8] & (0x80 >> (partition % 8)) != 0;
                if claimed && owner.as_ref().is_none_or(|(regime, _)| *regime <= claim.regime) {
                    *owner = Some((claim.regime, node.clone()));
                }
            }
        }
    }

    /// The node for an attempt, counted from 0: the owners in turn, the master first.
    pub(crate) fn owner(&self, partition: PartitionId, attempt: u32) -> Option<&Arc<Node>> {
        let partition = usize::from(partition.get());
        let owners = || {
            let replicas = self.replicas.iter();
            replicas.filter_map(move |owners| owners.get(partition)?.as_ref().map(|(_, node)| node))
        };
        let at = attempt.checked_rem(owners().count() as u32)?;
        owners().nth(at as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replicas(regime: u64, partitions: &[&[usize]]) -> String {
        let bitmaps = partitions.iter().map(|partitions| {
            let mut bitmap = vec![0_u8; BITMAP_SIZE];
            partitions.iter().for_each(|p| bitmap[p / 8] |= 0x80 >> (p % 8));
            STANDARD.encode(bitmap)
        });
        format!(
            "test:{regime},{},{}",
            partitions.len(),
            bitmaps.collect::<Vec<_>>().join(",")
        )
    }

    fn owners(claims: &[(&str, &str)], partition: u16) -> Vec<String> {
        let claims: Vec<_> = claims
            .iter()
            .map(|(name, text)| (Arc::new(Node::for_test(name)), Claim::parse_all(text).unwrap()))
            .collect();
        let map = PartitionMap::build(claims.iter().map(|(node, claims)| (node, claims.as_slice())));
        let owner = |attempt| map.namespaces["test"].owner(PartitionId::new(partition).unwrap(), attempt);
        (0..3)
            .filter_map(|attempt| owner(attempt).map(|node| node.name.to_string()))
            .collect()
    }

    #[test]
    fn master_and_replicas_take_turns() {
        let (a, b) = (replicas(0, &[&[0, 9], &[1]]), replicas(0, &[&[1], &[0]]));
        let claims = [("A", a.as_str()), ("B", b.as_str())];
        assert_eq!(owners(&claims, 0), ["A", "B", "A"]);
        assert_eq!(owners(&claims, 1), ["B", "A", "B"]);
        assert_eq!(owners(&claims, 9), ["A", "A", "A"]);
        assert_eq!(owners(&claims, 2), [""; 0]);
    }

    #[test]
    fn the_higher_regime_counts_and_then_the_later_claim() {
        let (old, new) = (replicas(1, &[&[5]]), replicas(2, &[&[5]]));
        assert_eq!(owners(&[("A", &new), ("B", &old)], 5)[0], "A");
        assert_eq!(owners(&[("A", &old), ("B", &new)], 5)[0], "B");
        assert_eq!(owners(&[("A", &new), ("B", &new)], 5)[0], "B");
    }

    #[test]
    fn damaged_claims_are_refused() {
        let whole = replicas(0, &[&[0]]);
        assert!(Claim::parse_all(&whole).is_some());
        assert_eq!(Claim::parse_all("").unwrap(), []);
        for text in [
            "test",
            "test:0",
            "test:0,1",
            "test:x,0",
            "test:0,1,AAAA",
            &whole.replace("0,1,", "0,2,"),
        ] {
            assert_eq!(Claim::parse_all(text), None, "{text}");
        }
    }
}
