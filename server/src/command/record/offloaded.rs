//! Commands on one record that take long: UDFs, and operations on large values.
//!
//! Such a command has three parts. [`Offloaded::begin`] takes a copy of the record, and locks the record if the command
//! writes. [`Offloaded::run`] does what takes long, on the copy; the caller may do so on any thread. [`Offloaded::finish`]
//! stores the result. Only the record is locked meanwhile, as on the real server, and requests for it wait. What a test does
//! to the store does not wait. If it changed the record, the command runs again on the changed one, so that the command is atomic whatever
//! happens.

use super::on_copy::CommandOnCopy;
use super::reply::{Refused, Reply};
use super::request::Request;
use super::transaction;
#[cfg(feature = "udf")]
use super::udf::Application;
use crate::clock::Now;
use crate::state::State;
use crate::store::Namespace;
use spikelet_wire::ResultCode;

/// How often a command runs at most while something else keeps changing its record.
pub(super) const MAX_RUNS: u32 = 8;

/// An offloaded command that has begun. A record that it locks is locked until this is dropped.
#[derive(Debug)]
pub(in crate::command) enum Offloaded {
    #[cfg(feature = "udf")]
    Udf(Box<Application>),
    OnCopy(Box<CommandOnCopy>),
}

/// The end of an offloaded command.
pub(in crate::command) enum Finished {
    /// The reply is written.
    Replied(ResultCode),
    /// The record was changed in the meantime. The command runs again.
    Again(Offloaded),
}

impl Offloaded {
    /// Begins a command, unless it is a short one.
    ///
    /// # Errors
    /// Why the command is refused.
    pub(in crate::command) fn begin(
        state: &State,
        now: Now,
        namespace: &Namespace,
        request: &Request<'_>,
    ) -> Result<Option<Self>, Refused> {
        #[cfg(feature = "udf")]
        if Application::is_for(request) {
            request.check_xdr(namespace)?;
            let application = Application::begin(state, now, namespace, request)?;
            return Ok(Some(Self::Udf(application)));
        }
        #[cfg(not(feature = "udf"))]
        let _ = state;
        if namespace.settings.strong_consistency && transaction::concerns(request) {
            return Ok(None);
        }
        Ok(CommandOnCopy::begin(now, namespace, request)?.map(Self::OnCopy))
    }

    /// Whether there is something to run.
    pub(in crate::command) fn needs_run(&self) -> bool {
        match self {
            #[cfg(feature = "udf")]
            Self::Udf(application) => application.needs_run(),
            Self::OnCopy(command) => command.needs_run(),
        }
    }

    /// Does what takes long. `row` is the index of a row in its batch.
    pub(in crate::command) fn run(&mut self, namespace: &Namespace, request: &Request<'_>, row: Option<u32>) {
        match self {
            #[cfg(feature = "udf")]
            Self::Udf(application) => application.run(request),
            Self::OnCopy(command) => command.run(namespace, request, row),
        }
    }

    /// Stores the result, and writes the reply.
    pub(in crate::command) fn finish(
        self,
        namespace: &Namespace,
        request: &Request<'_>,
        reply: &mut Reply<'_>,
    ) -> Finished {
        let finished = match self {
            #[cfg(feature = "udf")]
            Self::Udf(application) => application.finish(namespace, request, reply).map_err(Self::Udf),
            Self::OnCopy(command) => command.finish(namespace, request, reply).map_err(Self::OnCopy),
        };
        match finished {
            Ok(code) => Finished::Replied(code),
            Err(again) => Finished::Again(again),
        }
    }
}
