//! The server's time, in the hands of a test.

use std::time::{Duration, SystemTime};

use spikelet::{NamespaceConfig, Server};

use crate::support::Asking;

/// A server whose records live for five minutes, swept every ten.
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

fn objects(asking: &mut Asking) -> String {
    let text = asking.ask("namespace/test");
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
    // A clock that is set back shows what has not been removed.
    let earlier = server.clock().now() - Duration::from_secs(1);
    server.clock().set(earlier);
    assert_eq!(
        server.record("test", "demo", "user1").unwrap().ttl(server.now()),
        Some(0)
    );
}

#[test]
fn an_advanced_clock_has_the_supervisor_sweep_in_its_period() {
    let server = expiring();
    let mut asking = Asking::to(&server);
    assert_eq!(
        asking.ask("sindex-create:ns=test;indexname=i;indexdata=n,numeric"),
        "ok"
    );
    server.clock().advance(Duration::from_secs(400));
    assert_eq!((server.count(), objects(&mut asking)), (0, "objects=1".to_owned()));
    server.clock().advance(Duration::from_secs(200));
    assert_eq!(objects(&mut asking), "objects=0");
    assert!(asking.ask("sindex-stat:ns=test;indexname=i").contains("entries=0;"));

    server.insert("test", "demo", "user2", [("n", 1)]).unwrap();
    server.clock().advance(Duration::from_secs(301));
    assert_eq!((server.run_nsup(), server.run_nsup()), (1, 0));
}

#[test]
fn a_clock_is_controlled_from_any_language() {
    let server = expiring();
    let mut asking = Asking::to(&server);
    assert_eq!(asking.ask("spikelet/clock/set:ms=1800000000000"), "ok");
    assert_eq!(asking.ask("spikelet/clock"), "ms=1800000000000;frozen=true");
    assert_eq!(
        server.clock().now(),
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    );
    assert_eq!(asking.ask("spikelet/clock/advance:ms=1500"), "ok");
    assert_eq!(asking.ask("spikelet/clock"), "ms=1800000001500;frozen=true");
    assert_eq!(asking.ask("spikelet/clock/resume"), "ok");
    assert!(asking.ask("spikelet/clock").ends_with(";frozen=false"));
    server.insert("test", "demo", "user2", [("n", 1)]).unwrap();
    assert_eq!(asking.ask("spikelet/clock/advance:ms=302000"), "ok");
    assert_eq!(asking.ask("spikelet/nsup"), "1");
    assert_eq!(asking.ask("spikelet/clock/reset"), "ok");
    let real = Server::start().unwrap();
    let apart = real.clock().now().duration_since(server.clock().now());
    assert!(apart.is_ok_and(|apart| apart < Duration::from_secs(60)));
}

#[test]
fn a_wrong_control_says_what_is_wrong() {
    let server = Server::builder().controls(true).start().unwrap();
    let mut asking = Asking::to(&server);
    for (control, error) in [
        ("clock/advance", "missing 'ms'"),
        ("clock/advance:ms=-1", "bad ms '-1'"),
        ("clock/advance:s=1", "unexpected parameter 's', expected ms"),
        ("clock/freeze:now=1", "unexpected parameter 'now'"),
        ("clok", "unknown control 'clok', see spikelet/help"),
    ] {
        assert_eq!(asking.ask(&format!("spikelet/{control}")), format!("ERROR:4:{error}"));
    }
    assert!(
        asking
            .ask("spikelet/help")
            .contains(";spikelet/clock/advance:ms= Moves")
    );
}

#[test]
fn without_controls_there_are_none() {
    let server = Server::start().unwrap();
    let answer = Asking::to(&server).ask("spikelet/clock/advance:ms=1");
    assert_eq!(answer, "ERROR:4:unrecognized command");
}
