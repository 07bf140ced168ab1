//! Starting and stopping many servers leaks nothing.
//!
//! `SERVERS` sets their number, 10,000 in release builds. This is the only test in its file, because it counts the resources
//! of the whole process.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use bytes::BytesMut;
use spikelet::Server;
use spikelet_wire::{Digest, FieldType, Header, Info2, MessageWriter, Op, OpCode, ParticleType, ResultCode, UserKey};

#[test]
fn servers_leave_no_thread_socket_or_memory_behind() {
    let default = if cfg!(debug_assertions) { 2_000 } else { 10_000 };
    let servers = std::env::var("SERVERS").map_or(default, |n| n.parse().unwrap());
    // The first servers allocate what the process keeps.
    (0..200).for_each(|_| use_once());
    let before = Held::now();
    (0..servers).for_each(|_| use_once());
    let after = Held::now();
    assert_eq!((after.threads, after.descriptors), (before.threads, before.descriptors));
    let grown = after.memory.saturating_sub(before.memory);
    assert!(grown < 4096, "{servers} servers left {grown} KiB behind");

    let together: Vec<Server> = (0..200).map(|_| Server::start().unwrap()).collect();
    together.iter().for_each(|server| put(server.addr()));
    let idle = Held::now().memory.saturating_sub(after.memory) / together.len();
    assert!(idle < 200, "a server that is idle takes {idle} KiB");
    drop(together);
    let end = Held::now();
    assert_eq!((end.threads, end.descriptors), (before.threads, before.descriptors));
}

fn use_once() {
    let server = Server::start().unwrap();
    let address = server.addr();
    put(address);
    drop(server);
    TcpListener::bind(address).expect("the port is free again");
}

/// Writes a record without a client, whose threads and sockets would be counted too.
fn put(address: SocketAddr) {
    let mut request = BytesMut::new();
    let header = Header {
        info2: Info2::WRITE,
        ..Header::default()
    };
    let mut message = MessageWriter::frame(&mut request, &header);
    message.field(FieldType::NAMESPACE, b"test");
    message.field(FieldType::DIGEST, &Digest::of("demo", &UserKey::from("user1")).0);
    message.op(&Op::new(
        OpCode::WRITE,
        b"age",
        ParticleType::INTEGER,
        &30i64.to_be_bytes(),
    ));
    message.finish();

    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(&request).unwrap();
    let mut answer = [0; 30];
    connection.read_exact(&mut answer).unwrap();
    assert_eq!(answer[13], ResultCode::OK.0);
}

/// The resources of the process.
struct Held {
    threads: usize,
    descriptors: usize,
    /// Resident memory, in KiB.
    memory: usize,
}

impl Held {
    fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        Self {
            threads: number("Threads"),
            descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
            memory: number("VmRSS"),
        }
    }
}
