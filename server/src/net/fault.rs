//! Executes faults: delays, refusals, lost and damaged replies, closed connections.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use spikelet_wire::FrameHeader;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::sleep;

use super::journal::{self, FaultedRequest};
use super::task::{self, Workers};
use super::{Shared, compression};
use crate::command::Flow;
use crate::fault_rules::{Action, Noise, Then, Verdict};
use crate::request_log::Ended;
use crate::state::Session;

/// How many bytes of a reply are damaged at a time.
const AT_ONCE: usize = 4 * 1024;

/// Executes the verdict of the faults on the first frame of `input`, and removes the frame. `out` is empty before; the caller
/// sends what it holds afterwards.
///
/// # Errors
/// When the stream fails.
pub(super) async fn execute<S: AsyncRead + AsyncWrite + Unpin>(
    shared: &Arc<Shared>,
    (session, stream, workers): (&mut Session, &mut S, Workers),
    verdict: Verdict,
    input: &mut BytesMut,
    out: &mut BytesMut,
) -> io::Result<Then> {
    let (header, body) = take_frame(input);
    let arrived = journal::arrived(shared, session, shared.clock.now(), (header, &body));
    let mut faulted = FaultedRequest::new(shared, arrived, verdict.by);
    if !verdict.delay.is_zero() {
        faulted.waits();
        sleep(verdict.delay).await;
    }
    let (sent, noise, then) = match verdict.action {
        Action::Refuse(refusal) => {
            refusal.write(&body, out);
            faulted.ended(out, Ended::Answered);
            return Ok(Then::Serve);
        }
        Action::Drop(then) => {
            faulted.ended(&[], journal::ended(then));
            return Ok(then);
        }
        Action::Execute => (usize::MAX, None, Then::Serve),
        Action::DamageReply { sent, noise, then } => (sent, noise, then),
    };
    session.refused_rows = verdict.rows;
    let flow = loop {
        // Made before the request, so that no record is unlocked in between.
        let unlocked = shared.unlocked.notified();
        let now = shared.clock.now();
        let flow = shared.turn().handle(now, session, header, &body, out);
        match flow {
            Flow::Locked(_waiting) => unlocked.await,
            Flow::Unhashed(password) => task::hash(workers, password).await?,
            flow => break flow,
        }
    };
    let ended = match journal::ended_by(&flow) {
        Ended::Answered => journal::ended(then),
        other => other,
    };
    let pending = faulted.ended(out, ended);
    let compression = match shared.compresses {
        true => shared.turn().compression(session, header, &body),
        false => None,
    };
    if let Some(compression) = &compression {
        compression::compress(workers, compression, out, 0).await;
    }
    // A client that reads that a node is gone must no longer be able to reach it.
    shared.nodes.settle().await;
    let mut stream = DamagedStream {
        stream,
        at: 0,
        sent,
        noise,
    };
    stream.write_all(out).await?;
    stream.flush().await?;
    out.clear();
    match flow {
        Flow::Continue | Flow::Locked(_) | Flow::Unhashed(_) => {}
        Flow::Task(task) => {
            let pending = pending.map(|pending| pending.ending(journal::ended(then)));
            task::answer(shared, workers, &mut stream, task, out, (pending, compression)).await?;
            out.clear();
        }
        Flow::Background(task) => {
            if let Some(task) = task::begin(shared, workers, task).await? {
                task::run(task, workers);
            }
        }
        Flow::Close => {
            shared.reaper.pass().await;
            return Ok(Then::Close);
        }
        Flow::Ignore => return Ok(Then::Silence),
    }
    Ok(then)
}

/// Removes the first frame, which is whole.
fn take_frame(input: &mut BytesMut) -> (FrameHeader, BytesMut) {
    let Some(header) = input.first_chunk::<{ FrameHeader::SIZE }>() else {
        return (FrameHeader::decode([0; FrameHeader::SIZE]), BytesMut::new());
    };
    let header = FrameHeader::decode(*header);
    input.advance(FrameHeader::SIZE);
    let size = usize::try_from(header.size).unwrap_or(usize::MAX);
    (header, input.split_to(size.min(input.len())))
}

/// Returns the stream of a new connection if no fault refuses it. Otherwise ends the connection, with `reset` if the fault
/// requests that, and records it in the journal.
pub(super) async fn admit<S: AsyncRead + Unpin>(
    shared: &Shared,
    node: usize,
    peer: Option<SocketAddr>,
    mut stream: S,
    reset: impl FnOnce(&S),
) -> Option<S> {
    let Some(faults) = shared.armed_faults() else {
        return Some(stream);
    };
    let verdict = faults.evaluate_connection(shared.node_id(node));
    let then = verdict.action.then();
    let is_refused = then != Then::Serve;
    let mut refused =
        is_refused.then(|| FaultedRequest::new(shared, journal::connecting(shared, node, peer), verdict.by));
    if !verdict.delay.is_zero() {
        refused.iter_mut().for_each(FaultedRequest::waits);
        sleep(verdict.delay).await;
    }
    if let Some(refused) = refused {
        refused.ended(&[], journal::ended(then));
    }
    match then {
        Then::Serve => return Some(stream),
        Then::Silence => {
            let mut ignored = [0; 64];
            while stream.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
        }
        Then::Close => {}
        Then::Reset => reset(&stream),
    }
    None
}

/// A stream that sends only the first bytes of what is written to it, and damages them if the fault requests that.
struct DamagedStream<'s, S> {
    stream: &'s mut S,
    /// How many bytes were written to it.
    at: usize,
    /// How many of them are sent on.
    sent: usize,
    noise: Option<Noise>,
}

impl<S: AsyncWrite + Unpin> AsyncWrite for DamagedStream<'_, S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let left = this.sent.saturating_sub(this.at);
        let written = match (bytes.get(..left).unwrap_or(bytes), this.noise) {
            ([], _) => bytes.len(),
            (bytes, None) => ready!(Pin::new(&mut *this.stream).poll_write(context, bytes))?,
            (bytes, Some(noise)) => {
                let mut damaged = bytes.get(..AT_ONCE).unwrap_or(bytes).to_vec();
                noise.corrupt(this.at, &mut damaged);
                ready!(Pin::new(&mut *this.stream).poll_write(context, &damaged))?
            }
        };
        this.at = this.at.saturating_add(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.get_mut().stream).poll_shutdown(context)
    }
}
