//! Batches: commands on many records in one message. Each row is executed like a single command.
//!
//! A batch with few rows ends with its frame. A longer one is a [task](super::task): a step executes some of its rows, and the
//! other connections are served in between, as on the real server.

use bytes::BytesMut;
use spikelet_wire::batch::{BatchFlags, BatchRequest, Row, RowContent, RowPosition};
use spikelet_wire::frame::OpenFrame;
use spikelet_wire::{Digest, FrameType, Header, Info1, Info2, Info3, ResultCode, message};

use super::record::filter::Filter;
use super::record::mask::Masks;
use super::record::offloaded::{Finished, Offloaded};
use super::record::reply::Reply;
use super::record::request::{Fields, Request};
use super::record::{self, Access, proxy};
use super::security::permit;
use super::step::Step;
use crate::clock::Now;
use crate::ops::exp::Expression;
use crate::refusal::{Denied, Part, Refusal};
use crate::state::{CommandCounters, Session, State, add};
use crate::store::{Namespace, Waiting};

/// The approximate size of a frame of rows, in bytes.
const FRAME: usize = 128 * 1024;
/// The number of rows that a step executes.
const ROWS: usize = 256;

/// Begins a batch. Returns it if it has not ended.
pub(super) fn batch(state: &State, now: Now, session: &mut Session, body: &[u8], out: &mut BytesMut) -> Option<Batch> {
    add(&session.stats.batch_index_initiate, 1);
    if let Some(security) = state.security()
        && let Err(denied) = security.authenticate(session)
    {
        end(session, Refusal::from(denied).result_code(), out);
        return None;
    }
    let mut progress = Progress::new(now, std::mem::take(&mut session.refused_rows));
    match progress.step(state, session, body, out) {
        Step::Done => None,
        _ => Some(Batch {
            body: body.into(),
            session: session.clone(),
            progress,
        }),
    }
}

/// Counts a batch that has ended, and writes the last message, which reports the result of the whole batch.
fn end(session: &Session, code: ResultCode, out: &mut BytesMut) {
    let ended = match code {
        ResultCode::OK => &session.stats.batch_index_complete,
        _ => &session.stats.batch_index_error,
    };
    add(ended, 1);
    message::write_header_only(
        out,
        &Header {
            info3: Info3::LAST,
            ..Header::result(code)
        },
    );
}

/// A batch that has begun and not ended.
#[derive(Debug)]
pub(super) struct Batch {
    body: Box<[u8]>,
    session: Session,
    progress: Progress,
}

impl Batch {
    pub(super) fn step(&mut self, state: &State, out: &mut BytesMut) -> Step {
        self.progress.step(state, &self.session, &self.body, out)
    }

    pub(super) const fn node(&self) -> usize {
        self.session.node
    }
}

impl Batch {
    pub(super) fn has_blocking_work(&self) -> bool {
        self.progress.offloaded.as_ref().is_some_and(Offloaded::needs_run)
    }

    /// Does the work on the next row that may take long.
    pub(super) fn run_blocking(&mut self, state: &State) {
        if let Ok(request) = BatchRequest::decode(&self.body) {
            self.progress.run(state, &self.session, &request);
        }
    }
}

/// The progress of a batch.
#[derive(Debug)]
struct Progress {
    now: Now,
    /// The rows that a fault refuses, by their positions.
    refused_rows: Vec<(usize, ResultCode)>,
    /// The passes over the rows that are still to come, after the current one.
    passes: &'static [Share],
    pass: Option<Pass>,
    answers: Answers,
    /// How the last pass ended.
    result: Result<(), ResultCode>,
    /// Set while a record is locked that the next row needs.
    waiting: Option<Waiting>,
    /// The next row, if it is an offloaded command that has begun.
    offloaded: Option<Offloaded>,
    is_begun: bool,
}

/// A pass over the rows.
#[derive(Debug, Clone, Copy)]
struct Pass {
    share: Share,
    /// The next row.
    next: RowPosition,
    /// The number of the next row.
    number: usize,
    /// The last row that had content of its own.
    content: Option<RowPosition>,
}

impl Progress {
    const fn new(now: Now, refused_rows: Vec<(usize, ResultCode)>) -> Self {
        Self {
            now,
            refused_rows,
            passes: &[],
            pass: None,
            answers: Answers::new(),
            result: Ok(()),
            waiting: None,
            offloaded: None,
            is_begun: false,
        }
    }

    /// Executes some rows; writes the last message after all rows.
    fn step(&mut self, state: &State, session: &Session, body: &[u8], out: &mut BytesMut) -> Step {
        self.waiting = None;
        let code = match BatchRequest::decode(body) {
            Ok(request) => match self.rows((state, session), &request, out) {
                Ok(step) => return step,
                Err(code) => code,
            },
            Err(_) => Refusal::Malformed(Part::Batch).result_code(),
        };
        end(session, code, out);
        Step::Done
    }

    /// # Errors
    /// The result code of the whole batch, [`ResultCode::OK`] included, after its last row.
    fn rows(
        &mut self,
        by: (&State, &Session),
        request: &BatchRequest<'_>,
        out: &mut BytesMut,
    ) -> Result<Step, ResultCode> {
        if request.batch.announced() == 0 {
            return Err(Refusal::Malformed(Part::Batch).result_code());
        }
        let parent_filter = request.filter.map(Expression::build_filter).transpose()?;
        let parent_filter = parent_filter.as_ref().map_or(Filter::None, Filter::Built);
        if !self.is_begun {
            self.is_begun = true;
            self.answers.flags = request.batch.flags;
            let inline = request.batch.flags.contains(BatchFlags::INLINE_IN_MEMORY) || request.batch.announced() == 1;
            self.passes = if inline {
                &[Share::All]
            } else {
                &[Share::Others, Share::Own]
            };
        }
        self.answers.resume(out);
        let mut left = ROWS;
        loop {
            let Some(mut pass) = self.pass.take().or_else(|| self.next_pass(request)) else {
                return Err(self.answers.end(self.result.err(), out));
            };
            match self.execute_rows(by, request, parent_filter, &mut pass, &mut left, out) {
                Ok(None) => self.result = Ok(()),
                Err(refusal) => self.result = Err(refusal.result_code()),
                Ok(Some(step)) => {
                    self.pass = Some(pass);
                    self.answers.suspend(out);
                    return Ok(step);
                }
            }
        }
    }

    fn next_pass(&mut self, request: &BatchRequest<'_>) -> Option<Pass> {
        let (share, rest) = self.passes.split_first()?;
        self.passes = rest;
        Some(Pass {
            share: *share,
            next: request.batch.rows().position(),
            number: 0,
            content: None,
        })
    }

    /// Executes rows of a pass. Returns what the batch needs before the next row; `None` after the last one.
    ///
    /// # Errors
    /// Why a row ends the batch.
    fn execute_rows(
        &mut self,
        (state, session): (&State, &Session),
        request: &BatchRequest<'_>,
        parent_filter: Filter<'_>,
        pass: &mut Pass,
        left: &mut usize,
        out: &mut BytesMut,
    ) -> Result<Option<Step>, Refusal> {
        let mut previous = content_at(request, pass.content);
        let mut rows = request.batch.rows_from(pass.next);
        let full = out.len() + FRAME;
        loop {
            pass.next = rows.position();
            if *left == 0 || out.len() > full {
                return Ok(Some(Step::More));
            }
            let Some(row) = rows.next() else {
                return Ok(None);
            };
            let row = row.map_err(|_| Refusal::Malformed(Part::BatchRow))?;
            let repeats = row.content.is_none();
            let content = row.content.or(previous).ok_or(Refusal::Malformed(Part::BatchRow))?;
            if !repeats {
                (previous, pass.content) = (row.content, Some(pass.next));
            }
            let fields = Fields::of(&content.message);
            // A row with a key cannot be repeated, since a key belongs to one record. The batch ends at such a row, and at a
            // row with an unknown namespace.
            if repeats && fields.key.is_some() {
                return Err(Refusal::Malformed(Part::BatchRow));
            }
            let namespace = state
                .namespace(fields.namespace)
                .ok_or(Refusal::Malformed(Part::BatchRow))?;
            if pass.share.has(pass.number) {
                let row = RowRequest::new(&row, content, fields, namespace, parent_filter);
                if let Some(step) = self.execute((state, session), pass.number, &row, out) {
                    return Ok(Some(step));
                }
                *left -= 1;
            }
            pass.number += 1;
        }
    }

    /// Executes a row. Returns what the batch needs first, if the row cannot be executed yet.
    fn execute(
        &mut self,
        (state, session): (&State, &Session),
        number: usize,
        row: &RowRequest<'_>,
        out: &mut BytesMut,
    ) -> Option<Step> {
        if let Some((_, code)) = self.refused_rows.iter().find(|(other, _)| *other == number) {
            self.answers
                .row(row.index, out, |reply| reply.refuse(Refusal::Code(*code)));
            return None;
        }
        let header = &row.content.message.header;
        let is_write = header.info2.contains(Info2::WRITE);
        let (node, partition) = (session.node, row.digest.partition_id());
        let proxied_to = proxy::proxied_to(state, node, row.namespace, partition, header);
        let (own, proxied_to) = (&*session.stats, proxied_to.as_deref());
        if let Some(offloaded) = self.offloaded.take() {
            let request = row.request(session, proxy::counters(row.namespace, own, proxied_to, true));
            return self.finish(row, &request, offloaded, out);
        }
        let access = record::access(row.namespace, &row.digest, is_write);
        if state.security().is_some()
            && let Err(denied) = self.permit(session, row, &access)
        {
            add(&own.of(row.namespace).batch_sub.tsvc_error, 1);
            self.answers
                .row(row.index, out, |reply| reply.refuse(Refusal::from(denied)));
            return None;
        }
        if let Err(refusal) = proxy::check_available(state, (node, own), row.namespace, partition, header, true) {
            self.answers.row(row.index, out, |reply| reply.refuse(refusal));
            return None;
        }
        if let Access::Wait(waiting) = access {
            self.waiting = Some(waiting);
            return Some(Step::Locked);
        }
        let request = row.request(session, proxy::counted(row.namespace, own, proxied_to, true));
        let begun = match access {
            Access::Busy => Err(Refusal::KeyBusy.into()),
            _ => Offloaded::begin(state, self.now, row.namespace, &request),
        };
        match begun {
            Ok(None) => self.answers.row(row.index, out, |reply| {
                record::execute(self.now, row.namespace, &request, reply)
            }),
            Ok(Some(offloaded)) => {
                self.offloaded = Some(offloaded);
                return Some(Step::More);
            }
            Err(refused) => self
                .answers
                .row(row.index, out, |reply| request.count(reply.refuse(refused))),
        }
        None
    }

    /// Checks whether the user may execute a row, and counts it.
    fn permit(&self, session: &Session, row: &RowRequest<'_>, access: &Access) -> Result<(), Denied> {
        let header = &row.content.message.header;
        permit::record(session, row.namespace, &row.fields, header)?;
        match access {
            // It is counted when it is executed.
            Access::Wait(_) => Ok(()),
            _ => permit::quota(session, self.now, header),
        }
    }

    fn finish(
        &mut self,
        row: &RowRequest<'_>,
        request: &Request<'_>,
        offloaded: Offloaded,
        out: &mut BytesMut,
    ) -> Option<Step> {
        let mut again = None;
        self.answers.row(row.index, out, |reply| {
            match offloaded.finish(row.namespace, request, reply) {
                Finished::Replied(code) => request.count(code),
                Finished::Again(offloaded) => {
                    again = Some(offloaded);
                    ResultCode::OK
                }
            }
        });
        self.offloaded = again;
        self.offloaded.is_some().then_some(Step::More)
    }

    /// Runs the offloaded command of the next row.
    fn run(&mut self, state: &State, session: &Session, request: &BatchRequest<'_>) {
        let (Some(offloaded), Some(pass)) = (&mut self.offloaded, &self.pass) else {
            return;
        };
        let Some(Ok(row)) = request.batch.rows_from(pass.next).next() else {
            return;
        };
        // The row itself, if it has content of its own.
        let Some(content) = content_at(request, pass.content) else {
            return;
        };
        let fields = Fields::of(&content.message);
        let parent_filter = request.filter.map(Expression::build_filter).transpose();
        let (Some(namespace), Ok(parent_filter)) = (state.namespace(fields.namespace), &parent_filter) else {
            return;
        };
        let parent_filter = parent_filter.as_ref().map_or(Filter::None, Filter::Built);
        let row = RowRequest::new(&row, content, fields, namespace, parent_filter);
        let request = row.request(session, proxy::counters(namespace, &session.stats, None, true));
        offloaded.run(namespace, &request, Some(row.index));
    }
}

/// The content of the row at a position.
fn content_at<'a>(request: &BatchRequest<'a>, position: Option<RowPosition>) -> Option<RowContent<'a>> {
    request.batch.rows_from(position?).next()?.ok()?.content
}

/// A row that is about to be executed.
struct RowRequest<'a> {
    index: u32,
    digest: Digest,
    content: RowContent<'a>,
    fields: Fields<'a>,
    namespace: &'a Namespace,
    filter: Filter<'a>,
}

impl<'a> RowRequest<'a> {
    /// A row with its content, which may be that of an earlier row. Its own filter takes precedence over that of the batch.
    fn new(
        row: &Row<'_>,
        content: RowContent<'a>,
        fields: Fields<'a>,
        namespace: &'a Namespace,
        parent_filter: Filter<'a>,
    ) -> Self {
        Self {
            index: row.index,
            digest: row.digest,
            content,
            fields,
            namespace,
            filter: fields.filter.map_or(parent_filter, Filter::Unread),
        }
    }

    fn request(&self, session: &Session, counted: &'a CommandCounters) -> Request<'a> {
        let mut header = self.content.message.header;
        header.info1.remove(Info1::COMPRESS_RESPONSE | Info1::XDR);
        Request {
            header,
            message: self.content.message,
            fields: self.fields,
            digest: self.digest,
            filter: self.filter,
            masks: Masks::of(self.namespace, session),
            is_background: false,
            counted,
        }
    }
}

/// Which rows a pass executes.
///
/// The real server hands the rows of a batch to its service threads in turn, unless they are executed inline. The thread that
/// reads the batch executes its own share after it has handed out all rows, and so after the rows of the other threads. This
/// server behaves as if it had two threads, the fewest that show this: every other row belongs to the other thread. The batch ends
/// with the last error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    All,
    Others,
    Own,
}

impl Share {
    const fn has(self, position: usize) -> bool {
        match self {
            Self::All => true,
            Self::Own => position.is_multiple_of(2),
            Self::Others => !position.is_multiple_of(2),
        }
    }
}

/// The replies to the rows of a batch, frame by frame.
///
/// Unless the batch requests all errors, a row that fails ends the replies. The flags of the batch decide whether the frame of that
/// row is sent. The remaining rows are executed anyway.
#[derive(Debug)]
struct Answers {
    flags: BatchFlags,
    frame: Option<OpenFrame>,
    /// The open frame, between two steps.
    suspended: Option<BytesMut>,
    frame_error: Option<ResultCode>,
    error: Option<ResultCode>,
}

impl Answers {
    const fn new() -> Self {
        Self {
            flags: BatchFlags::empty(),
            frame: None,
            suspended: None,
            frame_error: None,
            error: None,
        }
    }

    /// Removes the open frame from `out`, which then holds whole frames.
    fn suspend(&mut self, out: &mut BytesMut) {
        self.suspended = self.frame.take().map(|frame| frame.suspend(out));
    }

    fn resume(&mut self, out: &mut BytesMut) {
        if let Some(suspended) = self.suspended.take() {
            self.frame = Some(OpenFrame::resume(&suspended, out));
        }
    }

    fn row(&mut self, index: u32, out: &mut BytesMut, execute: impl FnOnce(&mut Reply<'_>) -> ResultCode) {
        if self.frame.as_ref().is_some_and(|frame| frame.body_size(out) > FRAME) {
            self.end_frame(out);
        }
        if self.frame.is_none() {
            self.frame = Some(OpenFrame::begin(out));
        }
        let code = execute(&mut Reply::row(out, index));
        let is_error = !matches!(code, ResultCode::OK | ResultCode::NOT_FOUND | ResultCode::FILTERED_OUT);
        if is_error && !self.flags.contains(BatchFlags::REPORT_ALL_ERRORS) {
            if self.flags.contains(BatchFlags::REPORT_ERROR_RECORD) {
                self.frame_error = Some(code);
            } else {
                self.error = Some(code);
            }
        }
    }

    /// Ends the last frame and returns the result code of the whole batch. `cut` is the result code of a batch that ended
    /// early.
    fn end(&mut self, cut: Option<ResultCode>, out: &mut BytesMut) -> ResultCode {
        self.error = cut.or(self.error);
        self.end_frame(out);
        self.error.unwrap_or(ResultCode::OK)
    }

    fn end_frame(&mut self, out: &mut BytesMut) {
        let Some(frame) = self.frame.take() else {
            return;
        };
        if self.error.is_some() {
            frame.abandon(out);
        } else {
            frame.finish(FrameType::MESSAGE, out);
            self.error = self.frame_error.take();
        }
    }
}
