//! The cost of TLS: the start of a server, its memory, handshakes, and what they cost other connections.
//!
//! `cargo bench -p spikelet-tests --bench tls` prints it. `SECONDS` sets the duration of each load (2 by default).

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use spikelet::{Edition, Server, TlsConfig};
use spikelet_client::{Client, Key, Tls, bins};

/// How many servers are started, and how many clients do handshakes.
const SERVERS: usize = 300;
const CLIENTS: usize = 8;

fn main() {
    // `cargo test --benches` runs this too, but does not need the measurement.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let seconds = Duration::from_secs_f64(std::env::var("SECONDS").map_or(2.0, |n| n.parse().unwrap()));
    starts("without TLS", || Server::start().unwrap());
    starts("with TLS", start);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let server = start();
    println!("\nrequests without TLS, one after the other");
    println!("{:<34} {:>10} {:>10} {:>10}", "", "median", "p99", "longest");
    let address = server.addr();
    latencies("alone", address, seconds);
    let (stop, handshakes) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| handshake_until(&stop, &server, &handshakes));
        }
        latencies("while clients connect with TLS", address, seconds);
        stop.store(true, Ordering::Relaxed);
    });
    let rate = handshakes.load(Ordering::Relaxed) as f64 / seconds.as_secs_f64();
    println!("{CLIENTS} clients connected {rate:.0} times per second, each with two info requests");

    println!("\ngets by one client, one after the other");
    println!("{:<34} {:>10}", "", "per second");
    for (name, client) in [
        ("without TLS", runtime.block_on(Client::connect(server.hosts()))),
        ("with TLS", runtime.block_on(connect(&server).into_future())),
    ] {
        let (client, key) = (client.unwrap(), Key::new("test", "demo", 1));
        runtime
            .block_on(client.put(&key, bins! {"text" => "x".repeat(100)}).into_future())
            .unwrap();
        let (begin, mut gets) = (now(), 0);
        while begin.elapsed() < seconds {
            runtime.block_on(client.get(&key).into_future()).unwrap();
            gets += 1;
        }
        println!("{name:<34} {:>10.0}", f64::from(gets) / begin.elapsed().as_secs_f64());
    }
}

fn start() -> Server {
    let builder = Server::builder().edition(Edition::Enterprise).tls(TlsConfig::default());
    builder.start().unwrap()
}

fn connect(server: &Server) -> spikelet_client::ClientBuilder {
    let tls = Tls::trusting(server.ca_certificate().unwrap()).unwrap();
    Client::builder(server.tls_hosts()).tls(tls)
}

/// The time to start a server, and the memory of one that is idle.
fn starts(name: &str, start: impl Fn() -> Server) {
    drop(start());
    let before = resident();
    let mut times = Vec::new();
    let servers: Vec<_> = (0..SERVERS)
        .map(|_| {
            let begin = now();
            let server = start();
            times.push(begin.elapsed());
            server
        })
        .collect();
    let used = resident().saturating_sub(before);
    times.sort_unstable();
    println!(
        "start {name:<14} median {:>6.0} µs, p99 {:>6.0} µs, {:>5} KiB of memory each",
        times[SERVERS / 2].as_secs_f64() * 1e6,
        times[SERVERS * 99 / 100].as_secs_f64() * 1e6,
        used / SERVERS as u64
    );
    drop(servers);
}

/// Connects again and again.
fn handshake_until(stop: &AtomicBool, server: &Server, handshakes: &AtomicU64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    while !stop.load(Ordering::Relaxed) {
        runtime.block_on(connect(server).into_future()).unwrap();
        handshakes.fetch_add(1, Ordering::Relaxed);
    }
}

/// The latencies of info requests on a connection without TLS.
fn latencies(name: &str, address: std::net::SocketAddr, seconds: Duration) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let (begin, mut times) = (now(), Vec::new());
    while begin.elapsed() < seconds {
        let start = now();
        stream.write_all(b"\x02\x01\0\0\0\0\0\x05node\n").unwrap();
        stream.read_exact(&mut [0; 16]).unwrap();
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let at = |index: usize| format!("{:.0} µs", times[index.min(times.len() - 1)].as_secs_f64() * 1e6);
    println!(
        "{name:<34} {:>10} {:>10} {:>10}",
        at(times.len() / 2),
        at(times.len() * 99 / 100),
        at(times.len())
    );
}

/// The resident memory of this process, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}
