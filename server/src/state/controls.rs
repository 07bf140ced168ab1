//! Controls: info commands by which a test controls the server. They are implemented above the state.

use std::fmt;

use spikelet_wire::ResultCode;

/// Executes the info commands whose names start with `spikelet/`.
pub trait Controls: fmt::Debug + Send + Sync {
    /// Executes a command that a node received, by the node's position in the cluster. `name` is the text after `spikelet/`, up
    /// to a colon; `parameters` is the text after the colon.
    ///
    /// # Errors
    /// Replied as `ERROR:code:text`.
    fn call(&self, node: usize, name: &str, parameters: &str) -> Result<String, ControlError>;
}

/// Why a control failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlError {
    /// The result code.
    pub code: ResultCode,
    /// A short description.
    pub text: String,
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for ControlError {}

impl ControlError {
    /// The control or a parameter is invalid.
    #[must_use]
    pub fn parameter(text: impl Into<String>) -> Self {
        Self {
            code: ResultCode::PARAMETER,
            text: text.into(),
        }
    }
}
