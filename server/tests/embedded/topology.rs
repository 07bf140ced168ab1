//! Nodes and the network between them.

use std::io::Read;
use std::net::TcpStream;

use spikelet::{NodeState, Server, TopologyError};

use crate::support::InfoClient;

fn cluster() -> Server {
    Server::builder()
        .nodes(3)
        .replication_factor(2)
        .controls(true)
        .start()
        .unwrap()
}

#[test]
fn every_node_reports_itself_and_its_peers() {
    let server = cluster();
    let nodes = server.nodes();
    let of = |at: usize| format!("[B{},,[{}]]", at + 1, nodes[at].address);
    let mut first = InfoClient::node(&server, 0);
    assert_eq!(first.command("node"), "B1");
    assert_eq!(first.command("service-clear-std"), server.addr().to_string());
    assert_eq!(
        first.command("services"),
        format!("{};{}", nodes[1].address, nodes[2].address)
    );
    assert_eq!(
        first.command("peers-clear-std"),
        format!("4,3000,[{},{}]", of(1), of(2))
    );
    assert_eq!(first.command("peers-clear-alt"), "4,3000,[]");
    assert_eq!(first.command("partition-generation"), "0");
    assert_eq!(first.command("rebalance-generation"), "1");
    let statistics = first.command("statistics");
    for part in [
        "cluster_size=3;",
        "cluster_principal=B3;",
        "cluster_generation=1;",
        "migrate_partitions_remaining=0;",
    ] {
        assert!(statistics.contains(part), "{part} in {statistics}");
    }
    let mut third = InfoClient::node(&server, 2);
    assert_eq!(third.command("node"), "B3");
    assert_eq!(
        third.command("peers-clear-std"),
        format!("4,3000,[{},{}]", of(0), of(1))
    );
    assert_eq!(third.command("cluster-stable:size=3"), first.command("cluster-stable:"));
    assert!(
        first
            .command("namespace/test")
            .contains("effective_replication_factor=2;")
    );
}

#[test]
fn a_node_is_unreachable_when_kill_returns() {
    let server = cluster();
    let address = server.nodes()[1].address;
    let mut idle = TcpStream::connect(address).unwrap();
    assert_eq!(InfoClient::node(&server, 1).command("node"), "B2");
    let mut first = InfoClient::node(&server, 0);
    let key = first.command("cluster-stable:");

    server.kill(0xB2).unwrap();
    assert_eq!(idle.read(&mut [0]).unwrap_or(0), 0);
    assert!(TcpStream::connect(address).is_err());
    assert_eq!(server.nodes()[1].state, NodeState::Down);
    assert!(matches!(server.kill(0xB2), Err(TopologyError::Cluster(_))));
    assert_eq!(first.command("peers-generation"), "5");
    assert_eq!(first.command("peers-clear-std:generation=4"), "5,3000,[[B2,,]]");
    assert_eq!(first.command("peers-clear-std:generation=5"), "5,3000,[]");
    assert_eq!(first.command("alumni-clear-std").matches(",,[").count(), 2);
    assert_ne!(first.command("cluster-stable:size=2"), key);
    assert!(first.command("statistics").contains("cluster_size=2;"));

    server.restart(0xB2).unwrap();
    let mut second = InfoClient::node(&server, 1);
    assert_eq!(second.command("service-clear-std"), address.to_string());
    assert_eq!(second.command("peers-generation"), "4");
    assert_eq!(
        first.command("peers-clear-std:generation=5"),
        format!("7,3000,[[B2,,[{address}]]]")
    );
    assert!(!server.hosts().is_empty() && server.hosts().split(',').count() == 3);
}

#[test]
fn records_without_another_copy_are_lost() {
    for (factor, expected) in [(1, 500..750), (2, 1000..1001)] {
        let server = Server::builder().nodes(3).replication_factor(factor).start().unwrap();
        for n in 0..1000 {
            server.insert("test", "s", n, [("a", n)]).unwrap();
        }
        server.kill(0xB3).unwrap();
        assert!(expected.contains(&server.count()), "{} with {factor}", server.count());
        let left = server.count();
        server.restart(0xB3).unwrap();
        assert_eq!(server.count(), left);
        let objects = |node: usize| -> usize {
            let objects = InfoClient::node(&server, node).command("namespace/test");
            let found = objects.split(';').find_map(|pair| pair.strip_prefix("objects="));
            found.unwrap().parse().unwrap()
        };
        assert_eq!((0..3).map(objects).sum::<usize>(), left * factor as usize);
    }
}

#[test]
fn every_node_can_control_all_nodes() {
    let server = cluster();
    let mut first = InfoClient::node(&server, 0);
    let list = first.command("spikelet/node");
    assert!(
        list.starts_with(&format!(
            "id=B1,address={},state=up,rack=0,subcluster=0;id=B2,",
            server.addr()
        )),
        "{list}"
    );
    let address = server.nodes()[1].address;
    assert_eq!(first.command("spikelet/node/kill:id=B2"), "ok");
    assert!(TcpStream::connect(address).is_err());
    assert_eq!(first.command("spikelet/node/kill:id=B2"), "ERROR:22:node B2 is down");
    assert_eq!(first.command("spikelet/node/kill:id=B9"), "ERROR:4:no node B9");
    assert_eq!(first.command("spikelet/node/kill:id=x"), "ERROR:4:bad id 'x'");
    assert_eq!(first.command("spikelet/node/restart:id=B2"), "ok");
    assert_eq!(InfoClient::node(&server, 1).command("node"), "B2");
    assert_eq!(first.command("spikelet/node/add"), "B4");
    assert_eq!(InfoClient::node(&server, 3).command("node"), "B4");
    assert_eq!(first.command("spikelet/node/quiesce:id=B4"), "ok");
    assert!(
        InfoClient::node(&server, 3)
            .command("namespace/test")
            .contains("effective_is_quiesced=true;")
    );
    assert_eq!(first.command("spikelet/node/quiesce-undo:id=B4"), "ok");
    assert_eq!(first.command("spikelet/node/migrate"), "0");

    // The reply is lost with the node.
    let mut killed = TcpStream::connect(server.nodes()[3].address).unwrap();
    let request = b"\x02\x01\0\0\0\0\0\x19spikelet/node/kill:id=B4\n";
    std::io::Write::write_all(&mut killed, request).unwrap();
    assert_eq!(killed.read(&mut [0]).unwrap_or(0), 0);
    assert_eq!(server.nodes()[3].state, NodeState::Down);
}

#[test]
fn every_node_can_cut_and_heal_the_network() {
    let server = cluster();
    let mut first = InfoClient::node(&server, 0);
    let key = first.command("cluster-stable:size=3;ignore-migrations=true");
    assert_eq!(first.command("spikelet/node/partition:a=B1;b=B2,B3"), "ok");
    let list = first.command("spikelet/node");
    let subclusters: Vec<&str> = list.split(';').filter_map(|node| node.rsplit('=').next()).collect();
    assert_eq!(subclusters, ["0", "1", "1"]);
    let keys = [(0, 1), (1, 2), (2, 2)].map(|(node, size)| {
        let asked = format!("cluster-stable:size={size};ignore-migrations=true");
        InfoClient::node(&server, node).command(&asked)
    });
    assert!(
        keys[0] != key && keys[1] != key && keys[0] != keys[1] && keys[1] == keys[2],
        "{keys:?}"
    );
    assert!(first.command("services").is_empty());
    assert_eq!(first.command("spikelet/node/partition:a=B1"), "ERROR:4:missing 'b'");
    assert_eq!(first.command("spikelet/node/partition:a=B1;b=x"), "ERROR:4:bad b 'x'");
    assert_eq!(
        first.command("spikelet/node/partition:a=B1;b=B2,B1"),
        "ERROR:4:node B1 is on both sides"
    );
    assert_eq!(first.command("spikelet/node/heal"), "ok");
    assert_eq!(server.subclusters().len(), 1);
    assert_eq!(first.command("services").split(';').count(), 2);
}

#[test]
fn slow_migrations_are_reported_until_they_finish() {
    let server = Server::builder()
        .nodes(2)
        .replication_factor(2)
        .slow_migrations(true)
        .start()
        .unwrap();
    server.kill(0xB2).unwrap();
    server.restart(0xB2).unwrap();
    let mut second = InfoClient::node(&server, 1);
    assert!(
        second
            .command("statistics")
            .contains("migrate_partitions_remaining=8192;")
    );
    assert_eq!(second.command("cluster-stable:"), "ERROR:7:unstable cluster");
    assert!(
        !second
            .command("cluster-stable:ignore-migrations=true")
            .starts_with("ERROR")
    );
    assert_eq!(server.migrate(4000), 4000);
    let info = second.command("partition-info");
    let of = |partition: &str| info.split(';').find(|line| line.starts_with(partition)).unwrap();
    assert!(of("test:5:").starts_with("test:5:S:2:") && of("test:4095:").starts_with("test:4095:D:2:"));
    assert_eq!(server.migrate(usize::MAX), 96);
    assert!(second.command("statistics").contains("migrate_partitions_remaining=0;"));
    assert_eq!(server.migrate(1), 0);
}

#[test]
fn nodes_announce_the_addresses_that_a_test_sets() {
    let server = cluster();
    let mut first = InfoClient::node(&server, 0);
    server.advertise(0xB1, Some(([10, 0, 0, 1], 3000).into())).unwrap();
    server
        .advertise_alternate(0xB2, Some(([10, 0, 0, 2], 3100).into()))
        .unwrap();
    assert_eq!(first.command("service-clear-std"), "10.0.0.1:3000");
    assert_eq!(first.command("peers-clear-alt"), "5,3000,[[B2,,[10.0.0.2:3100]]]");
    let mut second = InfoClient::node(&server, 1);
    assert_eq!(second.command("service-clear-alt"), "10.0.0.2:3100");
    assert!(
        second
            .command("peers-clear-std")
            .starts_with("5,3000,[[B1,,[10.0.0.1]],")
    );
    assert_eq!(second.command("spikelet/node/advertise:id=B1;address="), "ok");
    assert_eq!(first.command("service-clear-std"), server.addr().to_string());
}
