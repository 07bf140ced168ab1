//! Configuration files of the real server.

use proptest::prelude::*;
use spikelet::{ConfigFile, Edition, Server, StartError};

use crate::support::InfoClient;

/// A file with every stanza of the Community Edition.
const FILE: &str = "
# A comment.
service {
    cluster-name staging # another
    node-id a7
    proto-fd-max 4096
    query-max-done 7
    user root
    run-as-daemon
    work-directory /srv/aerospike
}

logging {
    file /var/log/aerospike.log {
        context any info
    }
    console {
        context any WARNING
    }
}

network {
    service {
        address any
        port 3100
        access-address 10.1.2.3
        access-port 4100
        alternate-access-address 192.0.2.1
        alternate-access-port 5100
    }
    heartbeat {
        mode mesh
        address local
        port 3102
        mesh-seed-address-port 10.1.2.4 3102
        interval 150
        timeout 10
    }
    fabric {
        port 3101
    }
    info {
        port 3103
    }
}

namespace orders {
    default-ttl 30d
    nsup-period 2m
    replication-factor 2
    max-record-size 128K
    conflict-resolution-policy last-update-time
    stop-writes-sys-memory-pct 80
    set carts {
        default-ttl 1h
        stop-writes-count 3
        enable-index true
        disable-eviction true
    }
    geo2dsphere-within {
        max-cells 20
    }
    storage-engine device {
        file /opt/aerospike/data/orders.dat
        filesize 4G
        read-page-cache true
    }
}

namespace cache {
    storage-engine memory {
        data-size 1G
        stop-writes-used-pct 60
    }
}

mod-lua {
    cache-enabled true
}
";

fn loopback() -> std::net::SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

fn start(text: &str) -> Server {
    let file = ConfigFile::parse(text).unwrap();
    Server::builder().config_file(&file).listen(loopback()).start().unwrap()
}

#[test]
fn info_commands_show_what_a_file_sets() {
    let server = start(FILE);
    let mut info = InfoClient::at(server.hosts());
    let mut shows = |command: &str, expected: &[&str]| {
        let shown = info.command(command);
        let shown: Vec<&str> = shown.trim_end().split([';', ':']).collect();
        for pair in expected {
            assert!(shown.contains(pair), "{command} does not show {pair}: {shown:?}");
        }
    };
    shows("namespaces", &["orders", "cache"]);
    shows("cluster-name", &["staging"]);
    shows("node", &["A7"]);
    shows(
        "get-config:context=service",
        &[
            "cluster-name=staging",
            "proto-fd-max=4096",
            "query-max-done=7",
            "work-directory=/srv/aerospike",
        ],
    );
    shows(
        "get-config:context=network",
        &[
            "service.access-address=10.1.2.3",
            "service.access-port=4100",
            "heartbeat.port=3102",
            "fabric.port=3101",
        ],
    );
    shows(
        "get-config:context=namespace;namespace=orders",
        &[
            "default-ttl=2592000",
            "nsup-period=120",
            "allow-ttl-without-nsup=false",
            "replication-factor=2",
            "max-record-size=131072",
            "conflict-resolution-policy=last-update-time",
            "stop-writes-sys-memory-pct=80",
            "geo2dsphere-within.max-cells=20",
            "storage-engine=device",
            "storage-engine.filesize=4294967296",
            "storage-engine.read-page-cache=true",
        ],
    );
    shows(
        "get-config:context=namespace;namespace=cache",
        &[
            "nsup-period=0",
            "default-ttl=0",
            "storage-engine.data-size=1073741824",
            "storage-engine.stop-writes-used-pct=60",
        ],
    );
    shows(
        "sets/orders/carts",
        &[
            "default-ttl=3600",
            "stop-writes-count=3",
            "enable-index=true",
            "disable-eviction=true",
        ],
    );
    shows("service-clear-std", &["10.1.2.3", "4100"]);
    shows("service-clear-alt", &["192.0.2.1", "5100"]);
}

#[test]
fn what_has_no_effect_is_listed() {
    let file = ConfigFile::parse(FILE).unwrap();
    assert_eq!(
        file.ignored(),
        [
            "logging.file",
            "mod-lua.cache-enabled",
            "namespace.geo2dsphere-within.max-cells",
            "namespace.set.disable-eviction",
            "namespace.stop-writes-sys-memory-pct",
            "namespace.storage-engine",
            "namespace.storage-engine.data-size",
            "namespace.storage-engine.file",
            "namespace.storage-engine.filesize",
            "namespace.storage-engine.read-page-cache",
            "namespace.storage-engine.stop-writes-used-pct",
            "network.heartbeat.interval",
            "network.heartbeat.mesh-seed-address-port",
            "network.heartbeat.mode",
            "network.heartbeat.timeout",
            "network.info",
            "service.proto-fd-max",
            "service.run-as-daemon",
            "service.user",
        ]
    );
    let ports = file.other_ports();
    assert_eq!(ports.fabric, Some(([0, 0, 0, 0], 3101).into()));
    assert_eq!(ports.heartbeat, Some(([127, 0, 0, 1], 3102).into()));
    assert_eq!(ports.admin, None);
}

/// The parameters of a set have an effect from the first record on.
#[test]
fn the_parameters_of_a_set_apply() {
    let server = start(FILE);
    for key in 0..3 {
        server.insert("orders", "carts", key, [("a", 1)]).unwrap();
    }
    let record = server.record("orders", "carts", 0).unwrap();
    let ttl = record.ttl(server.now());
    assert!(ttl.is_some_and(|ttl| (3590..=3600).contains(&ttl)), "{ttl:?}");
}

/// `FILE` with one line replaced, and the number of that line and the problem that the error names.
#[test]
fn what_is_wrong_is_refused_with_its_line() {
    for (line, instead, problem) in [
        (
            "proto-fd-max 4096",
            "proto-fd-mx 4096",
            "unknown config parameter name 'proto-fd-mx' in the stanza 'service' - is it 'proto-fd-max'?",
        ),
        (
            "proto-fd-max 4096",
            "proto-fd-max many",
            "proto-fd-max must be an unsigned number",
        ),
        ("proto-fd-max 4096", "proto-fd-max", "proto-fd-max must have a value"),
        (
            "proto-fd-max 4096",
            "proto-fd-max 4096 5000",
            "proto-fd-max has more values than it takes",
        ),
        (
            "proto-fd-max 4096",
            "proto-fd-max 4096 {\n}",
            "'proto-fd-max' is a parameter and not a stanza",
        ),
        (
            "proto-fd-max 4096",
            "transaction-queues 4",
            "'transaction-queues' is obsolete - please configure 'service-threads' carefully",
        ),
        ("node-id a7", "node-id 0", "node-id must be a hexadecimal number"),
        (
            "address any",
            "address no.such.host.invalid",
            "address must be any, local, an IP address",
        ),
        ("port 3100", "port 80", "port must be 1024 to 65535, not 80"),
        ("mode mesh", "mode ring", "mode must be mesh or multicast, not ring"),
        (
            "nsup-period 2m",
            "nsup-period 2y",
            "nsup-period must be a number of seconds",
        ),
        ("nsup-period 2m", "", "{orders} must configure non-zero 'nsup-period'"),
        (
            "nsup-period 2m",
            "memory-size 4G",
            "'memory-size' is obsolete - please use 'data-size'",
        ),
        (
            "max-record-size 128K",
            "max-record-size 16M",
            "max-record-size must be 64 to 8388608, not 16777216",
        ),
        (
            "filesize 4G",
            "",
            "{orders} must configure 'filesize' if using storage files",
        ),
        (
            "file /opt/aerospike/data/orders.dat",
            "",
            "{orders} has no devices or files",
        ),
        (
            "data-size 1G",
            "",
            "{cache} must configure 'data-size' if not using storage backing",
        ),
        (
            "data-size 1G",
            "data-in-memory true",
            "'data-in-memory' is obsolete - please use 'storage-engine memory'",
        ),
        (
            "storage-engine memory {",
            "storage-engine disk {",
            "storage-engine must be memory or pmem or device, not disk",
        ),
        (
            "namespace cache {",
            "namespace orders {",
            "the namespace orders is there twice",
        ),
        ("namespace cache {", "namespace {", "no name for a namespace"),
        (
            "namespace cache {",
            "namespace cache two {",
            "more values than it takes",
        ),
        ("set carts {", "set carts two {", "more values than it takes"),
        ("set carts {", "set a:b {", "no name for a set"),
        (
            "stop-writes-count 3",
            "ttl 3",
            "unknown config parameter name 'ttl' in the stanza 'set'",
        ),
        (
            "context any WARNING",
            "context any loud",
            "can't add logging context any loud",
        ),
        (
            "logging {",
            "loging {",
            "unknown config parameter name 'loging' at the top of the file - is it 'logging'?",
        ),
        (
            "mod-lua {",
            "mod-lua {\n}\n}\nmod-lua {",
            "no stanza open that } could close",
        ),
        ("cluster-name staging # another", "", "must configure 'cluster-name'"),
        ("port 3100", "", "no service ports configured"),
        ("mod-lua {", "security {\n}\nmod-lua {", "'security' is enterprise-only"),
        ("info {", "tls a {\ncert-file /a\n}\ninfo {", "'tls' is enterprise-only"),
        (
            "nsup-period 2m",
            "nsup-period 2m\nstrong-consistency true",
            "'strong-consistency' is enterprise-only",
        ),
        ("mod-lua {", "xdr {\n}\nmod-lua {", "'xdr' is enterprise-only"),
    ] {
        let at = FILE.find(line).unwrap_or_else(|| panic!("{line}"));
        let text = FILE.replacen(line, instead, 1);
        assert_ne!(text, FILE);
        let error = match ConfigFile::parse(&text) {
            Err(error) => error.to_string(),
            Ok(file) => match Server::builder().config_file(&file).listen(loopback()).start() {
                Err(StartError::ConfigFile(error)) => error.to_string(),
                other => panic!("{instead}: {other:?}"),
            },
        };
        assert!(error.contains(problem), "{instead}: {error}");
        let number = FILE[..at].lines().count();
        let names_line = error.starts_with("line ") && error.contains(" :: ");
        assert!(
            names_line || problem.starts_with("must configure") || problem.starts_with("no service"),
            "{error}"
        );
        if instead.starts_with(line.split(' ').next().unwrap())
            && !problem.contains("orders is there")
            && !problem.contains("no stanza")
        {
            assert!(
                (number..=number + 2).any(|number| error.starts_with(&format!("line {number} "))),
                "{number}: {error}"
            );
        }
    }
    assert!(ConfigFile::parse("").unwrap_err().to_string().contains("cluster-name"));
    let unclosed = FILE.trim_end().strip_suffix('}').unwrap();
    let error = ConfigFile::parse(unclosed).unwrap_err();
    assert_eq!(error.problem(), "the stanza 'mod-lua' is not closed: a '}' is missing");
    assert_eq!(error.line(), Some(FILE.lines().count() - 2));
}

/// An edition that has security does not start without it.
#[test]
fn security_and_tls_are_never_left_out_silently() {
    for (stanza, problem) in [
        (
            "security {\ndefault-password-file /a\nlog {\nreport-violation true\n}\n}",
            "'default-password-file' is not supported",
        ),
        ("security {\nenable-security true\n}", "'enable-security' is obsolete"),
        (
            "security {\nsession-ttl 1\n}",
            "session-ttl must be 120 to 864000 seconds, not 1",
        ),
        #[cfg(feature = "tls")]
        (
            "network {\nservice {\ntls-port 4333\ntls-name a\n}\ntls a {\ncert-file /nonexistent/a\n}\n}",
            "cannot read the cert-file /nonexistent/a",
        ),
        #[cfg(feature = "tls")]
        (
            "network {\nservice {\ntls-port 4333\ntls-name b\n}\ntls a {\n}\n}",
            "invalid tls-name in TLS configuration: b",
        ),
        #[cfg(feature = "tls")]
        (
            "network {\nservice {\ntls-port 4333\n}\n}",
            "service TLS configuration requires tls-name",
        ),
        #[cfg(feature = "tls")]
        (
            "network {\nservice {\ntls-port 4333\ntls-name a\ntls-authenticate-client any\n\
             tls-authenticate-client b\n}\ntls a {\n}\n}",
            "cannot be combined with other values",
        ),
        #[cfg(feature = "tls")]
        (
            "network {\nservice {\ntls-port 4333\ntls-name a\n}\ntls a {\ncert-blacklist /a\n}\n}",
            "'cert-blacklist' is not supported",
        ),
        #[cfg(not(feature = "tls"))]
        ("network {\ntls a {\ncert-file /a\n}\n}", "cargo feature `tls`"),
        (
            "xdr {\ndc a {\nnamespace b {\nbin-policy some\n}\n}\n}",
            "bin-policy must be all or no-bins",
        ),
    ] {
        let file = ConfigFile::parse(&format!("{FILE}\n{stanza}")).unwrap();
        let builder = Server::builder()
            .edition(Edition::Enterprise)
            .config_file(&file)
            .listen(loopback());
        let Err(StartError::ConfigFile(error)) = builder.start() else {
            panic!("{stanza} started");
        };
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let error = ConfigFile::read("/nonexistent/aerospike.conf").unwrap_err().to_string();
    assert!(
        error.starts_with("couldn't open configuration file /nonexistent/aerospike.conf: "),
        "{error}"
    );
    let path = std::env::temp_dir().join(format!("spikelet-wrong-{}.conf", std::process::id()));
    std::fs::write(&path, "service {\n  \u{fffd}x 1\n}\n").unwrap();
    let error = ConfigFile::read(&path).unwrap_err().to_string();
    std::fs::remove_file(&path).unwrap();
    assert!(
        error.starts_with(&format!("{}: line 2 :: unknown config parameter name", path.display())),
        "{error}"
    );
}

proptest! {
    /// Damaged files are read or refused, and errors stay short.
    #[test]
    fn damaged_files_are_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..5), 1..6),
        noise in "[ -~\\n{}#\u{e9}]{0,12}",
    ) {
        let mut lines: Vec<String> = FILE.lines().map(str::to_owned).collect();
        for (at, other, what) in changes {
            let (at, other) = (at.index(lines.len()), other.index(lines.len()));
            match what {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, noise.clone()),
                2 => lines.swap(at, other),
                3 => { let line = lines[other].clone(); lines.insert(at, line); }
                _ => { let middle = lines[at].len() / 2; if lines[at].is_char_boundary(middle) { lines[at].insert_str(middle, &noise); } }
            }
        }
        let read = ConfigFile::parse(&lines.join("\n"));
        if let Err(error) = read {
            prop_assert!(error.to_string().len() < 2000, "{error}");
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,400}") {
        prop_assert!(ConfigFile::parse(&text).is_err());
    }
}
