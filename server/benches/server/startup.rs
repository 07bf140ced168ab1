//! The time and memory to start a server.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use spikelet::Server;

use crate::clock::now;
use crate::request::{Requests, sample};

/// Measures the time from `Server::start()` to the reply to the first put over TCP.
pub(crate) fn first_put() {
    const TIMES: usize = 500;
    let requests = Requests::put(sample(1));
    let measured = || {
        let start = now();
        let server = Server::start().unwrap();
        put(&server, &requests);
        let served = start.elapsed();
        let start = now();
        drop(server);
        (served, start.elapsed())
    };
    // The first servers also initialize the process.
    let times = (0..TIMES + 20).map(|_| measured()).skip(20);
    let (starts, ends): (Vec<_>, Vec<_>) = times.unzip();
    println!("\nstartup: {TIMES} servers, one after the other");
    println!("{:<28} {:>12} {:>12}", "", "median", "p99");
    for (name, mut times) in [("start to first put", starts), ("drop", ends)] {
        times.sort_unstable();
        let at = |index: usize| format!("{:.0} µs", micros(times[index]));
        println!("{name:<28} {:>12} {:>12}", at(TIMES / 2), at(TIMES * 99 / 100));
    }
}

/// Measures the resident memory of a server, before and after its first put.
pub(crate) fn memory() {
    const SERVERS: usize = 500;
    let Some(before) = resident() else {
        println!("memory: measured only on Linux");
        return;
    };
    let requests = Requests::put(sample(1));
    let servers: Vec<Server> = (0..SERVERS).map(|_| Server::start().unwrap()).collect();
    let started = resident().unwrap_or(before);
    servers.iter().for_each(|server| put(server, &requests));
    let used = resident().unwrap_or(before);
    println!("\nmemory: {SERVERS} servers at once");
    println!(
        "{:<28} {:>8} KiB",
        "a server, after the start",
        (started - before) / SERVERS
    );
    println!("{:<28} {:>8} KiB", "a server, after a put", (used - before) / SERVERS);
}

fn put(server: &Server, requests: &Requests) {
    let mut stream = TcpStream::connect(server.addr()).unwrap();
    stream.write_all(requests.frame(0)).unwrap();
    let mut reply = [0; 30];
    stream.read_exact(&mut reply).unwrap();
    assert_eq!(reply[13], 0, "the result code of the put");
}

/// The resident memory of this process, in KiB.
pub(crate) fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
