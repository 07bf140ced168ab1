//! A request that is recorded and goes on.

use super::log::Log;
use super::outcome::{Answer, Ended};
use super::recorded::Recorded;

/// A request that is recorded and not over. Where this is dropped before it [ends](Self::end), as when a node is killed, its
/// connection was closed.
#[derive(Debug)]
pub(crate) struct Pending<'l> {
    log: &'l Log,
    recorded: Recorded,
    /// So far; it says what became of the request if it ends now.
    answer: Answer,
    /// What will have become of it once it ends as it should.
    ending: Ended,
}

impl<'l> Pending<'l> {
    /// Of a request that was answered so far like this.
    pub(super) const fn new(log: &'l Log, recorded: Recorded, mut answer: Answer) -> Self {
        answer.outcome.ended = Ended::Closed;
        Self {
            log,
            recorded,
            answer,
            ending: Ended::Answered,
        }
    }

    /// Says what will have become of it; it is answered otherwise.
    pub(crate) const fn ending(mut self, ended: Ended) -> Self {
        self.ending = ended;
        self
    }

    /// Reads more of what answers it.
    pub(crate) fn answered(&mut self, bytes: &[u8]) {
        self.answer.read(self.recorded.kind.command, bytes);
    }

    /// Notes that it is over.
    pub(crate) fn end(mut self) {
        self.answer.outcome.ended = self.ending;
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.recorded.answered(&self.answer);
        self.log.end(&self.recorded);
    }
}
