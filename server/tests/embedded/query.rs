//! Queries and slow clients.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::BytesMut;
use spikelet::Server;
use spikelet_wire::{FieldType, Header, Info1, Info3, MessageWriter, PartitionId};

use crate::support::InfoClient;

#[test]
fn a_client_that_stops_reading_blocks_nobody_and_is_disconnected() {
    let server = Server::start().unwrap();
    // More than the buffers of both sockets.
    for key in 0..128 {
        server.insert("test", "s", key, [("a", vec![0u8; 512 * 1024])]).unwrap();
    }
    let mut scanning = TcpStream::connect(server.addr()).unwrap();
    scanning.write_all(&scan(Duration::from_millis(300))).unwrap();
    let mut info = InfoClient::to(&server);
    while !info.command("query-show").contains("status=done") {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(
        info.command("query-show")
            .contains("status=done(abandoned-response-timeout)")
    );
    assert!(info.command("namespace/test").contains(";pi_query_long_basic_error=1;"));

    let mut answer = Vec::new();
    // A connection that the server closes may end with an error.
    let _ = scanning.read_to_end(&mut answer);
    assert!(answer.len() < 64 << 20, "{} bytes", answer.len());
}

/// A request for all bins of all records.
fn scan(socket_timeout: Duration) -> BytesMut {
    let header = Header {
        info1: Info1::READ | Info1::GET_ALL,
        info3: Info3::PARTITION_DONE,
        ..Header::default()
    };
    let mut request = BytesMut::new();
    let mut message = MessageWriter::frame(&mut request, &header);
    message.field(FieldType::NAMESPACE, b"test");
    let partitions: Vec<u8> = PartitionId::all().flat_map(|id| id.get().to_le_bytes()).collect();
    message.field(FieldType::PARTITION_IDS, &partitions);
    let milliseconds = socket_timeout.as_millis() as u32;
    message.field(FieldType::SOCKET_TIMEOUT, &milliseconds.to_be_bytes());
    message.finish();
    request
}
