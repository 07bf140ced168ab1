//! The task of a long command on a single record.

use std::sync::Arc;

use bytes::BytesMut;
use spikelet_wire::{Digest, Message};

use super::record::filter::Filter;
use super::record::long::{Finished, Long};
use super::record::proxy;
use super::record::reply::Reply;
use super::record::request::{Fields, Request};
use super::step::Step;
use crate::state::{Session, State, Stats};
use crate::store::Namespace;

/// A long command on a single record.
#[derive(Debug)]
pub(super) struct Single {
    /// The message, which is decoded again in every step.
    body: Box<[u8]>,
    session: Session,
    proxied_to: Option<Arc<Stats>>,
    /// `None` after the reply.
    long: Option<Long>,
}

impl Single {
    pub(super) fn new(body: &[u8], session: &Session, proxied_to: Option<Arc<Stats>>, long: Long) -> Self {
        Self {
            body: body.into(),
            session: session.clone(),
            proxied_to,
            long: Some(long),
        }
    }

    pub(super) const fn node(&self) -> usize {
        self.session.node
    }

    pub(super) fn needs_work(&self) -> bool {
        self.long.as_ref().is_some_and(Long::needs_run)
    }

    pub(super) fn work(&mut self, state: &State) {
        let Some(mut long) = self.long.take() else { return };
        if let Some((namespace, request)) = self.request(state) {
            long.run(namespace, &request, None);
        }
        self.long = Some(long);
    }

    pub(super) fn step(&mut self, state: &State, out: &mut BytesMut) -> Step {
        let (Some(long), Some((namespace, request))) = (self.long.take(), self.request(state)) else {
            return Step::Done;
        };
        match long.finish(namespace, &request, &mut Reply::single(out)) {
            Finished::Replied(code) => {
                request.count(code);
                Step::Done
            }
            Finished::Again(long) => {
                self.long = Some(long);
                Step::More
            }
        }
    }

    fn request<'a>(&'a self, state: &'a State) -> Option<(&'a Namespace, Request<'a>)> {
        let message = Message::decode(&self.body).ok()?;
        let fields = Fields::of(&message);
        let namespace = state.namespace(fields.namespace)?;
        let request = Request {
            header: message.header,
            message,
            fields,
            digest: Digest::try_from(fields.digest?).ok()?,
            filter: fields.filter.map_or(Filter::None, Filter::Unread),
            is_background: false,
            counted: proxy::counters(namespace, &self.session.stats, self.proxied_to.as_deref(), false),
        };
        Some((namespace, request))
    }
}
