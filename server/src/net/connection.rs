//! One connection: reads frames, executes them, and writes the replies.
//!
//! All whole frames that were read together are executed before their replies are written, in one write.

use std::sync::Arc;

use bytes::{Buf, BytesMut};
use spikelet_wire::{FrameHeader, FrameType};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::task::yield_now;

use super::task::{self, Workers};
use super::{Shared, compression, fault, journal};
use crate::clock::Clock;
use crate::command::{self, Compression, Flow};
use crate::fault_rules::{Then, Verdict};
use crate::request_log::{Ending, Pending};
use crate::state::{CurrentMillisecond, Session};

/// How much a new connection reads at once, in bytes.
const FIRST_READ: usize = 4 * 1024;
/// The capacity that an empty buffer keeps, and the largest read while requests are small, in bytes.
const KEPT: usize = 64 * 1024;
/// The largest read within a large request, in bytes.
const LARGEST_READ: usize = 256 * 1024;
/// The capacity from which a buffer takes milliseconds to free, in bytes.
const LARGE: usize = 4 * 1024 * 1024;
/// How many bytes of replies may wait to be written before no further frame is executed.
const UNWRITTEN: usize = 256 * 1024;

/// A connection with its session and its stream.
pub(super) struct Connection<'e, S> {
    pub(super) shared: &'e Arc<Shared>,
    pub(super) session: &'e mut Session,
    pub(super) stream: S,
    /// The journal entry of the last frame, if the request is not over.
    pub(super) pending: Option<Pending<'e>>,
    /// Where tasks do their work.
    pub(super) workers: Workers,
    /// Whether the faults were evaluated for the next frame already: it waits for a locked record, or for the hash of a password.
    pub(super) is_evaluated: bool,
    /// How to compress the last answer, and where in the buffer of replies it begins.
    pub(super) compression: Option<(Compression, usize)>,
}

/// Why no further frame is executed for now.
enum Pause {
    /// The next frame has not arrived whole.
    Input,
    /// Too many bytes wait to be written.
    Output,
    /// The last frame asks for more than a reply.
    State(Flow),
    /// The next frame has to wait until the current millisecond is over.
    Clock,
    /// A fault fires on the next frame.
    Fault(Verdict),
    /// The next frame is compressed.
    Compressed,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<'_, S> {
    /// Serves the connection until either side ends it.
    ///
    /// # Errors
    /// When the stream fails, as it does when the peer is gone.
    pub(super) async fn serve(mut self) -> std::io::Result<()> {
        let (mut input, mut out) = (BytesMut::new(), BytesMut::new());
        // The message of a compressed frame, while it is handled.
        let mut decompressed = BytesMut::new();
        let mut at_once = FIRST_READ;
        let mut unlocked = None;
        loop {
            let is_decompressed = !decompressed.is_empty();
            let frames = if is_decompressed { &mut decompressed } else { &mut input };
            let mut pause = self.handle(frames, is_decompressed, &mut out);
            let compression = self.compression.take();
            if let Some((compression, from)) = &compression {
                compression::compress(self.workers, compression, &mut out, *from).await;
            }
            match pause {
                Pause::Compressed => {
                    decompressed = compression::decompress(self.workers, &mut input).await;
                    continue;
                }
                Pause::Input if is_decompressed => continue,
                Pause::State(Flow::Continue) => continue,
                _ => {}
            }
            let mut background = None;
            if let Pause::State(flow @ Flow::Background(_)) = &mut pause
                && let Flow::Background(task) = std::mem::replace(flow, Flow::Continue)
            {
                background = task::begin(self.shared, self.workers, task).await?;
            }
            if !out.is_empty() {
                // A client that reads that a node is gone must no longer be able to reach it.
                if !self.shared.nodes.is_settled() {
                    self.shared.nodes.settle().await;
                }
                self.stream.write_all(&out).await?;
                // TLS may keep the last bytes until then.
                self.stream.flush().await?;
                reset(&mut out);
            }
            if let Some(background) = background {
                task::run(background, self.workers);
            }
            match pause {
                Pause::Output | Pause::Compressed | Pause::State(Flow::Continue) => {}
                Pause::Clock => {
                    next_millisecond(&self.shared.clock).await;
                    self.session.current_millisecond = CurrentMillisecond::Over;
                }
                Pause::Input => {
                    if input.is_empty() && input.capacity() > LARGE {
                        task::free(std::mem::take(&mut input), self.workers);
                    }
                    make_room(&mut input, at_once);
                    if self.stream.read_buf(&mut input).await? == 0 {
                        return Ok(());
                    }
                    if input.len() == input.capacity() {
                        at_once = (at_once * 2).min(KEPT);
                    }
                    // A peer that sends a large frame always has more to read.
                    if input.len() > KEPT {
                        yield_now().await;
                    }
                }
                Pause::State(Flow::Task(task)) => {
                    let recorded = (self.pending.take(), compression.map(|(compression, _)| compression));
                    task::answer(self.shared, self.workers, &mut self.stream, task, &mut out, recorded).await?;
                    reset(&mut out);
                }
                Pause::State(Flow::Background(_)) => {}
                Pause::State(Flow::Locked(waiting)) => {
                    // The first retry is at once: the record may have been unlocked before this notification was made.
                    let next = Box::pin(self.shared.unlocked.notified());
                    if let Some(unlocked) = unlocked.replace(next) {
                        unlocked.await;
                    }
                    drop(waiting);
                }
                Pause::State(Flow::Unhashed(password)) => task::hash(self.workers, password).await?,
                Pause::State(Flow::Close) => {
                    self.shared.reaper.pass().await;
                    return Ok(());
                }
                Pause::State(Flow::Ignore) => {
                    drop((input, out));
                    return discard(self.stream).await;
                }
                Pause::Fault(verdict) => match fault::execute(
                    self.shared,
                    (&mut *self.session, &mut self.stream, self.workers),
                    verdict,
                    if is_decompressed { &mut decompressed } else { &mut input },
                    &mut out,
                )
                .await?
                {
                    Then::Serve => self.session.current_millisecond = CurrentMillisecond::Included,
                    Then::Silence => {
                        drop((input, out));
                        return discard(self.stream).await;
                    }
                    Then::Close | Then::Reset => return self.stream.shutdown().await,
                },
            }
        }
    }

    /// Whether a request has to wait until the current millisecond is over: a truncation removes what was written before it and
    /// keeps what is written after it, and last update times are in milliseconds.
    fn must_wait(&self, body: &[u8]) -> bool {
        self.session.current_millisecond == CurrentMillisecond::Included
            && !self.shared.clock.is_frozen()
            && command::truncates_up_to_now(body)
    }

    /// Executes the whole frames of `input`, and removes them from it.
    /// `is_decompressed` tells that they were compressed.
    fn handle(&mut self, input: &mut BytesMut, is_decompressed: bool, out: &mut BytesMut) -> Pause {
        let mut now = self.shared.clock.now();
        let mut turn = self.shared.turn();
        let (mut at, mut looked_up) = (0, 0);
        let pause = loop {
            if out.len() >= UNWRITTEN {
                break Pause::Output;
            }
            let rest = input.get(at..).unwrap_or_default();
            let Some((header, behind)) = rest.split_first_chunk::<{ FrameHeader::SIZE }>() else {
                break Pause::Input;
            };
            let header = FrameHeader::decode(*header);
            if !command::accepts(header) {
                if is_client_hello(rest) {
                    tracing::warn!(
                        peer = ?self.session.peer,
                        node = self.session.node,
                        "the client speaks TLS: disable TLS in the client, or connect it to the port with TLS"
                    );
                }
                break Pause::State(Flow::Close);
            }
            let Some(body) = usize::try_from(header.size).ok().and_then(|size| behind.get(..size)) else {
                break Pause::Input;
            };
            if header.frame_type == FrameType::INFO && self.must_wait(body) {
                break Pause::Clock;
            }
            if header.frame_type == FrameType::COMPRESSED && self.shared.compresses && !is_decompressed {
                break Pause::Compressed;
            }
            if !self.is_evaluated
                && let Some(faults) = self.shared.armed_faults()
            {
                let user = self.session.user().map(|user| &**user);
                let verdict = faults.evaluate(self.shared.node_id(self.session.node), user, header, body);
                if !verdict.is_nothing() {
                    break Pause::Fault(verdict);
                }
            }
            let next = at + FrameHeader::SIZE + body.len();
            if looked_up < next && next < input.len() {
                looked_up = at + turn.look_up(self.session, rest);
            }
            let answer_at = out.len();
            let flow = turn.handle(now, self.session, header, body, out);
            self.is_evaluated = matches!(flow, Flow::Locked(_) | Flow::Unhashed(_));
            if self.is_evaluated {
                break Pause::State(flow);
            }
            self.session.current_millisecond = CurrentMillisecond::Included;
            at = next;
            if self.shared.journal.is_on() {
                // A journal subscriber may change the subclusters.
                turn = self.shared.turn();
                let answer = out.get(answer_at..).unwrap_or_default();
                let arrived = journal::arrived(self.shared, self.session, now, (header, body));
                let ending = Ending::of(journal::ended_by(&flow));
                self.pending = self.shared.journal.record(&arrived, answer, ending);
            }
            if self.shared.compresses
                && let Some(compression) = turn.compression(self.session, header, body)
            {
                self.compression = Some((compression, answer_at));
                break Pause::State(flow);
            }
            match flow {
                // An info command may have changed the time.
                Flow::Continue if header.frame_type == FrameType::INFO => now = self.shared.clock.now(),
                Flow::Continue => {}
                flow => break Pause::State(flow),
            }
        };
        input.advance(at);
        pause
    }
}

/// Waits until the current millisecond of the clock is over, unless the clock is frozen meanwhile.
async fn next_millisecond(clock: &Clock) {
    let now = clock.now();
    while clock.now() == now && !clock.is_frozen() {
        // A timer has no finer unit, and would move a paused clock of tokio.
        yield_now().await;
    }
}

/// Whether these are the first bytes of a TLS handshake: the type of the record, its major version, the type of the message.
fn is_client_hello(bytes: &[u8]) -> bool {
    matches!(bytes, [22, 3, _, _, _, 1, ..])
}

/// Makes room for the next read: `at_once` bytes, or as many as have arrived of an unfinished frame. The size that the frame
/// announces does not count.
fn make_room(input: &mut BytesMut, at_once: usize) {
    if input.is_empty() {
        reset(input);
    }
    let room = input.len().clamp(at_once, LARGEST_READ);
    if input.capacity() - input.len() < room / 2 {
        input.reserve(room);
    }
}

/// Empties a buffer, and frees the memory that a large frame made it allocate.
fn reset(buffer: &mut BytesMut) {
    buffer.clear();
    if buffer.capacity() > KEPT {
        *buffer = BytesMut::new();
    }
}

/// Reads without replying until the peer ends the connection.
async fn discard<S: AsyncRead + Unpin>(mut stream: S) -> std::io::Result<()> {
    let mut ignored = [0; 64];
    while stream.read(&mut ignored).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;
    use tokio::runtime::Builder;

    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::net::Nodes;
    use crate::request_log::Log;
    use crate::state::State;

    /// A request of over 300 KiB, an unfinished one behind it, and an end: through a pipe that holds 100 bytes.
    #[test]
    fn it_serves_any_stream_to_its_end() {
        let shared = Arc::new(Shared::new(
            State::new(Config::default()),
            Clock::default(),
            None,
            Log::default(),
            Nodes::default(),
        ));
        let text = "status\n".repeat(50_000);
        let mut request = BytesMut::new();
        spikelet_wire::frame::write(&mut request, spikelet_wire::FrameType::INFO, text.as_bytes());
        request.extend_from_slice(&[2, 1, 0]);

        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let (answer, served) = runtime.block_on(async {
            let (peer, stream) = duplex(100);
            let connection = Connection {
                shared: &shared,
                session: &mut shared.state.connect(0, None),
                stream,
                pending: None,
                workers: Workers::Inline,
                is_evaluated: false,
                compression: None,
            };
            let (mut reading, mut writing) = tokio::io::split(peer);
            let ask = async {
                writing.write_all(&request).await.unwrap();
                writing.shutdown().await.unwrap();
            };
            let read = async {
                let mut answer = Vec::new();
                reading.read_to_end(&mut answer).await.unwrap();
                answer
            };
            let ((), answer, served) = tokio::join!(ask, read, connection.serve());
            (answer, served)
        });
        assert!(served.is_ok(), "{served:?}");
        assert_eq!(answer.len(), FrameHeader::SIZE + 50_000 * "status\tok\n".len());
    }

    #[test]
    fn room_grows_with_what_has_arrived_and_is_given_back() {
        let mut input = BytesMut::new();
        make_room(&mut input, FIRST_READ);
        assert!((FIRST_READ..2 * FIRST_READ).contains(&input.capacity()));
        for arrived in [100_000, 200_000, 400_000, 800_000] {
            input.resize(arrived, 0);
            make_room(&mut input, FIRST_READ);
            let room = input.capacity() - input.len();
            assert!(
                (FIRST_READ / 2..=arrived.max(LARGEST_READ)).contains(&room),
                "{room} behind {arrived}"
            );
        }
        input.clear();
        make_room(&mut input, FIRST_READ);
        assert!(input.capacity() <= KEPT);
    }
}
