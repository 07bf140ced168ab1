//! Info requests: names out, lines of `name<tab>value` in.

use std::time::Duration;

use bytes::BytesMut;
use spikelet_wire::{DecodeError, FrameType, frame, info};

use super::connection::{Connection, ConnectionError, Receive};

/// How the whole reply to an info request begins on a connection that is not logged in.
pub(super) const NOT_AUTHENTICATED: &str = "ERROR:80:";

/// The frame of a request for info values.
pub(crate) fn info_frame(names: &[&str]) -> BytesMut {
    let mut frame = BytesMut::new();
    frame::write(&mut frame, FrameType::INFO, (names.join("\n") + "\n").as_bytes());
    frame
}

/// The value of a name in an info reply.
pub(crate) fn info_value<'a>(reply: &'a str, name: &str) -> Option<&'a str> {
    info::answers(reply).find(|(n, _)| *n == name).map(|(_, value)| value)
}

/// Requests info values on a connection and returns the text of the reply.
pub(super) async fn request(
    connection: &mut Connection,
    names: &[&str],
    socket_timeout: Duration,
) -> Result<String, ConnectionError> {
    connection.send(&info_frame(names), &mut false).await?;
    InfoText { socket_timeout }.receive(connection).await
}

/// Receives the text of an info reply.
pub(crate) struct InfoText {
    pub(crate) socket_timeout: Duration,
}

impl Receive for InfoText {
    type Reply = String;

    async fn receive(self, connection: &mut Connection) -> Result<String, ConnectionError> {
        let body = connection.receive(FrameType::INFO, self.socket_timeout).await?;
        String::from_utf8(body.into()).map_err(|_| DecodeError::new("info that is not UTF-8", 0).into())
    }
}
