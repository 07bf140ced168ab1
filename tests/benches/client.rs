//! The client's throughput of query records over loopback.
//!
//! `cargo bench -p spikelet-tests --bench client` prints the records per second, and the client's processor time per
//! record. `RECORDS` sets the number of records (1,000,000 by default), `SECONDS` the duration of each measurement (2
//! by default).

use std::time::{Duration, Instant};

use spikelet::Server;
use spikelet_client::{Client, blocking};

fn main() {
    // `cargo test --benches` runs this too, but does not need the measurement.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let records: i64 = std::env::var("RECORDS").map_or(1_000_000, |n| n.parse().unwrap());
    let seconds = Duration::from_secs_f64(std::env::var("SECONDS").map_or(2.0, |n| n.parse().unwrap()));
    let server = Server::start().unwrap();
    for n in 0..records {
        server.insert("test", "demo", n, [("n", n)]).unwrap();
        server
            .insert("test", "wide", n, [("a", n), ("b", -n), ("c", 1)])
            .unwrap();
    }
    println!("scan: {records} records by a query, to one client");
    println!("{:<34} {:>12} {:>12}", "", "per second", "ns of client");
    let one_thread = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let many_threads = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    for (name, runtime) in [
        ("one thread", one_thread.unwrap()),
        ("many threads", many_threads.unwrap()),
    ] {
        let client = runtime.block_on(Client::connect(server.addr())).unwrap();
        for (what, set) in [("one bin", "demo"), ("three bins", "wide")] {
            let read = || runtime.block_on(stream(&client, set));
            print(&format!("{what}, {name}"), records, seconds, read);
        }
    }
    let client = blocking::Client::connect(server.addr()).unwrap();
    print("one bin, blocking", records, seconds, || {
        client.query("test", "demo").into_iter().map(Result::unwrap).count()
    });
}

async fn stream(client: &Client, set: &str) -> usize {
    let (mut records, mut found) = (client.query("test", set).stream(), 0);
    while let Some(record) = records.next().await {
        assert_ne!(record.unwrap().generation, 0);
        found += 1;
    }
    found
}

/// Reads all records repeatedly.
fn print(name: &str, records: i64, duration: Duration, mut read: impl FnMut() -> usize) {
    let (start, spent, mut total) = (now(), client_time(), 0);
    while start.elapsed() < duration {
        let found = read();
        assert_eq!(
            found,
            usize::try_from(records).unwrap(),
            "the server answered other records"
        );
        total += found;
    }
    let rate = total as f64 / start.elapsed().as_secs_f64();
    let each = (client_time() - spent) as f64 / total as f64;
    println!("{name:<34} {rate:>12.0} {each:>12.0}");
}

/// The processor time in ns of all threads except the server's, if the kernel reports it (Linux). Load on the machine
/// affects it less than a rate.
fn client_time() -> u64 {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return 0;
    };
    let threads = threads.map(|thread| thread.unwrap().path());
    let clients = threads
        .filter(|thread| std::fs::read_to_string(thread.join("comm")).is_ok_and(|name| name.trim() != "spikelet"));
    let time = |thread: std::path::PathBuf| {
        let times = std::fs::read_to_string(thread.join("schedstat")).ok()?;
        times.split(' ').next()?.parse::<u64>().ok()
    };
    clients.filter_map(time).sum()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}
