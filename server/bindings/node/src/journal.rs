//! The journal.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;
use spikelet_bindings::{Filter, Naming, Plain};

use crate::error::{Result, argument, thrown};
use crate::server::JsServer;
use crate::task::{Done, Outcome};
use crate::value::{Js, JsPlain};

/// A filter of the journal.
#[napi]
pub struct JsFilter(Filter);

#[napi]
impl JsFilter {
    /// Creates a filter from its parameters.
    #[napi(constructor)]
    pub fn new(parameters: Js) -> Result<Self> {
        Filter::new(&parameters.named()?, Naming::Camel)
            .map(Self)
            .map_err(thrown)
    }
}

#[napi]
impl JsServer {
    /// The matching entries, or the last few of them.
    #[napi]
    pub fn entries(&self, filter: &JsFilter, last: Option<u32>) -> Result<Vec<JsPlain>> {
        let entries = self.0.entries(&filter.0, last.map(|n| n as usize)).map_err(thrown)?;
        Ok(entries.into_iter().map(JsPlain).collect())
    }

    /// The number of matching entries.
    #[napi]
    pub fn count_entries(&self, filter: &JsFilter) -> Result<f64> {
        self.0.count_entries(&filter.0).map(|n| n as f64).map_err(thrown)
    }

    /// How many entries were dropped.
    #[napi]
    pub fn dropped_entries(&self) -> Result<f64> {
        self.0.dropped_entries().map(|n| n as f64).map_err(thrown)
    }

    /// The number of the next request.
    #[napi]
    pub fn next_number(&self) -> Result<f64> {
        self.0.next_number().map(|n| n as f64).map_err(thrown)
    }

    /// Removes all entries.
    #[napi]
    pub fn clear_journal(&self) -> Result<()> {
        self.0.clear_journal().map_err(thrown)
    }

    /// Throws unless there are `n` matching entries.
    #[napi]
    pub fn check_count(&self, filter: &JsFilter, n: u32) -> Result<()> {
        self.0.check_count(&filter.0, n as usize).map_err(thrown)
    }

    /// Throws unless the matching entries are these.
    #[napi]
    pub fn check_sequence(&self, filter: &JsFilter, expected: Js) -> Result<()> {
        self.0.check_sequence(&filter.0, &expected.items()?).map_err(thrown)
    }

    /// Waits for `n` matching entries, on a thread of its own: waits are few and may be long, and libuv's threads are four.
    #[napi]
    pub fn wait_for<'e>(&self, env: &'e Env, filter: &JsFilter, n: u32, timeout: f64) -> Result<Object<'e>> {
        let failed = |error: napi::Error| argument(&error.reason);
        let (deferred, promise) = env.create_deferred().map_err(failed)?;
        let (server, filter) = (Arc::clone(&self.0), filter.0.clone());
        let wait = move || {
            let found = server.wait_for(&filter, n as usize, Duration::from_millis(timeout as u64), || false);
            drop(server);
            let outcome = Outcome(found.map(|entries| Done::Plain(Plain::List(entries))));
            deferred.resolve(|_| Ok(outcome));
        };
        let thread = thread::Builder::new().name("spikelet-wait".to_owned());
        let spawned = thread.stack_size(256 * 1024).spawn(wait);
        spawned.map_err(|error| argument(&format!("no thread can be started for the wait: {error}")))?;
        Ok(promise)
    }
}
