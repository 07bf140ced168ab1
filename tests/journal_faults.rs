//! The journal's entries for requests that end by a fault or by the death of a node.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use spikelet::fault::Reaction;
use spikelet::journal::Ended;
use spikelet::{Command, ResultCode, Server};
use spikelet_client::{Client, Policy, bins};
use spikelet_tests::common::{failure, key, with_journal};

/// The limit on waiting in real time, which is only reached if a test fails.
const LIMIT: Duration = Duration::from_secs(10);

#[tokio::test]
async fn entries_name_the_fault() {
    let (server, client) = with_journal().await;
    let policy = Policy {
        max_retries: 0,
        ..Policy::default()
    };
    let ends = [
        (
            Reaction::Answer(ResultCode::DEVICE_OVERLOAD),
            Ended::Answered,
            Some(ResultCode::DEVICE_OVERLOAD),
        ),
        (
            Reaction::Delay(Duration::from_millis(1)),
            Ended::Answered,
            Some(ResultCode::OK),
        ),
        (Reaction::CutBefore, Ended::Closed, None),
        (Reaction::CutAfter, Ended::Closed, Some(ResultCode::OK)),
    ];
    for (reaction, ended, code) in ends {
        let rule = server.faults().on(Command::Write).set("demo").times(1).react(reaction);
        let _ = client.put(key("user1"), bins! {"n" => 1}).policy(policy).await;
        let entry = server.journal().writes().faulted().last().unwrap();
        assert_eq!((entry.outcome.fault, entry.outcome.ended), (Some(rule.id()), ended));
        assert_eq!(entry.outcome.code, code);
    }
    client.put(key("user1"), bins! {"n" => 1}).await.unwrap();
    server.journal().faulted().assert_count(4);
    let last = server.journal().faulted().last().unwrap().to_string();
    assert!(
        last.ends_with("-> OK, generation 2, connection closed, by fault 4"),
        "{last}"
    );
}

#[tokio::test]
async fn a_query_ends_when_its_node_is_killed() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let ends = Arc::clone(&told);
    let server = Server::builder()
        .nodes(2)
        .journal(1000)
        .on_request(Command::Query.into(), move |entry| {
            ends.lock().unwrap().push(entry.outcome.ended)
        })
        .start()
        .unwrap();
    let client = Client::connect(server.hosts()).await.unwrap();
    for n in 0..100 {
        server.insert("test", "demo", n, [("n", n)]).unwrap();
    }
    let slow = client.query("test", "demo").records_per_second(1).max_retries(0);
    let slow = tokio::spawn(slow.into_future());
    let queries = || server.journal().command(Command::Query);
    let begun = queries().wait_for(2).timeout_async(LIMIT).await.unwrap();
    let ends = begun.iter().map(|entry| entry.outcome.ended);
    assert!(ends.eq([Ended::Pending, Ended::Pending]));

    let node = begun[0].node;
    server.kill(node).unwrap();
    let cut = queries().node(node).last().unwrap();
    assert_eq!((cut.outcome.ended, cut.outcome.code), (Ended::Closed, None));
    assert!(cut.to_string().ends_with(" connection closed"), "{cut}");
    assert_eq!(*told.lock().unwrap(), [Ended::Closed]);
    slow.abort();
}

#[tokio::test(start_paused = true)]
async fn a_delayed_request_is_recorded_on_arrival() {
    let server = Server::builder().journal(1000).start_in_process().unwrap();
    server.clock().freeze();
    let client = Client::builder(server.hosts()).connector(server.connector());
    let client = client.await.unwrap();
    let minute = Duration::from_secs(60);
    let late = server.faults().on(Command::Write).key("user1").delay(minute);
    let patient = Policy {
        total_timeout: 2 * minute,
        socket_timeout: Duration::ZERO,
        max_retries: 0,
        ..Policy::default()
    };
    let arrived = server.clock().now();
    let put = client.put(key("user1"), bins! {"n" => 1}).policy(patient);
    let put = tokio::spawn(put.into_future());
    let waited = server.journal().wait_for(1).writes().set("demo").timeout_async(LIMIT);
    let entry = waited.await.unwrap().pop().unwrap();
    assert_eq!(
        (entry.outcome.ended, entry.outcome.code, entry.outcome.fault),
        (Ended::Pending, None, Some(late.id()))
    );
    assert!(entry.to_string().ends_with("n=1 -> pending, by fault 1"), "{entry}");
    assert!(server.record("test", "demo", "user1").is_none());

    server.clock().advance(minute);
    client.put(key("user2"), bins! {"n" => 1}).await.unwrap();
    put.await.unwrap().unwrap();
    // Entries are in the order of arrival.
    server.journal().assert_sequence([
        (Command::Write, "user1", ResultCode::OK),
        (Command::Write, "user2", ResultCode::OK),
    ]);
    let ended = server.journal().key("user1").last().unwrap();
    assert_eq!((ended.number, ended.time), (entry.number, arrived));
    assert_eq!(
        (ended.outcome.ended, ended.outcome.fault),
        (Ended::Answered, Some(late.id()))
    );
}

#[tokio::test]
async fn a_delayed_write_ends_when_its_node_is_killed() {
    let (server, client) = with_journal().await;
    server.faults().on(Command::Write).delay(Duration::from_secs(3600));
    let put = client.put(key("user1"), bins! {"n" => 1}).max_retries(0);
    let put = tokio::spawn(put.into_future());
    let waited = server
        .journal()
        .wait_for(1)
        .writes()
        .timeout_async(LIMIT)
        .await
        .unwrap();
    server.kill(waited[0].node).unwrap();
    let entry = server.journal().writes().last().unwrap();
    assert_eq!((entry.outcome.ended, entry.outcome.code), (Ended::Closed, None));
    assert!(put.await.unwrap().is_err());
}

#[tokio::test]
async fn refused_connections_are_only_returned_on_request() {
    let (server, client) = with_journal().await;
    let connections = || server.journal().command(Command::Connect);
    // Accepted connections are not recorded.
    connections().assert_count(0);
    for (reaction, ended) in [
        (Reaction::RefuseConnections, Ended::Closed),
        (Reaction::Ignore, Ended::Unanswered),
    ] {
        connections().clear();
        let rule = server.faults().on(Command::Connect).times(1).react(reaction);
        let connecting = Client::builder(server.addr()).connect_timeout(Duration::from_millis(50));
        assert!(connecting.await.is_err());
        let entry = connections().faulted().last().unwrap();
        assert_eq!((entry.outcome.ended, entry.outcome.fault), (ended, Some(rule.id())));
        assert_eq!((entry.request.command, entry.outcome.code), (Command::Connect, None));
        connections().node(entry.node).assert_count(1);
        assert!(entry.peer.unwrap().ip().is_loopback());
    }
    let silent = connections().last().unwrap().to_string();
    assert!(silent.ends_with(" connect -> not answered, by fault 2"), "{silent}");
    let wrong = failure(|| connections().assert_count(0));
    assert!(
        wrong.starts_with("expected 0 × connect, found 1\nthe last 1 of 1 entries:\n  #"),
        "{wrong}"
    );

    client.put(key("user1"), bins! {"n" => 1}).await.unwrap();
    client.info("build").await.unwrap();
    server.journal().assert_sequence([Command::Write]);
    let everything = server.journal().command(Command::Everything).entries();
    let commands = || everything.iter().map(|entry| entry.request.command);
    assert!(commands().any(|command| command == Command::Info));
    assert!(commands().all(|command| command != Command::Connect));
}
