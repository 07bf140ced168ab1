//! The connection for raw requests.

use std::io;
use std::time::Duration;

use spikelet_wire::{FrameHeader, FrameType, Info3, Message};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::request::RawRequest;
use super::response::RawResponse;
use crate::outcome::NotPassed;

/// How long a server may take to respond.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection over which raw requests are sent.
#[derive(Debug)]
pub(crate) struct Connection(TcpStream);

impl Connection {
    pub(crate) async fn open(hosts: &str) -> Result<Self, NotPassed> {
        let host = hosts.split(',').next().unwrap_or_default();
        let stream = with_timeout(TcpStream::connect(host)).await?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    pub(crate) async fn send(&mut self, request: &RawRequest) -> Result<Vec<RawResponse>, NotPassed> {
        with_timeout(self.0.write_all(&request.encode())).await?;
        let many = request.is_batch();
        let mut responses = Vec::new();
        loop {
            let body = self.frame().await?;
            let mut rest = &body[..];
            while !rest.is_empty() {
                let message;
                (message, rest) = Message::decode_first(rest)?;
                let last = message.header.info3.contains(Info3::LAST);
                // The final message of a batch carries no other information.
                if !(many && last && message.header.result_code == 0) {
                    responses.push(RawResponse::decode(&message)?);
                }
                if last || !many {
                    responses.sort_by_key(|response| response.header.transaction_ttl);
                    return Ok(responses);
                }
            }
        }
    }

    async fn frame(&mut self) -> Result<Vec<u8>, NotPassed> {
        let mut header = [0; FrameHeader::SIZE];
        with_timeout(self.0.read_exact(&mut header)).await?;
        let header = FrameHeader::decode(header);
        if header.frame_type != FrameType::MESSAGE {
            return Err(NotPassed::failed(format_args!(
                "the response is a frame of type {}",
                header.frame_type.0
            )));
        }
        let mut body = Vec::new();
        let read = with_timeout((&mut self.0).take(header.size).read_to_end(&mut body)).await?;
        match read as u64 == header.size {
            true => Ok(body),
            false => Err(NotPassed::failed(
                "the connection was closed in the middle of a response",
            )),
        }
    }
}

async fn with_timeout<T>(waiting: impl Future<Output = io::Result<T>>) -> Result<T, NotPassed> {
    match timeout(RESPONSE_TIMEOUT, waiting).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(NotPassed::failed(format_args!(
            "no response within {} seconds",
            RESPONSE_TIMEOUT.as_secs()
        ))),
    }
}
