//! The time of a command without sockets, by the number of records.

use bytes::BytesMut;
use spikelet::Now;
use spikelet::unstable::{Config, Session, State, handle};
use spikelet_wire::{FrameHeader, FrameType};

use crate::clock::now;
use crate::request::{Requests, in_chunks, sample};

/// Puts new records, puts them again, and gets them without and with a filter: 1000 records, then ten times as many, up to
/// `largest`.
pub(crate) fn cost(largest: usize) {
    println!("\ncommands: nanoseconds per command by the number of records, without sockets");
    println!(
        "{:<12} {:>12} {:>12} {:>12} {:>12}",
        "records", "put new", "put again", "get", "get filtered"
    );
    let mut records = 1000;
    while records <= largest {
        let state = State::new(Config::default());
        let new: f64 = in_chunks(records)
            .map(|chunk| nanoseconds(&state, &Requests::put(chunk), 1))
            .sum();
        let (puts, gets) = (Requests::put(sample(records)), Requests::get(sample(records)));
        let rounds = (1_000_000 / puts.count()).max(1);
        let each = (rounds * puts.count()) as f64;
        let again = nanoseconds(&state, &puts, rounds) / each;
        let get = nanoseconds(&state, &gets, rounds) / each;
        let filtered = Requests::get_filtered(sample(records));
        let filtered = nanoseconds(&state, &filtered, rounds) / each;
        let new = new / records as f64;
        println!("{records:<12} {new:>12.0} {again:>12.0} {get:>12.0} {filtered:>12.0}");
        records *= 10;
    }
}

fn nanoseconds(state: &State, requests: &Requests, rounds: usize) -> f64 {
    let (mut session, mut out) = (Session::default(), BytesMut::with_capacity(64 * 1024));
    let time = Now(500_000_000_000);
    let start = now();
    for record in (0..rounds).flat_map(|_| 0..requests.count()) {
        let body = &requests.frame(record)[FrameHeader::SIZE..];
        let header = FrameHeader::new(FrameType::MESSAGE, body.len());
        let _ = handle(state, time, &mut session, header, body, &mut out);
        if out.len() > 32 * 1024 {
            out.clear();
        }
    }
    start.elapsed().as_nanos() as f64
}
