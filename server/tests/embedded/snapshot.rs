//! What a server holds, kept aside and put back.

use std::sync::atomic::{AtomicBool, Ordering};

use spikelet::{NamespaceConfig, RestoreError, Server};

use crate::support::Asking;

fn server() -> Server {
    Server::builder().controls(true).start().unwrap()
}

/// The value of a name in an answer that is made of `name=value`.
fn value(answer: &str, name: &str) -> String {
    let prefix = format!("{name}=");
    let item = answer.split([';', ':']).find_map(|item| item.strip_prefix(&prefix));
    item.unwrap_or_else(|| panic!("no {name} in {answer:?}")).to_owned()
}

#[test]
fn what_was_there_is_there_again() {
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
fn sets_indexes_settings_and_modules_are_part_of_it() {
    let server = server();
    let mut asking = Asking::to(&server);
    let empty = server.snapshot();
    for n in 0..10 {
        server.insert("test", "demo", n, [("n", n)]).unwrap();
    }
    assert_eq!(
        asking.ask("sindex-create:namespace=test;set=demo;indexname=i;bin=n;type=numeric"),
        "ok"
    );
    assert_eq!(
        asking.ask("sindex-create:namespace=none;set=demo;indexname=j;bin=n;type=numeric"),
        "ok"
    );
    assert_eq!(
        asking.ask("sindex-create:namespace=test;set=demo;indexname=k;indextype=set"),
        "ok"
    );
    assert_eq!(
        asking.ask("set-config:context=namespace;namespace=test;default-ttl=77"),
        "ok"
    );
    let script = "ZnVuY3Rpb24gZigpIGVuZA==";
    let put = format!(
        "udf-put:filename=m.lua;udf-type=LUA;content-len={};content={script}",
        script.len()
    );
    assert_eq!(asking.ask(&put), "ok");
    let full = server.snapshot();
    let state = |asking: &mut Asking| {
        let namespace = asking.ask("namespace/test");
        let indexes = ["i", "k"].map(|name| asking.ask(&format!("sindex-exists:namespace=test;indexname={name}")));
        let set = asking.ask("sets/test/demo");
        (
            [value(&namespace, "objects"), value(&namespace, "default-ttl")],
            indexes,
            set.split(':').next().unwrap_or_default().to_owned(),
            asking.ask("udf-list").is_empty(),
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
    assert_eq!(state(&mut asking), there);

    // An index of a namespace that there is not is only seen by the name that it takes.
    let other = "sindex-create:namespace=none;set=demo;indexname=j;bin=m;type=numeric";
    server.restore(&empty).unwrap();
    assert_eq!(state(&mut asking), nothing);
    assert_eq!(asking.ask(other), "ok");
    server.restore(&full).unwrap();
    assert_eq!(state(&mut asking), there);
    assert!(asking.ask(other).starts_with("ERROR:"));
    assert_eq!(
        value(&asking.ask("sindex-stat:namespace=test;indexname=i"), "entries"),
        "10"
    );
    server.insert("test", "demo", 3, [("n", "no number")]).unwrap();
    assert_eq!(
        value(&asking.ask("sindex-stat:namespace=test;indexname=i"), "entries"),
        "9"
    );
    server.reset();
    assert_eq!(state(&mut asking), nothing);
}

#[test]
fn another_server_can_hold_it() {
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

/// Every write is of two bins that agree, in a record and in an index.
#[test]
fn a_snapshot_under_load_is_of_one_moment() {
    let server = server();
    let mut asking = Asking::to(&server);
    assert_eq!(
        asking.ask("sindex-create:namespace=test;set=demo;indexname=i;bin=a;type=numeric"),
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
        let entries = value(&asking.ask("sindex-stat:namespace=test;indexname=i"), "entries");
        assert_eq!(entries, records.len().to_string());
    }
}

#[test]
fn clients_keep_snapshots_by_name() {
    let server = server();
    let mut asking = Asking::to(&server);
    server.insert("test", "demo", 1, [("n", 1)]).unwrap();
    assert_eq!(asking.ask("spikelet/snapshot/list"), "");
    assert_eq!(asking.ask("spikelet/snapshot/save:name=b"), "ok");
    assert_eq!(asking.ask("spikelet/reset"), "ok");
    assert_eq!(server.count(), 0);
    assert_eq!(asking.ask("spikelet/snapshot/save:name=a"), "ok");
    assert_eq!(
        asking.ask("spikelet/snapshot/list"),
        "name=a:objects=0;name=b:objects=1"
    );
    assert_eq!(asking.ask("spikelet/snapshot/restore:name=b"), "ok");
    assert_eq!(server.count(), 1);
    assert_eq!(asking.ask("spikelet/snapshot/drop:name=b"), "ok");
    let unknown = "ERROR:4:no snapshot 'b', see spikelet/snapshot/list";
    assert_eq!(asking.ask("spikelet/snapshot/restore:name=b"), unknown);
    assert_eq!(asking.ask("spikelet/snapshot/drop:name=b"), unknown);
    assert_eq!(asking.ask("spikelet/snapshot/save"), "ERROR:4:missing 'name'");
    assert_eq!(asking.ask("spikelet/snapshot/save:name=a=b"), "ERROR:4:bad name 'a=b'");
}
