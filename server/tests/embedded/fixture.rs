//! Fixtures: read, refused, loaded, saved.

use std::time::Duration;

use crate::support::Asking;
use spikelet::{Fixture, FixtureError, NamespaceConfig, ResultCode, Server, UserKey, Value};

const USERS: &str = r#"{
  "namespaces": {
    "test": {
      "indexes": [
        {"name": "by_age", "set": "users", "bin": "age", "type": "numeric"},
        {"name": "by_tag", "bin": "tags", "type": "string", "indextype": "list"},
        {"name": "users", "set": "users", "indextype": "set"}
      ],
      "records": [
        {"set": "users", "key": 7, "bins": {"age": 70}},
        {"set": "users", "key": "alice", "generation": 3, "bins": {"name": "Alice", "age": 30, "tags": ["new", "trial"]}},
        {"set": "users", "key": "bob", "ttl": 300, "bins": {"name": "Bob", "ratio": 1.0, "ok": true}},
        {"set": "users", "key": {"$bytes": "AQI="}, "bins": {
          "friends": {"$map": {"zoe": 1, "adam": 2}, "order": "key_ordered"},
          "scores": {"$list": [3, 1, 2], "order": "ordered"},
          "by number": {"$map": [[2, "two"], [1, "one"]]},
          "deep": [null, [1.5, {"a": {"$bytes": "AA=="}}], 18446744073709551615],
          "nan": {"$float": "NaN"},
          "where": {"$geo": {"type": "Point", "coordinates": [8.5, 47.4]}}
        }},
        {"digest": "0102030405060708090a0b0c0d0e0f1011121314", "bins": {"n": -1}}
      ]
    }
  }
}"#;

fn parsed(text: &str) -> Fixture {
    Fixture::from_bytes(text.as_bytes()).unwrap()
}

fn syntax(text: &str) -> (usize, String) {
    match Fixture::from_bytes(text.as_bytes()) {
        Err(FixtureError::Syntax { line, what, .. }) => (line, what),
        other => panic!("{other:?}"),
    }
}

fn frozen() -> Server {
    let server = Server::start().unwrap();
    server.clock().freeze();
    server
}

#[test]
fn json_is_loaded_as_it_reads() {
    let server = frozen();
    let loaded = server.load(&parsed(USERS)).unwrap();
    assert_eq!((loaded.records, loaded.indexes, loaded.expired), (5, 3, 0));

    let alice = server.record("test", "users", "alice").unwrap();
    assert_eq!((alice.generation, alice.ttl(server.now())), (3, None));
    assert_eq!(alice.key, Some(UserKey::from("alice")));
    assert_eq!(alice.bins["tags"], Value::from(vec!["new", "trial"]));
    let bob = server.record("test", "users", "bob").unwrap();
    assert_eq!((bob.generation, bob.ttl(server.now())), (1, Some(300)));
    assert_eq!(bob.bins["ratio"], Value::Float(1.0));

    let blob = server.record("test", "users", &[1, 2]).unwrap();
    assert_eq!(blob.bins["scores"], Value::from(vec![1, 2, 3]));
    let Value::Map(friends) = &blob.bins["friends"] else {
        panic!("{blob:?}");
    };
    assert_eq!(friends.order, spikelet_wire::MapOrder::KeyOrdered);
    assert_eq!(friends.iter().next().unwrap().0, Value::from("adam"));
    let Value::Map(by_number) = &blob.bins["by number"] else {
        panic!("{blob:?}");
    };
    assert_eq!(by_number.get(2), Some(&Value::from("two")));
    assert!(matches!(blob.bins["nan"], Value::Float(n) if n.is_nan()));
    assert!(matches!(&blob.bins["where"], Value::GeoJson(text) if text.contains("8.5")));
}

#[test]
fn what_is_saved_is_read_and_saved_the_same() {
    let server = frozen();
    server.load(&parsed(USERS)).unwrap();
    let saved = server.fixture().to_json();
    assert!(
        saved.contains(r#"{"set": "users", "key": "bob", "ttl": 300, "bins": {"name": "Bob""#),
        "{saved}"
    );
    assert!(
        saved.contains(r#""friends": {"$map": {"adam": 2, "zoe": 1}, "order": "key_ordered"}"#),
        "{saved}"
    );
    assert!(
        saved.contains(r#""by number": {"$map": [[1, "one"], [2, "two"]]}"#),
        "{saved}"
    );
    assert!(!saved.contains(r#""type": 1"#), "all of it is readable: {saved}");

    assert_eq!(parsed(&saved).to_json(), saved);
    let other = frozen();
    assert_eq!(other.load(&parsed(&saved)).unwrap().records, 5);
    assert_eq!(other.fixture().to_json(), saved);
}

#[test]
fn a_ttl_begins_when_it_is_loaded_and_a_void_time_is_what_it_is() {
    let server = frozen();
    let then = server.now().seconds();
    let text = format!(
        r#"{{"namespaces": {{"test": {{"records": [
            {{"key": 1, "ttl": 100, "bins": {{"n": 1}}}},
            {{"key": 2, "void_time": {}, "bins": {{"n": 2}}}}
        ]}}}}}}"#,
        then + 100
    );
    let fixture = parsed(&text);
    assert_eq!(server.load(&fixture).unwrap().records, 2);
    server.clock().advance(Duration::from_secs(101));
    assert_eq!(server.count(), 0);
    let loaded = server.load(&fixture).unwrap();
    assert_eq!((loaded.records, loaded.expired), (1, 1));
    assert_eq!(server.record("test", "", 1).unwrap().ttl(server.now()), Some(100));
}

#[test]
fn a_record_in_its_last_second_is_saved_with_its_void_time() {
    let server = frozen();
    let text = r#"{"namespaces": {"test": {"records": [{"key": 1, "ttl": 1, "bins": {"n": 1}}]}}}"#;
    server.load(&parsed(text)).unwrap();
    server.clock().advance(Duration::from_secs(1));
    let saved = server.fixture().to_json();
    let void_time = server.record("test", "", 1).unwrap().void_time;
    assert!(saved.contains(&format!(r#""void_time": {void_time},"#)), "{saved}");
    assert_eq!(server.load(&parsed(&saved)).unwrap().records, 1);
    server.clock().advance(Duration::from_secs(1));
    assert_eq!(server.load(&parsed(&saved)).unwrap().expired, 1);
}

#[test]
fn null_is_as_good_as_nothing() {
    let record = r#"{"namespaces": {"test": {
        "indexes": [{"name": "i", "set": null, "bin": "b", "exp": null, "context": null, "indextype": null, "type": "numeric"}],
        "records": [{"set": null, "key": 1, "digest": null, "ttl": null, "void_time": null, "since_update": null,
            "last_update": null, "generation": null, "bins": {"n": 1}}]
    }}}"#;
    let without = r#"{"namespaces": {"test": {
        "indexes": [{"name": "i", "bin": "b", "type": "numeric"}], "records": [{"key": 1, "void_time": 0, "bins": {"n": 1}}]
    }}}"#;
    assert_eq!(parsed(record).to_json(), parsed(without).to_json());
    assert!(!parsed(record).to_json().contains("null"));
}

#[test]
fn a_ttl_that_became_too_long_is_saved_as_a_void_time() {
    let ten_years = r#"{"namespaces": {"test": {"records": [{"key": 1, "ttl": 315360000, "bins": {"n": 1}}]}}}"#;
    let server = frozen();
    server.load(&parsed(ten_years)).unwrap();
    assert!(server.fixture().to_json().contains(r#""ttl": 315360000,"#));
    let void_time = server.record("test", "", 1).unwrap().void_time;
    server.clock().set(server.clock().now() - Duration::from_secs(1));
    let saved = server.fixture().to_json();
    assert!(saved.contains(&format!(r#""void_time": {void_time},"#)), "{saved}");
    server.load(&parsed(&saved)).unwrap();
    assert_eq!(server.record("test", "", 1).unwrap().void_time, void_time);
}

#[test]
fn last_update_times_are_loaded_and_saved() {
    let server = frozen();
    let now = server.now();
    let text = format!(
        r#"{{"namespaces": {{"test": {{"records": [
            {{"set": "s", "key": 1, "since_update": 5000, "bins": {{"n": 1}}}},
            {{"set": "s", "key": 2, "last_update": {}, "bins": {{"n": 2}}}},
            {{"set": "s", "key": 3, "bins": {{"n": 3}}}}
        ]}}}}}}"#,
        now.0 - 250
    );
    server.load(&parsed(&text)).unwrap();
    let last_update = |server: &Server, key: i64| server.record("test", "s", key).unwrap().last_update.0;
    assert_eq!(
        [1, 2, 3].map(|key| last_update(&server, key)),
        [now.0 - 5000, now.0 - 250, now.0]
    );
    let saved = server.fixture().to_json();
    assert!(saved.contains(r#""key": 1, "since_update": 5000, "bins""#), "{saved}");
    assert!(saved.contains(r#""key": 2, "since_update": 250, "bins""#), "{saved}");
    assert!(saved.contains(r#""key": 3, "bins""#), "{saved}");

    // As long ago as by the clock of the server that it is of.
    let other = frozen();
    other.clock().advance(Duration::from_secs(1000));
    other.load(&parsed(&saved)).unwrap();
    assert_eq!(last_update(&other, 1), other.now().0 - 5000);
    let file = TempFile::new("last-updates.json");
    server.save_json(file.path()).unwrap();
    let saved = std::fs::read_to_string(file.path()).unwrap();
    assert!(!saved.contains("update"), "{saved}");

    // One from a time ahead, as behind a clock that was set back.
    let before = server.now();
    server.clock().set(server.clock().now() - Duration::from_secs(1));
    let saved = server.fixture().to_json();
    assert!(
        saved.contains(&format!(r#""key": 3, "last_update": {}"#, before.0)),
        "{saved}"
    );
    server.load(&parsed(&saved)).unwrap();
    assert_eq!(last_update(&server, 3), before.0);
}

#[test]
fn a_truncation_goes_by_the_last_updates_of_a_fixture() {
    let server = Server::start().unwrap();
    let mut asking = Asking::to(&server);
    let text = |since: u32| {
        parsed(&format!(
            r#"{{"namespaces": {{"test": {{"records": [
                {{"set": "s", "key": 1, "since_update": {since}, "bins": {{"n": 1}}}},
                {{"set": "s", "key": 2, "bins": {{"n": 2}}}}
            ]}}}}}}"#
        ))
    };
    server.load(&text(60_000)).unwrap();
    let since_1970 = server.clock().now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let before = (since_1970 - Duration::from_secs(30)).as_nanos();
    let truncate = format!("truncate:namespace=test;set=s;lut={before}");
    assert_eq!(asking.ask(&truncate), "ok");
    assert!(server.record("test", "s", 1).is_none() && server.record("test", "s", 2).is_some());

    let error = server.load(&text(60_000)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "record `1` of namespace `test`, set `s`: it was last updated before a truncation"
    );
    assert_eq!(server.load(&text(10_000)).unwrap().records, 2);
}

#[test]
fn loading_keeps_counters_and_indexes_right() {
    let server = frozen();
    server.load(&parsed(USERS)).unwrap();
    server.load(&parsed(USERS)).unwrap();
    assert_eq!(server.count(), 5);
    server
        .load(&parsed(
            r#"{"namespaces": {"test": {"records": [
        {"set": "users", "key": "alice", "bins": {"age": 31}}
    ]}}}"#,
        ))
        .unwrap();
    let alice = server.record("test", "users", "alice").unwrap();
    assert_eq!((alice.generation, alice.bins.len()), (1, 1));
    server.truncate();
    assert_eq!(server.count(), 0);
    assert_eq!(
        server.fixture().to_json().matches("\"name\"").count(),
        3,
        "the indexes stay"
    );
}

#[test]
fn what_json_has_no_word_for_comes_back_as_it_was() {
    let bins = [
        r#""$base64:/w==": 1"#,
        r#""$base64:JGJhc2U2NDo=": 1"#,
        r#""b": {"$float": "7ff8000000000001"}"#,
        r#""b": {"$bytes": "/w==", "type": 3}"#,
        r#""b": {"$bytes": "AAE=", "type": 9}"#,
        r#""b": -0.0"#,
        r#""b": 1e+300"#,
        r#""b": [{"$single": 0.5}, {"$hll": "AA=="}, {"$geo": "no matter"}, {"$float": "-Infinity"}]"#,
        r#""b": {"$map": {"$a": 1}}"#,
        r#""b": {"$map": {"a": 1}, "order": "key_value_ordered", "persist_index": true}"#,
        r#""b": {"$map": [[1, {"$list": [1, 2], "order": "ordered"}], [{"$bytes": "AA=="}, null]]}"#,
        r#""b": {"$list": [], "order": "ordered"}"#,
        r#""b": {"a": {}, "b": [], "c": ""}"#,
    ];
    for bin in bins {
        let text = format!(r#"{{"namespaces": {{"test": {{"records": [{{"key": 1, "bins": {{{bin}}}}}]}}}}}}"#);
        let server = frozen();
        server.load(&parsed(&text)).unwrap();
        let saved = server.fixture().to_json();
        assert!(saved.contains(&format!("\"bins\": {{{bin}}}")), "{bin}: {saved}");
    }
    // What nests deeper than readers of JSON follow is bytes, and still the same.
    let deep = |depth: usize| (1..depth).fold(Value::from(vec![1]), |inner, _| Value::List(vec![inner]));
    let server = frozen();
    server
        .insert("test", "", 1, [("deep", deep(200)), ("flat", deep(30))])
        .unwrap();
    let saved = server.fixture().to_json();
    assert_eq!(saved.matches(r#""type": 20"#).count(), 1);
    let other = frozen();
    other.load(&parsed(&saved)).unwrap();
    assert_eq!(
        other.record("test", "", 1).unwrap().bins,
        server.record("test", "", 1).unwrap().bins
    );
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let record = |fields: &str| format!("{{\"namespaces\": {{\"test\": {{\"records\": [\n{{{fields}}}]}}}}}}");
    for (fields, wanted) in [
        (r#""sett": "s", "key": 1, "bins": {"n": 1}"#, "unknown field `sett`"),
        (r#""key": 1"#, "missing field `bins`"),
        (r#""key": 1, "bins": {}"#, "at least one bin"),
        (r#""bins": {"n": 1}"#, "a `key` or a `digest`"),
        (r#""key": 1.5, "bins": {"n": 1}"#, "1.5 is no key"),
        (r#""key": 1, "digest": "xy", "bins": {"n": 1}"#, "`xy` is no digest"),
        (
            r#""key": "a", "ttl": -1, "bins": {"n": 1}"#,
            "record \"a\": -1 is no `ttl`: those are integers from 1 to 315360000",
        ),
        (r#""key": 1, "ttl": 0, "bins": {"n": 1}"#, "record 1: 0 is no `ttl`"),
        (r#""key": null, "bins": {"n": 1}"#, "a `key` or a `digest`"),
        (r#""key": 1, "bins": null"#, "invalid type: null"),
        (
            r#""key": 1, "ttl": 315360001, "bins": {"n": 1}"#,
            "315360001 is no `ttl`",
        ),
        (
            r#""key": 1, "void_time": 4294967296, "bins": {"n": 1}"#,
            "4294967296 is no `void_time`",
        ),
        (r#""key": 1, "generation": 65536, "bins": {"n": 1}"#, "from 1 to 65535"),
        (r#""key": 1, "ttl": 1, "void_time": 1, "bins": {"n": 1}"#, "not both"),
        (
            r#""key": 1, "since_update": 1, "last_update": 1, "bins": {"n": 1}"#,
            "not both",
        ),
        (
            r#""key": 1, "last_update": 4294967296000, "bins": {"n": 1}"#,
            "no `last_update`",
        ),
        (
            r#""key": 1, "generation": 0, "bins": {"n": 1}"#,
            "record 1: 0 is no `generation`",
        ),
        (r#""key": 1, "bins": {"n": 1, "n": 2}"#, "`n` stands here twice"),
        (
            r#""key": 1, "bins": {"a name of 16 b..": 1}"#,
            "record 1: `a name of 16 b..` is no name of a bin: those have up to 15 bytes",
        ),
        (
            r#""key": 1, "bins": {"n": 1, "$base64:bg==": 2}"#,
            "the bin `n` stands here twice",
        ),
        (r#""key": {"$bytes": "AA==", "type": 1}, "bins": {"n": 1}"#, "8 bytes"),
        (r#""key": 1, "bins": {"n": null}"#, "null is no value"),
        (
            r#""key": 1, "bins": {"n": 9223372036854775808}"#,
            "more than an integer",
        ),
        (r#""key": 1, "bins": {"n": {"$bites": ""}}"#, "unknown `$bites`"),
        (r#""key": 1, "bins": {"n": {"$bytes": "?"}}"#, "`$bytes`"),
        (r#""key": 1, "bins": {"n": {"$hll": "AAAA"}}"#, "no HyperLogLog"),
        (r#""key": 1, "bins": {"n": {"$geo": "{}"}}"#, "no GeoJSON"),
        (
            r#""key": 1, "bins": {"n": {"$map": [[1, 1], [1, 2]]}}"#,
            "the key 1 stands in a map twice",
        ),
        (
            r#""key": 1, "bins": {"n": {"$map": [[1.5, 1]]}}"#,
            "1.5 is no key of a map",
        ),
        (
            r#""key": 1, "bins": {"n": {"$list": [1], "order": "up"}}"#,
            "unknown order \"up\"",
        ),
        (r#""key": 1, "set": "", "bins": {"n": 1}"#, "no name of a set"),
        (
            &format!(r#""key": 1, "set": "{}", "bins": {{"n": 1}}"#, "s".repeat(64)),
            "1 to 63 bytes",
        ),
        (
            r#""key": 1, "bins": {"n": 1}}, {"key": 1, "bins": {"n": 2}"#,
            "key `1` stands here twice",
        ),
    ] {
        let (line, what) = syntax(&record(fields));
        assert!(what.contains(wanted), "{fields}: {what}");
        assert_eq!(line, 2, "{fields}");
    }
    assert_eq!(syntax("{\"namespaces\": {\n\n!}}").0, 3);
    assert!(syntax(r#"{"namespace": {}}"#).1.contains("unknown field `namespace`"));
}

#[test]
fn an_integer_of_more_than_64_bits_is_told_where_it_stands() {
    let read = |values: &str| {
        Fixture::from_bytes(
            format!(
                "{{\"namespaces\": {{\"test\": {{\"records\": [\n{{\"key\": 1, \"bins\": {{\n\"b\": {values}}}}}]}}}}}}"
            )
            .as_bytes(),
        )
    };
    for (values, column, number) in [
        ("18446744073709551616", 6, "18446744073709551616"),
        (
            "[1, \"\\\"99999999999999999999\\\\\", -9223372036854775809]",
            38,
            "-9223372036854775809",
        ),
        (r#"{"a": -0}"#, 12, "-0"),
        // Why the array is no key is the number.
        (r#"{"$map": [[99999999999999999999, 1]]}"#, 17, "99999999999999999999"),
    ] {
        let Err(FixtureError::Syntax { line, column: at, what }) = read(values) else {
            panic!("{values}");
        };
        assert_eq!((line, at), (3, column), "{values}: {what}");
        assert_eq!(
            what,
            format!("{number} is no integer of 64 bits; a double has a point or an exponent")
        );
    }
    // What is wrong before is told first.
    let error = syntax("{\"namespace\": 1, \"n\": 99999999999999999999}");
    assert!(error.1.contains("unknown field `namespace`"), "{error:?}");

    let doubles = "[1.0, -0.0, 1e+16, 9007199254740992.0, 18446744073709551616.0, -9223372036854775808]";
    let server = frozen();
    server.load(&read(doubles).unwrap()).unwrap();
    let Value::List(read) = &server.record("test", "", 1).unwrap().bins["b"] else {
        panic!("no list");
    };
    let (last, doubles) = read.split_last().unwrap();
    assert_eq!(*last, i64::MIN.into());
    assert!(
        doubles.iter().all(|double| matches!(double, Value::Float(_))),
        "{doubles:?}"
    );
    let other = frozen();
    other.load(&parsed(&server.fixture().to_json())).unwrap();
    assert_eq!(
        other.record("test", "", 1).unwrap().bins["b"],
        Value::List(read.clone())
    );
}

#[test]
fn what_is_refused_leaves_the_server_as_it_was() {
    let server = Server::builder()
        .namespace(NamespaceConfig {
            nsup_period: 0,
            allow_ttl_without_nsup: false,
            ..NamespaceConfig::new("test")
        })
        .start()
        .unwrap();
    server.clock().freeze();
    server.insert("test", "s", 1, [("n", 1)]).unwrap();
    let mut asking = Asking::to(&server);
    asking.ask("sindex-create:namespace=test;indexname=before;bin=b;type=numeric");
    // Sets, indexes and modules as a client sees them: also those without a record.
    let mut state = || {
        let listed = ["sets/test", "sindex-list:namespace=test", "udf-list"].map(|command| asking.ask(command));
        (server.fixture().to_json(), listed)
    };
    let before = state();
    assert!(
        before.1[0].contains("set=s:") && !before.1[0].contains("set=empty"),
        "{before:?}"
    );
    let good = r#"{"set": "empty", "key": 2, "bins": {"n": 1}}"#;
    let big = format!(r#"{{"key": 1, "bins": {{"n": "{}"}}}}"#, "x".repeat(1 << 20));
    let bins: Vec<_> = (0..32768).map(|n| format!("\"{n}\": {n}")).collect();
    let many = format!(r#"{{"set": "new", "key": "many", "bins": {{{}}}}}"#, bins.join(", "));
    for (records, code, wanted) in [
        (
            format!(r#"[{good}]}}, "nope": {{"records": [{good}]"#),
            ResultCode::INVALID_NAMESPACE,
            "record `2` of namespace `nope`, set `empty`: there is no such namespace, only `test`",
        ),
        (
            format!(r#"[{good}, {{"key": 1, "ttl": 5, "bins": {{"n": 1}}}}]"#),
            ResultCode::FORBIDDEN,
            "record `1` of namespace `test`: it expires, which",
        ),
        (
            format!("[{good}, {big}]"),
            ResultCode::RECORD_TOO_BIG,
            "record `1` of namespace `test`: it takes 1048629 bytes, and a record has up to 1048572",
        ),
        (
            format!("[{good}, {many}]"),
            ResultCode::PARAMETER,
            "record `many` of namespace `test`, set `new`: it has 32768 bins, and a record has up to 32767",
        ),
    ] {
        let text = format!(r#"{{"namespaces": {{"test": {{"records": {records}}}}}}}"#);
        let error = server.load(&parsed(&text)).unwrap_err();
        assert!(
            matches!(error, FixtureError::Refused { code: Some(is), .. } if is == code),
            "{error}"
        );
        assert!(error.to_string().starts_with(wanted), "{error}");
        assert_eq!(state(), before);
    }
    // The first index would give the one that is there another name.
    let indexes = r#"[{"name": "after", "bin": "b", "type": "numeric"}, {"name": "one", "set": "of an index", "bin": "a", "type": "numeric"},
        {"name": "one", "bin": "c", "type": "numeric"}]"#;
    for (modules, indexes, wanted) in [
        (r#""a.lua": "function f() end""#, indexes, "already exists"),
        (
            r#""a.lua": "function f() end", "b.lua": "function""#,
            "[]",
            "module `b.lua`: error=compile_error",
        ),
    ] {
        let text = format!(
            r#"{{"modules": {{{modules}}}, "namespaces": {{"test": {{"records": [{good}], "indexes": {indexes}}}}}}}"#
        );
        let error = server.load(&parsed(&text)).unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
        assert_eq!(state(), before);
    }
}

#[test]
fn a_namespace_that_has_all_its_sets_takes_no_record_of_another() {
    let server = frozen();
    let records = |sets: std::ops::Range<u16>| {
        let records: Vec<_> = sets
            .map(|n| format!(r#"{{"set": "{n}", "key": 1, "bins": {{"n": 1}}}}"#))
            .collect();
        parsed(&format!(
            r#"{{"namespaces": {{"test": {{"records": [{}]}}}}}}"#,
            records.join(",")
        ))
    };
    let mut asking = Asking::to(&server);
    let mut sets = || asking.ask("sets/test").matches("set=").count();
    let error = server.load(&records(0..4096)).unwrap_err();
    assert!(error.to_string().ends_with("or is one too many"), "{error}");
    assert_eq!((server.count(), sets()), (0, 0));
    assert_eq!(server.load(&records(0..4095)).unwrap().records, 4095);
    assert!(server.load(&records(4095..4096)).is_err());
    let index =
        r#"{"namespaces": {"test": {"indexes": [{"name": "i", "set": "new", "bin": "b", "type": "numeric"}]}}}"#;
    let error = server.load(&parsed(index)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "index `i` of namespace `test`: its set is one too many"
    );
    assert_eq!(server.load(&records(0..1)).unwrap().records, 1);
    assert_eq!((server.count(), sets()), (4095, 4095));
}

/// Written by hand from the description of the format.
const SAMPLE: &[u8] = include_bytes!("sample.asb");

#[test]
fn a_backup_is_loaded() {
    let server = frozen();
    let fixture = Fixture::from_bytes(SAMPLE).unwrap();
    let loaded = server.load(&fixture).unwrap();
    assert_eq!(
        loaded,
        spikelet::Loaded {
            records: 4,
            expired: 1,
            indexes: 2,
            modules: 1
        }
    );

    let alice = server.record("test", "users", "alice").unwrap();
    assert_eq!((alice.generation, alice.void_time), (7, 0));
    assert_eq!(alice.bins["name"], "Alice".into());
    assert_eq!(alice.bins["active"], Value::Bool(true));
    assert_eq!(alice.bins["tags"], Value::from(vec!["new", "x"]));
    assert!(!alice.bins.contains_key("nothing"));

    let minus_five = server.record("test", "users", -5).unwrap();
    assert_eq!(minus_five.void_time, u32::MAX);
    assert_eq!(minus_five.bins["raw"], Value::Blob(b"\0\n +".to_vec()));
    assert_eq!(minus_five.bins["blob"], Value::Blob(vec![1, 2, 3]));
    assert_eq!(minus_five.bins["two words"], "a\nb".into());
    assert_eq!(minus_five.bins["inf"], Value::Float(f64::NEG_INFINITY));
    assert!(matches!(&minus_five.bins["map"], Value::Map(map) if map.get("b") == Some(&Value::Bool(true))));
    assert!(matches!(&minus_five.bins["place"], Value::GeoJson(text) if text.ends_with("[8.5, 47.4]}")));
    assert!(matches!(&minus_five.bins["java"], Value::Other(..)));
    assert_eq!(server.record("test", "", &[1, 2]).unwrap().bins["n"], 1.into());
    let in_a_set = server
        .records()
        .into_iter()
        .find(|record| record.set.as_deref() == Some("a set"));
    assert_eq!(in_a_set.unwrap().bins["text"], "\u{fc}ber".into());
}

#[test]
fn a_backup_is_written_as_it_is_read() {
    let server = frozen();
    server.load(&Fixture::from_bytes(SAMPLE).unwrap()).unwrap();
    let saved = server.fixture().to_backup("test", server.now()).unwrap();
    assert!(saved.starts_with(b"Version 3.1\n# namespace test\n# first-file\n* i test users by_age N 1 age N\n"));
    let other = frozen();
    other.clock().set(server.clock().now());
    assert_eq!(other.load(&Fixture::from_bytes(&saved).unwrap()).unwrap().records, 4);
    assert_eq!(other.fixture().to_json(), server.fixture().to_json());
}

#[test]
fn what_is_wrong_in_a_backup_is_told_with_its_place() {
    let record = "+ n test\n+ d AAECAwQFBgcICQoLDA0ODxAREhM=\n+ g 1\n+ t 0\n+ b 1\n";
    let long = format!("{record}- S s 99999999999 x\n");
    let expired = format!("{record}- I n 1\nx\n");
    for (text, line, wanted) in [
        ("# nothing\n", 2, "unknown meta data 'nothing'"),
        ("* x test\n", 2, "no line of a backup begins so"),
        ("* i test s name Q 1 bin N\n", 2, "'Q' is no type of an index"),
        ("* i test s name N 2 bin N\n", 2, "'2' where \"1 \" is wanted"),
        ("* u L a.lua 10 short\n", 2, "10 bytes are announced"),
        ("+ k Z 1\n", 2, "'Z' is no type of a key"),
        ("+ k I one\n", 2, "'one' is no integer"),
        ("+ n test\n+ d AAAA\n", 3, "20 bytes"),
        ("+ n test\n+ d !\n", 3, "no base64"),
        (
            "+ n test\n+ d AAECAwQFBgcICQoLDA0ODxAREhM=\n+ g 70000\n",
            4,
            "'70000' is no generation",
        ),
        (
            "+ k S 5 alice\n+ n test\n+ d AAECAwQFBgcICQoLDA0ODxAREhM=\n+ s users\n+ g 0\n",
            6,
            "record `alice` of namespace `test`, set `users`: '0' is no generation: those are integers from 1 to 65535",
        ),
        (
            &format!("{record}- I n one\n"),
            7,
            "record 000102030405060708090a0b0c0d0e0f10111213 of namespace `test`: 'one' is no integer",
        ),
        (&format!("{record}- Q b 1\n"), 7, "'Q' is no type of a bin"),
        (
            &format!("{record}- I a\\ name\\ of\\ 16\\ b.. 1\n"),
            7,
            "up to 15 bytes",
        ),
        (&format!("{record}- I n\n"), 7, "'\\n' where \" \" is wanted"),
        (&format!("{record}- Z b X\n"), 7, "'X' is no boolean"),
        (&format!("{record}- M m 4 AAAA\n"), 7, "no collection"),
        (&format!("{record}- Y h 4 AAAA\n"), 7, "no HyperLogLog"),
        (&format!("{record}- N n\n"), 6, "no bins"),
        (&format!("{record}- I n 1"), 7, "the end of the file where"),
        (&format!("{record}- I n"), 7, "the file ends here"),
        (&long, 7, "99999999999 bytes are announced"),
        (&expired, 8, "no line of a backup begins so"),
    ] {
        let (at, what) = syntax(&format!("Version 3.1\n{text}"));
        assert!(what.contains(wanted), "{text}: {what}");
        assert_eq!(at, line, "{text}: {what}");
    }
    assert_eq!(
        syntax("Version 3.0\n"),
        (1, "version 3.0, and only 3.1 and 3.2 can be read".to_owned())
    );
}

#[test]
fn the_directory_of_a_backup_is_loaded_whole() {
    let directory = TempFile::new("directory");
    let write = |file: &str, text: &str| std::fs::write(format!("{}/{file}", directory.path()), text).unwrap();
    let record = |namespace: &str, digest: &str, n: u8| {
        let header = format!("Version 3.1\n# namespace {namespace}\n");
        format!("{header}+ n {namespace}\n+ d {digest}\n+ g 1\n+ t 0\n+ b 1\n- I n {n}\n")
    };
    let (one, two) = ("AAECAwQFBgcICQoLDA0ODxAREhM=", "AQECAwQFBgcICQoLDA0ODxAREhM=");
    std::fs::create_dir(directory.path()).unwrap();
    write("test.asb.state", "no backup");
    let error = Fixture::from_file(directory.path()).unwrap_err();
    assert!(matches!(error, FixtureError::NoBackup { .. }), "{error}");

    // Out of order, so that it is not that of the directory.
    write("test_00001.asb", &record("test", one, 2));
    write("test_00000.asb", &record("test", one, 1));
    write("bar_00000.asb", &record("bar", one, 3));
    write("test_00002.asb", &record("test", two, 4));
    let server = frozen();
    assert_eq!(server.load_file(directory.path()).unwrap().records, 3);
    let numbers = server.records().into_iter();
    let mut numbers: Vec<_> = numbers
        .map(|record| (record.namespace, record.bins["n"].clone()))
        .collect();
    numbers.sort_by_key(|number| format!("{number:?}"));
    let wanted = [("bar", 3), ("test", 2), ("test", 4)];
    assert_eq!(numbers, wanted.map(|(namespace, n)| (namespace.to_owned(), n.into())));

    write("test_00002.asb", "Version 3.1\nnonsense\n");
    let error = server.load_file(directory.path()).unwrap_err();
    assert!(
        matches!(&error, FixtureError::InFile { path, .. } if path.ends_with("test_00002.asb")),
        "{error:?}"
    );
    write("test_00002.asb", "{}");
    let error = server.load_file(directory.path()).unwrap_err();
    assert!(
        matches!(&error, FixtureError::InFile { source, .. } if source.to_string().contains("\"Version \" is wanted"))
    );
}

#[test]
fn backups_that_are_no_text_are_told_as_such() {
    let refused = |bytes: &[u8]| Fixture::from_bytes(bytes).unwrap_err();
    // A frame of zstd that holds `Version 3.1\n`, raw.
    let compressed = b"\x28\xb5\x2f\xfd\x20\x0c\x61\0\0Version 3.1\n";
    assert!(matches!(refused(compressed), FixtureError::Compressed));
    assert!(refused(compressed).to_string().contains("`zstd -d`"));
    let encrypted = b"\x9a\x01\xff\x33\xe0\x17\x88\xc4\x5d\x02\xb1\x6f\x90\x21\x7e\xaa\x41";
    assert!(matches!(refused(encrypted), FixtureError::Encrypted));
    // What begins as JSON is JSON, and told with its place.
    assert!(matches!(
        refused(b" {\"namespaces\": \xff}"),
        FixtureError::Syntax { .. }
    ));
    let file = TempFile::new("compressed.asb");
    std::fs::write(file.path(), compressed).unwrap();
    let error = Server::start().unwrap().load_file(file.path()).unwrap_err();
    assert!(matches!(&error, FixtureError::InFile { source, .. } if matches!(**source, FixtureError::Compressed)));
}

/// A file, or a directory, that is gone with the test.
struct TempFile(std::path::PathBuf);

impl TempFile {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("spikelet-test-{}-{name}", std::process::id())))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn controls_load_and_save() {
    let server = Server::builder().controls(true).start().unwrap();
    let mut asking = Asking::to(&server);
    let (json, backup) = (TempFile::new("a.json"), TempFile::new("a.asb"));
    std::fs::write(json.path(), USERS).unwrap();
    let load = format!("spikelet/fixture/load:path={}", json.path());
    assert_eq!(asking.ask(&load), "records=5;expired=0;indexes=3;modules=0");
    let save = format!("spikelet/fixture/save:path={}", json.path());
    assert_eq!(asking.ask(&save), "ok");
    assert_eq!(Fixture::from_file(json.path()).unwrap().len(), 5);
    assert!(!std::fs::read_to_string(json.path()).unwrap().contains("update"));
    assert_eq!(asking.ask("spikelet/clock/advance:ms=500"), "ok");
    assert_eq!(asking.ask(&format!("{save};last-updates=true")), "ok");
    let saved = std::fs::read_to_string(json.path()).unwrap();
    assert_eq!(saved.matches("since_update").count(), 5, "{saved}");
    assert_eq!(
        asking.ask(&format!("{save};last-updates=1")),
        "ERROR:4:bad last-updates '1'"
    );
    let save = format!("spikelet/fixture/backup:namespace=test;path={}", backup.path());
    assert_eq!(asking.ask(&save), "ok");
    assert_eq!(server.load_file(backup.path()).unwrap().records, 5);

    // {"namespaces": {"test": {"records": [{"key": 1, "bins": {"n": 1}}]}}}
    let content = "eyJuYW1lc3BhY2VzIjogeyJ0ZXN0IjogeyJyZWNvcmRzIjogW3sia2V5IjogMSwgImJpbnMiOiB7Im4iOiAxfX1dfX19";
    let load = format!("spikelet/fixture/load:content={content}");
    assert_eq!(asking.ask(&load), "records=1;expired=0;indexes=0;modules=0");
    assert_eq!(server.record("test", "", 1).unwrap().bins["n"], 1.into());
}

#[test]
fn controls_say_what_is_wrong() {
    let server = Server::builder().controls(true).start().unwrap();
    let mut asking = Asking::to(&server);
    let file = TempFile::new("wrong.json");
    let load = format!("spikelet/fixture/load:path={}", file.path());
    assert!(asking.ask(&load).starts_with(&format!("ERROR:4:{}: ", file.path())));
    std::fs::write(file.path(), "{\n}}").unwrap();
    let wrong = format!("ERROR:4:{}: line 2, column 2: trailing characters", file.path());
    assert_eq!(asking.ask(&load), wrong);
    std::fs::write(
        file.path(),
        r#"{"namespaces": {"no": {"records": [{"key": 1, "bins": {"n": 1}}]}}}"#,
    )
    .unwrap();
    let refused = format!(
        "ERROR:20:{}: record `1` of namespace `no`: there is no such namespace, only `test`, `bar`",
        file.path()
    );
    assert_eq!(asking.ask(&load), refused);
    for wrong in ["", ":path=a;content=b"] {
        let answer = asking.ask(&format!("spikelet/fixture/load{wrong}"));
        assert_eq!(answer, "ERROR:4:either 'path' or 'content' is wanted");
    }
}

#[test]
fn a_server_can_begin_with_a_fixture() {
    let server = Server::builder().fixture(parsed(USERS)).start().unwrap();
    assert_eq!(server.count(), 5);
    let other = Server::builder().namespace("bar").fixture(parsed(USERS)).start();
    assert!(matches!(other, Err(spikelet::StartError::Fixture(_))));
}
