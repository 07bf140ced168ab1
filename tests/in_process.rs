//! Client and server in one process, without sockets: under tokio's paused time, and over turmoil's simulated network.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use spikelet::fault::Reaction;
use spikelet::unstable;
use spikelet::{Command, NamespaceConfig, Server};
use spikelet_client::{Client, ClientBuilder, Key, Policy, ResultCode, bins};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;

fn key(n: i64) -> Key {
    Key::new("test", "demo", n)
}

fn client(server: &Server) -> ClientBuilder {
    Client::builder(server.hosts()).connector(server.connector())
}

#[tokio::test(start_paused = true)]
async fn hours_of_waiting_take_no_real_time() {
    let server = Server::builder().start_in_process().unwrap();
    let patient = Policy {
        total_timeout: Duration::from_secs(3 * 3600),
        socket_timeout: Duration::ZERO,
        max_retries: 0,
        ..Policy::default()
    };
    let client = client(&server).policy(patient).await.unwrap();
    client.put(key(1), bins! {"n" => 1}).await.unwrap();

    let hour = Duration::from_secs(3600);
    server.faults().on(Command::Read).times(1).react(Reaction::Delay(hour));
    let start = Instant::now();
    assert_eq!(client.get(key(1)).await.unwrap().get::<i64>("n").unwrap(), 1);
    assert!(
        (hour..hour + Duration::from_secs(1)).contains(&start.elapsed()),
        "{:?}",
        start.elapsed()
    );

    server
        .faults()
        .on(Command::Write)
        .times(1)
        .react(Reaction::SilenceAfter);
    let error = client.put(key(1), bins! {"n" => 2}).await.unwrap_err();
    assert!(error.in_doubt(), "{error}");
    assert!(
        (4 * hour..4 * hour + Duration::from_secs(2)).contains(&start.elapsed()),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(server.record("test", "demo", 1).unwrap().bins["n"], 2.into());
}

#[tokio::test(start_paused = true)]
async fn slow_queries_use_the_runtimes_time() {
    let server = Server::builder().start_in_process().unwrap();
    for n in 0..2000 {
        server.insert("test", "demo", n, [("n", n)]).unwrap();
    }
    let client = client(&server).await.unwrap();
    let start = Instant::now();
    let mut records = client.query("test", "demo").records_per_second(100).stream();
    let mut found = 0;
    while let Some(record) = records.next().await {
        record.unwrap();
        found += 1;
    }
    assert_eq!(found, 2000);
    assert!(start.elapsed() >= Duration::from_secs(10), "{:?}", start.elapsed());
}

#[tokio::test]
async fn records_expire_by_the_servers_clock() {
    let namespace = NamespaceConfig {
        default_ttl: 300,
        nsup_period: 60,
        ..NamespaceConfig::new("test")
    };
    let server = Server::builder().namespace(namespace).start_in_process().unwrap();
    server.clock().freeze();
    let client = client(&server).await.unwrap();
    client.put(key(1), bins! {"n" => 1}).await.unwrap();
    server.clock().advance(Duration::from_secs(301));
    assert!(client.get(key(1)).await.unwrap_err().is_not_found());
    assert_eq!(server.run_nsup(), 0, "it was swept");
}

#[tokio::test]
async fn a_cluster_needs_no_sockets() {
    let server = Server::builder()
        .nodes(3)
        .replication_factor(2)
        .journal(1000)
        .start_in_process()
        .unwrap();
    let client = client(&server).tend_interval(Duration::from_millis(10)).await.unwrap();
    assert_eq!(client.nodes().len(), 3);
    for n in 0..30 {
        client.put(key(n), bins! {"n" => n}).await.unwrap();
    }
    // Each command goes to the master of the record, so that no node forwards it.
    for node in server.nodes() {
        assert!(server.journal().writes().node(node.id.0).count() > 0, "{node:?}");
    }

    server.kill(0xB2).unwrap();
    assert_eq!(server.connect_to(1).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    let since = server.journal().next_number();
    for n in 0..30 {
        client.get(key(n)).await.unwrap();
    }
    server.journal().reads().since(since).node(0xB2).assert_count(0);
    server.restart(0xB2).unwrap();
    assert!(server.connect_to(1).is_ok());
    let fourth = server.add_node().unwrap();
    assert_eq!(server.nodes()[3].id, fourth);
    assert!(server.connector()(server.nodes()[3].address.to_string()).await.is_ok());
}

#[tokio::test]
async fn pipelines_need_no_sockets() {
    let server = Server::builder().start_in_process().unwrap();
    let client = client(&server).pipelines(2).await.unwrap();
    let puts = (0..100).map(|n| {
        let client = client.clone();
        tokio::spawn(async move { client.put(key(n), bins! {"n" => n}).await })
    });
    for put in puts.collect::<Vec<_>>() {
        put.await.unwrap().unwrap();
    }
    assert_eq!(server.count(), 100);
}

#[tokio::test]
async fn connections_are_reused_and_end_with_the_server() {
    let server = Server::start().unwrap();
    let client = client(&server).await.unwrap();
    let opened = || {
        unstable::state(&server)
            .stats(0)
            .client_connections_opened
            .load(std::sync::atomic::Ordering::Relaxed)
    };
    client.put(key(1), bins! {"n" => 1}).await.unwrap();
    let before = opened();
    for _ in 0..10 {
        client.get(key(1)).await.unwrap();
    }
    assert_eq!(opened(), before);

    let mut connection = server.connect().unwrap();
    let connector = server.connector();
    drop(server);
    assert_eq!(connection.read(&mut [0]).await.unwrap(), 0);
    let refused = connector("127.0.0.1:3000".to_owned()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn a_raw_connection_may_use_controls() {
    let server = Server::builder().controls(true).start_in_process().unwrap();
    let mut connection = server.connect().unwrap();
    connection
        .write_all(b"\x02\x01\0\0\0\0\0\x0espikelet/nsup\n")
        .await
        .unwrap();
    let mut answer = [0; 24];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer[8..], b"spikelet/nsup\t0\n");
}

#[test]
fn without_a_runtime_connections_fail() {
    let server = Server::builder().start_in_process().unwrap();
    assert!(server.connect().is_err());
}

/// A client and a server on two simulated hosts, with a network between them that fails.
#[test]
fn a_simulated_network_can_be_cut() -> turmoil::Result {
    let server = Arc::new(Server::builder().start_in_process().unwrap());
    let mut sim = turmoil::Builder::new()
        .simulation_duration(Duration::from_secs(120))
        .build();
    let serving = Arc::clone(&server);
    sim.host("server", move || {
        let server = Arc::clone(&serving);
        async move {
            let listener = turmoil::net::TcpListener::bind("0.0.0.0:3000").await?;
            loop {
                server.serve(listener.accept().await?.0)?;
            }
        }
    });
    sim.client("client", async {
        let client = Client::builder("server:3000")
            .connector(turmoil::net::TcpStream::connect)
            .await?;
        client.put(key(1), bins! {"n" => 1}).await?;

        turmoil::partition("client", "server");
        let error = client.put(key(1), bins! {"n" => 2}).await.unwrap_err();
        assert!(error.result_code().is_none_or(|code| code != ResultCode::OK), "{error}");

        turmoil::repair("client", "server");
        client.put(key(1), bins! {"n" => 3}).await?;
        assert_eq!(client.get(key(1)).await?.get::<i64>("n")?, 3);
        Ok(())
    });
    sim.run()?;
    assert_eq!(server.record("test", "demo", 1).unwrap().bins["n"], 3.into());
    Ok(())
}
