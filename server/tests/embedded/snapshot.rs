//! Snapshots and resets.

use std::sync::atomic::{AtomicBool, Ordering};

use spikelet::{NamespaceConfig, RestoreError, Server};

use crate::support::InfoClient;

fn server() -> Server {
    Server::builder().controls(true).start().unwrap()
}

/// Returns a value from a reply of `name=value` pairs.
fn value(answer: &str, name: &str) -> String {
    let prefix = format!("{name}=");
    let item = answer.split([';', ':']).find_map(|item| item.strip_prefix(&prefix));
    item.unwrap_or_else(|| panic!("no {name} in {answer:?}")).to_owned()
}

#[test]
fn restoring_a_snapshot_undoes_changes() {
    let server = server();
    for n in 0..1000 {
        server.insert("test", "demo", n, [("n", n)]).unwrap();
    }
    server.insert("bar", "", 1, [("n", 1)]).unwrap();
    let (before, snapshot) = (server.records(), server.snapshot());
    assert_eq!(snapshot.objects(), 1001);
    assert!(snapshot.namespaces().eq(["test", "bar"]));

    for n in 500..1500 {
        server.insert("test", "other", n, [("n", -n)]).unwrap();
        server.insert("test", "demo", n, [("m", n)]).unwrap();
    }
    let later = (server.records(), server.snapshot());
    server.truncate();
    server.restore(&snapshot).unwrap();
    assert!(server.records() == before);
    server.restore(&later.1).unwrap();
    assert!(server.records() == later.0);
    server.restore(&snapshot).unwrap();
    assert!(server.records() == before);
}

#[test]
fn a_snapshot_has_sets_indexes_settings_and_modules() {
    let server = server();
    let mut info = InfoClient::to(&server);
    let empty = server.snapshot();
    for n in 0..10 {
        server.insert("test", "demo", n, [("n", n)]).unwrap();
    }
    assert_eq!(
        info.command("sindex-create:namespace=test;set=demo;indexname=i;bin=n;type=numeric"),
        "ok"
    );
    assert_eq!(
        info.command("sindex-create:namespace=none;set=demo;indexname=j;bin=n;type=numeric"),
        "ok"
    );
    assert_eq!(
        info.command("sindex-create:namespace=test;set=demo;indexname=k;indextype=set"),
        "ok"
    );
    assert_eq!(
        info.command("set-config:context=namespace;namespace=test;default-ttl=77"),
        "ok"
    );
    let script = "ZnVuY3Rpb24gZigpIGVuZA==";
    let put = format!(
        "udf-put:filename=m.lua;udf-type=LUA;content-len={};content={script}",
        script.len()
    );
    assert_eq!(info.command(&put), "ok");
    let full = server.snapshot();
    let state = |info: &mut InfoClient| {
        let namespace = info.command("namespace/test");
        let indexes = ["i", "k"].map(|name| info.command(&format!("sindex-exists:namespace=test;indexname={name}")));
        let set = info.command("sets/test/demo");
        (
            [value(&namespace, "objects"), value(&namespace, "default-ttl")],
            indexes,
            set.split(':').next().unwrap_or_default().to_owned(),
            info.command("udf-list").is_empty(),
        )
    };
    let texts = |texts: [&str; 2]| texts.map(str::to_owned);
    let there = (
        texts(["10", "77"]),
        ["true"; 2].map(str::to_owned),
        "objects=10".to_owned(),
        false,
    );
    let nothing = (texts(["0", "0"]), ["false"; 2].map(str::to_owned), String::new(), true);
    assert_eq!(state(&mut info), there);

    // An index of an unknown namespace is only visible because its name is in use.
    let other = "sindex-create:namespace=none;set=demo;indexname=j;bin=m;type=numeric";
    server.restore(&empty).unwrap();
    assert_eq!(state(&mut info), nothing);
    assert_eq!(info.command(other), "ok");
    server.restore(&full).unwrap();
    assert_eq!(state(&mut info), there);
    assert!(info.command(other).starts_with("ERROR:"));
    assert_eq!(
        value(&info.command("sindex-stat:namespace=test;indexname=i"), "entries"),
        "10"
    );
    server.insert("test", "demo", 3, [("n", "no number")]).unwrap();
    assert_eq!(
        value(&info.command("sindex-stat:namespace=test;indexname=i"), "entries"),
        "9"
    );
    server.reset();
    assert_eq!(state(&mut info), nothing);
}

#[test]
fn a_snapshot_can_be_restored_into_another_server() {
    let snapshot = {
        let server = server();
        server.insert("test", "demo", 1, [("n", 1)]).unwrap();
        server.snapshot()
    };
    let (first, second) = (server(), server());
    first.restore(&snapshot).unwrap();
    second.restore(&snapshot).unwrap();
    first.insert("test", "demo", 1, [("n", 2)]).unwrap();
    assert_eq!(first.record("test", "demo", 1).unwrap().bins["n"], 2.into());
    assert_eq!(second.record("test", "demo", 1).unwrap().bins["n"], 1.into());

    let other = Server::builder()
        .namespace(NamespaceConfig::new("test"))
        .start()
        .unwrap();
    let error = other.restore(&snapshot).unwrap_err();
    assert!(matches!(&error, RestoreError::Namespaces { server, .. } if *server == ["test"]));
    assert_eq!(
        error.to_string(),
        "the snapshot is of the namespaces test, bar, and the server has test"
    );
    assert_eq!(other.count(), 0);
}

/// Every write sets two bins to the same value, one of which is indexed.
#[test]
fn a_snapshot_under_load_is_consistent() {
    let server = server();
    let mut info = InfoClient::to(&server);
    assert_eq!(
        info.command("sindex-create:namespace=test;set=demo;indexname=i;bin=a;type=numeric"),
        "ok"
    );
    let done = AtomicBool::new(false);
    let snapshots: Vec<_> = std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in (0..200).cycle() {
                server.insert("test", "demo", n, [("a", n), ("b", n)]).unwrap();
                if n % 3 == 0 {
                    server.truncate();
                }
                if done.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let snapshots = (0..100)
            .map(|_| {
                std::thread::yield_now();
                server.snapshot()
            })
            .collect();
        done.store(true, Ordering::Relaxed);
        snapshots
    });
    for snapshot in &snapshots {
        server.restore(snapshot).unwrap();
        let records = server.records();
        assert!(records.iter().all(|record| record.bins["a"] == record.bins["b"]));
        assert_eq!(snapshot.objects(), records.len() as u64);
        let entries = value(&info.command("sindex-stat:namespace=test;indexname=i"), "entries");
        assert_eq!(entries, records.len().to_string());
    }
}

#[test]
fn snapshots_are_controlled_by_info_commands() {
    let server = server();
    let mut info = InfoClient::to(&server);
    server.insert("test", "demo", 1, [("n", 1)]).unwrap();
    assert_eq!(info.command("spikelet/snapshot/list"), "");
    assert_eq!(info.command("spikelet/snapshot/save:name=b"), "ok");
    assert_eq!(info.command("spikelet/reset"), "ok");
    assert_eq!(server.count(), 0);
    assert_eq!(info.command("spikelet/snapshot/save:name=a"), "ok");
    assert_eq!(
        info.command("spikelet/snapshot/list"),
        "name=a:objects=0;name=b:objects=1"
    );
    assert_eq!(info.command("spikelet/snapshot/restore:name=b"), "ok");
    assert_eq!(server.count(), 1);
    assert_eq!(info.command("spikelet/snapshot/drop:name=b"), "ok");
    let unknown = "ERROR:4:no snapshot 'b', see spikelet/snapshot/list";
    assert_eq!(info.command("spikelet/snapshot/restore:name=b"), unknown);
    assert_eq!(info.command("spikelet/snapshot/drop:name=b"), unknown);
    assert_eq!(info.command("spikelet/snapshot/save"), "ERROR:4:missing 'name'");
    assert_eq!(
        info.command("spikelet/snapshot/save:name=a=b"),
        "ERROR:4:bad name 'a=b'"
    );
}
