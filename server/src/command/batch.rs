//! Batches: commands on many records in one message, each row carried out as if it had come alone.

use bytes::BytesMut;
use spikelet_wire::batch::{BatchFlags, BatchRequest, RowContent};
use spikelet_wire::frame::OpenFrame;
use spikelet_wire::{FrameType, Header, Info1, Info2, Info3, ResultCode, message};

use super::record::filter::Filter;
use super::record::reply::Reply;
use super::record::request::{Fields, Request};
use super::record::{self, proxy};
use crate::clock::Now;
use crate::ops::exp::Expression;
use crate::refusal::{Part, Refusal};
use crate::state::{Session, State, add};

/// Rows are answered in frames of about this size.
const FRAME: usize = 128 * 1024;

/// Carries out a batch.
pub(super) fn batch(state: &State, now: Now, session: &mut Session, body: &[u8], out: &mut BytesMut) {
    add(&session.stats.batch_index_initiate, 1);
    let refused_rows = std::mem::take(&mut session.refused_rows);
    let code = match BatchRequest::decode(body) {
        Ok(request) => rows((state, session), now, &request, &refused_rows, out),
        Err(_) => Refusal::Malformed(Part::Batch).result_code(),
    };
    let ended = match code {
        ResultCode::OK => &session.stats.batch_index_complete,
        _ => &session.stats.batch_index_error,
    };
    add(ended, 1);
    // One last message says how the batch went as a whole.
    message::write_header_only(
        out,
        &Header {
            info3: Info3::LAST,
            ..Header::result(code)
        },
    );
}

fn rows(
    by: (&State, &Session),
    now: Now,
    request: &BatchRequest<'_>,
    refused_rows: &[(usize, ResultCode)],
    out: &mut BytesMut,
) -> ResultCode {
    if request.batch.announced() == 0 {
        return Refusal::Malformed(Part::Batch).result_code();
    }
    let parent_filter = match request.filter.map(Expression::build_filter).transpose() {
        Ok(filter) => filter,
        Err(code) => return code,
    };
    let parent_filter = parent_filter.as_ref().map_or(Filter::None, Filter::Built);
    let mut answers = Answers::begin(request.batch.flags, out);
    let inline = request.batch.flags.contains(BatchFlags::INLINE_IN_MEMORY) || request.batch.announced() == 1;
    let shares: &[Share] = if inline {
        &[Share::All]
    } else {
        &[Share::Others, Share::Own]
    };
    let mut result = Ok(());
    for share in shares {
        result = carry_out(by, now, request, parent_filter, (*share, refused_rows), &mut answers);
    }
    answers.end(result.err().map(Refusal::result_code))
}

/// Which rows a pass carries out.
///
/// Rows that are not to be carried out inline are dealt to the service threads in turn. The thread that reads the batch
/// comes to its own share only when it has dealt them all, and so the rows of the others are done before. With two
/// threads, the fewest that show this, every other row is another thread's; the last error that comes is the one that the
/// batch ends with.
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

/// Carries out the rows of a share, up to one that is damaged.
fn carry_out(
    (state, session): (&State, &Session),
    now: Now,
    request: &BatchRequest<'_>,
    parent_filter: Filter<'_>,
    (share, refused_rows): (Share, &[(usize, ResultCode)]),
    answers: &mut Answers<'_>,
) -> Result<(), Refusal> {
    let mut previous: Option<RowContent<'_>> = None;
    for (position, row) in request.batch.rows().enumerate() {
        let row = row.map_err(|_| Refusal::Malformed(Part::BatchRow))?;
        let repeats = row.content.is_none();
        let content = row.content.or(previous).ok_or(Refusal::Malformed(Part::BatchRow))?;
        previous = Some(content);
        let fields = Fields::of(&content.message);
        // A key belongs to one record, so a row with a key cannot be repeated; and every row's namespace must exist, or
        // the batch ends there.
        if repeats && fields.key.is_some() {
            return Err(Refusal::Malformed(Part::BatchRow));
        }
        let namespace = state
            .namespace(fields.namespace)
            .ok_or(Refusal::Malformed(Part::BatchRow))?;
        if !share.has(position) {
            continue;
        }
        if let Some((_, code)) = refused_rows.iter().find(|(other, _)| *other == position) {
            answers.row(row.index, |reply| reply.refuse(Refusal::Code(*code)));
            continue;
        }
        let mut header = content.message.header;
        header.info1.remove(Info1::COMPRESS_RESPONSE | Info1::XDR);
        let is_write = header.info2.contains(Info2::WRITE);
        let proxied_to = proxy::proxied_to(state, session.node, namespace, row.digest.partition_id(), is_write);
        let row_request = Request {
            header,
            message: content.message,
            fields,
            digest: row.digest,
            filter: fields.filter.map_or(parent_filter, Filter::Unread),
            is_background: false,
            counted: proxy::counted(namespace, &session.stats, proxied_to.as_deref(), true),
        };
        answers.row(row.index, |reply| {
            record::execute(state, now, namespace, &row_request, reply)
        });
    }
    Ok(())
}

/// The answers to a batch's rows, a frame at a time.
///
/// Unless a batch asks for all errors, a row that fails ends the answers: without the rows of its frame or with them, as
/// the batch's flags say. The other rows are carried out all the same.
struct Answers<'b> {
    out: &'b mut BytesMut,
    flags: BatchFlags,
    frame: Option<OpenFrame>,
    frame_error: Option<ResultCode>,
    error: Option<ResultCode>,
}

impl<'b> Answers<'b> {
    const fn begin(flags: BatchFlags, out: &'b mut BytesMut) -> Self {
        Self {
            out,
            flags,
            frame: None,
            frame_error: None,
            error: None,
        }
    }

    fn row(&mut self, index: u32, carry_out: impl FnOnce(&mut Reply<'_>) -> ResultCode) {
        if self
            .frame
            .as_ref()
            .is_some_and(|frame| frame.body_size(self.out) > FRAME)
        {
            self.end_frame();
        }
        if self.frame.is_none() {
            self.frame = Some(OpenFrame::begin(self.out));
        }
        let code = carry_out(&mut Reply::row(self.out, index));
        let is_error = !matches!(code, ResultCode::OK | ResultCode::NOT_FOUND | ResultCode::FILTERED_OUT);
        if is_error && !self.flags.contains(BatchFlags::REPORT_ALL_ERRORS) {
            if self.flags.contains(BatchFlags::REPORT_ERROR_RECORD) {
                self.frame_error = Some(code);
            } else {
                self.error = Some(code);
            }
        }
    }

    /// Ends the last frame and gives the code of the whole batch; `cut` is the code of a batch that ended too early.
    fn end(mut self, cut: Option<ResultCode>) -> ResultCode {
        self.error = cut.or(self.error);
        self.end_frame();
        self.error.unwrap_or(ResultCode::OK)
    }

    fn end_frame(&mut self) {
        let Some(frame) = self.frame.take() else {
            return;
        };
        if self.error.is_some() {
            frame.abandon(self.out);
        } else {
            frame.finish(FrameType::MESSAGE, self.out);
            self.error = self.frame_error.take();
        }
    }
}
