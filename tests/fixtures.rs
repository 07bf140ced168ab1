//! Fixtures as a client sees them, and random records that are saved and loaded.

use std::time::Duration;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use spikelet::{Fixture, Server};
use spikelet_client::ops::list;
use spikelet_client::{Client, Key, MapOrder, Predicate, Value, bins, exp};
use spikelet_conformance::proptest::strategies;
use spikelet_wire::{Map, ParticleType, UserKey};

fn frozen() -> Server {
    let server = Server::start().unwrap();
    server.clock().freeze();
    server
}

#[tokio::test]
async fn a_client_finds_loaded_records() {
    let fixture = Fixture::from_bytes(
        br#"{
          "modules": {"calc.lua": "function twice(r, n) return r[n] * 2 end"},
          "namespaces": {"test": {
            "indexes": [{"name": "by_age", "set": "users", "bin": "age", "type": "numeric"}],
            "records": [
              {"set": "users", "key": "alice", "generation": 9, "ttl": 100, "bins": {"age": 30, "tags": ["a", "b"]}},
              {"set": "users", "key": 2, "bins": {"age": 70}}
            ]
          }}
        }"#,
    );
    let server = frozen();
    let loaded = server.load(&fixture.unwrap()).unwrap();
    assert_eq!((loaded.records, loaded.indexes, loaded.modules), (2, 1, 1));
    let client = Client::connect(server.addr()).await.unwrap();
    let alice = Key::new("test", "users", "alice");
    let record = client.get(&alice).await.unwrap();
    assert_eq!(record.generation, 9);
    assert_eq!(record.bins["tags"], Value::from(vec!["a", "b"]));

    let old = client
        .query("test", "users")
        .matching(Predicate::range("age", 50..))
        .await
        .unwrap();
    assert_eq!(old.records.len(), 1);
    assert_eq!(old.records[0].bins["age"], 70.into());
    let twice = client.execute_udf(&alice, "calc", "twice", ("age",)).await.unwrap();
    assert_eq!(twice, 60.into());

    // Later writes are saved.
    client.put(&alice, bins! {"age" => 31}).await.unwrap();
    client.operate(&alice).op(list("tags").append("c")).await.unwrap();
    assert_eq!(
        client
            .query("test", "users")
            .matching(Predicate::range("age", ..=31))
            .await
            .unwrap()
            .records
            .len(),
        1
    );
    let saved = server.fixture().to_json();
    assert!(saved.contains(r#""generation": 11, "bins": {"age": 31"#), "{saved}");
}

#[tokio::test]
async fn expressions_see_when_a_record_was_last_updated() {
    let fixture = Fixture::from_bytes(
        br#"{"namespaces": {"test": {"records": [
            {"set": "s", "key": "old", "since_update": 60000, "bins": {"n": 1}},
            {"set": "s", "key": "new", "bins": {"n": 2}}
        ]}}}"#,
    );
    let server = frozen();
    server.load(&fixture.unwrap()).unwrap();
    let client = Client::connect(server.addr()).await.unwrap();
    let is_old = || exp::since_update().ge(60_000);
    let old = client.get(Key::new("test", "s", "old")).filter(is_old()).await;
    assert_eq!(old.unwrap().bins["n"], 1.into());
    let new = client.get(Key::new("test", "s", "new")).filter(is_old()).await;
    assert!(new.unwrap_err().is_filtered_out());
    server.clock().advance(Duration::from_secs(60));
    let new = client.get(Key::new("test", "s", "new")).filter(is_old()).await;
    assert_eq!(new.unwrap().bins["n"], 2.into());
}

/// A value, which JSON may or may not be able to represent directly.
fn value() -> impl Strategy<Value = Value> {
    let text = select(vec!["", "a", "$bytes", "$", "two\nlines \"\\", "\u{fc}\u{1f600}\0"]);
    let leaf = prop_oneof![
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        select(vec![0.0, -0.0, 1.0, 1e16, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]).prop_map(Value::Float),
        any::<bool>().prop_map(Value::Bool),
        text.prop_map(Value::from),
        vec(any::<u8>(), 0..4).prop_map(Value::Blob),
        vec(any::<u8>(), 0..4).prop_map(|bytes| Value::Other(ParticleType::STRING, bytes)),
        vec(any::<u8>(), 0..4).prop_map(|bytes| Value::Other(ParticleType::PYTHON_BLOB, bytes)),
        Just(Value::GeoJson(
            r#"{"type": "Point", "coordinates": [1.5, -2]}"#.to_owned()
        )),
        strategies::value(),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let order = select(vec![
            MapOrder::Unordered,
            MapOrder::KeyOrdered,
            MapOrder::KeyValueOrdered,
        ]);
        let key = select(vec!["", "a", "b", "$list", "order"]);
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::List),
            (order.clone(), btree_map(-3..100_i64, inner.clone(), 0..4)).prop_map(|(order, pairs)| map(order, pairs)),
            (order, btree_map(key, inner, 0..4)).prop_map(|(order, pairs)| map(order, pairs)),
        ]
    })
}

/// A map whose keys are in the server's order, which for these keys is that of a `BTreeMap`.
fn map<K: Into<Value>>(order: MapOrder, pairs: impl IntoIterator<Item = (K, Value)>) -> Value {
    let mut map = Map::new(order);
    pairs.into_iter().for_each(|(key, value)| drop(map.insert(key, value)));
    Value::Map(map)
}

fn key() -> impl Strategy<Value = UserKey> {
    prop_oneof![
        any::<i64>().prop_map(UserKey::Int),
        "[a-c]{0,2}".prop_map(UserKey::String),
        vec(any::<u8>(), 0..3).prop_map(UserKey::Blob),
    ]
}

/// Set, key and bins.
type Put = (&'static str, UserKey, Vec<(&'static str, Value)>);

fn put() -> impl Strategy<Value = Put> {
    let bin = (select(vec!["a", "b", "two words", "$base64:", "back\\slash"]), value());
    (select(vec!["", "s", "a set"]), key(), vec(bin, 1..4))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_records_come_back_the_same(puts in vec(put(), 0..8), touched in option::of(1_u32..1000)) {
        let server = frozen();
        for (set, key, bins) in puts {
            // Records that the server rejects are not in the fixture.
            let _ = server.insert("test", set, key, bins);
        }
        if let Some(seconds) = touched {
            server.clock().advance(Duration::from_secs(seconds.into()));
        }
        let json = server.fixture().to_json();
        prop_assert_eq!(Fixture::from_bytes(json.as_bytes()).unwrap().to_json(), &json[..]);
        let without_last_updates = server.fixture().without_last_updates().to_json();
        let backup = server.fixture().to_backup("test", server.now()).unwrap();
        for saved in [json.as_bytes(), &backup] {
            let other = frozen();
            other.clock().set(server.clock().now());
            let loaded = other.load(&Fixture::from_bytes(saved).unwrap()).unwrap();
            prop_assert_eq!(loaded.records, server.count());
            // A backup does not contain last update times.
            let expected = if saved == &backup[..] { &without_last_updates } else { &json };
            prop_assert_eq!(&other.fixture().to_json(), expected);
            let shown = |server: &Server| -> Vec<String> {
                let records = server.records().into_iter();
                // Compared as text, because NaN is not equal to itself.
                records.map(|record| format!("{:?}", (record.key, record.generation, record.void_time, record.bins))).collect()
            };
            prop_assert_eq!(shown(&other), shown(&server));
        }
    }
}
