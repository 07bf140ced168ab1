//! Faults.

use napi_derive::napi;
use spikelet_bindings::Fault;

use crate::error::{Result, thrown};

/// An armed fault.
#[napi]
pub struct JsFault(pub(crate) Fault);

/// Counts are below 2^53, so that doubles hold them.
#[napi]
impl JsFault {
    /// Its id.
    #[napi(getter)]
    pub fn id(&self) -> f64 {
        self.0.id() as f64
    }

    /// On how many requests it has fired.
    #[napi(getter)]
    pub fn fired(&self) -> f64 {
        self.0.fired() as f64
    }

    /// How many requests it has matched.
    #[napi(getter)]
    pub fn matched(&self) -> f64 {
        self.0.matched() as f64
    }

    /// The parameters that armed it.
    #[napi(getter)]
    pub fn text(&self) -> &str {
        self.0.text()
    }

    /// Removes it.
    #[napi]
    pub fn remove(&self) {
        self.0.remove();
    }

    /// Throws if it has not fired.
    #[napi]
    pub fn check_fired(&self) -> Result<()> {
        self.0.check_fired().map_err(thrown)
    }
}
