//! Benchmarks of the server: startup, memory, throughput and latency.
//!
//! `cargo bench -p spikelet --bench server` prints a table for each. Environment variables:
//!
//! - `ONLY`: run only tables whose names start with this.
//! - `SECONDS`: the duration of each load (default 2).
//! - `RECORDS`: the largest number of records at which commands are measured (default 1,000,000).
//! - `ADDRESS`: put the load on the server at this address, instead of an embedded one.
//!
//! The table `processor` compares the processor time per request of the program with that of a server that does nothing, and
//! with the goals. It can have another server beside them, for instance the real one, if its process is visible here:
//!
//! ```text
//! ONLY=processor cargo bench -p spikelet --bench server -- --peer 127.0.0.1:3100 $(pidof asd)
//! ```

mod clock;
mod closed_loop;
mod collections;
mod commands;
mod floor;
mod latency;
mod memory;
mod processor_time;
mod request;
mod scan;
mod sindex;
mod snapshot;
mod startup;

use std::net::SocketAddr;
use std::time::Duration;

use spikelet::Server;
use spikelet_wire::Info1;

use self::closed_loop::{Load, Outcome};
use self::request::{Requests, in_chunks, sample};

const CONNECTIONS: usize = 16;

fn main() {
    // `cargo test --benches` runs this too, but does not need the measurements.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    if let Some([reply_size]) = after(floor::ARGUMENT) {
        floor::serve(reply_size.parse().unwrap());
    }
    let only = std::env::var("ONLY").unwrap_or_default();
    let is_selected = |table: &str| table.starts_with(&only);
    let external: Option<SocketAddr> = std::env::var("ADDRESS").ok().map(|address| address.parse().unwrap());
    let largest: usize = std::env::var("RECORDS").map_or(1_000_000, |n| n.parse().unwrap());
    // Must be first: later, the allocator has free memory.
    if is_selected("memory") && external.is_none() {
        memory::of_records(largest);
    }
    if is_selected("startup") && external.is_none() {
        startup::first_put();
        startup::memory();
    }
    if is_selected("commands") && external.is_none() {
        commands::cost(largest);
    }
    if is_selected("sindex") && external.is_none() {
        sindex::cost(largest);
    }
    if is_selected("snapshot") && external.is_none() {
        snapshot::cost();
    }
    if is_selected("collections") {
        if external.is_none() {
            collections::cost();
        }
        let (_server, address) = target(external);
        collections::throughput(|depth| load(address, depth));
    }
    if is_selected("processor") && external.is_none() {
        let peer = after("--peer").map(|[address, process]| processor_time::Peer {
            address: address.parse().expect("--peer HOST:PORT PID"),
            process: process.parse().expect("--peer HOST:PORT PID"),
        });
        processor_time::print(peer, load, seconds() * 4);
    }
    if is_selected("throughput") {
        throughput(external);
    }
    if is_selected("records") {
        records(external, largest);
    }
    if is_selected("latency") {
        let (_server, address) = target(external);
        latency::print(&load(address, 32));
    }
    if is_selected("scan") {
        scans(external, largest);
    }
}

/// The arguments that follow an option, if it is given.
fn after<const N: usize>(option: &str) -> Option<[String; N]> {
    let mut arguments = std::env::args().skip_while(|argument| argument != option);
    arguments.next()?;
    let values: Vec<String> = arguments.take(N).collect();
    Some(
        values
            .try_into()
            .unwrap_or_else(|_| panic!("{option} needs {N} values")),
    )
}

/// The external server if there is one, otherwise a new embedded server.
fn target(external: Option<SocketAddr>) -> (Option<Server>, SocketAddr) {
    match external {
        Some(address) => (None, address),
        None => {
            let server = Server::start().unwrap();
            let address = server.addr();
            (Some(server), address)
        }
    }
}

fn throughput(external: Option<SocketAddr>) {
    const RECORDS: usize = 100_000;
    let (_server, address) = target(external);
    println!("\nthroughput: {CONNECTIONS} connections from one thread, {RECORDS} records, a bin of 100 bytes");
    Outcome::print_head();
    for depth in [1, 32] {
        for requests in [
            Requests::put(sample(RECORDS)),
            Requests::get(sample(RECORDS)),
            Requests::operate(sample(RECORDS)),
        ] {
            load(address, depth)
                .run(&requests)
                .print(&format!("{} at depth {depth}", requests.name));
        }
    }
}

fn records(external: Option<SocketAddr>, largest: usize) {
    println!("\nrecords: by the number of records, {CONNECTIONS} connections at depth 32");
    Outcome::print_head();
    let (_server, address) = target(external);
    let mut records = 1000;
    while records <= largest {
        let load = load(address, 32);
        in_chunks(records).for_each(|chunk| load.once(&Requests::put(chunk)));
        load.run(&Requests::put(sample(records)))
            .print(&format!("put, {records} records"));
        load.run(&Requests::get(sample(records)))
            .print(&format!("get, {records} records"));
        records *= 10;
    }
}

fn scans(external: Option<SocketAddr>, records: usize) {
    println!("\nscan: {records} records with one integer bin, on one connection");
    println!("{:<28} {:>12}", "", "per second");
    let (_server, address) = target(external);
    let load = |depth| load(address, depth);
    in_chunks(records).for_each(|chunk| load(32).once(&Requests::put_number(chunk)));
    scan::print("all bins", address, Info1::READ | Info1::GET_ALL, seconds());
    scan::print("no bins", address, Info1::READ | Info1::GET_NO_BINS, seconds());
    println!();
    Outcome::print_head();
    let puts = Requests::put_number(sample(records));
    load(1).run(&puts).print("put");
    scan::load_during_scans(&load(1), &puts).print("put during a scan");
}

/// A load on [`CONNECTIONS`] connections, with so many pending requests on each.
fn load(address: SocketAddr, depth: usize) -> Load {
    Load {
        address,
        connections: CONNECTIONS,
        depth,
        duration: seconds(),
    }
}

fn seconds() -> Duration {
    Duration::from_secs_f64(std::env::var("SECONDS").map_or(2.0, |n| n.parse().unwrap()))
}
