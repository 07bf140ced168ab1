//! TLS.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use aerospike::*;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

const SET: &str = "third-party-rust-tls";

/// Runs against a server with `--edition enterprise --tls-listen`, whose authority is in a file.
pub(crate) async fn run(authority: &str, address: &str) {
    let tls_address = info(address, "service-tls-std");
    let (host, port) = tls_address.rsplit_once(':').expect("an address");
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(authority).expect("a certificate");
    roots.add(certificate).expect("an authority");
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let policy = ClientPolicy {
        tls_policy: Some(TlsPolicy::new(config)),
        ..ClientPolicy::default()
    };
    let client = Client::new(&policy, &format!("{host}:localhost:{port}"))
        .await
        .expect("connect");
    assert_eq!(client.node_names().len(), 3);
    let (read, write) = (ReadPolicy::default(), WritePolicy::default());
    for n in 0..50 {
        let key = as_key!("test", SET, n);
        client.put(&write, &key, &[as_bin!("n", n)]).await.expect("put");
        let record = client.get(&read, &key, Bins::All).await.expect("get");
        assert_eq!(record.bins.get("n"), Some(&as_val!(n)));
    }
    client.close().await.expect("close");
    let wrong_name = Client::new(&policy, &format!("{host}:elsewhere.example:{port}")).await;
    assert!(wrong_name.is_err(), "the certificate has another name");
    println!("the official client for Rust works over TLS");
}

/// Asks for an info value, without TLS.
fn info(address: &str, name: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("connect");
    let size = u8::try_from(name.len() + 1).expect("a short name");
    let frame = [&[2, 1, 0, 0, 0, 0, 0, size][..], name.as_bytes(), b"\n"].concat();
    stream.write_all(&frame).expect("write");
    let mut header = [0; 8];
    stream.read_exact(&mut header).expect("read");
    let mut body = vec![0; usize::from(u16::from_be_bytes([header[6], header[7]]))];
    stream.read_exact(&mut body).expect("read");
    let text = String::from_utf8(body).expect("text");
    text.trim_end().split_once('\t').expect("a value").1.to_owned()
}
