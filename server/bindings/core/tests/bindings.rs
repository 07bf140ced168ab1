//! What a binding does with a server: options, faults, the journal, nodes, records, and the end.

use std::thread;
use std::time::Duration;

use spikelet_bindings::{Arguments, Error, Filter, Kind, Map, Naming, Plain, Server, Value};

fn named<V: Into<Value> + Clone>(pairs: &[(&str, V)]) -> Arguments {
    let pairs = pairs.iter().cloned();
    pairs.map(|(name, value)| (name.to_owned(), value.into())).collect()
}

fn start(options: &[(&str, Value)]) -> Result<Server, Error> {
    Server::start(&named(options), Naming::Snake)
}

fn map(pairs: &[(&str, Value)]) -> Value {
    Value::Map(pairs.iter().cloned().collect::<Map>())
}

/// The field of an object.
fn field<'a>(object: &'a Plain, name: &str) -> &'a Plain {
    let Plain::Named(fields) = object else {
        panic!("{object:?} is no object")
    };
    let found = fields.iter().find(|(field, _)| *field == name);
    &found.unwrap_or_else(|| panic!("{object:?} has no {name}")).1
}

#[test]
fn options_are_taken_by_name() {
    let cache = map(&[("name", "cache".into()), ("default_ttl", 60.into())]);
    let server = start(&[
        ("nodes", 3.into()),
        ("namespaces", Value::List(vec!["test".into(), cache])),
        ("journal", Value::Nil),
        ("racks", [1, 2, 3].into()),
    ])
    .unwrap();
    assert_eq!(server.hosts().unwrap().len(), 3);
    let key = Value::from("k");
    server.insert("cache", "", &key, named(&[("n", 1)])).unwrap();
    let record = server.record("cache", "", &key).unwrap().unwrap();
    assert_eq!(field(&record, "ttl"), &Plain::from(60));
    assert_eq!(field(&record, "bins"), &Plain::from(map(&[("n", 1.into())])));
    assert_eq!(field(&server.nodes().unwrap()[2], "rack"), &Plain::from(3));
}

#[test]
fn users_and_roles_are_options() {
    let edition = || ("edition", Value::from("enterprise"));
    let app = map(&[
        ("password", "secret".into()),
        ("roles", Value::List(vec!["orders".into()])),
    ]);
    let limited = map(&[
        ("privileges", Value::List(vec!["read".into()])),
        ("whitelist", Value::List(vec!["127.0.0.1".into()])),
        ("read_quota", 10.into()),
    ]);
    let roles = map(&[
        ("orders", Value::List(vec!["read-write.test.orders".into()])),
        ("limited", limited),
    ]);
    let server = start(&[
        edition(),
        ("users", map(&[("app", app), ("ops", map(&[]))])),
        ("roles", roles.clone()),
        ("enable_quotas", true.into()),
        ("session_ttl", 600.into()),
    ]);
    let users = server.unwrap().with(|server| Ok(server.users())).unwrap();
    let names: Vec<_> = users
        .iter()
        .map(|user| (user.name.as_str(), user.roles.len()))
        .collect();
    assert_eq!(names, [("admin", 1), ("app", 1), ("ops", 0)]);

    let refused = |options: &[(&str, Value)]| start(options).err().unwrap().message;
    assert!(refused(&[edition(), ("roles", roles)]).contains("quota"));
    let misspelled = map(&[("app", map(&[("pasword", "secret".into())]))]);
    assert_eq!(
        refused(&[edition(), ("users", misspelled)]),
        "unknown parameter of a user 'pasword': did you mean 'password'?"
    );
    let wrong = map(&[("app", "secret".into())]);
    assert!(refused(&[edition(), ("users", wrong)]).starts_with("app: expected a map with the user's 'password'"));
}

#[test]
fn names_are_in_the_style_of_the_language() {
    let options = named(&[("replicationFactor", 2), ("nodes", 2)]);
    assert!(Server::start(&options, Naming::Camel).is_ok());
    let error = Server::start(&options, Naming::Snake).unwrap_err();
    assert_eq!(error.kind, Kind::Type);
    assert_eq!(
        error.message,
        "unknown option 'replicationFactor': did you mean 'replication_factor'?"
    );
    let ttl = map(&[("name", "a".into()), ("defaultTtl", "1m".into())]);
    let options = [("namespaces".to_owned(), Value::List(vec![ttl]))];
    assert!(Server::start(&options, Naming::Camel).is_ok());
}

#[test]
fn wrong_options_are_refused_by_kind() {
    for (name, value, kind, message) in [
        (
            "node",
            Value::from(3),
            Kind::Type,
            "unknown option 'node': did you mean 'nodes'?",
        ),
        (
            "nodes",
            "3".into(),
            Kind::Type,
            "nodes: expected an integer from 1 to 64, got '3' (a string)",
        ),
        (
            "nodes",
            0.into(),
            Kind::Value,
            "nodes: expected an integer from 1 to 64, got 0",
        ),
        (
            "host",
            "here".into(),
            Kind::Value,
            "host: expected an IP address of this machine, got 'here'",
        ),
        (
            "controls",
            1.into(),
            Kind::Type,
            "controls: expected true or false, got 1 (an integer)",
        ),
        (
            "racks",
            [1, 2].into(),
            Kind::Value,
            "racks: there are 2 rack ids for 1 nodes",
        ),
        (
            "namespaces",
            Value::List(vec![map(&[("nam", "a".into())])]),
            Kind::Type,
            "unknown parameter of a namespace 'nam': did you mean 'name'?",
        ),
        (
            "tls",
            true.into(),
            Kind::Value,
            "tls: only the Enterprise Edition has it; set edition to 'enterprise' as well",
        ),
        (
            "node_id",
            (-1).into(),
            Kind::Value,
            "node_id: expected the id of a node, as an integer or in hexadecimal such as 'B2', got -1",
        ),
    ] {
        let error = start(&[(name, value)]).unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (kind, message));
    }
    let taken = start(&[]).unwrap().address().unwrap().1;
    let server = start(&[("port", taken.into())]).unwrap();
    assert_eq!(start(&[("port", taken.into())]).unwrap_err().kind, Kind::Start);
    server.close();
}

#[test]
fn the_enterprise_edition_has_tls() {
    let tls = map(&[("name", "db".into()), ("authenticate_client", true.into())]);
    let server = start(&[("edition", "enterprise".into()), ("tls", tls)]).unwrap();
    let [(host, port, name)] = &server.tls_hosts().unwrap()[..] else {
        panic!("one node has one TLS address")
    };
    assert_eq!((host.as_str(), name.as_str()), ("127.0.0.1", "db"));
    assert_ne!(*port, server.address().unwrap().1);
    assert!(
        server
            .ca_certificate()
            .unwrap()
            .starts_with("-----BEGIN CERTIFICATE-----")
    );
    let made = server.client_certificate("app").unwrap();
    assert_ne!(field(&made, "certificate"), field(&made, "key"));
    server.present_certificate(&"expired".into()).unwrap();
    let error = server.present_certificate(&"old".into()).unwrap_err();
    assert!(
        error.message.starts_with("kind: expected one of valid, expired, "),
        "{error}"
    );

    let error = start(&[]).unwrap().ca_certificate().unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (Kind::Value, "this server has no TLS: start it with the option tls")
    );
}

#[test]
fn wrong_options_of_tls_are_refused() {
    for (value, message) in [
        (1.into(), "tls: expected true, or a map of options, got 1 (an integer)"),
        (
            map(&[("prt", 1.into())]),
            "unknown field of tls 'prt': did you mean 'port'?",
        ),
        (
            map(&[("authenticate_client", "any".into())]),
            "authenticate_client: expected true, false, or a list of names of clients, got 'any' (a string)",
        ),
        (
            map(&[("certificate", "x".into())]),
            "a certificate needs its private key",
        ),
    ] {
        let error = start(&[("edition", "enterprise".into()), ("tls", value)]).unwrap_err();
        assert!(error.message.contains(message), "{error}");
        assert!(matches!(error.kind, Kind::Type | Kind::Value), "{error:?}");
    }
}

#[test]
fn maps_have_keys_that_the_server_takes() {
    let server = start(&[]).unwrap();
    let bins = vec![(
        "m".to_owned(),
        Value::List(vec![Value::Map([(Value::Nil, 1)].into_iter().collect())]),
    )];
    let error = server.insert("test", "", &1.into(), bins).unwrap_err();
    assert_eq!(error.kind, Kind::Type);
    assert_eq!(
        error.message,
        "bin 'm': expected a string, an integer or bytes as the key of a map, got nothing"
    );
}

#[test]
fn a_cut_has_two_sides() {
    let server = start(&[("nodes", 2.into())]).unwrap();
    let error = server.partition(&["B1".into()], &[]).unwrap_err();
    assert_eq!(error.kind, Kind::Value);
    assert_eq!(server.subclusters().unwrap().len(), 1);
}

#[test]
fn faults_are_armed_by_name() {
    let server = start(&[]).unwrap();
    let parameters = named::<Value>(&[("command", "write".into()), ("key", 7.into()), ("times", 2.into())]);
    let fault = server.arm(&parameters, "result", &"KEY_BUSY".into()).unwrap();
    assert_eq!(fault.text(), "id=1:command=write:int-key=7:times=2:result=14");
    let never = fault.check_fired().unwrap_err();
    assert_eq!(never.kind, Kind::Assertion);
    assert_eq!(
        never.message,
        "the fault never fired: no request matched it (id=1:command=write:int-key=7:times=2:result=14)"
    );
    assert_eq!(server.faults().unwrap().len(), 1);
    fault.remove();
    assert!(server.faults().unwrap().is_empty());

    for (reaction, argument) in [
        ("delay", Value::from(5)),
        ("truncate", 8.into()),
        ("stall", 8.into()),
        ("ignore", Value::Nil),
        ("cut_before", Value::Nil),
        ("cut_after", Value::Nil),
        ("silence_after", Value::Nil),
        ("corrupt", Value::Nil),
        ("refuse_connections", Value::Nil),
        ("key_busy", Value::Nil),
        ("device_overload", Value::Nil),
    ] {
        server.arm(&[], reaction, &argument).unwrap();
    }
    server.clear_faults().unwrap();
    for (reaction, argument, message) in [
        ("ignor", Value::Nil, "unknown reaction 'ignor': did you mean 'ignore'?"),
        ("ignore", 1.into(), "ignore: expected no argument, got 1 (an integer)"),
        ("stall", Value::Nil, "stall: expected a number of bytes, got nothing"),
        (
            "result",
            300.into(),
            "result: expected a result code such as 18 or device-overload, got 300",
        ),
    ] {
        assert_eq!(server.arm(&[], reaction, &argument).unwrap_err().message, message);
    }
}

#[test]
fn the_journal_is_filtered_and_checked() {
    let server = start(&[]).unwrap();
    let all = Filter::new(&[], Naming::Snake).unwrap();
    server.check_count(&all, 0).unwrap();
    server.check_sequence(&all, &[]).unwrap();
    let error = server.check_sequence(&all, &["write".into()]).unwrap_err();
    assert!(
        error.kind == Kind::Assertion && error.message.contains("! expected write"),
        "{error}"
    );
    let error = server
        .wait_for(&all, 1, Duration::from_millis(60), || false)
        .unwrap_err();
    assert!(
        error.kind == Kind::Timeout && error.message.starts_with("expected 1 × request within 60ms"),
        "{error}"
    );
    let error = server.wait_for(&all, 1, Duration::MAX, || true).unwrap_err();
    assert_eq!(error.kind, Kind::Cancelled);
    let error = Filter::new(&named(&[("sett", "demo")]), Naming::Snake).unwrap_err();
    assert_eq!(
        error.message,
        "unknown parameter of a filter 'sett': did you mean 'set'?"
    );
    let off = start(&[("journal", 0.into())]).unwrap();
    assert_eq!(off.check_count(&all, 0).unwrap_err().kind, Kind::Value);
}

#[test]
fn everything_is_back_after_a_reset_of_all() {
    let server = start(&[("nodes", 3.into()), ("replication_factor", 2.into())]).unwrap();
    server.insert("test", "", &1.into(), named(&[("n", 1)])).unwrap();
    server.arm(&[], "ignore", &Value::Nil).unwrap();
    server.freeze().unwrap();
    server.partition(&["B1".into()], &["B2".into()]).unwrap();
    server.kill(&"B3".into()).unwrap();
    server.quiesce(&0xB2.into(), true).unwrap();
    server.advertise(&"B1".into(), &"127.0.0.1:1".into(), false).unwrap();
    assert!(server.is_reusable().unwrap());
    server.reset_all().unwrap();
    assert_eq!(server.count(None, None).unwrap(), 0);
    assert!(server.faults().unwrap().is_empty() && !server.is_frozen().unwrap());
    assert_eq!(server.subclusters().unwrap(), [["B1", "B2", "B3"]]);
    for node in server.nodes().unwrap() {
        assert_eq!(field(&node, "state"), &Plain::from("up"));
    }
}

#[test]
fn a_server_with_another_node_or_without_a_journal_is_not_used_again() {
    let server = start(&[]).unwrap();
    assert!(server.is_reusable().unwrap());
    server.add_node().unwrap();
    assert!(!server.is_reusable().unwrap());
    assert!(!start(&[("journal", false.into())]).unwrap().is_reusable().unwrap());
}

#[test]
fn a_closed_server_refuses_and_ends_waits() {
    let server = start(&[]).unwrap();
    let all = Filter::default();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| server.wait_for(&all, 1, Duration::from_secs(60), || false));
        thread::sleep(Duration::from_millis(20));
        server.close();
        assert_eq!(waiting.join().unwrap().unwrap_err().kind, Kind::Closed);
    });
    server.close();
    assert!(server.is_closed());
    assert_eq!(server.hosts().unwrap_err().kind, Kind::Closed);
    assert_eq!(server.count(None, None).unwrap_err().message, "the server is closed");
}

#[test]
fn a_call_may_close_the_server() {
    let server = start(&[]).unwrap();
    let closing = server.wait_for(&Filter::default(), 1, Duration::from_secs(60), || {
        server.close();
        false
    });
    assert_eq!(closing.unwrap_err().kind, Kind::Closed);
}

#[test]
fn records_namespaces_and_clocks_are_checked() {
    let server = start(&[]).unwrap();
    let error = server.record("tset", "", &1.into()).unwrap_err();
    assert_eq!(error.kind, Kind::Refused(20));
    assert_eq!(error.message, "there is no namespace 'tset': the server has test, bar");
    assert_eq!(server.record("test", "", &true.into()).unwrap_err().kind, Kind::Type);
    let bin = named(&[("a-name-of-16-byt", 1)]);
    assert_eq!(
        server.insert("test", "", &1.into(), bin).unwrap_err().kind,
        Kind::Refused(21)
    );
    assert_eq!(server.advance(-1).unwrap_err().kind, Kind::Value);
    assert_eq!(server.set_clock(0).unwrap_err().kind, Kind::Value);
    server.set_clock(1_893_456_000_000).unwrap();
    assert!(server.now().unwrap() >= 1_893_456_000_000);
}
