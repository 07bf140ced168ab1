//! The client against an embedded server with injected faults.

use std::time::Duration;

use spikelet::fault::FaultBuilder;
use spikelet::{Command, Server};
use spikelet_client::{BatchRow, Client, ErrorKind, Key, Policy, ResultCode, bins};

/// Long enough to receive a response, short enough to wait for one that never arrives.
const PATIENT: Policy = Policy {
    total_timeout: Duration::from_millis(300),
    socket_timeout: Duration::ZERO,
    max_retries: 0,
    sleep_between_retries: Duration::ZERO,
    compress: false,
    read_mode: spikelet_client::ReadMode::Session,
};

async fn start() -> (Server, Client) {
    let server = Server::start().unwrap();
    let client = Client::connect(server.addr()).await.unwrap();
    (server, client)
}

fn key(n: i64) -> Key {
    Key::new("test", "demo", n)
}

/// The client's view of a write that a fault affects: the kind of the error, whether it is in doubt, and whether the
/// write was applied. The next write succeeds.
async fn write_with(arm: impl FnOnce(FaultBuilder) -> spikelet::fault::FaultHandle) -> (ErrorKind, bool, bool) {
    let (server, client) = start().await;
    let fault = arm(server.faults().on(Command::Write).times(1));
    let error = client.put(key(1), bins! {"a" => 1}).policy(PATIENT).await.unwrap_err();
    let applied = server.record("test", "demo", 1).is_some();
    assert_eq!(fault.fired(), 1);
    client.put(key(1), bins! {"a" => 2}).policy(PATIENT).await.unwrap();
    assert_eq!(
        server.record("test", "demo", 1).unwrap().generation,
        1 + u16::from(applied)
    );
    (error.kind(), error.in_doubt(), applied)
}

#[tokio::test]
async fn an_ignored_write_times_out_and_is_not_applied() {
    assert_eq!(
        write_with(FaultBuilder::ignore).await,
        (ErrorKind::Timeout, true, false)
    );
}

#[tokio::test]
async fn a_write_whose_reply_is_lost_times_out_and_is_applied() {
    assert_eq!(
        write_with(FaultBuilder::silence_after).await,
        (ErrorKind::Timeout, true, true)
    );
}

#[tokio::test]
async fn a_connection_can_be_cut_before_and_after_a_write() {
    assert_eq!(
        write_with(FaultBuilder::cut_before).await,
        (ErrorKind::Connection, true, false)
    );
    assert_eq!(
        write_with(FaultBuilder::cut_after).await,
        (ErrorKind::Connection, true, true)
    );
    assert_eq!(
        write_with(FaultBuilder::refuse_connections).await,
        (ErrorKind::Connection, true, false)
    );
}

#[tokio::test]
async fn a_reply_can_be_cut_stalled_and_damaged() {
    for bytes in [0, 1, 8, 29] {
        let truncated = write_with(|fault| fault.truncate(bytes)).await;
        assert_eq!(truncated, (ErrorKind::Connection, true, true), "{bytes} bytes");
        let stalled = write_with(|fault| fault.stall(bytes)).await;
        assert_eq!(stalled, (ErrorKind::Timeout, true, true), "{bytes} bytes");
    }
    for seed in 0..8 {
        let corrupted = write_with(|fault| fault.seed(seed).corrupt()).await;
        assert_eq!(corrupted, (ErrorKind::Protocol, true, true), "seed {seed}");
    }
}

#[tokio::test]
async fn a_reply_that_is_cut_after_its_end_is_complete() {
    let (server, client) = start().await;
    let cut = server.faults().on(Command::Write).truncate(30).must_fire();
    let stalled = server.faults().on(Command::Exists).stall(1000).must_fire();
    client.put(key(1), bins! {"a" => 1}).policy(PATIENT).await.unwrap();
    // The client may detect only now that its connection was closed.
    assert!(client.exists(key(1)).policy(PATIENT).max_retries(1).await.unwrap());
    assert_eq!((cut.fired(), stalled.fired()), (1, 1));
}

#[tokio::test]
async fn a_write_fails_with_a_result_code_and_is_not_applied() {
    let (server, client) = start().await;
    let faults = server.faults();
    faults.on(Command::Write).times(1).device_overload();
    faults.on(Command::Write).times(1).key_busy();
    for code in [ResultCode::DEVICE_OVERLOAD, ResultCode::KEY_BUSY] {
        let error = client.put(key(1), bins! {"a" => 1}).max_retries(0).await.unwrap_err();
        assert_eq!((error.result_code(), error.in_doubt()), (Some(code), false));
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn a_retry_succeeds_when_the_budget_is_used_up() {
    let (server, client) = start().await;
    let overload = server.faults().on(Command::Write).times(2).device_overload();
    client.put(key(1), bins! {"a" => 1}).max_retries(2).await.unwrap();
    assert_eq!((overload.fired(), overload.matched()), (2, 2));
    let cut = server.faults().on(Command::Read).times(2).cut_before();
    assert_eq!(client.get(key(1)).max_retries(2).await.unwrap().generation, 1);
    assert_eq!(cut.fired(), 2);
    let silent = server.faults().on(Command::Read).times(1).ignore();
    let read = client
        .get(key(1))
        .max_retries(1)
        .socket_timeout(Duration::from_millis(50));
    assert_eq!(read.await.unwrap().generation, 1);
    assert_eq!(silent.fired(), 1);
}

#[tokio::test]
async fn a_delayed_command_is_late_and_others_are_not() {
    let (server, client) = start().await;
    let hour = Duration::from_secs(3600);
    let late = server.faults().on(Command::Write).key(1).delay(hour);
    let error = client.put(key(1), bins! {"a" => 1}).policy(PATIENT).await.unwrap_err();
    assert_eq!((error.kind(), error.in_doubt()), (ErrorKind::Timeout, true));
    client.put(key(2), bins! {"a" => 1}).await.unwrap();
    assert!(server.record("test", "demo", 1).is_none());
    assert_eq!((server.count(), late.fired()), (1, 1));

    server.faults().clear();
    let late = server.faults().on(Command::Write).delay(Duration::from_millis(5));
    client.put(key(1), bins! {"a" => 1}).await.unwrap();
    assert_eq!((server.count(), late.fired()), (2, 1));
}

#[tokio::test]
async fn a_fault_affects_only_the_selected_record() {
    let (server, client) = start().await;
    server
        .faults()
        .on(Command::Write)
        .namespace("test")
        .set("demo")
        .key(1)
        .key_busy();
    assert!(client.put(key(1), bins! {"a" => 1}).max_retries(0).await.is_err());
    client.put(key(2), bins! {"a" => 1}).await.unwrap();
    client
        .put(Key::new("test", "other", 1), bins! {"a" => 1})
        .await
        .unwrap();
    client.put(Key::new("bar", "demo", 1), bins! {"a" => 1}).await.unwrap();
    assert!(client.get(key(2)).await.is_ok());
}

#[tokio::test]
async fn a_fault_affects_single_rows_of_a_batch() {
    let (server, client) = start().await;
    server.faults().on(Command::Write).key(2).times(1).device_overload();
    let rows = || (1..4).map(|n| BatchRow::write(key(n), bins! {"a" => n}));
    let records = client.batch(rows()).max_retries(0).await.unwrap();
    let codes: Vec<_> = records.iter().map(|record| record.result_code()).collect();
    assert_eq!(
        codes,
        [
            Some(ResultCode::OK),
            Some(ResultCode::DEVICE_OVERLOAD),
            Some(ResultCode::OK)
        ]
    );
    assert_eq!((server.count(), records[1].in_doubt()), (2, false));

    server.faults().on(Command::Write).key(2).times(1).cut_after();
    let error = client.batch(rows()).max_retries(0).await.unwrap_err();
    assert_eq!((error.kind(), error.in_doubt()), (ErrorKind::Connection, true));
    assert_eq!(server.count(), 3);

    let full = server
        .faults()
        .on(Command::Batch)
        .times(1)
        .answer(ResultCode::BATCH_QUEUES_FULL);
    let error = client.batch(rows()).max_retries(0).await.unwrap_err();
    assert_eq!(
        (error.result_code(), error.in_doubt()),
        (Some(ResultCode::BATCH_QUEUES_FULL), false)
    );
    assert_eq!(full.fired(), 1);
}

#[tokio::test]
async fn a_fault_affects_a_whole_query() {
    let (server, client) = start().await;
    for n in 0..1000 {
        server.insert("test", "demo", n, [("n", n)]).unwrap();
    }
    let query = async || {
        client
            .query("test", "demo")
            .max_retries(0)
            .await
            .map(|page| page.records.len())
    };
    server
        .faults()
        .on(Command::Query)
        .times(1)
        .answer(ResultCode::FORBIDDEN);
    server.faults().on(Command::Query).times(1).truncate(10_000);
    server.faults().on(Command::Query).times(1).corrupt();
    assert_eq!(query().await.unwrap_err().result_code(), Some(ResultCode::FORBIDDEN));
    assert_eq!(query().await.unwrap_err().kind(), ErrorKind::Connection);
    assert_eq!(query().await.unwrap_err().kind(), ErrorKind::Protocol);
    assert_eq!(query().await.unwrap(), 1000);
}

#[tokio::test]
async fn refused_connections_are_reset_and_open_ones_remain() {
    let (server, client) = start().await;
    client.put(key(1), bins! {"a" => 1}).await.unwrap();
    let refusing = server.faults().on(Command::Connect).refuse_connections().must_fire();
    client.put(key(1), bins! {"a" => 2}).await.unwrap();
    assert!(Client::connect(server.addr()).await.is_err());
    drop(refusing);
    assert!(Client::connect(server.addr()).await.is_ok());
}

#[tokio::test]
async fn a_client_waits_for_delayed_connections_and_times_out_on_silent_ones() {
    let server = Server::start().unwrap();
    let late = server
        .faults()
        .on(Command::Connect)
        .times(1)
        .delay(Duration::from_millis(50));
    assert!(Client::connect(server.addr()).await.is_ok());
    assert_eq!(late.fired(), 1);
    let silent = server.faults().on(Command::Connect).ignore();
    let connecting = Client::builder(server.addr()).connect_timeout(Duration::from_millis(100));
    assert!(connecting.await.is_err());
    assert!(silent.fired() > 0);
}

#[tokio::test]
async fn faults_do_not_affect_cluster_tending_unless_selected() {
    let (server, client) = start().await;
    let silent = server.faults().on(Command::Any).ignore();
    assert!(client.put(key(1), bins! {"a" => 1}).policy(PATIENT).await.is_err());
    assert!(Client::connect(server.addr()).await.is_ok());
    assert_eq!(silent.fired(), 1);
    silent.remove();
    for command in [Command::Info, Command::Everything] {
        let unwatched = server.faults().on(command).cut_before().must_fire();
        assert!(Client::connect(server.addr()).await.is_err());
        drop(unwatched);
    }
}

#[tokio::test]
async fn controls_are_never_affected_by_faults() {
    let server = Server::builder().controls(true).start().unwrap();
    for reaction in ["reaction=ignore", "reaction=corrupt", "delay-ms=3600000", "result=4"] {
        let client = Client::connect(server.addr()).await.unwrap();
        for command in ["info", "everything", "connect"] {
            let add = format!("spikelet/fault/add:command={command};{reaction}");
            let armed = client.info(&add).await.unwrap();
            let list = client.info("spikelet/fault/list").await.unwrap();
            assert!(list.starts_with(&format!("{armed}:command={command}:")), "{list}");
            assert_eq!(client.info("spikelet/fault/clear").await.unwrap(), "ok");
        }
        client.put(key(1), bins! {"a" => 1}).await.unwrap();
    }
}

#[tokio::test]
async fn a_control_selects_keys_of_every_type() {
    let server = Server::builder().controls(true).start().unwrap();
    let client = Client::connect(server.addr()).await.unwrap();
    let digest = spikelet::Digest::of("demo", &"user1".into());
    let user = Key::new("test", "demo", "user1");
    let named = [
        ("key=user1".to_owned(), user.clone()),
        ("int-key=1".to_owned(), key(1)),
        ("blob-key=00ff".to_owned(), Key::new("test", "demo", &[0, 0xff])),
        (format!("digest={digest}"), user),
    ];
    for (parameter, struck) in named {
        let add = format!("spikelet/fault/add:command=write;{parameter};result=18");
        client.info(&add).await.unwrap();
        let list = client.info("spikelet/fault/list").await.unwrap();
        assert!(list.contains(&format!("command=write:{parameter}:result=18")), "{list}");
        let error = client.put(&struck, bins! {"a" => 1}).max_retries(0).await.unwrap_err();
        assert_eq!(error.result_code(), Some(ResultCode::DEVICE_OVERLOAD), "{parameter}");
        client.put(key(2), bins! {"a" => 1}).await.unwrap();
        server.faults().clear();
    }
    for wrong in ["key=a;int-key=1", "digest=ff", "blob-key=f", "int-key=a", "command=put"] {
        let add = format!("spikelet/fault/add:{wrong};result=18");
        assert!(client.info(&add).await.is_err(), "{wrong}");
    }
    assert!(server.faults().list().is_empty());
}

#[tokio::test]
async fn responses_in_a_pipeline_keep_the_order_of_requests() {
    let server = Server::start().unwrap();
    let client = Client::builder(server.addr()).pipelines(1).await.unwrap();
    let cut = server.faults().on(Command::Write).key(5).times(1).cut_after();
    // All requests are sent at once, in this order.
    let puts = (0..10).map(|n| tokio::spawn(client.put(key(n), bins! {"n" => n}).max_retries(0).into_future()));
    let puts: Vec<_> = puts.collect();
    let mut results = Vec::new();
    for put in puts {
        results.push(put.await.unwrap());
    }
    assert_eq!(cut.fired(), 1);
    assert!(results[..5].iter().all(Result::is_ok), "{results:?}");
    assert!(
        results[5].as_ref().is_err_and(spikelet_client::Error::in_doubt),
        "{results:?}"
    );
    assert!(server.record("test", "demo", 5).is_some());

    for n in 0..10 {
        server.insert("test", "demo", n, [("n", n)]).unwrap();
    }
    let late = server
        .faults()
        .on(Command::Write)
        .key(3)
        .delay(Duration::from_millis(50))
        .must_fire();
    let puts = (0..10).map(|n| tokio::spawn(client.operate(key(n)).add("n", 100).get("n").into_future()));
    for (n, put) in puts.collect::<Vec<_>>().into_iter().enumerate() {
        let record = put.await.unwrap().unwrap();
        assert_eq!(
            record.get::<i64>("n").unwrap() % 100,
            n as i64,
            "responses are in order"
        );
    }
    assert_eq!(late.fired(), 1);
}

#[tokio::test]
async fn the_same_seed_affects_the_same_writes() {
    let struck = async |seed| {
        let (server, client) = start().await;
        server.faults().on(Command::Write).probability(seed, 0.3).key_busy();
        let mut struck = Vec::new();
        for n in 0..50 {
            struck.push(client.put(key(n), bins! {"a" => 1}).max_retries(0).await.is_err());
        }
        struck
    };
    let first = struck(1).await;
    assert_eq!(first, struck(1).await);
    assert_ne!(first, struck(2).await);
    assert!(first.contains(&true) && first.contains(&false));
}

#[tokio::test]
async fn one_node_of_three_is_overloaded() {
    let server = Server::builder().nodes(3).replication_factor(2).start().unwrap();
    let client = Client::connect(server.hosts()).await.unwrap();
    let overload = server.faults().on(Command::Write).node(0xB2).device_overload();
    let mut overloaded = 0;
    for n in 0..60 {
        if let Err(error) = client.put(key(n), bins! {"a" => 1}).max_retries(0).await {
            assert_eq!(error.result_code(), Some(ResultCode::DEVICE_OVERLOAD));
            assert_eq!(error.node(), Some("B2"));
            overloaded += 1;
        }
    }
    assert_eq!(
        (overload.fired(), server.count()),
        (overloaded, 60 - overloaded as usize)
    );
    assert!((1..60).contains(&overloaded), "{overloaded}");

    server.faults().clear();
    // Reads go to a replica when the connections of a node break.
    let broken = server.faults().on(Command::Read).node(0xB3).cut_before().must_fire();
    for n in 0..60 {
        client.put(key(n), bins! {"a" => 2}).await.unwrap();
        assert_eq!(client.get(key(n)).await.unwrap().get::<i64>("a").unwrap(), 2);
    }
    assert!(broken.fired() >= 1);
}
