//! Shared helpers.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream, ToSocketAddrs};

use spikelet::Server;

/// A connection that sends info commands.
pub(crate) struct InfoClient(TcpStream);

impl InfoClient {
    pub(crate) fn to(server: &Server) -> Self {
        Self::node(server, 0)
    }

    /// Connects to a node by its position.
    pub(crate) fn node(server: &Server, at: usize) -> Self {
        let port = server.nodes()[at].address.port();
        Self::at((Ipv4Addr::LOCALHOST, port))
    }

    pub(crate) fn at(address: impl ToSocketAddrs) -> Self {
        Self(TcpStream::connect(address).unwrap())
    }

    /// Uses a connection, on which a user may be logged in.
    #[cfg(feature = "security")]
    pub(crate) const fn over(stream: TcpStream) -> Self {
        Self(stream)
    }

    /// Sends a request, and returns the whole reply.
    pub(crate) fn request(&mut self, request: &str) -> String {
        let header = u64::to_be_bytes(2 << 56 | 1 << 48 | request.len() as u64);
        self.0.write_all(&[&header[..], request.as_bytes()].concat()).unwrap();
        let mut header = [0; 8];
        self.0.read_exact(&mut header).unwrap();
        let mut answer = vec![0; (u64::from_be_bytes(header) & 0xFFFF_FFFF_FFFF) as usize];
        self.0.read_exact(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    }

    /// Sends one command, and returns the reply after the name.
    pub(crate) fn command(&mut self, command: &str) -> String {
        let answer = self.request(&format!("{command}\n"));
        let value = answer
            .strip_prefix(&format!("{command}\t"))
            .and_then(|rest| rest.strip_suffix('\n'));
        value.unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    }
}
