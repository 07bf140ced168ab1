//! The server's clock, controlled by a test.

use std::time::{Duration, SystemTime};

use spikelet::{NamespaceConfig, Server};

use crate::support::InfoClient;

/// A server whose records expire after five minutes, and which is swept every ten.
fn expiring() -> Server {
    let namespace = NamespaceConfig {
        default_ttl: 300,
        nsup_period: 600,
        ..NamespaceConfig::new("test")
    };
    let server = Server::builder().namespace(namespace).controls(true).start().unwrap();
    server.clock().freeze();
    server.insert("test", "demo", "user1", [("n", 1)]).unwrap();
    server
}

fn objects(info: &mut InfoClient) -> String {
    let text = info.command("namespace/test");
    let objects = text.split(';').find(|item| item.starts_with("objects="));
    objects.unwrap().to_owned()
}

#[test]
fn records_expire_when_the_clock_is_advanced() {
    let server = expiring();
    server.clock().advance(Duration::from_secs(300));
    assert!(server.record("test", "demo", "user1").is_some());
    server.clock().advance(Duration::from_secs(1));
    assert!(server.record("test", "demo", "user1").is_none());
    // After the clock is set back, expired records that were not removed are visible again.
    let earlier = server.clock().now() - Duration::from_secs(1);
    server.clock().set(earlier);
    assert_eq!(
        server.record("test", "demo", "user1").unwrap().ttl(server.now()),
        Some(0)
    );
}

#[test]
fn advancing_the_clock_runs_nsup_when_it_is_due() {
    let server = expiring();
    let mut info = InfoClient::to(&server);
    assert_eq!(
        info.command("sindex-create:ns=test;indexname=i;indexdata=n,numeric"),
        "ok"
    );
    server.clock().advance(Duration::from_secs(400));
    assert_eq!((server.count(), objects(&mut info)), (0, "objects=1".to_owned()));
    server.clock().advance(Duration::from_secs(200));
    assert_eq!(objects(&mut info), "objects=0");
    assert!(info.command("sindex-stat:ns=test;indexname=i").contains("entries=0;"));

    server.insert("test", "demo", "user2", [("n", 1)]).unwrap();
    server.clock().advance(Duration::from_secs(301));
    assert_eq!((server.run_nsup(), server.run_nsup()), (1, 0));
}

#[test]
fn the_clock_is_controlled_by_info_commands() {
    let server = expiring();
    let mut info = InfoClient::to(&server);
    assert_eq!(info.command("spikelet/clock/set:ms=1800000000000"), "ok");
    assert_eq!(info.command("spikelet/clock"), "ms=1800000000000;frozen=true");
    assert_eq!(
        server.clock().now(),
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    );
    assert_eq!(info.command("spikelet/clock/advance:ms=1500"), "ok");
    assert_eq!(info.command("spikelet/clock"), "ms=1800000001500;frozen=true");
    assert_eq!(info.command("spikelet/clock/resume"), "ok");
    assert!(info.command("spikelet/clock").ends_with(";frozen=false"));
    server.insert("test", "demo", "user2", [("n", 1)]).unwrap();
    assert_eq!(info.command("spikelet/clock/advance:ms=302000"), "ok");
    assert_eq!(info.command("spikelet/nsup"), "1");
    assert_eq!(info.command("spikelet/clock/reset"), "ok");
    let real = Server::start().unwrap();
    let apart = real.clock().now().duration_since(server.clock().now());
    assert!(apart.is_ok_and(|apart| apart < Duration::from_secs(60)));
}

#[test]
fn controls_report_errors() {
    let server = Server::builder().controls(true).start().unwrap();
    let mut info = InfoClient::to(&server);
    for (control, error) in [
        ("clock/advance", "missing 'ms'"),
        ("clock/advance:ms=-1", "bad ms '-1'"),
        ("clock/advance:s=1", "unexpected parameter 's', expected ms"),
        ("clock/freeze:now=1", "unexpected parameter 'now'"),
        ("clok", "unknown control 'clok', see spikelet/help"),
    ] {
        assert_eq!(info.command(&format!("spikelet/{control}")), format!("ERROR:4:{error}"));
    }
    assert!(
        info.command("spikelet/help")
            .contains(";spikelet/clock/advance:ms= Moves")
    );
}

#[test]
fn controls_are_off_by_default() {
    let server = Server::start().unwrap();
    let answer = InfoClient::to(&server).command("spikelet/clock/advance:ms=1");
    assert_eq!(answer, "ERROR:4:unrecognized command");
}
