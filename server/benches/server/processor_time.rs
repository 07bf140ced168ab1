//! The processor time per request of the program, beside that of the [floor](crate::floor) and, optionally, of another server.
//!
//! Rates depend on the machine and on what else runs on it. So does processor time, but less, and the ratio of two that were
//! measured in the same seconds hardly does. Every subject is a process of its own, and each round measures all of them in turn.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use spikelet_wire::FrameHeader;

use crate::closed_loop::Load;
use crate::floor;
use crate::request::{Requests, in_chunks, sample};

const RECORDS: usize = 100_000;
/// An odd number, so that there is a median.
const ROUNDS: u32 = 7;

/// A goal for the program.
enum Goal {
    /// At most so many times the floor.
    Ratio(f64),
    /// At most so many microseconds.
    Microseconds(f64),
}

impl Goal {
    fn text(&self, (own, ratio): (f64, f64)) -> String {
        let (goal, is_met) = match self {
            Self::Ratio(most) => (format!("{most:.2} x floor"), ratio <= *most),
            Self::Microseconds(most) => (format!("{most:.2} µs"), own <= *most),
        };
        format!("{goal}, {}", if is_met { "met" } else { "missed" })
    }
}

/// Another server that runs already: its address, and the id of its process.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) process: u32,
}

/// Prints the processor time per get and put, at depths 1 and 32. `duration` is that of the load on a subject in all rounds.
pub(crate) fn print(peer: Option<Peer>, load: impl Fn(SocketAddr, usize) -> Load, duration: Duration) {
    let Some(program) = option_env!("CARGO_BIN_EXE_spikelet") else {
        println!("\nprocessor time: needs the feature `program`");
        return;
    };
    if cpu_time(std::process::id()).is_none() {
        println!("\nprocessor time: measured only on Linux, whose /proc counts it for each thread");
        return;
    }
    println!(
        "\nprocessor time per request: {} connections from one thread, {RECORDS} records, a bin of 100 bytes; medians of {ROUNDS}",
        crate::CONNECTIONS
    );
    let head = ["spikelet", "floor", "ratio"];
    print!("{:<18} {:>10} {:>10} {:>7}", "", head[0], head[1], head[2]);
    if peer.is_some() {
        print!(" {:>10} {:>7} {:>12}", "peer", "/ floor", "/ spikelet");
    }
    println!("   goal for spikelet");
    let own = Subject::program(program);
    let peer = peer.map(|peer| Subject {
        address: peer.address,
        process: peer.process,
        _child: None,
    });
    for subject in [Some(&own), peer.as_ref()].into_iter().flatten() {
        in_chunks(RECORDS).for_each(|chunk| load(subject.address, 32).once(&Requests::put(chunk)));
    }
    let all = sample(RECORDS);
    for (depth, goal) in [(1, Goal::Ratio(1.15)), (32, Goal::Microseconds(1.0))] {
        for requests in [Requests::get(all.clone()), Requests::put(all.clone())] {
            let floor = Subject::floor(own.reply_size(requests.frame(0)));
            let subjects = [Some(&own), Some(&floor), peer.as_ref()];
            let mut rounds: Vec<[f64; 3]> = Vec::new();
            for _ in 0..ROUNDS {
                let mut round = [0.0; 3];
                for (subject, time) in subjects.iter().zip(&mut round) {
                    let Some(subject) = subject else { continue };
                    let mut load = load(subject.address, depth);
                    load.duration = duration / ROUNDS;
                    *time = subject.microseconds_per_request(&load, &requests);
                }
                rounds.push(round);
            }
            let of = |what: fn(&[f64; 3]) -> f64| median(rounds.iter().map(what).collect());
            let (time, ratio) = (of(|round| round[0]), of(|round| round[0] / round[1]));
            let name = format!("{} at depth {depth}", requests.name);
            print!(
                "{name:<18} {:>7.2} µs {:>7.2} µs {ratio:>7.2}",
                time,
                of(|round| round[1])
            );
            if peer.is_some() {
                print!(
                    " {:>7.2} µs {:>7.2} {:>12.2}",
                    of(|round| round[2]),
                    of(|round| round[2] / round[1]),
                    of(|round| round[2] / round[0])
                );
            }
            println!("   {}", goal.text((time, ratio)));
        }
    }
}

/// A server that is measured.
struct Subject {
    address: SocketAddr,
    process: u32,
    _child: Option<KilledOnDrop>,
}

struct KilledOnDrop(Child);

impl Drop for KilledOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Subject {
    fn program(path: &str) -> Self {
        let mut program = Command::new(path);
        program.args(["--listen", "127.0.0.1:0", "--exit-with-stdin"]);
        // It prints "listening on ADDRESS:PORT".
        Self::start(program)
    }

    fn floor(reply_size: usize) -> Self {
        let mut floor = Command::new(std::env::current_exe().unwrap());
        floor.args([floor::ARGUMENT, &reply_size.to_string()]);
        Self::start(floor)
    }

    /// Starts a process whose first line ends with its port.
    fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let port = line.trim().rsplit(':').next().unwrap().parse().unwrap();
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            process: child.id(),
            _child: Some(KilledOnDrop(child)),
        }
    }

    /// The size of the frame that replies to a request, in bytes.
    fn reply_size(&self, request: &[u8]) -> usize {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(request).unwrap();
        let mut header = [0; FrameHeader::SIZE];
        stream.read_exact(&mut header).unwrap();
        FrameHeader::SIZE + FrameHeader::decode(header).size as usize
    }

    fn microseconds_per_request(&self, load: &Load, requests: &Requests) -> f64 {
        let used = || cpu_time(self.process).expect("the process is gone");
        let before = used();
        let count = load.run(requests).count();
        (used() - before).as_secs_f64() * 1e6 / count as f64
    }
}

/// The processor time of all threads of a process; `None` where it is not known.
fn cpu_time(process: u32) -> Option<Duration> {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir(format!("/proc/{process}/task")).ok()? {
        // A thread may end meanwhile.
        let Ok(stat) = std::fs::read_to_string(thread.ok()?.path().join("schedstat")) else {
            continue;
        };
        nanoseconds += stat.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(nanoseconds))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
