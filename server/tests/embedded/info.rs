//! The info protocol, in the formats of the real server.

use std::net::{Ipv4Addr, SocketAddr};

use spikelet::{NamespaceConfig, Server};

use crate::support::InfoClient;

/// Returns a value from a reply of `name=value` pairs.
fn value(info: &mut InfoClient, command: &str, name: &str) -> String {
    let answer = info.command(command);
    let values = answer.split(';').filter_map(|pair| pair.split_once('='));
    let found = values
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
        .next();
    found.unwrap_or_else(|| panic!("no {name} in {answer}"))
}

#[test]
fn a_command_without_a_newline_is_not_read() {
    let server = Server::start().unwrap();
    let mut info = InfoClient::to(&server);
    assert_eq!(
        info.request("node\nnope\n\nbuild"),
        "node\tA1\nnope\tERROR:4:unrecognized command\n\tERROR:4:unrecognized command\n"
    );
    assert_eq!(info.request("node"), "");
    // Names end at any separator, are case-sensitive, and are returned as they were sent.
    for command in ["build:", "build;node", "build/x:y"] {
        assert_eq!(info.command(command), "8.1.2.0", "{command}");
    }
    assert_eq!(info.command("STATISTICS"), "ERROR:4:unrecognized command");
    let summary = info.request("");
    let names: Vec<_> = summary.lines().map(|line| line.split('\t').next().unwrap()).collect();
    let expected = "features node compatibility-id edition build_ee_sha build_sha build_arch build_time build_os build \
                    version statistics services-alumni services partition-generation";
    assert_eq!(names, expected.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn commands_that_clients_send_to_connect_are_supported() {
    let server = Server::builder()
        .cluster_name("staging")
        .node_id(0xBB9)
        .start()
        .unwrap();
    let mut info = InfoClient::to(&server);
    let address = server.addr().to_string();
    assert_eq!(info.command("node"), "BB9");
    assert_eq!(info.command("cluster-name"), "staging");
    assert_eq!(info.command("namespaces"), "test;bar");
    assert_eq!(info.command("service-clear-std"), address);
    assert_eq!(info.command("peers-clear-std"), "0,3000,[]");
    assert_eq!(info.command("services"), "");
    assert_eq!(info.command("service-tls-std"), "ERROR:25:enterprise only");
    let bitmap = format!("{}8=", "/".repeat(682));
    assert_eq!(info.command("replicas"), format!("test:0,1,{bitmap};bar:0,1,{bitmap}"));
    assert_eq!(info.command("replicas:max=1"), info.command("replicas"));
    assert_eq!(info.command("replicas-master"), format!("test:{bitmap};bar:{bitmap}"));
    assert_eq!(info.command("replicas-all"), format!("test:1,{bitmap};bar:1,{bitmap}"));
    assert_eq!(info.command("partition-info").split(';').count(), 1 + 2 * 4096);
}

/// A server that listens on all addresses reports to each client the address which that client used.
#[test]
fn a_server_on_all_addresses_reports_the_one_the_client_used() {
    let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let server = Server::builder().listen(everywhere).start().unwrap();
    let expected = format!("127.0.0.1:{}", server.addr().port());
    assert_eq!(InfoClient::to(&server).command("service-clear-std"), expected);
}

#[test]
fn cluster_stable_returns_the_cluster_key() {
    let server = Server::start().unwrap();
    let mut info = InfoClient::to(&server);
    let key = info.command("cluster-stable:");
    assert_eq!(value(&mut info, "statistics", "cluster_key"), key);
    assert_eq!(info.command("cluster-stable:size=1;ignore-migrations=true"), key);
    assert_eq!(
        info.command("cluster-stable:size=2"),
        "ERROR:7:cluster not specified size"
    );
    assert_eq!(info.command("cluster-stable:size=x"), "ERROR:4:bad size");
    assert_eq!(info.command("cluster-stable:size="), "ERROR:4:missing 'size' value");
    assert_eq!(
        info.command("cluster-stable:size=1000"),
        "ERROR:4:'size' value too long"
    );
    assert_eq!(
        info.command("cluster-stable:namespace=nope"),
        "ERROR:20:namespace not found on node"
    );
}

#[test]
fn the_configuration_can_be_read_and_changed() {
    let namespace = NamespaceConfig {
        nsup_period: 0,
        allow_ttl_without_nsup: false,
        ..NamespaceConfig::new("test")
    };
    let server = Server::builder().namespace(namespace).start().unwrap();
    let mut info = InfoClient::to(&server);
    let get = "get-config:context=namespace;namespace=test";
    let set = "set-config:context=namespace;id=test;";
    let invalid = "ERROR:4:invalid set-config parameter";
    assert_eq!(value(&mut info, get, "default-ttl"), "0");
    assert_eq!(
        info.command(&format!("{set}default-ttl=30")),
        invalid,
        "nothing would remove what expires"
    );
    assert_eq!(info.command(&format!("{set}nsup-period=2m")), "ok");
    assert_eq!(info.command(&format!("{set}default-ttl=30d")), "ok");
    assert_eq!(
        (
            value(&mut info, get, "default-ttl"),
            value(&mut info, get, "nsup-period")
        ),
        ("2592000".into(), "120".into())
    );
    server.insert("test", "", 1, [("a", 1)]).unwrap();
    let ttl = server.record("test", "", 1).unwrap().ttl(server.now());
    assert!((2_591_990..=2_592_000).contains(&ttl.unwrap()), "{ttl:?}");

    assert_eq!(info.command(&format!("{set}default-ttl=3651d")), invalid);
    assert_eq!(info.command(&format!("{set}nope=1")), invalid);
    // What has no effect is remembered.
    assert_eq!(value(&mut info, get, "migrate-order"), "5");
    assert_eq!(info.command(&format!("{set}migrate-order=1")), "ok");
    assert_eq!(value(&mut info, get, "migrate-order"), "1");
    assert_eq!(info.command(&format!("{set}migrate-order=11")), invalid);
    assert_eq!(
        info.command(&format!("{set}disallow-expunge=true")),
        invalid,
        "enterprise only"
    );
    assert_eq!(
        info.command("set-config:context=namespace;namespace=nope;default-ttl=0"),
        "ERROR:20:namespace not found on node"
    );
    assert_eq!(
        info.command("set-config:context=security;nope=1"),
        "ERROR:25:enterprise only"
    );
    assert_eq!(info.command("set-config:default-ttl=0"), "ERROR:4:missing 'context'");
    assert_eq!(info.command("get-config:context=nope"), "ERROR:4:invalid context");
    assert_eq!(
        value(&mut info, "get-config:context=network", "service.port"),
        server.addr().port().to_string()
    );
    assert_eq!(value(&mut info, "get-config:context=service", "node-id"), "A1");
}

#[test]
fn namespaces_and_sets_are_counted() {
    let server = Server::start().unwrap();
    let mut info = InfoClient::to(&server);
    assert_eq!(
        (info.command("sets"), info.command("namespace/nope")),
        (String::new(), "type=unknown".to_owned())
    );
    server.insert("test", "a", 1, [("x", 1)]).unwrap();
    server.insert("test", "a", 2, [("x", 1)]).unwrap();
    server.insert("bar", "b", 1, [("x", 1)]).unwrap();
    let properties = "objects=2:tombstones=0:data_used_bytes=128:truncate_lut=0:sindexes=0:index_populating=false:\
                      truncating=false:default-read-touch-ttl-pct=0:default-ttl=0:disable-eviction=false:\
                      enable-index=false:stop-writes-count=0:stop-writes-size=0;";
    assert_eq!(info.command("sets/test/a"), properties);
    assert_eq!(info.command("sets/test"), format!("ns=test:set=a:{properties}"));
    assert_eq!(info.command("sets").matches("ns=").count(), 2);
    assert_eq!(
        (info.command("sets/test/nope"), info.command("sets:ns=test")),
        (String::new(), "ns_type=unknown".to_owned())
    );
    assert_eq!(value(&mut info, "namespace/test", "objects"), "2");
    // Records that the test inserts are not counted as client requests.
    assert_eq!(value(&mut info, "namespace/test", "client_write_success"), "0");
    assert_eq!(value(&mut info, "namespace/test", "replication-factor"), "1");
    assert_eq!(
        (value(&mut info, "statistics", "objects"), info.command("objects")),
        ("3".to_owned(), "3".to_owned())
    );
}

#[test]
fn truncation_removes_earlier_writes() {
    let server = Server::start().unwrap();
    let mut info = InfoClient::to(&server);
    for set in ["a", "b"] {
        server.insert("test", set, 1, [("x", 1)]).unwrap();
    }
    assert_eq!(info.command("truncate:namespace=test;set=a"), "ok");
    assert_eq!(
        (server.count(), value(&mut info, "namespace/test", "objects")),
        (1, "1".to_owned())
    );
    server.insert("test", "a", 1, [("x", 1)]).unwrap();
    assert_eq!(server.count(), 2);
    assert_eq!(
        info.command("truncate-namespace:namespace=test;set=a"),
        "ERROR:4:unexpected set name"
    );
    assert_eq!(info.command("truncate-namespace:namespace=test"), "ok");
    assert_eq!(server.count(), 0);

    assert_eq!(info.command("truncate:namespace=nope;set=s"), "ok");
    assert_eq!(info.command("truncate:set=s"), "ERROR:20:missing 'namespace'");
    assert_eq!(info.command("truncate:namespace=test"), "ERROR:4:missing 'set'");
    assert_eq!(
        info.command("truncate:namespace=test;set=s;lut=1"),
        "ERROR:4:would truncate to 0"
    );
    assert_eq!(
        info.command("truncate:namespace=test;set=s;lut=9999999999999999999"),
        "ERROR:4:would truncate in the future"
    );
}

#[test]
fn user_agents_lists_open_connections() {
    let server = Server::start().unwrap();
    let (mut named, mut unnamed) = (InfoClient::to(&server), InfoClient::to(&server));
    assert_eq!(named.command("user-agents"), "");
    named.command("features");
    unnamed.command("features");
    // The real server looks at its connections once a second.
    assert_eq!(named.command("user-agents"), "");
    server.clock().advance(std::time::Duration::from_secs(1));
    assert_eq!(named.command("user-agents"), "user-agent=dW5rbm93bg==:count=2;");
    assert_eq!(named.command("user-agent-set:value=MSx0ZXN0LTEuMCx4"), "ok");
    assert_eq!(
        named.command("user-agent-set:value=MSx0ZXN0LTEuMCx4"),
        "ERROR:4:already set"
    );
    assert_eq!(
        unnamed.command("user-agent-set:value=?"),
        "ERROR:4:'value' invalid base64"
    );
    assert_eq!(
        named.command("user-agents"),
        "user-agent=MSx0ZXN0LTEuMCx4:count=1;user-agent=dW5rbm93bg==:count=1;"
    );
    drop(unnamed);
    let closed = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        named.command("user-agents") == "user-agent=MSx0ZXN0LTEuMCx4:count=1;"
    });
    assert!(closed);
}

/// A command without an effect does not report success.
#[test]
fn unsupported_commands_report_errors() {
    let server = Server::start().unwrap();
    let mut info = InfoClient::to(&server);
    assert_eq!(info.command("jobs:module=query"), "ERROR:4:unrecognized command");
    assert_eq!(
        info.command("get-stats:context=namespace;namespace=test"),
        "ERROR:4:unknown context"
    );
    assert_eq!(info.command("quiesce:"), "ERROR:25:enterprise only");
    assert_eq!(
        info.command("histogram:namespace=test;type=nope"),
        "ERROR:4:unknown hist name"
    );
    assert_eq!(info.command("latencies:hist={test}-nope"), "ERROR:4:bad hist name");
    assert_eq!(info.command("physical-devices:path=/dev/sda"), "ERROR:2:no device info");
    assert_eq!(info.command("query-abort:id=5"), "ERROR:2:id not active");
}

/// A statistic of the namespace `test`.
fn statistic(info: &mut InfoClient, name: &str) -> String {
    value(info, "namespace/test", name)
}

/// A truncation removes all earlier records and keeps all later ones, whether the clock runs or is frozen.
#[test]
fn a_truncation_removes_earlier_writes_of_the_same_millisecond() {
    for frozen in [false, true] {
        let server = Server::start().unwrap();
        let mut info = InfoClient::to(&server);
        if frozen {
            server.clock().freeze();
        }
        for round in 0..20 {
            server.insert("test", "a", round, [("x", 1)]).unwrap();
            server.insert("test", "b", round, [("x", 1)]).unwrap();
            assert_eq!(info.command("truncate:namespace=test;set=a"), "ok");
            assert_eq!(server.count(), 1, "frozen: {frozen}, round {round}");
            server.insert("test", "a", round, [("x", 1)]).unwrap();
            assert_eq!(server.count(), 2);
            assert_eq!(info.command("truncate-namespace:namespace=test"), "ok");
            assert_eq!(server.count(), 0);
        }
    }
}

#[test]
fn used_bytes_follow_the_records() {
    let server = Server::start().unwrap();
    let mut info = InfoClient::to(&server);
    assert_eq!(
        (
            statistic(&mut info, "data_used_bytes"),
            statistic(&mut info, "data_avail_pct")
        ),
        ("0".into(), "96".into())
    );
    for key in 0..1000 {
        server.insert("test", "s", key, [("a", 1)]).unwrap();
    }
    assert_eq!(statistic(&mut info, "data_used_bytes"), "64000");
    assert_eq!(statistic(&mut info, "data_avail_pct"), "93");
    let text = "x".repeat(100);
    server.insert("test", "s", 0, [("a", text.as_str())]).unwrap();
    assert_eq!(statistic(&mut info, "data_used_bytes"), (64_000 - 64 + 160).to_string());
    let snapshot = server.snapshot();
    info.command("truncate:namespace=test;set=s");
    assert_eq!(statistic(&mut info, "data_used_bytes"), "0");
    server.restore(&snapshot).unwrap();
    assert_eq!(statistic(&mut info, "data_used_bytes"), (64_000 - 64 + 160).to_string());
    assert!(info.command("sets/test/s").contains(":data_used_bytes=64096:"));
    assert_eq!(statistic(&mut info, "non_expirable_objects"), "1000");
}

#[test]
fn the_log_levels_and_the_cluster_name_can_be_changed() {
    let server = Server::start().unwrap();
    let mut info = InfoClient::to(&server);
    assert_eq!(info.command("log/0/nsup"), "nsup:INFO");
    assert_eq!(info.command("log-set:id=0;nsup=detail"), "ok");
    assert_eq!(info.command("log/0/nsup"), "nsup:DETAIL");
    assert_eq!(info.command("log-set:id=0;nope=detail"), "ERROR:4:bad parameter");
    assert_eq!(info.command("set-config:context=service;cluster-name=other"), "ok");
    assert_eq!(info.command("cluster-name"), "other");
    let key = info.command("cluster-stable:");
    assert_eq!(
        (info.command("partition-generation"), info.command("recluster:")),
        ("0".into(), "ok".into())
    );
    assert_eq!(info.command("partition-generation"), "1");
    assert_ne!(info.command("cluster-stable:"), key);
}

#[test]
fn a_record_is_dumped_with_what_the_server_keeps_of_it() {
    let server = Server::start().unwrap();
    let mut info = InfoClient::to(&server);
    server.insert("test", "s", 1, [("a", 1)]).unwrap();
    let digest = server.record("test", "s", 1).unwrap().digest;
    let keyd: String = digest.0.iter().map(|byte| format!("{byte:02x}")).collect();
    let dump = info.command(&format!("debug-record:namespace=test;keyd={keyd}"));
    assert!(dump.contains("set-name=s,"), "{dump}");
    assert!(
        dump.ends_with("n-bins=1;bins=bin-name=a,xdr-write=0,lut=0,src-id=0,state=1,type=1,value=1"),
        "{dump}"
    );
    let meta = info.command(&format!("debug-record-meta:namespace=test;keyd={keyd}"));
    assert!(meta.ends_with("state=1,type=1"), "{meta}");
    let none = "0".repeat(40);
    assert_eq!(
        info.command(&format!("debug-record:namespace=test;keyd={none}")),
        "ERROR:2:record not found"
    );
    assert_eq!(info.command("debug-record:namespace=test;keyd=00"), "ERROR:4:keyd");
}
