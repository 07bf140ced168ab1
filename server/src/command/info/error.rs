//! Errors of info commands.

use std::borrow::Cow;
use std::fmt;

use spikelet_wire::ResultCode;

use crate::refusal::Denied;

/// The error of an info command, replied as `ERROR:code:text`.
#[derive(Debug)]
pub(super) struct InfoError(ResultCode, Cow<'static, str>);

impl InfoError {
    pub(super) fn new(code: ResultCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self(code, text.into())
    }

    /// A parameter is invalid.
    pub(super) fn parameter(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ResultCode::PARAMETER, text)
    }

    /// There is no such command.
    pub(super) fn unrecognized() -> Self {
        Self::parameter("unrecognized command")
    }

    /// A required parameter is missing.
    pub(super) fn missing(name: &str) -> Self {
        Self::new(code_of(name), format!("missing '{name}'"))
    }

    /// Access control refuses the command.
    pub(super) fn denied(denied: Denied) -> Self {
        let text = match denied {
            Denied::NotAuthenticated => Cow::from("not authenticated"),
            Denied::RoleViolation(permission) => format!("role violation - requires permission '{permission}'").into(),
            _ => "unexpected security result".into(),
        };
        Self(denied.result_code(), text)
    }

    /// The command, or what it requests, exists in the Enterprise Edition only.
    pub(super) fn enterprise_only() -> Self {
        Self::new(ResultCode::ENTERPRISE_ONLY, "enterprise only")
    }
}

impl fmt::Display for InfoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(code, text) = self;
        match *code {
            ResultCode::SERVER_ERROR => write!(f, "ERROR::{text}"),
            ResultCode(code) => write!(f, "ERROR:{code}:{text}"),
        }
    }
}

/// The result code of an error about a parameter.
pub(super) fn code_of(parameter: &str) -> ResultCode {
    match parameter {
        "namespace" => ResultCode::INVALID_NAMESPACE,
        _ => ResultCode::PARAMETER,
    }
}
