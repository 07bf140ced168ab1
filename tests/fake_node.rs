//! A fake node that is controlled by a test. It responds to the info commands of a connecting client, and to other
//! commands according to a script.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::BytesMut;
use spikelet_wire::{FrameHeader, FrameType, Header, ResultCode, frame, info, message};

/// The node's reaction to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Responds with a result code only.
    Code(ResultCode),
    /// Responds with these bytes.
    Bytes(Vec<u8>),
    /// Responds with success, and then closes the connection.
    AnswerAndClose,
    /// Closes the connection without a response.
    Close,
    /// Never responds.
    Silence,
}

/// A node of a fake cluster. Dropping it closes its connections.
#[derive(Debug)]
pub struct FakeNode {
    addr: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    name: String,
    stopped: AtomicBool,
    info: Mutex<Vec<(String, String)>>,
    script: Mutex<Vec<Reply>>,
    commands: Mutex<Vec<Vec<u8>>>,
    connections: Mutex<Vec<TcpStream>>,
    open: AtomicUsize,
}

impl FakeNode {
    /// Starts a node that is master of every partition of the namespace `test` and has no peers.
    ///
    /// # Panics
    /// If no port is free.
    #[must_use]
    pub fn start(name: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared {
            name: name.to_owned(),
            ..Shared::default()
        });
        let mut node = Self {
            addr,
            shared: shared.clone(),
            listening: None,
        };
        node.set_info("peers-clear-std", "0,3000,[]");
        node.set_info("peers-generation", "0");
        node.set_info("partition-generation", "0");
        // 4096 bits, all set.
        let whole = format!("{}//8=", "/".repeat(680));
        node.set_info("replicas", &format!("test:0,1,{whole}"));
        node.listening = Some(thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                if shared.stopped.load(Ordering::SeqCst) {
                    return;
                }
                shared.serve(stream);
            }
        }));
        node
    }

    /// The address on which it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Sets the response to an info name.
    pub fn set_info(&self, name: &str, value: &str) {
        let mut info = lock(&self.shared.info);
        info.retain(|(n, _)| n != name);
        info.push((name.to_owned(), value.to_owned()));
    }

    /// Sets the reactions to the next commands. Commands after them succeed.
    pub fn script(&self, replies: impl IntoIterator<Item = Reply>) {
        *lock(&self.shared.script) = replies.into_iter().collect();
    }

    /// The number of commands received.
    #[must_use]
    pub fn commands(&self) -> usize {
        lock(&self.shared.commands).len()
    }

    /// The bodies of the commands received.
    #[must_use]
    pub fn received(&self) -> Vec<Vec<u8>> {
        lock(&self.shared.commands).clone()
    }

    /// The number of connections accepted.
    #[must_use]
    pub fn connections(&self) -> usize {
        lock(&self.shared.connections).len()
    }

    /// The number of accepted connections that are open.
    #[must_use]
    pub fn open_connections(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }

    /// Closes all connections, but continues to listen.
    pub fn disconnect(&self) {
        for connection in lock(&self.shared.connections).iter() {
            let _ = connection.shutdown(std::net::Shutdown::Both);
        }
    }
}

impl Drop for FakeNode {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, which then closes. No client can connect afterwards.
        let _ = TcpStream::connect(self.addr);
        self.listening.take().map(JoinHandle::join);
        self.disconnect();
    }
}

impl Shared {
    fn serve(self: &Arc<Self>, stream: TcpStream) {
        if let Ok(copy) = stream.try_clone() {
            lock(&self.connections).push(copy);
        }
        self.open.fetch_add(1, Ordering::SeqCst);
        let shared = self.clone();
        // A broken connection is intended by the test.
        thread::spawn(move || {
            let _ = shared.serve_frames(&stream);
            let _ = stream.shutdown(std::net::Shutdown::Both);
            shared.open.fetch_sub(1, Ordering::SeqCst);
        });
    }

    fn serve_frames(&self, mut stream: &TcpStream) -> io::Result<()> {
        loop {
            let mut header = [0; FrameHeader::SIZE];
            stream.read_exact(&mut header)?;
            let header = FrameHeader::decode(header);
            let mut body = vec![0; header.size as usize];
            stream.read_exact(&mut body)?;
            if header.frame_type == FrameType::INFO {
                stream.write_all(&self.info(&body))?;
                continue;
            }
            lock(&self.commands).push(body);
            let reply = {
                let mut script = lock(&self.script);
                match script.is_empty() {
                    true => Reply::Code(ResultCode::OK),
                    false => script.remove(0),
                }
            };
            match reply {
                Reply::Code(code) => stream.write_all(&answer(code))?,
                Reply::Bytes(bytes) => stream.write_all(&bytes)?,
                Reply::AnswerAndClose => return stream.write_all(&answer(ResultCode::OK)),
                Reply::Close => return Ok(()),
                Reply::Silence => thread::sleep(Duration::from_secs(5)),
            }
        }
    }

    fn info(&self, body: &[u8]) -> BytesMut {
        let (mut text, mut out) = (BytesMut::new(), BytesMut::new());
        let known = lock(&self.info);
        for name in info::names(body) {
            let value = known.iter().find(|(n, _)| n.as_bytes() == name);
            let value = match name {
                b"node" => self.name.as_str(),
                _ => value.map_or("", |(_, value)| value),
            };
            info::write_answer(&mut text, name, value.as_bytes());
        }
        frame::write(&mut out, FrameType::INFO, &text);
        out
    }
}

fn answer(code: ResultCode) -> BytesMut {
    let mut out = BytesMut::new();
    message::write_header_only(&mut out, &Header::result(code));
    out
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
