//! The way from the info protocol to what a test owns, which lies beside the engine and not in it.

use std::fmt;

use spikelet_wire::ResultCode;

/// Answers the info commands whose names begin with `spikelet/`.
pub trait Controls: fmt::Debug + Send + Sync {
    /// Answers one that reached a node, by the position of the node in the cluster. `name` is what stands behind
    /// `spikelet/`, up to a colon, and `parameters` what stands behind that.
    ///
    /// # Errors
    /// What becomes the answer `ERROR:code:text`.
    fn call(&self, node: usize, name: &str, parameters: &str) -> Result<String, ControlError>;
}

/// Why a control was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct ControlError {
    /// The result code that fits.
    pub code: ResultCode,
    /// What is wrong, in a few words.
    pub text: String,
}

impl ControlError {
    /// The control or a parameter is wrong.
    #[must_use]
    pub fn parameter(text: impl Into<String>) -> Self {
        Self {
            code: ResultCode::PARAMETER,
            text: text.into(),
        }
    }
}
