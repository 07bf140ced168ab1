//! The program `spikelet`, run as a child process.
#![cfg(all(unix, feature = "program"))]

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use crate::support::InfoClient;

fn spikelet(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spikelet"));
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Starts the program on a free port, and waits for its line.
fn start(arguments: &[&str]) -> (Child, String) {
    let mut child = spikelet(&[&["--listen", "127.0.0.1:0"], arguments].concat())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let address = line
        .strip_prefix("listening on ")
        .and_then(|rest| rest.strip_suffix('\n'));
    let address = address.unwrap_or_else(|| panic!("{line:?}")).to_owned();
    (child, address)
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

fn refused(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = spikelet(arguments).output().unwrap();
    assert!(!status.success(), "{arguments:?}");
    assert!(stdout.is_empty());
    String::from_utf8(stderr).unwrap()
}

#[test]
fn it_prints_its_address_and_stops_on_signals() {
    for name in ["INT", "TERM"] {
        let (mut child, address) = start(&[]);
        TcpStream::connect(&address).unwrap();
        signal(&child, name);
        assert!(child.wait().unwrap().success(), "{name}");
        let mut rest = String::new();
        child.stdout.unwrap().read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "one line and no more");
        assert!(TcpStream::connect(&address).is_err());
    }
}

#[test]
fn it_writes_its_port_and_exits_when_stdin_is_closed() {
    let path = std::env::temp_dir().join(format!("spikelet-port-{}", std::process::id()));
    let (mut child, address) = start(&["--port-file", path.to_str().unwrap(), "--exit-with-stdin"]);
    let port = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(format!("127.0.0.1:{port}"), address);
    std::thread::sleep(Duration::from_millis(50));
    assert!(child.try_wait().unwrap().is_none(), "stdin is open");
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_ignores_the_end_of_stdin_by_default() {
    let (mut child, address) = start(&[]);
    drop(child.stdin.take());
    std::thread::sleep(Duration::from_millis(100));
    assert!(child.try_wait().unwrap().is_none());
    TcpStream::connect(&address).unwrap();
    signal(&child, "TERM");
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_prints_requests_with_the_option_journal() {
    let (mut child, address) = start(&["--journal=info"]);
    InfoClient::at(&address).command("build");
    let mut line = String::new();
    BufReader::new(child.stderr.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.starts_with("#1 ") && line.contains(" info build -> "), "{line}");
    signal(&child, "TERM");
    assert!(child.wait().unwrap().success());
    assert!(refused(&["--journal=put"]).contains("unknown command 'put'"));
}

#[test]
fn it_takes_little_memory() {
    let (mut child, _) = start(&[]);
    if cfg!(all(target_os = "linux", not(debug_assertions))) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kib: usize = rss.split_whitespace().next().unwrap().parse().unwrap();
        assert!(kib < 8 * 1024, "{kib} KiB");
    }
    signal(&child, "TERM");
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_explains_invalid_arguments() {
    let beyond = refused(&["--listen", "0.0.0.0:0"]);
    assert!(beyond.contains("--listen-beyond-loopback"), "{beyond}");
    let ttl = refused(&["--namespace", "a,default-ttl=soon"]);
    assert!(ttl.contains("default-ttl") && ttl.contains("30d"), "{ttl}");
    let host = refused(&["--listen", "example.com:3000"]);
    assert!(host.contains("such as 127.0.0.1:3000"), "{host}");
    let ports = refused(&["--listen", "127.0.0.1:65535", "--nodes", "3"]);
    assert!(ports.contains("3 nodes need the ports 65535 to 65537"), "{ports}");
    let twice = refused(&["--listen", "127.0.0.1:0", "--namespace", "a", "--namespace", "a"]);
    assert!(twice.contains("the namespace a is there twice"), "{twice}");
    let (mut child, address) = start(&[]);
    let taken = refused(&["--listen", &address]);
    assert!(taken.contains(&format!("cannot listen on {address}: ")), "{taken}");
    signal(&child, "TERM");
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_loads_fixtures_before_clients_connect() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/embedded/fixture/sample.asb");
    let (mut child, address) = start(&["--load", path]);
    let mut info = InfoClient::at(address);
    assert_eq!(info.command("sindex-exists:ns=test;indexname=by_age"), "true");
    assert!(info.command("namespace/test").contains("objects=4;"));
    signal(&child, "TERM");
    assert!(child.wait().unwrap().success());

    let directory = std::env::temp_dir().join(format!("spikelet-backup-{}", std::process::id()));
    std::fs::create_dir(&directory).unwrap();
    let error = refused(&["--load", directory.to_str().unwrap()]);
    assert!(
        error.contains("no file in this directory has a name that ends in `.asb`"),
        "{error}"
    );
    std::fs::copy(path, directory.join("test_00000.asb")).unwrap();
    let (mut child, address) = start(&["--load", directory.to_str().unwrap()]);
    assert!(InfoClient::at(address).command("namespace/test").contains("objects=4;"));
    signal(&child, "TERM");
    assert!(child.wait().unwrap().success());
    std::fs::remove_dir_all(&directory).unwrap();

    let error = refused(&["--load", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]);
    assert!(error.contains("Cargo.toml: line 1, column "), "{error}");
    assert!(refused(&["--load", "no-such-file"]).contains("no-such-file: "));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/embedded/fixture/sample.asb");
    let error = refused(&["--listen", "127.0.0.1:0", "--namespace", "other", "--load", path]);
    assert!(
        error.contains("sample.asb: ") && error.contains("there is no such namespace, only `other`"),
        "{error}"
    );
}

#[test]
fn it_listens_on_localhost() {
    let mut child = spikelet(&["--listen", "localhost:0"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.starts_with("listening on 127.0.0.1:"), "{line}");
    signal(&child, "TERM");
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_reports_the_ports_of_all_nodes() {
    let file = std::env::temp_dir().join(format!("spikelet-nodes-{}", std::process::id()));
    let path = file.to_str().unwrap();
    let (mut child, address) = start(&["--nodes", "3", "--replication-factor", "2", "--port-file", path]);
    let ports = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let ports: Vec<&str> = ports.lines().collect();
    assert!(address.ends_with(&format!(":{}", ports[0])), "{address} in {ports:?}");
    assert_eq!(ports.len(), 3);
    for port in ports {
        TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    }
    signal(&child, "TERM");
    assert!(child.wait().unwrap().success());
    assert!(refused(&["--nodes", "65"]).contains("1 to 64 nodes"));
}

/// A configuration file whose ports are free, and the path that it is written to.
fn config_file(name: &str, change: impl Fn(&str) -> String) -> (std::path::PathBuf, [u16; 4]) {
    let sockets = [0; 4].map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    let ports = sockets.map(|socket| socket.local_addr().unwrap().port());
    let [service, fabric, heartbeat, admin] = ports;
    let text = format!(
        "service {{\n cluster-name staging\n}}\nnetwork {{\n service {{\n  address local\n  port {service}\n }}\n admin {{\n  \
         address local\n  port {admin}\n }}\n heartbeat {{\n  address local\n  port {heartbeat}\n }}\n fabric {{\n  address \
         local\n  port {fabric}\n }}\n}}\nnamespace orders {{\n nsup-threads 2\n storage-engine memory {{\n  data-size 1G\n }}\n}}\n"
    );
    let path = std::env::temp_dir().join(format!("spikelet-{name}-{}.conf", std::process::id()));
    std::fs::write(&path, change(&text)).unwrap();
    (path, ports)
}

#[test]
fn it_runs_as_the_real_server_with_a_configuration_file() {
    let (path, [service, fabric, heartbeat, admin]) = config_file("asd", str::to_owned);
    let arguments = [
        "--config-file",
        path.to_str().unwrap(),
        "--foreground",
        "--fgdaemon",
        "--cold-start",
        "--instance",
        "3",
    ];
    let mut child = spikelet(&arguments).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut logged = Vec::new();
    while logged.len() < 4 {
        logged.push(lines.next().unwrap().unwrap());
    }
    assert!(logged[0].contains("WARNING (cfg): these parameters have no effect in this server: namespace.nsup-threads, namespace.storage-engine.data-size"), "{logged:?}");
    assert!(
        logged[1].ends_with(" GMT: INFO (as): service ready: soon there will be cake!"),
        "{logged:?}"
    );
    assert!(logged[2].contains("heartbeat-received"), "{logged:?}");
    assert!(
        logged[3].ends_with("INFO (info): {orders} migrations: complete"),
        "{logged:?}"
    );

    assert_eq!(InfoClient::at(("127.0.0.1", service)).command("namespaces"), "orders");
    assert_eq!(InfoClient::at(("127.0.0.1", admin)).command("cluster-name"), "staging");
    for port in [fabric, heartbeat] {
        TcpStream::connect(("127.0.0.1", port)).unwrap();
    }
    let health = |host: &str| spikelet(&["--health", host]).output().unwrap();
    let healthy = health(&service.to_string());
    assert!(healthy.status.success());
    assert_eq!(String::from_utf8_lossy(&healthy.stdout), "ok\n");
    let configured = spikelet(&[&arguments[..2], &["--health"]].concat()).output().unwrap();
    assert!(configured.status.success());

    signal(&child, "TERM");
    assert!(child.wait().unwrap().success());
    std::fs::remove_file(&path).unwrap();
    let dead = health(&format!("127.0.0.1:{service}"));
    assert_eq!(dead.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&dead.stderr).starts_with("cannot connect to 127.0.0.1:"));
}

#[test]
fn it_refuses_a_wrong_configuration_with_its_line() {
    let (path, _) = config_file("wrong", |text| text.replace("nsup-threads", "nsup-treads"));
    let error = refused(&["--config-file", path.to_str().unwrap()]);
    let expected = format!(
        "spikelet: {}: line 23 :: unknown config parameter name 'nsup-treads' in the stanza 'namespace' - is it 'nsup-threads'?",
        path.display()
    );
    assert!(error.starts_with(&expected), "{error}");
    std::fs::remove_file(&path).unwrap();
    assert!(refused(&["--config-file", "/nonexistent"]).contains("couldn't open configuration file /nonexistent: "));

    // Where the file says so, other machines can connect; but on a developer's machine that takes an option.
    let (path, _) = config_file("any", |text| text.replace("address local", "address any"));
    let error = refused(&["--config-file", path.to_str().unwrap()]);
    assert!(error.contains("--listen-beyond-loopback"), "{error}");
    std::fs::remove_file(&path).unwrap();
}

/// The entry point of the image.
#[test]
fn it_reads_the_variables_of_the_real_servers_image() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let run = |arguments: &[&str], variables: &[(&str, String)]| {
        let mut command = spikelet(&[&["--from-environment"], arguments].concat());
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command
    };
    let wrong = run(&[], &[("SERVICE_PORT", "http".to_owned())]).output().unwrap();
    assert!(
        String::from_utf8_lossy(&wrong.stderr)
            .contains("environment variables: line 12 :: port must be an unsigned number"),
        "{wrong:?}"
    );
    // The other ports are those of the real server. They may be in use, so this only asks which port would be.
    let asked = run(&["asd", "--health"], &[("SERVICE_PORT", port.to_string())])
        .output()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&asked.stderr).starts_with(&format!("cannot connect to 127.0.0.1:{port}")),
        "{asked:?}"
    );
}
