//! Starting, configuring and stopping a server.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use spikelet::{ConfigError, Edition, NamespaceConfig, Server, StartError};

use crate::support::InfoClient;

#[test]
fn two_servers_share_nothing() {
    let a = Server::builder()
        .namespace("a")
        .cluster_name("one")
        .node_id(0xA)
        .start()
        .unwrap();
    let b = Server::builder()
        .namespace("b")
        .cluster_name("two")
        .node_id(0xB)
        .start()
        .unwrap();
    let ask = "node\nnamespaces\ncluster-name\n";
    assert_eq!(
        InfoClient::to(&a).request(ask),
        "node\tA\nnamespaces\ta\ncluster-name\tone\n"
    );
    assert_eq!(
        InfoClient::to(&b).request(ask),
        "node\tB\nnamespaces\tb\ncluster-name\ttwo\n"
    );
    assert_eq!(a.hosts(), a.addr().to_string());
}

#[test]
fn dropping_a_server_closes_its_connections_and_frees_its_port() {
    let server = Server::start().unwrap();
    let address = server.addr();
    let mut idle = TcpStream::connect(address).unwrap();
    assert_eq!(InfoClient::to(&server).command("status"), "ok");
    drop(server);
    assert_eq!(idle.read(&mut [0]).unwrap_or(0), 0);
    TcpListener::bind(address).unwrap();
    let again = Server::builder().listen(address).start();
    assert!(again.is_ok(), "{again:?}");
}

#[tokio::test]
async fn a_server_starts_and_ends_within_a_runtime() {
    let server = Server::start().unwrap();
    tokio::net::TcpStream::connect(server.addr()).await.unwrap();
    drop(server);
}

#[test]
fn an_invalid_configuration_is_refused() {
    let error = |namespace| match Server::builder().namespace(namespace).start() {
        Err(StartError::Config(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        error(NamespaceConfig::new("")),
        ConfigError::NamespaceName(String::new())
    );
    assert_eq!(
        error(NamespaceConfig::new("a;b")),
        ConfigError::NamespaceName("a;b".to_owned())
    );
    let without_nsup = NamespaceConfig {
        default_ttl: 30,
        nsup_period: 0,
        allow_ttl_without_nsup: false,
        ..NamespaceConfig::new("a")
    };
    assert_eq!(error(without_nsup), ConfigError::TtlWithoutNsup("a".to_owned()));
    let twice = Server::builder().namespace("a").namespace("a").start();
    assert!(matches!(twice, Err(StartError::Config(ConfigError::NamespaceTwice(_)))));
}

#[test]
fn ports_above_65535_are_refused() {
    for in_process in [false, true] {
        let builder = Server::builder().listen(([127, 0, 0, 1], 65534).into()).nodes(3);
        let started = if in_process {
            builder.start_in_process()
        } else {
            builder.start()
        };
        let Err(StartError::Config(error)) = started else {
            panic!("{started:?}");
        };
        assert_eq!(error, ConfigError::Ports { first: 65534, nodes: 3 });
        assert_eq!(
            error.to_string(),
            "3 nodes need the ports 65534 to 65536, and the highest port is 65535"
        );
    }
}

#[test]
fn debug_output_of_a_server_is_one_line() {
    let server = Server::start().unwrap();
    server.insert("test", "demo", 1, [("a", 1)]).unwrap();
    assert_eq!(
        format!("{server:?}"),
        format!(
            "Server {{ hosts: \"{}\", namespaces: [\"test\", \"bar\"], .. }}",
            server.hosts()
        )
    );
}

#[test]
fn an_address_in_use_is_an_error() {
    let first = Server::start().unwrap();
    let second = Server::builder().listen(first.addr()).start();
    assert!(matches!(second, Err(StartError::Bind { .. })), "{second:?}");
}

#[test]
fn the_edition_decides_which_commands_are_refused() {
    let community = Server::start().unwrap();
    let enterprise = Server::builder()
        .edition(Edition::Enterprise)
        .version("7.0.0.1")
        .start()
        .unwrap();
    assert_eq!(
        InfoClient::to(&community).request("peers-tls-std\n"),
        "peers-tls-std\tERROR:25:enterprise only\n"
    );
    assert_eq!(
        InfoClient::to(&enterprise).request("peers-tls-std\n"),
        "peers-tls-std\t0,3000,[]\n"
    );
    assert_eq!(
        InfoClient::to(&enterprise).request("build\nedition\n"),
        "build\t7.0.0.1\nedition\tAerospike Enterprise Edition\n"
    );
}

/// Frames that are not messages, as in the recordings.
#[test]
fn invalid_frames_are_refused_as_by_the_real_server() {
    let server = Server::start().unwrap();
    let ask = |frame: &[u8], wait: u64| {
        let mut stream = TcpStream::connect(server.addr()).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(wait))).unwrap();
        stream.write_all(frame).unwrap();
        let mut answer = vec![0; 64];
        stream.read(&mut answer).map(|size| {
            answer.truncate(size);
            answer
        })
    };
    let closed = |answer: std::io::Result<Vec<u8>>| answer.is_ok_and(|answer| answer.is_empty());
    // A wrong version, an unknown type, a size over 128 MiB: closed at the next pass, which is at most a second away.
    for header in [
        [1, 3, 0, 0, 0, 0, 0, 0],
        [2, 9, 0, 0, 0, 0, 0, 0],
        [2, 3, 0, 0, 8, 0, 0, 1],
    ] {
        assert!(closed(ask(&header, 1500)), "{header:?}");
    }
    let security = ask(&[2, 2, 0, 0, 0, 0, 0, 0], 1000).unwrap();
    assert_eq!((security.len(), security[1], security[9]), (24, 2, 51));
    let compressed = ask(&[2, 4, 0, 0, 0, 0, 0, 0], 1000).unwrap();
    assert_eq!((compressed.len(), compressed[1], compressed[13]), (30, 3, 25));
    let internal = [&[2, 5, 0, 0, 0, 0, 0, 22][..], &[22], &[0; 21]].concat();
    assert!(ask(&internal, 200).is_err(), "never answered, never closed");
}

/// A large frame that is announced but not sent costs no memory. A frame may arrive byte by byte.
#[test]
fn frames_may_arrive_in_pieces() {
    let server = Server::start().unwrap();
    let mut lying = TcpStream::connect(server.addr()).unwrap();
    lying.write_all(&[2, 3, 0, 0, 8, 0, 0, 0]).unwrap();

    let mut slow = TcpStream::connect(server.addr()).unwrap();
    slow.set_nodelay(true).unwrap();
    let frame = [&[2, 1, 0, 0, 0, 0, 0, 5][..], b"node\n"].concat();
    for byte in frame.iter().chain(&frame) {
        slow.write_all(&[*byte]).unwrap();
    }
    let mut answers = [0; 2 * 16];
    slow.read_exact(&mut answers).unwrap();
    assert_eq!(&answers[8..16], b"node\tA1\n");
    assert_eq!(answers[..16], answers[16..]);
}

/// A client sends far more requests than fit in buffers, and only then reads the replies.
#[test]
fn a_pipeline_is_answered_in_order_under_back_pressure() {
    const REQUESTS: usize = 2000;
    let server = Server::start().unwrap();
    let mut stream = TcpStream::connect(server.addr()).unwrap();
    let mut reading = stream.try_clone().unwrap();
    let writer = std::thread::spawn(move || {
        for at in 0..REQUESTS {
            let text = format!("unknown-{at}\nreplicas\n");
            let header = u64::to_be_bytes(2 << 56 | 1 << 48 | text.len() as u64);
            stream.write_all(&[&header[..], text.as_bytes()].concat()).unwrap();
        }
        stream
    });
    for at in 0..REQUESTS {
        let mut header = [0; 8];
        reading.read_exact(&mut header).unwrap();
        let mut answer = vec![0; (u64::from_be_bytes(header) & 0xFFFF_FFFF_FFFF) as usize];
        reading.read_exact(&mut answer).unwrap();
        assert!(
            answer.starts_with(format!("unknown-{at}\tERROR:4:").as_bytes()),
            "answer {at}"
        );
    }
    drop(writer.join().unwrap());
}
