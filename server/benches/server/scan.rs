//! Scans: the rate of a scan of all records, and its effect on other clients.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::BytesMut;
use spikelet_wire::{FieldType, FrameHeader, Header, Info1, Info3, Message, MessageWriter, PartitionId};

use crate::clock::now;
use crate::closed_loop::{Load, Outcome};
use crate::request::Requests;

/// Scans all records repeatedly, and prints the records per second.
pub(crate) fn print(name: &str, address: SocketAddr, info1: Info1, duration: Duration) {
    let (start, mut records) = (now(), 0);
    let mut scanner = Scanner::new(address, info1);
    while start.elapsed() < duration {
        records += scanner.scan();
    }
    let rate = records as f64 / start.elapsed().as_secs_f64();
    println!("{name:<28} {rate:>12.0}");
}

/// Runs a load while another client scans all records repeatedly.
pub(crate) fn load_during_scans(load: &Load, requests: &Requests) -> Outcome {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut scanner = Scanner::new(load.address, Info1::READ | Info1::GET_ALL);
            while !is_over.load(Ordering::Relaxed) {
                scanner.scan();
            }
        });
        let outcome = load.run(requests);
        is_over.store(true, Ordering::Relaxed);
        outcome
    })
}

/// A client that scans all records, and decodes only the messages.
struct Scanner {
    stream: TcpStream,
    request: BytesMut,
    input: Vec<u8>,
}

impl Scanner {
    fn new(address: SocketAddr, info1: Info1) -> Self {
        let header = Header {
            info1,
            info3: Info3::PARTITION_DONE,
            ..Header::default()
        };
        let mut request = BytesMut::new();
        let mut message = MessageWriter::frame(&mut request, &header);
        message.field(FieldType::NAMESPACE, b"test");
        let partitions: Vec<u8> = PartitionId::all().flat_map(|id| id.get().to_le_bytes()).collect();
        message.field(FieldType::PARTITION_IDS, &partitions);
        message.finish();
        Self {
            stream: TcpStream::connect(address).unwrap(),
            request,
            input: Vec::new(),
        }
    }

    /// Scans all records, and returns their number.
    fn scan(&mut self) -> usize {
        self.stream.write_all(&self.request).unwrap();
        let mut records = 0;
        loop {
            let mut header = [0; FrameHeader::SIZE];
            self.stream.read_exact(&mut header).unwrap();
            self.input.resize(FrameHeader::decode(header).size as usize, 0);
            self.stream.read_exact(&mut self.input).unwrap();
            let mut rest = &self.input[..];
            while !rest.is_empty() {
                let message;
                (message, rest) = Message::decode_first(rest).unwrap();
                assert_eq!(message.header.result_code, 0, "the server refuses the scan");
                if message.header.info3.contains(Info3::LAST) {
                    return records;
                }
                records += 1;
            }
        }
    }
}
