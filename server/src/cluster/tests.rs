//! After every change to a cluster, its partitions are kept as in a real cluster.

use spikelet_wire::PartitionId;

use super::*;

const NOW: Now = Now(0);

fn node(n: u64) -> Node {
    Node::new(
        NodeId(0xB0 + n),
        SocketAddr::from((Ipv4Addr::LOCALHOST, 3000 + n as u16)),
    )
}

fn cluster(nodes: u64, factor: u32) -> Cluster {
    let mut cluster = Cluster::new("test".to_owned(), (1..=nodes).map(node).collect());
    cluster.start([(factor.into(), false)].into_iter(), NOW);
    cluster
}

/// In every subcluster each partition has a working master, and exactly one node serves each place of it.
fn check(cluster: &Cluster, factor: u32) {
    for subcluster in cluster.subclusters() {
        let members: Vec<usize> = positions(subcluster.members()).collect();
        let mut claims = vec![[0_u8; 512]; subcluster.replicas(factor)];
        for (place, claimed) in claims.iter_mut().enumerate() {
            for at in &members {
                for (claimed, byte) in claimed.iter_mut().zip(subcluster.bitmap(*at, factor, place)) {
                    assert_eq!(*claimed & byte, 0, "two nodes claim a place {place}");
                    *claimed |= byte;
                }
            }
            assert_eq!(*claimed, [0xFF; 512], "nobody claims a place {place}");
        }
        for id in PartitionId::all() {
            let master = subcluster.working_master(factor, id).unwrap();
            assert!(members.contains(&master) && subcluster.is_full(master, factor, id));
        }
    }
}

fn lost(cluster: &mut Cluster) -> Vec<PartitionId> {
    let origins = cluster.take_origins().into_iter().flatten();
    let lost = origins.flat_map(|origin| origin.lost);
    lost.flat_map(|lost| lost.partitions).map(|lost| lost.id).collect()
}

fn masters(cluster: &Cluster, factor: u32) -> Vec<Option<usize>> {
    PartitionId::all()
        .map(|id| cluster.subclusters()[0].working_master(factor, id))
        .collect()
}

#[test]
fn one_node_is_the_master_of_every_partition() {
    let cluster = cluster(1, 2);
    assert_eq!(cluster.subcluster(0).bitmap(0, 2, 0), [0xFF; 512]);
    assert_eq!(
        (cluster.subcluster(0).replicas(2), cluster.subcluster(0).size()),
        (1, 1)
    );
}

#[test]
fn partitions_are_spread_evenly() {
    let cluster = cluster(3, 2);
    check(&cluster, 2);
    for node in 0..3 {
        for place in 0..2 {
            let map = cluster.subcluster(node).bitmap(node, 2, place);
            let partitions: u32 = map.iter().map(|byte| byte.count_ones()).sum();
            assert!(
                (1200..1540).contains(&partitions),
                "{partitions} of 4096 at place {place}"
            );
        }
    }
}

#[test]
fn with_a_replica_nothing_is_lost_and_only_the_partitions_of_the_node_move() {
    let mut cluster = cluster(3, 2);
    let before = masters(&cluster, 2);
    cluster.kill(&[NodeId(0xB2)], NOW).unwrap();
    check(&cluster, 2);
    assert_eq!(lost(&mut cluster), []);
    let moved = before.iter().zip(masters(&cluster, 2));
    assert!(
        moved
            .clone()
            .all(|(before, after)| *before == after || *before == Some(1))
    );
    assert!(moved.clone().all(|(_, after)| after != Some(1)));

    cluster.restart(NodeId(0xB2), NOW).unwrap();
    check(&cluster, 2);
    assert_eq!(masters(&cluster, 2), before);
    assert_eq!(lost(&mut cluster), []);
}

#[test]
fn without_a_replica_exactly_the_partitions_of_the_node_are_lost() {
    let mut cluster = cluster(3, 1);
    let before = masters(&cluster, 1);
    cluster.kill(&[NodeId(0xB3)], NOW).unwrap();
    check(&cluster, 1);
    let had = PartitionId::all().zip(before).filter(|(_, master)| *master == Some(2));
    assert_eq!(lost(&mut cluster), had.map(|(id, _)| id).collect::<Vec<_>>());
    cluster.restart(NodeId(0xB3), NOW).unwrap();
    assert_eq!(lost(&mut cluster), []);
    check(&cluster, 1);
}

#[test]
fn slow_migrations_leave_the_partitions_to_the_nodes_with_full_copies() {
    let mut cluster = cluster(3, 2).with_slow_migrations(true);
    cluster.kill(&[NodeId(0xB1)], Now(1)).unwrap();
    cluster.restart(NodeId(0xB1), Now(2)).unwrap();
    check(&cluster, 2);
    assert!(!masters(&cluster, 2).contains(&Some(0)), "it came back empty");
    let generation = cluster.nodes()[0].partition_generation();
    let (pending, initial) = cluster.subcluster(0).migrations(0, 2);
    assert_eq!((pending.emigrations, pending), (0, initial));
    let sent: u32 = (0..3)
        .map(|node| cluster.subcluster(node).migrations(node, 2).0.emigrations)
        .sum();
    let received: u32 = (0..3)
        .map(|node| cluster.subcluster(node).migrations(node, 2).0.immigrations)
        .sum();
    assert!(sent == received && pending.immigrations > 2000);

    // Records that are on one node only are lost with it, although each record should have two copies.
    assert_eq!(cluster.migrate(100), 100);
    check(&cluster, 2);
    assert!(cluster.nodes()[0].partition_generation() > generation);
    assert!(cluster.subcluster(0).migrations(0, 2).0.immigrations < initial.immigrations);
    let mut unlucky = cluster.clone();
    unlucky.kill(&[NodeId(0xB2)], NOW).unwrap();
    check(&unlucky, 2);
    let origins = unlucky.take_origins().into_iter().flatten();
    let lost_by_then: Vec<LostPartition> = origins
        .flat_map(|origin| origin.lost)
        .flat_map(|lost| lost.partitions)
        .collect();
    assert!((1000..1500).contains(&lost_by_then.len()), "{}", lost_by_then.len());
    // Except what was written since another node is to have a copy: the third one or, after it, the first.
    assert!(
        lost_by_then
            .iter()
            .all(|lost| [Some(Now(1)), Some(Now(2))].contains(&lost.before))
    );

    while cluster.migrate(1000) > 0 {
        check(&cluster, 2);
    }
    assert_eq!(
        cluster.subcluster(0).migrations(0, 2).0,
        super::migrate::Migrations::default()
    );
    assert!(masters(&cluster, 2).contains(&Some(0)));
    cluster.kill(&[NodeId(0xB2)], NOW).unwrap();
    assert_eq!(lost(&mut cluster), []);
}

#[test]
fn a_new_node_takes_its_share() {
    let mut cluster = cluster(1, 2);
    assert_eq!(cluster.add(node(2), NOW), Ok(1));
    assert_eq!(cluster.add(node(2), NOW), Err(ClusterError::Up(NodeId(0xB2))));
    check(&cluster, 2);
    assert_eq!((lost(&mut cluster), cluster.subcluster(0).replicas(2)), (vec![], 2));
    let masters = masters(&cluster, 2);
    let share = masters.iter().filter(|master| **master == Some(1)).count();
    assert!((1800..2300).contains(&share), "{share}");
}

#[test]
fn a_quiesced_node_keeps_nothing_where_there_are_others() {
    let mut cluster = cluster(3, 2);
    cluster.quiesce(NodeId(0xB1), true, NOW).unwrap();
    check(&cluster, 2);
    assert_eq!(lost(&mut cluster), []);
    assert!(PartitionId::all().all(|id| !cluster.subcluster(0).is_full(0, 2, id)));
    cluster.kill(&[NodeId(0xB1)], NOW).unwrap();
    assert_eq!(lost(&mut cluster), []);
    cluster.kill(&[NodeId(0xB2)], NOW).unwrap();
    cluster.quiesce(NodeId(0xB3), true, NOW).unwrap();
    check(&cluster, 2);
}

#[test]
fn copies_stand_in_racks_of_their_own() {
    let racks = [1, 1, 1, 2];
    let nodes = (1..=4).zip(racks).map(|(n, rack)| Node { rack, ..node(n) });
    let mut cluster = Cluster::new("test".to_owned(), nodes.collect());
    cluster.start([(2.into(), false)].into_iter(), NOW);
    check(&cluster, 2);
    assert!(PartitionId::all().all(|id| cluster.subcluster(3).is_full(3, 2, id)));
}

#[test]
fn nodes_report_peers_as_they_come_and_go() {
    let mut cluster = cluster(3, 2);
    let generations = |cluster: &Cluster| -> Vec<u64> { cluster.nodes().iter().map(Node::peers_generation).collect() };
    assert_eq!(generations(&cluster), [4, 4, 4]);
    let of_first = &cluster.nodes()[0];
    assert_eq!(
        (of_first.partition_generation(), of_first.rebalance_generation()),
        (0, 1)
    );

    cluster.kill(&[NodeId(0xB2)], NOW).unwrap();
    let peers = cluster.nodes()[0].peers();
    let left = peers.iter().find(|peer| peer.node == 1).unwrap();
    assert_eq!((left.is_present, left.generation), (false, 5));
    assert!(cluster.nodes()[0].partition_generation() > 1);

    cluster.restart(NodeId(0xB2), NOW).unwrap();
    assert_eq!(generations(&cluster), [7, 4, 7]);
    assert_eq!(
        cluster.kill(&[NodeId(0xB9)], NOW),
        Err(ClusterError::Unknown(NodeId(0xB9)))
    );
    assert_eq!(cluster.restart(NodeId(0xB2), NOW), Err(ClusterError::Up(NodeId(0xB2))));
    cluster
        .advertise(NodeId(0xB3), |node| node.advertised = Some(([10, 0, 0, 1], 1).into()))
        .unwrap();
    assert_eq!(generations(&cluster), [8, 5, 7]);
}

#[test]
fn the_records_are_lost_with_the_last_node() {
    for nodes in [1, 2] {
        let mut cluster = cluster(nodes, 2);
        for n in 1..=nodes {
            assert_eq!(lost(&mut cluster), []);
            cluster.kill(&[NodeId(0xB0 + n)], NOW).unwrap();
        }
        assert_eq!((cluster.subcluster(0).size(), lost(&mut cluster).len()), (0, 4096));
        cluster.restart(NodeId(0xB1), NOW).unwrap();
        check(&cluster, 2);
    }
}

fn subclusters(cluster: &Cluster) -> Vec<Vec<usize>> {
    let members = cluster
        .subclusters()
        .iter()
        .map(|subcluster| positions(subcluster.members()).collect());
    members.collect()
}

fn ids<const N: usize>(nodes: [u64; N]) -> [NodeId; N] {
    nodes.map(|n| NodeId(0xB0 + n))
}

#[test]
fn each_subcluster_keeps_serving_the_copies_that_it_has() {
    let mut cluster = cluster(3, 2);
    let (before, key) = (masters(&cluster, 2), cluster.subcluster(0).key());
    cluster.partition(&ids([1]), &ids([2, 3]), NOW).unwrap();
    assert_eq!(subclusters(&cluster), [vec![0], vec![1, 2]]);
    check(&cluster, 2);
    let keys = [0, 1, 2].map(|node| cluster.subcluster(node).key());
    assert!(keys[0] != key && keys[1] != key && keys[0] != keys[1] && keys[1] == keys[2]);
    assert_eq!([0, 1, 2].map(|node| cluster.subcluster(node).replicas(2)), [1, 2, 2]);
    assert_eq!(
        [0, 1, 2].map(|node| cluster.subcluster(node).principal()),
        [0xB1, 0xB3, 0xB3].map(NodeId)
    );

    let origins = cluster.take_origins();
    let from = |at: usize| (origins[at][0].subcluster, origins[at].len());
    assert_eq!([from(0), from(1)], [(0, 1), (0, 1)]);
    let lost = |at: usize| -> usize { origins[at][0].lost.iter().map(|lost| lost.partitions.len()).sum() };
    // Each record had two copies: the two nodes have at least one of each, and the first node has two thirds of the records.
    assert!((1200..1540).contains(&lost(0)), "{}", lost(0));
    assert_eq!(lost(1), 0);
    let peers = |cluster: &Cluster, node: usize| {
        let peers = cluster.nodes()[node].peers().iter().filter(|peer| peer.is_present);
        peers.map(|peer| peer.node).collect::<Vec<_>>()
    };
    assert_eq!([0, 1].map(|node| peers(&cluster, node)), [vec![], vec![2]]);

    cluster.heal(NOW);
    assert_eq!(subclusters(&cluster), [[0, 1, 2]]);
    check(&cluster, 2);
    assert_eq!(masters(&cluster, 2), before);
    assert_eq!(peers(&cluster, 0), [1, 2]);
    let origins = cluster.take_origins();
    assert_eq!((origins.len(), origins[0].len()), (1, 2));
    assert!(origins[0].iter().all(|origin| origin.lost.is_empty()));
}

#[test]
fn a_node_that_sees_both_groups_joins_the_one_with_the_highest_id() {
    let mut cluster = cluster(4, 2);
    cluster.partition(&ids([1]), &ids([4]), NOW).unwrap();
    assert_eq!(subclusters(&cluster), [vec![0], vec![1, 2, 3]]);
    // The second and the third do not see one another. The lower one leaves, and joins the first, which it sees.
    cluster.partition(&ids([3]), &ids([2, 1]), NOW).unwrap();
    assert_eq!(subclusters(&cluster), [[0, 1], [2, 3]]);
    cluster.kill(&[NodeId(0xB4)], NOW).unwrap();
    assert_eq!(subclusters(&cluster), [vec![0, 1], vec![2]]);
    check(&cluster, 2);
}

#[test]
fn a_change_to_one_subcluster_leaves_the_others_alone() {
    let mut cluster = cluster(4, 2);
    cluster.partition(&ids([1, 2]), &ids([3, 4]), NOW).unwrap();
    let key = cluster.subcluster(0).key();
    cluster.kill(&[NodeId(0xB4)], NOW).unwrap();
    assert_eq!(cluster.subcluster(0).key(), key);
    assert_eq!(lost(&mut cluster), [], "the third has a copy of all that the two had");
    cluster.restart(NodeId(0xB4), NOW).unwrap();
    assert_eq!(
        (subclusters(&cluster), cluster.subcluster(1).key()),
        (vec![vec![0, 1], vec![2, 3]], key)
    );
    cluster.kill(&[NodeId(0xB3)], NOW).unwrap();
    cluster.kill(&[NodeId(0xB4)], NOW).unwrap();
    assert_eq!(subclusters(&cluster), [[0, 1]]);
    cluster.restart(NodeId(0xB4), NOW).unwrap();
    assert_eq!(subclusters(&cluster), [vec![0, 1], vec![3]]);
    assert_eq!(cluster.take_origins()[1][0].lost[0].partitions.len(), 4096);
    check(&cluster, 2);
}

#[test]
fn the_network_is_cut_between_known_nodes_only() {
    let mut cluster = cluster(2, 2);
    let both = cluster.partition(&ids([1, 2]), &ids([2]), NOW);
    assert_eq!(both, Err(ClusterError::Both(NodeId(0xB2))));
    let unknown = cluster.partition(&ids([1]), &ids([3]), NOW);
    assert_eq!(unknown, Err(ClusterError::Unknown(NodeId(0xB3))));
    assert_eq!(subclusters(&cluster), [[0, 1]]);
}
