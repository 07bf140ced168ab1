//! What the journal is told of the frames of a connection.

use spikelet_wire::FrameHeader;

use super::Shared;
use crate::clock::Now;
use crate::command::{Flow, Session};
use crate::fault::Then;
use crate::journal::{Arrived, Ended, Ending, Pending};

/// Tells the journal of a frame and of what answers it so far, and gives what is still to be told.
pub(super) fn note<'s>(
    shared: &'s Shared,
    session: &Session,
    (now, header, body): (Now, FrameHeader, &[u8]),
    answer: &[u8],
    ending: Ending,
) -> Option<Pending<'s>> {
    if !shared.journal.is_on() {
        return None;
    }
    let arrived = Arrived {
        now,
        node: shared.node_id(session.node),
        peer: session.peer,
        header,
        body,
    };
    shared.journal.note(&arrived, answer, ending)
}

/// How a frame ends whose answer no fault has kept back; the number is that of the rule of one that struck it otherwise.
pub(super) const fn ending(flow: &Flow, fault: Option<u64>) -> Ending {
    let ended = match flow {
        Flow::Continue | Flow::Background(_) => Ended::Answered,
        Flow::Close => Ended::Closed,
        Flow::Ignore => Ended::Unanswered,
        Flow::Query(_) => Ended::Pending,
    };
    Ending { ended, fault }
}

/// How a frame ends whose answer a fault keeps back, or sends to its end.
pub(super) const fn ended(then: Then) -> Ended {
    match then {
        Then::Serve => Ended::Answered,
        Then::Silence => Ended::Unanswered,
        Then::Close | Then::Reset => Ended::Closed,
    }
}
