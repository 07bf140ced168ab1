//! A server that does as little as a server can: an epoll loop that answers each frame with the same bytes.

use std::io::{ErrorKind, Read, Write};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use spikelet_wire::FrameHeader;

/// The argument that makes this benchmark the floor; the size of a reply follows.
pub(crate) const ARGUMENT: &str = "--floor";

const LISTENER: Token = Token(usize::MAX);

/// Prints a port of 127.0.0.1, and serves it for as long as the process lives.
pub(crate) fn serve(reply_size: usize) -> ! {
    let mut reply = vec![0; reply_size];
    let header = FrameHeader::new(spikelet_wire::FrameType::MESSAGE, reply_size - FrameHeader::SIZE);
    reply[..FrameHeader::SIZE].copy_from_slice(&header.encode());

    let mut poll = Poll::new().unwrap();
    let mut listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)
        .unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    let mut events = Events::with_capacity(1024);
    let mut connections: Vec<Option<Connection>> = Vec::new();
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            polled => polled.unwrap(),
        }
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((mut stream, _)) = listener.accept() {
                    stream.set_nodelay(true).unwrap();
                    let token = Token(connections.len());
                    let interest = Interest::READABLE | Interest::WRITABLE;
                    poll.registry().register(&mut stream, token, interest).unwrap();
                    connections.push(Some(Connection::new(stream)));
                }
            } else if let Some(slot) = connections.get_mut(event.token().0)
                && let Some(connection) = slot
                && connection.answer(&reply).is_err()
            {
                *slot = None;
            }
        }
    }
}

struct Connection {
    stream: TcpStream,
    input: Vec<u8>,
    held: usize,
    out: Vec<u8>,
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            input: vec![0; 64 * 1024],
            held: 0,
            out: Vec::new(),
        }
    }

    /// Answers what has arrived.
    fn answer(&mut self, reply: &[u8]) -> std::io::Result<()> {
        loop {
            self.flush()?;
            let room = self.input.len() - self.held;
            let size = match self.stream.read(&mut self.input[self.held..]) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                read => read?,
            };
            self.held += size;
            let mut at = 0;
            while let Some(header) = self.input[at..self.held].first_chunk() {
                let size = FrameHeader::SIZE + FrameHeader::decode(*header).size as usize;
                if self.held - at < size {
                    break;
                }
                self.out.extend_from_slice(reply);
                at += size;
            }
            self.input.copy_within(at..self.held, 0);
            self.held -= at;
            self.flush()?;
            // Nothing is left in the socket: the next event is another arrival.
            if size < room {
                return Ok(());
            }
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        while !self.out.is_empty() {
            match self.stream.write(&self.out) {
                Ok(size) => drop(self.out.drain(..size)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
