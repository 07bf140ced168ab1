//! Servers for tests, with both clients; and what a test prints when it fails.

use std::process::Command;

use spikelet_client::{Client, Key, bins, blocking};

#[tokio::test]
async fn a_server_and_an_async_client_in_one_line() {
    let (server, client) = spikelet::test().with(Client::connect).await;
    client
        .put(Key::new("test", "demo", "user1"), bins! {"n" => 1})
        .await
        .unwrap();
    server.journal().writes().set("demo").assert_count(1);
}

#[tokio::test]
async fn the_client_may_have_options() {
    let (server, client) = spikelet::Server::builder()
        .nodes(2)
        .start_test()
        .with(|hosts| Client::builder(hosts).cluster_name("spikelet"))
        .await;
    assert_eq!(client.nodes().len(), server.nodes().len());
}

#[test]
fn a_server_and_a_blocking_client_in_one_line() {
    let (server, client) = spikelet::test().with_blocking(blocking::Client::connect);
    client
        .put(Key::new("test", "demo", "user1"), bins! {"n" => 1})
        .call()
        .unwrap();
    assert_eq!(server.count(), 1);
}

#[test]
fn a_failed_test_prints_the_journal() {
    let text = run("fails_after_a_write");
    let (panic, report) = text
        .split_once("spikelet: the server at 127.0.0.1:")
        .unwrap_or_else(|| panic!("{text}"));
    assert!(panic.contains("the record is there"), "{panic}");
    assert!(
        report.contains(" of the failed test\nthe last 1 of 1 entries:\n  #"),
        "{report}"
    );
    assert!(
        report.contains(" write test/demo/") && report.contains(" write n=1 -> OK, generation 1\n"),
        "{report}"
    );
}

#[test]
fn a_passed_test_prints_nothing() {
    assert!(!run("a_server_and_a_blocking_client_in_one_line").contains("spikelet: the server at"));
}

/// Run by `a_failed_test_prints_the_journal`.
#[test]
#[ignore = "it fails on purpose"]
fn fails_after_a_write() {
    let (server, client) = spikelet::test().with_blocking(blocking::Client::connect);
    client
        .put(Key::new("test", "demo", "user1"), bins! {"n" => 1})
        .call()
        .unwrap();
    assert_eq!(server.count(), 0, "the record is there");
}

/// What one test of this file prints, on stdout and stderr.
fn run(test: &str) -> String {
    let this = std::env::current_exe().unwrap();
    let output = Command::new(this)
        .args(["--exact", test, "--include-ignored", "--nocapture"])
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(text.contains("running 1 test"), "{text}");
    text
}
