//! The dispatcher: selects the command for a frame.
//!
//! It calls the commands, and no command calls it. Like them it reads no clock, never waits and spawns nothing.

use std::sync::Arc;

use bytes::BytesMut;
use spikelet_wire::{Digest, FrameHeader, FrameType, Info1, Info2, Message};

use super::info_task::InfoTask;
use super::query::Started;
use super::record::filter::Filter;
use super::record::mask::Masks;
use super::record::offloaded::Offloaded;
use super::record::reply::Reply;
use super::record::request::{Fields, Request};
use super::record::{self, Access, proxy};
use super::record_task::RecordTask;
use super::security::{self, Handled, permit};
use super::task::Task;
use super::{batch, frame, info, query};
use crate::access::ClearPassword;
use crate::clock::Now;
use crate::refusal::{Feature, Part, Refusal};
use crate::state::{Session, State, add};
use crate::store::Waiting;
use crate::version::Edition;

/// What the connection does after the reply.
#[derive(Debug)]
#[must_use]
pub enum Flow {
    /// It reads the next frame.
    Continue,
    /// It closes, once the reply is sent.
    Close,
    /// It stays open, and reads nothing more.
    Ignore,
    /// It executes this task step by step, and sends the reply of each step. Then it reads the next frame.
    Task(Box<Task>),
    /// It reads the next frame, while this task is executed step by step in the background.
    Background(Box<Task>),
    /// Nothing was done, because the record is locked. It handles the frame again after a record was unlocked, and holds this
    /// until then.
    Locked(Box<Waiting>),
    /// Nothing was done, because this password is not hashed yet, which takes long. It hashes it, and handles the frame again.
    Unhashed(Arc<ClearPassword>),
}

/// Handles one whole frame, and appends the reply to `out`.
pub fn handle(
    state: &State,
    now: Now,
    session: &mut Session,
    header: FrameHeader,
    body: &[u8],
    out: &mut BytesMut,
) -> Flow {
    match header.frame_type {
        FrameType::MESSAGE => handle_message(state, now, session, body, out),
        FrameType::INFO => {
            if let Some(task) = InfoTask::of(body, session) {
                return Flow::Task(Box::new(task.into()));
            }
            match info::handle(state, now, session, body, out) {
                None => Flow::Continue,
                Some(build) => Flow::Background(Box::new(build.into())),
            }
        }
        FrameType::COMPRESSED => handle_compressed(state, now, session, body, out),
        FrameType::SECURITY => match state.security() {
            Some(security) => match security::handle(security, state, now, session, body, out) {
                Handled::Replied => Flow::Continue,
                Handled::Unhashed(password) => Flow::Unhashed(password),
            },
            None => {
                frame::refuse_security(state.config().edition, out);
                Flow::Continue
            }
        },
        FrameType::INTERNAL_XDR => handle_internal(state, now, session, body, out),
        _ => Flow::Close,
    }
}

/// Handles a message: a command on records.
fn handle_message(state: &State, now: Now, session: &mut Session, body: &[u8], out: &mut BytesMut) -> Flow {
    // The real server reads the batch flag before it checks the message.
    if body
        .get(1)
        .is_some_and(|info1| Info1::from_bits_retain(*info1).contains(Info1::BATCH))
    {
        return match batch::batch(state, now, session, body, out) {
            None => Flow::Continue,
            Some(batch) => Flow::Task(Box::new(batch.into())),
        };
    }
    let Ok(message) = Message::decode(body) else {
        add(&session.stats.demarshal_error, 1);
        Reply::single(out).refuse(Refusal::Malformed(Part::Message));
        return Flow::Continue;
    };
    let fields = Fields::of(&message);
    let mut reply = Reply::single(out);
    match (state.namespace(fields.namespace), fields.digest.map(Digest::try_from)) {
        (None, _) => {
            add(&session.stats.early_tsvc_client_error, 1);
            reply.refuse(unauthenticated(state, session).unwrap_or(Refusal::UnknownNamespace));
        }
        // A message without a digest is a query.
        (Some(_), None) => {
            return match query::query(state, now, session, body, out) {
                Started::Ended => Flow::Continue,
                Started::Foreground(query) => Flow::Task(Box::new(query.into())),
                Started::Background(query) => Flow::Background(Box::new(query.into())),
            };
        }
        (Some(_), Some(Err(_))) => {
            reply.refuse(unauthenticated(state, session).unwrap_or(Refusal::Malformed(Part::Digest)));
        }
        (Some(namespace), Some(Ok(digest))) => {
            let filter = fields.filter.map_or(Filter::None, Filter::Unread);
            let header = message.header;
            let is_write = header.info2.contains(Info2::WRITE);
            let access = record::access(namespace, &digest, is_write);
            if let Some(security) = state.security() {
                if let Err(denied) = security.authenticate(session) {
                    add(&session.stats.early_tsvc_client_error, 1);
                    reply.refuse(Refusal::from(denied));
                    return Flow::Continue;
                }
                let permitted = permit::record(session, namespace, &fields, &header).and_then(|()| match &access {
                    // It is counted when it is executed.
                    Access::Wait(_) => Ok(()),
                    _ => permit::quota(session, now, &header),
                });
                if let Err(denied) = permitted {
                    add(&session.stats.of(namespace).client.tsvc_error, 1);
                    reply.refuse(Refusal::from(denied));
                    return Flow::Continue;
                }
            }
            let on = (session.node, &*session.stats);
            if let Err(refusal) = proxy::check_available(state, on, namespace, digest.partition_id(), &header, false) {
                reply.refuse(refusal);
                return Flow::Continue;
            }
            if let Access::Wait(waiting) = access {
                return Flow::Locked(Box::new(waiting));
            }
            let proxied_to = proxy::proxied_to(state, session.node, namespace, digest.partition_id(), &header);
            let request = Request {
                header,
                message,
                fields,
                digest,
                filter,
                masks: Masks::of(namespace, session),
                is_background: false,
                counted: proxy::counted(namespace, &session.stats, proxied_to.as_deref(), false),
            };
            if matches!(access, Access::Busy) {
                request.count(reply.refuse(Refusal::KeyBusy));
                return Flow::Continue;
            }
            match Offloaded::begin(state, now, namespace, &request) {
                Ok(None) => {
                    record::execute(now, namespace, &request, &mut reply);
                }
                Ok(Some(offloaded)) => {
                    let task = RecordTask::new(body, session, proxied_to, offloaded);
                    return Flow::Task(Box::new(task.into()));
                }
                Err(refused) => {
                    request.count(reply.refuse(refused));
                }
            }
        }
    }
    Flow::Continue
}

/// Why the session is refused; `None` if it is authenticated, or need not be.
fn unauthenticated(state: &State, session: &mut Session) -> Option<Refusal> {
    state.security()?.authenticate(session).err().map(Refusal::from)
}

/// Compression is an Enterprise feature, and only messages can be compressed.
fn handle_compressed(state: &State, now: Now, session: &mut Session, body: &[u8], out: &mut BytesMut) -> Flow {
    if state.config().edition == Edition::Community {
        return refuse(session, Refusal::EnterpriseOnly(Feature::Compression), out);
    }
    match frame::decompress_message(body) {
        Some(message) => handle_message(state, now, session, &message, out),
        None => refuse(session, Refusal::Malformed(Part::Compression), out),
    }
}

/// A frame that servers send one another is checked like a message, and gets no reply.
fn handle_internal(state: &State, now: Now, session: &mut Session, body: &[u8], out: &mut BytesMut) -> Flow {
    match Message::decode(body) {
        Ok(message) if !message.header.info1.contains(Info1::BATCH) => Flow::Ignore,
        _ => handle_message(state, now, session, body, out),
    }
}

fn refuse(session: &Session, refusal: Refusal, out: &mut BytesMut) -> Flow {
    add(&session.stats.demarshal_error, 1);
    Reply::single(out).refuse(refusal);
    Flow::Continue
}
