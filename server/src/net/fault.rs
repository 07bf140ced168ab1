//! Faults are carried out here: what they let wait, lose, close and damage.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use spikelet_wire::FrameHeader;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::sleep;

use super::connection::Connection;
use super::{Shared, note, query};
use crate::command::Flow;
use crate::fault::{Fate, Noise, Then, Verdict};
use crate::journal::{Ended, Ending};

/// How much of a reply is damaged at a time, in bytes.
const AT_ONCE: usize = 4 * 1024;

/// Has what the faults decided befall the first frame of `input`, and takes it out of there; a frame that is handled as usual
/// stays, so that it is handled next. `out` is sent before the next frame is.
///
/// # Errors
/// When the stream fails.
pub(super) async fn carry_out<S: AsyncRead + AsyncWrite + Unpin>(
    connection: &mut Connection<'_, S>,
    verdict: Verdict,
    input: &mut BytesMut,
    out: &mut BytesMut,
) -> io::Result<Then> {
    if !verdict.delay.is_zero() {
        sleep(verdict.delay).await;
    }
    let (shared, fault) = (connection.shared, verdict.by);
    let now = shared.clock.now();
    match verdict.fate {
        Fate::Handled => {
            connection.struck_by = fault;
            connection.session.struck_rows = verdict.rows;
            connection.is_judged = true;
            Ok(Then::Serve)
        }
        Fate::Refused(refusal) => {
            let (header, body) = take_frame(input);
            refusal.write(&body, out);
            let ended = Ended::Answered;
            note::note(
                shared,
                connection.session,
                (now, header, &body),
                out,
                Ending { ended, fault },
            );
            Ok(Then::Serve)
        }
        Fate::Lost(then) => {
            let (header, body) = take_frame(input);
            let ended = note::ended(then);
            note::note(
                shared,
                connection.session,
                (now, header, &body),
                &[],
                Ending { ended, fault },
            );
            Ok(then)
        }
        Fate::Spoiled { sent, noise, then } => {
            connection.session.struck_rows = verdict.rows;
            let (header, body) = take_frame(input);
            let flow = shared.engine.handle(now, connection.session, header, &body, out);
            let mut ending = note::ending(&flow, fault);
            if ending.ended == Ended::Answered {
                ending.ended = note::ended(then);
            }
            let pending = note::note(shared, connection.session, (now, header, &body), out, ending);
            let pending = pending.map(|pending| pending.ending(note::ended(then)));
            let mut stream = Spoiled {
                stream: &mut connection.stream,
                at: 0,
                sent,
                noise,
            };
            stream.write_all(out).await?;
            out.clear();
            match flow {
                Flow::Continue => Ok(then),
                Flow::Query(query) => {
                    query::answer(shared, &mut stream, query, out, pending).await?;
                    out.clear();
                    Ok(then)
                }
                Flow::Background(query) => {
                    query::run(Arc::clone(shared), query);
                    Ok(then)
                }
                Flow::Close => Ok(Then::Close),
                Flow::Ignore => Ok(Then::Silence),
            }
        }
    }
}

/// Takes out the first frame, which is whole.
fn take_frame(input: &mut BytesMut) -> (FrameHeader, BytesMut) {
    let Some(header) = input.first_chunk::<{ FrameHeader::SIZE }>() else {
        return (FrameHeader::decode([0; FrameHeader::SIZE]), BytesMut::new());
    };
    let header = FrameHeader::decode(*header);
    input.advance(FrameHeader::SIZE);
    let size = usize::try_from(header.size).unwrap_or(usize::MAX);
    (header, input.split_to(size.min(input.len())))
}

/// Asks the faults whether a connection is served, and gives it back if so; it is ended otherwise, by `reset` where that is
/// what they ask for.
pub(super) async fn admit<S: AsyncRead + Unpin>(
    shared: &Shared,
    node: usize,
    mut stream: S,
    reset: impl FnOnce(&S),
) -> Option<S> {
    let Some(faults) = shared.armed_faults() else {
        return Some(stream);
    };
    let verdict = faults.judge_connection(shared.node_id(node));
    if !verdict.delay.is_zero() {
        sleep(verdict.delay).await;
    }
    match verdict.fate.then() {
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

/// A stream that sends no more than the beginning of what is written to it, and that not as it was.
struct Spoiled<'s, S> {
    stream: &'s mut S,
    /// How many bytes were written.
    at: usize,
    /// How many of them are sent.
    sent: usize,
    noise: Option<Noise>,
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Spoiled<'_, S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let left = this.sent.saturating_sub(this.at);
        let written = match (bytes.get(..left).unwrap_or(bytes), this.noise) {
            ([], _) => bytes.len(),
            (bytes, None) => ready!(Pin::new(&mut *this.stream).poll_write(context, bytes))?,
            (bytes, Some(noise)) => {
                let mut spoiled = bytes.get(..AT_ONCE).unwrap_or(bytes).to_vec();
                noise.spoil(this.at, &mut spoiled);
                ready!(Pin::new(&mut *this.stream).poll_write(context, &spoiled))?
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
