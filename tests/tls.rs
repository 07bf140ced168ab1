//! TLS: the client against servers with certificates that are made, given, and wrong.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use spikelet::{
    AuthenticateClient, Authentication, Builder, CertificateKind, Command, ConfigError, Edition, Server, StartError,
    TlsConfig,
};
use spikelet_client::{Client, ErrorKind, Key, ResultCode, Tls, bins};
use tokio::time::Instant;

fn builder(tls: TlsConfig) -> Builder {
    Server::builder().edition(Edition::Enterprise).tls(tls)
}

fn start() -> Server {
    builder(TlsConfig::default()).start().unwrap()
}

/// What a client needs to trust the server.
fn trust(server: &Server) -> Tls {
    Tls::trusting(server.ca_certificate().unwrap()).unwrap()
}

async fn connect(server: &Server) -> Client {
    Client::builder(server.tls_hosts()).tls(trust(server)).await.unwrap()
}

fn key(n: i64) -> Key {
    Key::new("test", "demo", n)
}

/// Why a client cannot connect.
async fn refusal(hosts: String, tls: Tls) -> String {
    let error = Client::builder(hosts).tls(tls).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cluster, "{error}");
    error.to_string()
}

/// Asks a node for an info value, without TLS.
fn info(address: SocketAddr, name: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut frame = vec![2, 1, 0, 0, 0, 0, 0, u8::try_from(name.len() + 1).unwrap()];
    frame.extend_from_slice(name.as_bytes());
    frame.push(b'\n');
    stream.write_all(&frame).unwrap();
    let mut header = [0; 8];
    stream.read_exact(&mut header).unwrap();
    let mut body = vec![0; u64::from_be_bytes(header) as usize & 0xffff_ffff];
    stream.read_exact(&mut body).unwrap();
    let text = String::from_utf8(body).unwrap();
    text.trim_end_matches('\n').split_once('\t').unwrap().1.to_owned()
}

/// Sends bytes, and returns how long it takes until the server closes the connection.
fn closed_after(address: SocketAddr, bytes: &[u8]) -> Duration {
    let begin = Instant::now();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(bytes).unwrap();
    let mut read = Vec::new();
    // A connection that is closed with unread bytes is reset.
    match stream.read_to_end(&mut read) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
    }
    begin.elapsed()
}

#[tokio::test]
async fn every_command_works_over_tls() {
    let server = start();
    for pipelines in [0, 2] {
        let client = Client::builder(server.tls_hosts())
            .tls(trust(&server))
            .pipelines(pipelines);
        let client = client.await.unwrap();
        let large = "x".repeat(700_000);
        client.put(key(1), bins! {"text" => &*large}).await.unwrap();
        assert_eq!(client.get(key(1)).await.unwrap().get::<String>("text").unwrap(), large);
        let keys: Vec<_> = (2..500).map(key).collect();
        for row in client
            .batch_write(keys.iter().map(|key| (key, bins! {"n" => 1})))
            .await
            .unwrap()
        {
            row.result.unwrap();
        }
        assert_eq!(client.batch_read(&keys).await.unwrap().len(), keys.len());
        assert_eq!(client.query("test", "demo").await.unwrap().records.len(), 499);
        let many = keys.iter().map(|key| client.get(key).into_future());
        for got in many {
            assert_eq!(got.await.unwrap().get::<i64>("n").unwrap(), 1);
        }
    }
    // Beside TLS, there are connections without.
    let plain = Client::connect(server.hosts()).await.unwrap();
    assert_eq!(plain.get(key(2)).await.unwrap().get::<i64>("n").unwrap(), 1);
}

#[tokio::test]
async fn a_cluster_is_found_by_its_tls_addresses() {
    let server = builder(TlsConfig {
        name: "cluster.example".to_owned(),
        ..TlsConfig::default()
    });
    let server = server.nodes(3).replication_factor(2).start().unwrap();
    let first = server.tls_hosts().split(',').next().unwrap().to_owned();
    assert!(first.starts_with("127.0.0.1:cluster.example:"), "{first}");
    let client = Client::builder(first).tls(trust(&server)).await.unwrap();
    assert_eq!(client.nodes().len(), 3);
    for n in 0..50 {
        client.put(key(n), bins! {"n" => n}).await.unwrap();
    }
    server.kill(0xB2).unwrap();
    for n in 0..50 {
        assert_eq!(client.get(key(n)).await.unwrap().get::<i64>("n").unwrap(), n);
    }
    server.restart(0xB2).unwrap();
    server.add_node().unwrap();
    let client = Client::builder(server.tls_hosts()).tls(trust(&server)).await.unwrap();
    assert_eq!(client.nodes().len(), 4);
    for n in 0..50 {
        assert_eq!(client.get(key(n)).await.unwrap().get::<i64>("n").unwrap(), n);
    }
}

#[test]
fn nodes_tell_their_tls_addresses() {
    let server = builder(TlsConfig::default()).nodes(2).start().unwrap();
    let nodes = server.nodes();
    let (own, other) = (nodes[0].tls_address.unwrap(), nodes[1].tls_address.unwrap());
    let ask = |name| info(server.addr(), name);
    assert_eq!(ask("service-tls-std"), own.to_string());
    assert_eq!(ask("service-clear-std"), server.addr().to_string());
    assert_eq!(ask("service-tls-alt"), "");
    assert_eq!(ask("peers-tls-std"), format!("2,3000,[[B2,localhost,[{other}]]]"));
    assert_eq!(ask("peers-tls-alt"), "2,3000,[]");
    assert_eq!(ask("peers-clear-std"), format!("2,3000,[[B2,,[{}]]]", nodes[1].address));
    server
        .advertise_tls(0xB2, Some("10.0.0.2:4333".parse().unwrap()))
        .unwrap();
    server
        .advertise_tls_alternate(0xB2, Some("192.0.2.2:4333".parse().unwrap()))
        .unwrap();
    assert!(ask("peers-tls-std").ends_with("[[B2,localhost,[10.0.0.2:4333]]]"));
    assert!(ask("peers-tls-alt").ends_with("[[B2,localhost,[192.0.2.2:4333]]]"));
    let config = ask("get-config:context=network");
    for expected in [
        format!("service.tls-port={}", own.port()),
        "service.tls-name=localhost".to_owned(),
        "service.tls-authenticate-client=false".to_owned(),
    ] {
        assert!(config.split(';').any(|pair| pair == expected), "{expected} in {config}");
    }
}

#[tokio::test]
async fn clients_refuse_certificates_with_faults() {
    let server = start();
    for (kind, why) in [
        (CertificateKind::Expired, "expired"),
        (CertificateKind::NotYetValid, "not valid yet"),
        (CertificateKind::WrongName, "wrong.invalid"),
        (CertificateKind::Untrusted, "UnknownIssuer"),
        (CertificateKind::Garbage, "BadEncoding"),
    ] {
        server.present_certificate(kind).unwrap();
        let error = refusal(server.tls_hosts(), trust(&server)).await;
        assert!(error.contains(why), "{kind:?}: {error}");
        server.present_certificate(CertificateKind::Valid).unwrap();
        connect(&server).await.put(key(1), bins! {"a" => 1}).await.unwrap();
    }
    // Trust in another server's authority, and another name than the server has.
    let other = start();
    refusal(server.tls_hosts(), trust(&other)).await;
    let port = server.tls_addr().unwrap().port();
    let error = refusal(format!("127.0.0.1:elsewhere.example:{port}"), trust(&server)).await;
    assert!(error.contains("elsewhere.example") || error.contains("name"), "{error}");
    // Without a TLS name, it is the host.
    Client::builder(format!("127.0.0.1:{port}"))
        .tls(trust(&server))
        .await
        .unwrap();
}

#[tokio::test]
async fn clients_may_have_to_have_certificates() {
    let server = builder(TlsConfig {
        authenticate_client: AuthenticateClient::Any,
        ..TlsConfig::default()
    });
    let server = server.start().unwrap();
    refusal(server.tls_hosts(), trust(&server)).await;
    let alice = server.client_certificate("alice").unwrap();
    let identified = trust(&server).identity(&alice.certificate, &alice.key).unwrap();
    let client = Client::builder(server.tls_hosts()).tls(identified).await.unwrap();
    client.put(key(1), bins! {"a" => 1}).await.unwrap();
    // A certificate of another server.
    let other = start().client_certificate("alice").unwrap();
    let identified = trust(&server).identity(&other.certificate, &other.key).unwrap();
    refusal(server.tls_hosts(), identified).await;

    let named = builder(TlsConfig {
        authenticate_client: AuthenticateClient::Names(vec!["alice".to_owned(), "bob".to_owned()]),
        ..TlsConfig::default()
    });
    let named = named.start().unwrap();
    for (name, is_accepted) in [("alice", true), ("bob", true), ("mallory", false)] {
        let certificate = named.client_certificate(name).unwrap();
        let identified = trust(&named)
            .identity(&certificate.certificate, &certificate.key)
            .unwrap();
        let client = Client::builder(named.tls_hosts()).tls(identified).await;
        assert_eq!(client.is_ok(), is_accepted, "{name}");
    }
}

/// A certificate of an authority, with a common name only, as those of Aerospike clusters often are; and another authority's
/// certificate for a client.
#[tokio::test]
async fn given_certificates_are_used() {
    let authority = |name: &str| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let issue = |issuer: &CertifiedIssuer<'_, KeyPair>, name: &str| {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, issuer).unwrap().pem(), key.serialize_pem())
    };
    let (servers, clients) = (authority("servers"), authority("clients"));
    let (certificate, key_of_server) = issue(&servers, "prod.example");
    let config = TlsConfig {
        name: "prod.example".to_owned(),
        certificate: Some(certificate.clone()),
        key: Some(key_of_server),
        ca: Some(clients.pem()),
        authenticate_client: AuthenticateClient::Any,
        ..TlsConfig::default()
    };
    let server = builder(config.clone()).start().unwrap();
    let (client, key_of_client) = issue(&clients, "alice");
    let tls = Tls::trusting(servers.pem()).unwrap();
    let tls = tls.identity(&client, &key_of_client).unwrap();
    let connected = Client::builder(server.tls_hosts()).tls(tls.clone()).await.unwrap();
    connected.put(key(1), bins! {"a" => 1}).await.unwrap();
    // The common name counts only if it is the TLS name.
    let port = server.tls_addr().unwrap().port();
    refusal(format!("127.0.0.1:other.example:{port}"), tls.clone()).await;
    // The other kinds are of the server's own authority.
    server.present_certificate(CertificateKind::Expired).unwrap();
    refusal(server.tls_hosts(), tls.clone()).await;
    server.present_certificate(CertificateKind::Valid).unwrap();
    Client::builder(server.tls_hosts()).tls(tls).await.unwrap();

    let start = |change: fn(&mut TlsConfig)| {
        let mut config = config.clone();
        change(&mut config);
        builder(config).start().unwrap_err()
    };
    let broken = [
        start(|config| config.key = None),
        start(|config| config.certificate = None),
        start(|config| config.key = Some("-----BEGIN PRIVATE KEY-----\nAAAA".to_owned())),
        start(|config| config.key = Some(KeyPair::generate().unwrap().serialize_pem())),
        start(|config| config.certificate = Some("garbage".to_owned())),
        start(|config| {
            config.certificate = Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned())
        }),
        start(|config| config.ca = Some(String::new())),
    ];
    for error in broken {
        assert!(matches!(error, StartError::Tls(_)), "{error:?}");
    }
    for (certificate, key) in [("", ""), ("garbage", "garbage"), (&*client, "garbage"), (&*client, "")] {
        let error = trust(&server).identity(certificate, key).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument, "{error}");
    }
    assert_eq!(Tls::trusting("garbage").unwrap_err().kind(), ErrorKind::Argument);
}

#[test]
fn configurations_that_cannot_work_are_refused() {
    let config = |error| match error {
        Err(StartError::Config(error)) => error,
        other => panic!("{other:?}"),
    };
    let error = config(Server::builder().tls(TlsConfig::default()).start());
    assert_eq!(error, ConfigError::TlsOnCommunity);
    assert!(error.to_string().contains("--edition enterprise"));
    for name in ["", "a b", "a:b", "a;b", "[a]", "a,b"] {
        let tls = TlsConfig {
            name: name.to_owned(),
            ..TlsConfig::default()
        };
        assert_eq!(config(builder(tls).start()), ConfigError::TlsName(name.to_owned()));
    }
    let ports = TlsConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 65_535)),
        ..TlsConfig::default()
    };
    let error = config(builder(ports).nodes(2).start());
    assert_eq!(
        error,
        ConfigError::Ports {
            first: 65_535,
            nodes: 2
        }
    );
    let plain = Server::start().unwrap();
    assert!(plain.ca_certificate().is_err() && plain.present_certificate(CertificateKind::Valid).is_err());
    assert_eq!((plain.tls_hosts(), plain.tls_addr()), (String::new(), None));
}

/// Bytes that are not a handshake are answered by the end of the connection, and so is a handshake on the other port.
#[test]
fn connections_to_the_wrong_port_are_closed() {
    let server = start();
    let (clear, tls) = (server.addr(), server.tls_addr().unwrap());
    let soon = Duration::from_secs(3);
    for bytes in [
        &b"\x02\x01\0\0\0\0\0\x05node\n"[..],
        &[0xff; 5000],
        b"GET / HTTP/1.1\r\n\r\n",
        &[22, 3, 1, 0xff, 0xff, 1, 2, 3],
    ] {
        if bytes[0] != 22 {
            assert!(closed_after(tls, bytes) < soon, "{bytes:?}");
        }
    }
    let hello = [&[22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3][..], &[7; 194]].concat();
    assert!(closed_after(clear, &hello) < soon);
    assert_eq!(info(clear, "node"), "A1");
}

/// A client that does not finish its handshake holds up nobody, and is disconnected after ten seconds.
#[tokio::test(start_paused = true)]
async fn an_unfinished_handshake_ends_after_ten_seconds() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let server = builder(TlsConfig::default()).start_in_process().unwrap();
    let connect = server.connector();
    let mut silent = connect(server.tls_addr().unwrap().to_string()).await.unwrap();
    silent.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap();
    let begin = Instant::now();
    assert_eq!(silent.read(&mut [0; 100]).await.unwrap(), 0);
    assert_eq!(begin.elapsed().as_secs(), 10);
}

#[tokio::test]
async fn many_unfinished_handshakes_hold_up_nobody() {
    let server = start();
    let address = server.tls_addr().unwrap();
    let mut silent: Vec<_> = (0..200).map(|_| TcpStream::connect(address).unwrap()).collect();
    for stream in &mut silent {
        stream.write_all(&[22, 3, 1, 2, 0, 1]).unwrap();
    }
    let client = connect(&server).await;
    for n in 0..100 {
        client.put(key(n), bins! {"a" => 1}).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn tls_works_in_process_under_paused_time() {
    let server = builder(TlsConfig::default()).nodes(2).start_in_process().unwrap();
    assert_eq!(server.tls_hosts(), "127.0.0.1:localhost:4333,127.0.0.1:localhost:4334");
    let client = Client::builder(server.tls_hosts())
        .connector(server.connector())
        .tls(trust(&server));
    let client = client.await.unwrap();
    for n in 0..20 {
        client.put(key(n), bins! {"n" => n}).await.unwrap();
    }
    server
        .faults()
        .on(Command::Read)
        .times(1)
        .delay(Duration::from_secs(3600));
    let begin = Instant::now();
    let patient = client.get(key(1)).total_timeout(Duration::from_secs(7200));
    assert_eq!(patient.await.unwrap().get::<i64>("n").unwrap(), 1);
    assert!(begin.elapsed() >= Duration::from_secs(3600));
    // A connection without TLS to a TLS address.
    let plain = Client::builder("127.0.0.1:4333").connector(server.connector()).await;
    assert!(plain.is_err());
}

#[tokio::test]
async fn faults_and_the_journal_work_over_tls() {
    let server = builder(TlsConfig::default()).journal(100).start().unwrap();
    let client = connect(&server).await;
    server.faults().on(Command::Write).times(1).cut_after();
    let error = client.put(key(1), bins! {"a" => 1}).max_retries(0).await.unwrap_err();
    assert!(error.in_doubt());
    assert_eq!(client.get(key(1)).await.unwrap().get::<i64>("a").unwrap(), 1);
    server.faults().on(Command::Read).times(1).truncate(5);
    client.get(key(1)).max_retries(0).await.unwrap_err();
    server.journal().writes().assert_count(1);
    let refused = server.faults().on(Command::Connect).refuse_connections();
    Client::builder(server.tls_hosts())
        .tls(trust(&server))
        .await
        .unwrap_err();
    assert!(refused.fired() > 0);
    refused.remove();
    connect(&server).await.get(key(1)).await.unwrap();
}

/// The real server's configuration file: certificates, and clients that must have one, which is its default.
#[tokio::test]
async fn a_configuration_file_sets_up_tls() {
    let directory = std::env::temp_dir().join(format!("spikelet-tls-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let maker = start();
    let write = |name: &str, content: &str| {
        let path = directory.join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let ca = write("ca.pem", &maker.ca_certificate().unwrap());
    let config = |authenticate: &str| {
        let text = format!(
            "service {{
                cluster-name cluster.example
            }}
            network {{
                service {{
                    port 3000
                    tls-port 4333
                    tls-address 127.0.0.1
                    tls-name <cluster-name>
                    tls-access-address 192.0.2.1
                    tls-alternate-access-address 192.0.2.2
                    tls-alternate-access-port 4444
                    {authenticate}
                }}
                heartbeat {{
                    port 3002
                }}
                fabric {{
                    port 3001
                }}
                tls cluster.example {{
                    ca-file {ca}
                }}
            }}
            namespace test {{
                storage-engine memory {{
                    data-size 1G
                }}
            }}"
        );
        let file = spikelet::ConfigFile::parse(&text).unwrap();
        let builder = Server::builder().edition(Edition::Enterprise).config_file(&file);
        builder.start_in_process().unwrap()
    };
    let connect = async |server: &Server, tls: Tls| {
        let client = Client::builder(server.tls_hosts())
            .connector(server.connector())
            .tls(tls);
        client.await
    };
    let server = config("");
    assert_eq!(server.tls_hosts(), "127.0.0.1:cluster.example:4333");
    let node = &server.nodes()[0];
    assert_eq!(node.tls_advertised, Some("192.0.2.1:4333".parse().unwrap()));
    assert_eq!(node.tls_alternate, Some("192.0.2.2:4444".parse().unwrap()));
    connect(&server, trust(&server)).await.unwrap_err();
    let alice = maker.client_certificate("alice").unwrap();
    let tls = trust(&server).identity(&alice.certificate, &alice.key).unwrap();
    connect(&server, tls)
        .await
        .unwrap()
        .put(key(1), bins! {"a" => 1})
        .await
        .unwrap();

    let server = config("tls-authenticate-client false");
    connect(&server, trust(&server)).await.unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
}

/// A server with security, where the users `alice` and `mallory` log in with certificates.
fn secured() -> Builder {
    builder(TlsConfig {
        authenticate_client: AuthenticateClient::Any,
        ..TlsConfig::default()
    })
    .user("app", "secret", ["read-write"])
    .add_user("alice", Authentication::Certificate, ["read-write"])
}

#[tokio::test]
async fn the_name_in_a_certificate_is_that_of_the_user() {
    let server = secured().nodes(2).journal(1000).start().unwrap();
    let connect = async |name: &str| {
        let certificate = server.client_certificate(name).unwrap();
        let tls = trust(&server)
            .identity(&certificate.certificate, &certificate.key)
            .unwrap();
        Client::builder(server.tls_hosts()).tls(tls).certificate_user().await
    };
    let alice = connect("alice").await.unwrap();
    for n in 0..20 {
        alice.put(key(n), bins! {"a" => 1}).await.unwrap();
    }
    let writes = server.journal().writes().entries();
    assert_eq!(writes.len(), 20);
    assert!(writes.iter().all(|entry| entry.user.as_deref() == Some("alice")));
    // There is no such user.
    let error = connect("mallory").await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::INVALID_USER));
    // Without TLS there is no certificate.
    let plain = Client::builder(server.hosts()).certificate_user().await.unwrap_err();
    assert_eq!(plain.result_code(), Some(ResultCode::INVALID_USER));
}

#[tokio::test]
async fn a_client_may_use_tls_for_the_login_only() {
    let builder = builder(TlsConfig::default()).user("app", "secret", ["read-write"]);
    let server = builder.nodes(2).start_in_process().unwrap();
    let (connect, opened) = (server.connector(), Arc::new(Mutex::new(Vec::new())));
    let addresses = Arc::clone(&opened);
    let connector = move |address: String| {
        addresses.lock().unwrap().push(address.clone());
        connect(address)
    };
    let client = Client::builder(server.tls_hosts())
        .connector(connector)
        .tls(trust(&server).for_login_only())
        .user("app", "secret")
        .await
        .unwrap();
    let tls_connections = || {
        let opened = opened.lock().unwrap();
        opened.iter().filter(|address| address.contains(":433")).count()
    };
    assert_eq!(client.nodes().len(), 2);
    assert_eq!(tls_connections(), 2, "a login at each node");
    for n in 0..20 {
        client.put(key(n), bins! {"a" => n}).await.unwrap();
    }
    assert_eq!(tls_connections(), 2);
    assert!(opened.lock().unwrap().iter().any(|address| address.contains(":300")));
    // A token that has ended is renewed over TLS, when new connections need it.
    server.expire_sessions();
    let puts = (0..20).map(|n| {
        let client = client.clone();
        tokio::spawn(async move { client.put(key(n), bins! {"a" => n}).await })
    });
    for put in puts.collect::<Vec<_>>() {
        put.await.unwrap().unwrap();
    }
    assert_eq!(tls_connections(), 4);
    let error = Client::builder(server.tls_hosts())
        .connector(server.connector())
        .tls(trust(&server).for_login_only())
        .user("app", "wrong")
        .await
        .unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::INVALID_CREDENTIAL));
}
