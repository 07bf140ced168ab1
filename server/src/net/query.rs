//! Queries go on step by step, and between two steps everybody else has a turn.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use super::Shared;
use crate::command::{Query, Step};
use crate::request_log::Pending;
use crate::state::JobEnd;

/// Carries out a query on the connection that it came from. `out` is empty before and behind it.
///
/// # Errors
/// When the stream fails, and when the peer leaves unread what it was sent for longer than the query allows.
pub(super) async fn answer<S: AsyncWrite + Unpin>(
    shared: &Shared,
    stream: &mut S,
    mut query: Box<Query>,
    out: &mut BytesMut,
    mut pending: Option<Pending<'_>>,
) -> io::Result<()> {
    loop {
        let step = query.step(&shared.split.of(query.node()), shared.clock.now(), out);
        if let Some(mut recorded) = pending.take() {
            recorded.answered(out);
            // Before the client has the last of the answer, so that it finds it in the journal.
            match step {
                Step::Done => recorded.end(),
                Step::More | Step::Wait(_) => pending = Some(recorded),
            }
        }
        if let Err(error) = write_all(stream, out, query.socket_timeout()).await {
            let end = match error.kind() {
                io::ErrorKind::TimedOut => JobEnd::ResponseTimeout,
                _ => JobEnd::ResponseError,
            };
            query.abandon(&shared.state, end);
            return Err(error);
        }
        match step {
            Step::More => yield_now().await,
            Step::Wait(duration) => sleep(duration).await,
            Step::Done => return Ok(()),
        }
    }
}

/// Carries out a query that answers nobody, for as long as the runtime runs.
pub(super) fn run(shared: Arc<Shared>, mut query: Box<Query>) {
    tokio::spawn(async move {
        let mut nothing = BytesMut::new();
        loop {
            let step = query.step(&shared.split.of(query.node()), shared.clock.now(), &mut nothing);
            match step {
                Step::More => yield_now().await,
                Step::Wait(duration) => sleep(duration).await,
                Step::Done => return,
            }
        }
    });
}

/// Writes all of a buffer and empties it; the peer may take any of it for `limit`, not all.
async fn write_all<S: AsyncWrite + Unpin>(
    stream: &mut S,
    out: &mut BytesMut,
    limit: Option<Duration>,
) -> io::Result<()> {
    while out.has_remaining() {
        let written = match limit {
            Some(limit) => timeout(limit, stream.write(out)).await??,
            None => stream.write(out).await?,
        };
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        out.advance(written);
    }
    Ok(())
}
