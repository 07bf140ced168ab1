//! A load in a closed loop: one thread, many connections, and on each a fixed number of pending requests.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::clock::now;
use crate::request::Requests;

/// A load on a server.
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    pub(crate) connections: usize,
    /// The number of pending requests on each connection.
    pub(crate) depth: usize,
    pub(crate) duration: Duration,
}

impl Load {
    /// Sends the requests in order, again and again, until the duration has passed.
    pub(crate) fn run(&self, requests: &Requests) -> Outcome {
        let mut records = (0..requests.count()).cycle();
        self.drive(requests, Some(now() + self.duration), || records.next())
    }

    /// Sends every request once.
    pub(crate) fn once(&self, requests: &Requests) {
        let mut records = 0..requests.count();
        self.drive(requests, None, || records.next());
    }

    fn drive(&self, requests: &Requests, end: Option<Instant>, mut next: impl FnMut() -> Option<usize>) -> Outcome {
        let mut poll = Poll::new().unwrap();
        let mut events = Events::with_capacity(self.connections);
        let mut connections: Vec<Connection> = (0..self.connections)
            .map(|at| Connection::open(self.address, &poll, Token(at)))
            .collect();
        let start = now();
        let mut latencies = Vec::with_capacity(1 << 20);
        for connection in &mut connections {
            connection.refill(self.depth, requests, start, &mut next);
        }
        loop {
            poll.poll(&mut events, Some(Duration::from_secs(10))).unwrap();
            assert!(!events.is_empty(), "the server does not reply");
            for event in &events {
                let connection = &mut connections[event.token().0];
                connection.read(&mut latencies);
                let at = now();
                if end.is_none_or(|end| at < end) {
                    connection.refill(self.depth, requests, at, &mut next);
                } else {
                    connection.flush();
                }
            }
            if connections.iter().all(|connection| connection.sent.is_empty()) {
                break;
            }
        }
        latencies.sort_unstable();
        Outcome {
            elapsed: start.elapsed(),
            latencies,
        }
    }
}

struct Connection {
    stream: TcpStream,
    out: Vec<u8>,
    written: usize,
    input: Vec<u8>,
    held: usize,
    /// The times at which the pending requests were sent.
    sent: VecDeque<Instant>,
}

impl Connection {
    fn open(address: SocketAddr, poll: &Poll, token: Token) -> Self {
        let stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_nonblocking(true).unwrap();
        let mut stream = TcpStream::from_std(stream);
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, token, interest).unwrap();
        Self {
            stream,
            out: Vec::new(),
            written: 0,
            input: vec![0; 256 * 1024],
            held: 0,
            sent: VecDeque::new(),
        }
    }

    fn refill(&mut self, depth: usize, requests: &Requests, at: Instant, next: &mut impl FnMut() -> Option<usize>) {
        while self.sent.len() < depth {
            let Some(record) = next() else { break };
            self.out.extend_from_slice(requests.frame(record));
            self.sent.push_back(at);
        }
        self.flush();
    }

    fn flush(&mut self) {
        while self.written < self.out.len() {
            match self.stream.write(&self.out[self.written..]) {
                Ok(size) => self.written += size,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => panic!("{error}"),
            }
        }
        self.out.clear();
        self.written = 0;
    }

    fn read(&mut self, latencies: &mut Vec<u32>) {
        loop {
            let size = match self.stream.read(&mut self.input[self.held..]) {
                Ok(0) => panic!("the server closed the connection"),
                Ok(size) => size,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => panic!("{error}"),
            };
            self.held += size;
            self.take_replies(latencies);
            if self.held + size < self.input.len() && self.sent.is_empty() {
                return;
            }
        }
    }

    fn take_replies(&mut self, latencies: &mut Vec<u32>) {
        let at = now();
        let mut start = 0;
        while let Some(header) = self.input[start..self.held].first_chunk::<8>() {
            let size = 8 + (u64::from_be_bytes(*header) & 0xFFFF_FFFF_FFFF) as usize;
            if self.held - start < size {
                break;
            }
            let code = self.input[start + 13];
            assert!(code == 0 || code == 2, "a reply with result code {code}");
            start += size;
            let sent = self.sent.pop_front().expect("a reply without a request");
            latencies.push(u32::try_from((at - sent).as_nanos()).unwrap_or(u32::MAX));
        }
        self.input.copy_within(start..self.held, 0);
        self.held -= start;
    }
}

/// The result of a load.
pub(crate) struct Outcome {
    elapsed: Duration,
    /// The latencies in nanoseconds, sorted.
    latencies: Vec<u32>,
}

impl Outcome {
    /// The number of requests.
    pub(crate) fn count(&self) -> usize {
        self.latencies.len()
    }

    pub(crate) fn print_head() {
        println!(
            "{:<28} {:>12} {:>12} {:>12} {:>12}",
            "", "per second", "p50", "p99", "p99.9"
        );
    }

    pub(crate) fn print(&self, name: &str) {
        let rate = self.latencies.len() as f64 / self.elapsed.as_secs_f64();
        let quantile = |q: f64| {
            let at = (self.latencies.len() as f64 * q) as usize;
            let nanoseconds = self.latencies.get(at).copied().unwrap_or_default();
            format!("{:.1} µs", f64::from(nanoseconds) / 1000.0)
        };
        println!(
            "{name:<28} {rate:>12.0} {:>12} {:>12} {:>12}",
            quantile(0.5),
            quantile(0.99),
            quantile(0.999)
        );
    }
}
