//! Records the frames of a connection in the journal.

use std::net::SocketAddr;

use spikelet_wire::FrameHeader;

use super::Shared;
use crate::clock::Now;
use crate::command::Flow;
use crate::fault_rules::Then;
use crate::request_log::{Arrived, Ended, Ending, Pending};
use crate::state::Session;

/// The journal entry of a frame, or of a new connection, that a fault fires on. It is recorded once, when the request ends, or
/// as pending before if it is delayed.
pub(super) struct FaultedRequest<'s, 'a> {
    shared: &'s Shared,
    arrived: Arrived<'a>,
    /// The number of the fault rule.
    fault: Option<u64>,
    pending: Option<Pending<'s>>,
}

impl<'s, 'a> FaultedRequest<'s, 'a> {
    pub(super) const fn new(shared: &'s Shared, arrived: Arrived<'a>, fault: Option<u64>) -> Self {
        Self {
            shared,
            arrived,
            fault,
            pending: None,
        }
    }

    /// Records it as pending, since it is delayed.
    pub(super) fn waits(&mut self) {
        self.pending = self.record(&[], Ended::Pending);
    }

    /// Records its reply and how it ended. Returns the entry if the request is not over.
    pub(super) fn ended(mut self, answer: &[u8], ended: Ended) -> Option<Pending<'s>> {
        let Some(mut pending) = self.pending.take() else {
            return self.record(answer, ended);
        };
        pending.answered(answer);
        if ended == Ended::Pending {
            return Some(pending);
        }
        pending.ending(ended).end();
        None
    }

    fn record(&self, answer: &[u8], ended: Ended) -> Option<Pending<'s>> {
        let (journal, fault) = (&self.shared.journal, self.fault);
        match journal.is_on() {
            true => journal.record(&self.arrived, answer, Ending { ended, fault }),
            false => None,
        }
    }
}

/// A frame, as the journal records it.
pub(super) fn arrived<'a>(shared: &Shared, session: &Session, now: Now, frame: (FrameHeader, &'a [u8])) -> Arrived<'a> {
    Arrived {
        now,
        node: shared.node_id(session.node),
        peer: session.peer,
        user: session.user().cloned(),
        frame: Some(frame),
    }
}

/// A new connection, as the journal records it.
pub(super) fn connecting(shared: &Shared, node: usize, peer: Option<SocketAddr>) -> Arrived<'static> {
    Arrived {
        now: shared.clock.now(),
        node: shared.node_id(node),
        peer,
        user: None,
        frame: None,
    }
}

/// How a request ends whose reply no fault holds back.
pub(super) const fn ended_by(flow: &Flow) -> Ended {
    match flow {
        Flow::Continue | Flow::Background(_) => Ended::Answered,
        Flow::Close => Ended::Closed,
        Flow::Ignore => Ended::Unanswered,
        Flow::Task(_) | Flow::Locked(_) | Flow::Unhashed(_) => Ended::Pending,
    }
}

/// How a request on which a fault fired ends.
pub(super) const fn ended(then: Then) -> Ended {
    match then {
        Then::Serve => Ended::Answered,
        Then::Silence => Ended::Unanswered,
        Then::Close | Then::Reset => Ended::Closed,
    }
}
