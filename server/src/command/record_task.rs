//! The task of an offloaded command on a single record.

use std::sync::Arc;

use bytes::BytesMut;
use spikelet_wire::{Digest, Message};

use super::record::filter::Filter;
use super::record::mask::Masks;
use super::record::offloaded::{Finished, Offloaded};
use super::record::proxy;
use super::record::reply::Reply;
use super::record::request::{Fields, Request};
use super::step::Step;
use crate::state::{Session, State, Stats};
use crate::store::Namespace;

/// An offloaded command on a single record.
#[derive(Debug)]
pub(super) struct RecordTask {
    /// The message, which is decoded again in every step.
    body: Box<[u8]>,
    session: Session,
    proxied_to: Option<Arc<Stats>>,
    /// `None` after the reply.
    offloaded: Option<Offloaded>,
}

impl RecordTask {
    pub(super) fn new(body: &[u8], session: &Session, proxied_to: Option<Arc<Stats>>, offloaded: Offloaded) -> Self {
        Self {
            body: body.into(),
            session: session.clone(),
            proxied_to,
            offloaded: Some(offloaded),
        }
    }

    pub(super) const fn node(&self) -> usize {
        self.session.node
    }

    pub(super) fn has_blocking_work(&self) -> bool {
        self.offloaded.as_ref().is_some_and(Offloaded::needs_run)
    }

    pub(super) fn run_blocking(&mut self, state: &State) {
        let Some(mut offloaded) = self.offloaded.take() else {
            return;
        };
        if let Some((namespace, request)) = self.request(state) {
            offloaded.run(namespace, &request, None);
        }
        self.offloaded = Some(offloaded);
    }

    pub(super) fn step(&mut self, state: &State, out: &mut BytesMut) -> Step {
        let (Some(offloaded), Some((namespace, request))) = (self.offloaded.take(), self.request(state)) else {
            return Step::Done;
        };
        match offloaded.finish(namespace, &request, &mut Reply::single(out)) {
            Finished::Replied(code) => {
                request.count(code);
                Step::Done
            }
            Finished::Again(offloaded) => {
                self.offloaded = Some(offloaded);
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
            masks: Masks::of(namespace, &self.session),
            is_background: false,
            counted: proxy::counters(namespace, &self.session.stats, self.proxied_to.as_deref(), false),
        };
        Some((namespace, request))
    }
}
