//! A recorded request that has not ended.

use super::log::Log;
use super::outcome::{Ended, Reply};
use super::recorded::Recorded;

/// A recorded request that has not ended. If this is dropped without a call to [`end`](Self::end), as when a node is killed,
/// the request is recorded as [closed](Ended::Closed).
#[derive(Debug)]
pub(crate) struct Pending<'l> {
    log: &'l Log,
    recorded: Recorded,
    /// The reply so far, and the outcome if the request ends now.
    reply: Reply,
    /// The outcome once the request ends regularly.
    ending: Ended,
}

impl<'l> Pending<'l> {
    /// Creates the handle of a request with the reply so far.
    pub(super) const fn new(log: &'l Log, recorded: Recorded, mut reply: Reply) -> Self {
        reply.outcome.ended = Ended::Closed;
        Self {
            log,
            recorded,
            reply,
            ending: Ended::Answered,
        }
    }

    /// Sets how the request ends regularly; [`Ended::Answered`] by default.
    pub(crate) const fn ending(mut self, ended: Ended) -> Self {
        self.ending = ended;
        self
    }

    /// Decodes more of the reply.
    pub(crate) fn answered(&mut self, bytes: &[u8]) {
        self.reply.read(self.recorded.kind.command, bytes);
    }

    /// Records that the request has ended regularly.
    pub(crate) fn end(mut self) {
        self.reply.outcome.ended = self.ending;
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.recorded.answered(&self.reply);
        self.log.end(&self.recorded);
    }
}
