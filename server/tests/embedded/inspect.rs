//! Reading and writing records without a connection.

use std::time::Duration;

use spikelet::unstable;
use spikelet::{NamespaceConfig, ResultCode, Server, UserKey, Value};

#[test]
fn inserted_records_can_be_read() {
    let server = Server::start().unwrap();
    server
        .insert(
            "test",
            "demo",
            7,
            [("a", Value::from(1)), ("b", Value::from(vec![1, 2]))],
        )
        .unwrap();
    server.insert("bar", "", "x", [("a", 2.5)]).unwrap();
    server.insert("test", "demo", 7, [("a", 3)]).unwrap();

    let record = server.record("test", "demo", 7).unwrap();
    assert_eq!((record.generation, record.ttl(server.now())), (2, None));
    assert_eq!(
        (record.set.as_deref(), record.key),
        (Some("demo"), Some(UserKey::from(7)))
    );
    assert_eq!(record.bins["a"], Value::from(3));
    assert_eq!(record.bins["b"], Value::from(vec![1, 2]));
    let namespaces: Vec<_> = server.records().into_iter().map(|record| record.namespace).collect();
    assert_eq!(namespaces, ["test", "bar"]);

    assert_eq!(server.record("test", "other", 7), None);
    assert_eq!(server.record("nope", "demo", 7), None);
    server.truncate();
    assert_eq!(server.count(), 0);
    server.insert("test", "demo", 7, [("a", 1)]).unwrap();
    assert_eq!(
        (server.count(), server.record("test", "demo", 7).unwrap().generation),
        (1, 1)
    );
}

#[test]
fn an_insert_fails_as_a_put_does() {
    let server = Server::start().unwrap();
    let long = "x".repeat(16);
    let endless = "x".repeat(300);
    assert_eq!(
        server.insert("nope", "", 1, [("a", 1)]),
        Err(ResultCode::INVALID_NAMESPACE)
    );
    assert_eq!(server.insert("test", "", 1, [(&long, 1)]), Err(ResultCode::BIN_NAME));
    assert_eq!(server.insert("test", "", 1, [(&endless, 1)]), Err(ResultCode::BIN_NAME));
    assert_eq!(
        server.insert("test", "", 1, [("a", vec![0u8; 2 << 20])]),
        Err(ResultCode::RECORD_TOO_BIG)
    );
    assert_eq!(
        server.insert::<&str, i64>("test", "", 1, []),
        Err(ResultCode::PARAMETER)
    );
    assert_eq!(server.count(), 0);
}

/// With an `nsup_period` of 1 the record is also removed from memory.
#[test]
fn nsup_removes_expired_records() {
    let namespace = NamespaceConfig {
        default_ttl: 1,
        ..NamespaceConfig::new("test")
    };
    let server = Server::builder().namespace(namespace).start().unwrap();
    server.insert("test", "demo", 1, [("a", 1)]).unwrap();
    assert_eq!(server.record("test", "demo", 1).unwrap().ttl(server.now()), Some(1));
    let objects = &unstable::state(&server).namespaces()[0].counters.objects;
    let is_gone = || objects.load(std::sync::atomic::Ordering::Relaxed) == 0;
    let gone = (0..60).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        is_gone()
    });
    assert!(gone, "it is still there after six seconds");
    assert_eq!(server.count(), 0);
}
