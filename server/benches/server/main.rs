//! What the server takes and what it gives: time to start, memory, throughput, latency.
//!
//! `cargo bench -p spikelet --bench server` prints a table for each. `SECONDS` is how long each load runs (2 by default),
//! `RECORDS` the largest number of records that the cost of a command is measured at (1,000,000 by default), `ONLY` the
//! first letters of the tables wanted, and `ADDRESS` a server that runs already, to put the same load on another one.

mod collections;
mod engine;
mod latency;
mod load;
mod memory;
mod request;
mod scan;
mod sindex;
mod snapshot;
mod startup;
mod time;

use std::net::SocketAddr;
use std::time::Duration;

use spikelet::Server;
use spikelet_wire::Info1;

use self::load::{Load, Outcome};
use self::request::{Requests, in_chunks, sample};

const CONNECTIONS: usize = 16;

fn main() {
    // `cargo test --benches` runs this too, and has no use for it.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let only = std::env::var("ONLY").unwrap_or_default();
    let wanted = |table: &str| table.starts_with(&only);
    let elsewhere: Option<SocketAddr> = std::env::var("ADDRESS").ok().map(|address| address.parse().unwrap());
    let largest: usize = std::env::var("RECORDS").map_or(1_000_000, |n| n.parse().unwrap());
    // First, before anything else takes memory and gives it back.
    if wanted("memory") && elsewhere.is_none() {
        memory::of_records(largest);
    }
    if wanted("startup") && elsewhere.is_none() {
        startup::first_put();
        startup::memory();
    }
    if wanted("engine") && elsewhere.is_none() {
        engine::cost(largest);
    }
    if wanted("sindex") && elsewhere.is_none() {
        sindex::cost(largest);
    }
    if wanted("snapshot") && elsewhere.is_none() {
        snapshot::cost();
    }
    if wanted("collections") {
        if elsewhere.is_none() {
            collections::cost();
        }
        let (_server, address) = target(elsewhere);
        collections::throughput(|depth| load(address, depth));
    }
    if wanted("throughput") {
        throughput(elsewhere);
    }
    if wanted("records") {
        records(elsewhere, largest);
    }
    if wanted("latency") {
        let (_server, address) = target(elsewhere);
        latency::print(&load(address, 32));
    }
    if wanted("scan") {
        scans(elsewhere, largest);
    }
}

/// An own server, unless another one is to be loaded.
fn target(elsewhere: Option<SocketAddr>) -> (Option<Server>, SocketAddr) {
    match elsewhere {
        Some(address) => (None, address),
        None => {
            let server = Server::start().unwrap();
            let address = server.addr();
            (Some(server), address)
        }
    }
}

fn throughput(elsewhere: Option<SocketAddr>) {
    const RECORDS: usize = 100_000;
    let (_server, address) = target(elsewhere);
    println!("\nthroughput: {CONNECTIONS} connections from one thread, {RECORDS} records, a bin of 100 bytes");
    Outcome::head();
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

fn records(elsewhere: Option<SocketAddr>, largest: usize) {
    println!("\nrecords: the cost by how many there are, {CONNECTIONS} connections at depth 32");
    Outcome::head();
    let (_server, address) = target(elsewhere);
    let mut records = 1000;
    while records <= largest {
        let load = load(address, 32);
        in_chunks(records).for_each(|chunk| load.once(&Requests::put(chunk)));
        load.run(&Requests::put(sample(records)))
            .print(&format!("put among {records}"));
        load.run(&Requests::get(sample(records)))
            .print(&format!("get among {records}"));
        records *= 10;
    }
}

fn scans(elsewhere: Option<SocketAddr>, records: usize) {
    println!("\nscan: {records} records of one number, to one connection");
    println!("{:<28} {:>12}", "", "per second");
    let (_server, address) = target(elsewhere);
    let load = |depth| load(address, depth);
    in_chunks(records).for_each(|chunk| load(32).once(&Requests::put_number(chunk)));
    scan::print("all bins", address, Info1::READ | Info1::GET_ALL, seconds());
    scan::print("no bins", address, Info1::READ | Info1::GET_NO_BINS, seconds());
    println!();
    Outcome::head();
    let puts = Requests::put_number(sample(records));
    load(1).run(&puts).print("put");
    scan::disturb(&load(1), &puts).print("put during a scan");
}

/// A load of 16 connections.
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
