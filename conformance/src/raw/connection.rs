//! A connection for raw requests.

use std::io;
use std::time::Duration;

use spikelet_wire::{FrameHeader, FrameType, Info3, Message};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::request::RawRequest;
use super::response::RawAnswer;
use crate::outcome::End;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection that messages are sent over, as they are.
#[derive(Debug)]
pub(crate) struct Connection(TcpStream);

impl Connection {
    pub(crate) async fn open(hosts: &str) -> Result<Self, End> {
        let host = hosts.split(',').next().unwrap_or_default();
        let stream = within(TcpStream::connect(host)).await?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    pub(crate) async fn ask(&mut self, request: &RawRequest) -> Result<Vec<RawAnswer>, End> {
        within(self.0.write_all(&request.encode())).await?;
        let many = request.is_batch();
        let mut answers = Vec::new();
        loop {
            let body = self.frame().await?;
            let mut rest = &body[..];
            while !rest.is_empty() {
                let message;
                (message, rest) = Message::decode_first(rest)?;
                let last = message.header.info3.contains(Info3::LAST);
                // The message that ends a batch says nothing but that.
                if !(many && last && message.header.result_code == 0) {
                    answers.push(RawAnswer::decode(&message)?);
                }
                if last || !many {
                    answers.sort_by_key(|answer| answer.header.transaction_ttl);
                    return Ok(answers);
                }
            }
        }
    }

    async fn frame(&mut self) -> Result<Vec<u8>, End> {
        let mut header = [0; FrameHeader::SIZE];
        within(self.0.read_exact(&mut header)).await?;
        let header = FrameHeader::decode(header);
        if header.frame_type != FrameType::MESSAGE {
            return Err(End::failed(format_args!(
                "answered with a frame of type {}",
                header.frame_type.0
            )));
        }
        let mut body = Vec::new();
        let read = within((&mut self.0).take(header.size).read_to_end(&mut body)).await?;
        match read as u64 == header.size {
            true => Ok(body),
            false => Err(End::failed("the connection was closed within an answer")),
        }
    }
}

async fn within<T>(waiting: impl Future<Output = io::Result<T>>) -> Result<T, End> {
    match timeout(PATIENCE, waiting).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(End::failed(format_args!(
            "nothing within {} seconds",
            PATIENCE.as_secs()
        ))),
    }
}
