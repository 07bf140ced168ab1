//! The time to take a snapshot of a server, and to restore it.

use std::time::Duration;

use spikelet::Server;
use spikelet::unstable;

use crate::clock::now;
use crate::memory::fill;

const RECORDS: usize = 100_000;
const TIMES: usize = 20;

/// Measures snapshots of 100,000 records, and resets of an empty server.
pub(crate) fn cost() {
    println!("\nsnapshot: {RECORDS} records of three small bins, in microseconds");
    println!("{:<44} {:>12} {:>12}", "", "median", "longest");
    let server = Server::start().unwrap();
    measure("reset an empty server", || (), |()| server.reset());

    fill(unstable::state(&server), RECORDS);
    let full = server.snapshot();
    measure(
        "take, nothing written since the last",
        || (),
        |()| drop(server.snapshot()),
    );
    for changed in [0, 1, 1000, RECORDS] {
        let write = || fill(unstable::state(&server), changed);
        measure(&format!("take, {changed} records written since"), write, |()| {
            drop(server.snapshot());
        });
        measure(&format!("restore, {changed} records written since"), write, |()| {
            server.restore(&full).unwrap();
        });
    }
    let write = || server.restore(&full).unwrap();
    measure(
        &format!("write {RECORDS} records shared with a snapshot"),
        write,
        |()| {
            fill(unstable::state(&server), RECORDS);
        },
    );
    measure(
        &format!("write {RECORDS} records not shared"),
        || (),
        |()| {
            fill(unstable::state(&server), RECORDS);
        },
    );
}

/// Prepares and runs something many times, and prints the time of the runs.
fn measure<T>(what: &str, mut prepare: impl FnMut() -> T, mut run: impl FnMut(T)) {
    let mut times: Vec<Duration> = (0..TIMES)
        .map(|_| {
            let prepared = prepare();
            let start = now();
            run(prepared);
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    println!(
        "{what:<44} {:>12.1} {:>12.1}",
        micros(times[TIMES / 2]),
        micros(times[TIMES - 1])
    );
}
