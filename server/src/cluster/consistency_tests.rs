//! Which partitions of a namespace with strong consistency can be used, after changes to the nodes and the network.

use spikelet_wire::PartitionId;

use super::*;

const NOW: Now = Now(0);
const TABLE: TableId = TableId {
    replication_factor: 2,
    consistent: Some(0),
};

fn node(n: u64) -> Node {
    Node::new(
        NodeId(0xB0 + n),
        SocketAddr::from((Ipv4Addr::LOCALHOST, 3000 + n as u16)),
    )
}

fn empty(nodes: u64) -> Cluster {
    Cluster::new("test".to_owned(), (1..=nodes).map(node).collect())
}

fn cluster(nodes: u64) -> Cluster {
    let mut cluster = empty(nodes);
    cluster.start([(TABLE, false)].into_iter(), NOW);
    cluster
}

fn ids<const N: usize>(nodes: [u64; N]) -> [NodeId; N] {
    nodes.map(|n| NodeId(0xB0 + n))
}

fn kill<const N: usize>(cluster: &mut Cluster, nodes: [u64; N]) {
    cluster.kill(&ids(nodes), NOW).unwrap();
}

fn restart<const N: usize>(cluster: &mut Cluster, nodes: [u64; N]) {
    for id in ids(nodes) {
        cluster.restart(id, NOW).unwrap();
    }
}

fn set_roster(cluster: &mut Cluster, node: usize, roster: &str) {
    cluster.set_roster(node, 0, &roster.parse().unwrap());
    cluster.recluster(node, NOW);
}

/// The unavailable and the dead partitions, as the node at a position sees it.
fn outage(cluster: &Cluster, node: usize) -> [u32; 2] {
    let outage = cluster.subcluster(node).outage(TABLE);
    [outage.unavailable, outage.dead]
}

/// The partitions that are available in each subcluster.
fn available(cluster: &Cluster) -> Vec<Vec<PartitionId>> {
    let of = |subcluster: &Subcluster| {
        let available = |id: &PartitionId| subcluster.availability(TABLE, *id) == Availability::Available;
        PartitionId::all().filter(available).collect()
    };
    cluster.subclusters().iter().map(of).collect()
}

/// No partition is available in two subclusters; an available one has a master and one node for each place, others have none.
fn check(cluster: &Cluster) {
    let mut seen = [false; 4096];
    for id in available(cluster).concat() {
        let seen = &mut seen[usize::from(id.get())];
        assert!(!std::mem::replace(seen, true), "{id:?} is available twice");
    }
    for subcluster in cluster.subclusters() {
        for id in PartitionId::all() {
            let is_available = subcluster.availability(TABLE, id) == Availability::Available;
            let master = subcluster.working_master(TABLE, id);
            assert_eq!(master.is_some(), is_available);
            assert!(master.is_none_or(|master| subcluster.is_full(master, TABLE, id)));
        }
        for place in 0..subcluster.replicas(TABLE) {
            let claims = positions(subcluster.members()).map(|node| subcluster.bitmap(node, TABLE, place));
            let claimed: u32 = claims.flatten().map(u8::count_ones).sum();
            let available = PartitionId::all().filter(|id| subcluster.working_master(TABLE, *id).is_some());
            assert_eq!(claimed as usize, available.count(), "at place {place}");
        }
    }
}

#[test]
fn one_node_has_every_partition() {
    let mut cluster = cluster(1);
    assert_eq!(outage(&cluster, 0), [0, 0]);
    assert_eq!(cluster.subcluster(0).regime(TABLE), 1);
    check(&cluster);
    kill(&mut cluster, [1]);
    restart(&mut cluster, [1]);
    assert_eq!(outage(&cluster, 0), [0, 4096], "it comes back without its data");
    cluster.revive(0, 0);
    assert_eq!(outage(&cluster, 0), [0, 4096], "not before the next balance");
    cluster.recluster(0, NOW);
    assert_eq!(outage(&cluster, 0), [0, 0]);
    check(&cluster);
}

#[test]
fn without_a_roster_nothing_is_available() {
    let mut cluster = empty(3).without_rosters(true);
    cluster.start([(TABLE, false)].into_iter(), NOW);
    assert_eq!(outage(&cluster, 0), [4096, 0]);
    assert_eq!(cluster.observed(0).to_string(), "B3,B2,B1");
    check(&cluster);
    cluster.set_roster(0, 0, &cluster.observed(0));
    let rosters = |cluster: &Cluster| {
        let subcluster = cluster.subcluster(2);
        let (roster, pending) = subcluster.rosters(TABLE).unwrap();
        [roster.to_string(), pending.to_string()]
    };
    assert_eq!(rosters(&cluster), ["null", "B3,B2,B1"]);
    assert_eq!(outage(&cluster, 0), [4096, 0]);
    let regime = cluster.subcluster(0).regime(TABLE);
    let generation = cluster.nodes()[0].partition_generation();
    cluster.recluster(2, NOW);
    assert_eq!(rosters(&cluster), ["B3,B2,B1", "B3,B2,B1"]);
    assert_eq!(outage(&cluster, 0), [0, 0]);
    assert!(cluster.subcluster(0).regime(TABLE) > regime);
    assert!(cluster.nodes()[0].partition_generation() > generation);
    check(&cluster);
}

#[test]
fn fewer_missing_nodes_than_copies_leave_everything_available() {
    let mut cluster = cluster(5);
    kill(&mut cluster, [2]);
    assert_eq!(outage(&cluster, 0), [0, 0]);
    check(&cluster);
    let missing = [2, 4];
    kill(&mut cluster, [4]);
    let [unavailable, dead] = outage(&cluster, 0);
    // Three of five are the majority: without both of the nodes of a partition's copies it is unavailable, although there is a
    // third copy by now.
    assert!((250..600).contains(&unavailable) && dead == 0, "{unavailable}");
    check(&cluster);
    restart(&mut cluster, missing);
    assert_eq!(
        outage(&cluster, 0),
        [0, 0],
        "the copies that were made in between are there"
    );
    check(&cluster);
}

#[test]
fn nodes_that_are_lost_together_leave_dead_partitions_when_they_are_back() {
    let mut cluster = cluster(3);
    kill(&mut cluster, [1, 2]);
    // The third has no majority, and of no partition all copies.
    assert_eq!(outage(&cluster, 2), [4096, 0]);
    restart(&mut cluster, [1]);
    let [unavailable, dead] = outage(&cluster, 2);
    assert!((1000..1700).contains(&unavailable) && dead == 0, "{unavailable}");
    check(&cluster);
    restart(&mut cluster, [2]);
    assert_eq!(outage(&cluster, 2), [0, unavailable]);
    check(&cluster);
    // Only partitions of which a revived node is to keep a copy are revived.
    cluster.revive(2, 0);
    cluster.recluster(2, NOW);
    assert_eq!(outage(&cluster, 2), [0, unavailable]);
    cluster.revive(0, 0);
    cluster.recluster(2, NOW);
    assert_eq!(outage(&cluster, 2), [0, 0]);
    check(&cluster);
}

#[test]
fn dead_partitions_can_revive_by_themselves() {
    let mut cluster = empty(2);
    cluster.start([(TABLE, true)].into_iter(), NOW);
    kill(&mut cluster, [1, 2]);
    restart(&mut cluster, [1]);
    assert_eq!(outage(&cluster, 0), [4096, 0]);
    restart(&mut cluster, [2]);
    let outage = cluster.subcluster(0).outage(TABLE);
    assert_eq!((outage.unavailable, outage.dead, outage.auto_revived), (0, 0, 4096));
    check(&cluster);
}

#[test]
fn the_majority_of_a_cut_network_goes_on() {
    let mut cluster = cluster(3);
    cluster.partition(&ids([1]), &ids([2, 3]), NOW).unwrap();
    assert_eq!([outage(&cluster, 0), outage(&cluster, 1)], [[4096, 0], [0, 0]]);
    check(&cluster);
    cluster.heal(NOW);
    assert_eq!(outage(&cluster, 0), [0, 0]);
    let origins = cluster.take_origins();
    let lost: Vec<usize> = origins[0]
        .iter()
        .map(|origin| origin.lost.iter().map(|lost| lost.partitions.len()).sum())
        .collect();
    assert_eq!(lost, [4096, 0], "the copies of the minority are out of date");
    check(&cluster);
}

#[test]
fn half_of_a_cut_network_goes_on_with_the_partitions_of_its_masters() {
    let mut cluster = cluster(4);
    let masters: Vec<_> = PartitionId::all()
        .map(|id| cluster.subcluster(0).working_master(TABLE, id).unwrap())
        .collect();
    cluster.partition(&ids([1, 2]), &ids([3, 4]), NOW).unwrap();
    check(&cluster);
    let available = available(&cluster);
    for id in PartitionId::all() {
        let side = usize::from(masters[usize::from(id.get())] > 1);
        assert!(available[side].contains(&id), "{id:?} is on the side of its master");
    }
    assert_eq!(available.concat().len(), 4096);
}

#[test]
fn a_minority_goes_on_with_the_partitions_of_which_it_has_all_copies() {
    let mut cluster = cluster(5);
    cluster.partition(&ids([1, 2]), &ids([3, 4, 5]), NOW).unwrap();
    check(&cluster);
    let available = available(&cluster);
    assert!((250..600).contains(&available[0].len()), "{}", available[0].len());
    assert_eq!(available.concat().len(), 4096);
    // What is written on the smaller side is what counts for its partitions.
    cluster.heal(NOW);
    let origins = cluster.take_origins();
    let lost = |at: usize| origins[0][at].lost[0].partitions.len();
    assert_eq!([lost(0), lost(1)], [4096 - available[0].len(), available[0].len()]);
    assert_eq!(outage(&cluster, 0), [0, 0]);
    check(&cluster);
}

#[test]
fn no_side_of_three_goes_on_without_a_majority() {
    let mut cluster = cluster(3);
    cluster.partition(&ids([1]), &ids([2, 3]), NOW).unwrap();
    cluster.partition(&ids([2]), &ids([3]), NOW).unwrap();
    assert_eq!([0, 1, 2].map(|node| outage(&cluster, node)), [[4096, 0]; 3]);
    check(&cluster);
    cluster.heal(NOW);
    assert_eq!(outage(&cluster, 0), [0, 0]);
    check(&cluster);
}

#[test]
fn a_copy_that_is_out_of_date_does_not_replace_lost_ones() {
    let mut cluster = cluster(3);
    cluster.partition(&ids([1]), &ids([2, 3]), NOW).unwrap();
    kill(&mut cluster, [2, 3]);
    cluster.heal(NOW);
    assert_eq!(outage(&cluster, 0), [4096, 0]);
    restart(&mut cluster, [2, 3]);
    // Everything that the others had written is lost, so even what the first node still has is not enough.
    assert_eq!(outage(&cluster, 0), [0, 4096]);
    check(&cluster);
}

#[test]
fn new_nodes_get_partitions_when_they_are_on_the_roster() {
    let mut cluster = cluster(2);
    let new = cluster.add(node(3), NOW).unwrap();
    assert_eq!(cluster.observed(0).to_string(), "B3,B2,B1");
    assert!(PartitionId::all().all(|id| !cluster.subcluster(0).is_full(new, TABLE, id)));
    assert_eq!(outage(&cluster, 0), [0, 0]);
    set_roster(&mut cluster, new, "B1,B2,B3");
    check(&cluster);
    let kept = PartitionId::all().filter(|id| cluster.subcluster(0).is_full(new, TABLE, *id));
    assert!((2400..3000).contains(&kept.count()));
    // A node that is taken off the roster gives its copies up.
    set_roster(&mut cluster, 0, "B2,B3");
    check(&cluster);
    assert_eq!(outage(&cluster, 0), [0, 0]);
    assert!(PartitionId::all().all(|id| !cluster.subcluster(0).is_full(0, TABLE, id)));
}

#[test]
fn a_roster_without_the_nodes_that_have_the_copies_leaves_dead_partitions() {
    let mut cluster = cluster(4);
    kill(&mut cluster, [1, 2]);
    let [unavailable, _] = outage(&cluster, 2);
    assert!(unavailable > 2000, "half of the nodes, without many masters");
    set_roster(&mut cluster, 2, "B3,B4");
    let [unavailable, dead] = outage(&cluster, 2);
    assert!(unavailable == 0 && (500..1000).contains(&dead), "{unavailable} {dead}");
    check(&cluster);
}

#[test]
fn a_reset_restores_the_roster_and_the_partitions() {
    let mut cluster = cluster(3);
    kill(&mut cluster, [1, 2]);
    restart(&mut cluster, [1, 2]);
    set_roster(&mut cluster, 2, "B1,C1,C2,C3");
    assert_eq!(outage(&cluster, 0), [4096, 0]);
    let regime = cluster.subcluster(0).regime(TABLE);
    cluster.reset_rosters(NOW);
    assert_eq!(outage(&cluster, 0), [0, 0]);
    assert!(cluster.subcluster(0).regime(TABLE) > regime, "clients take the new map");
    check(&cluster);
}

#[test]
fn copies_stand_in_the_racks_of_the_roster() {
    let mut cluster = cluster(4);
    set_roster(&mut cluster, 0, "B1@1,B2@1,B3@1,B4@2");
    check(&cluster);
    assert!(PartitionId::all().all(|id| cluster.subcluster(3).is_full(3, TABLE, id)));
}

#[test]
fn slow_migrations_leave_what_only_one_node_has() {
    let mut cluster = cluster(3).with_slow_migrations(true);
    kill(&mut cluster, [1]);
    assert_eq!(outage(&cluster, 1), [0, 0]);
    restart(&mut cluster, [1]);
    kill(&mut cluster, [2]);
    // Two of three are there, but some partitions were on the second only.
    let [unavailable, dead] = outage(&cluster, 2);
    assert!((1000..1700).contains(&unavailable) && dead == 0, "{unavailable}");
    check(&cluster);
    restart(&mut cluster, [2]);
    assert_eq!(outage(&cluster, 2), [0, unavailable]);
    while cluster.migrate(1000) > 0 {
        check(&cluster);
    }
    assert_eq!(outage(&cluster, 2), [0, unavailable]);
}
