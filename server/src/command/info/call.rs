//! One info command: its parameters, its answer, its errors.

use std::borrow::Cow;
use std::fmt;

use bytes::{BufMut, BytesMut};
use spikelet_wire::{ResultCode, info};

use super::table;
use crate::clock::Now;
use crate::command::stats::add;
use crate::command::{Engine, Session};
use crate::config::{Edition, NamespaceConfig};

/// One info command while it is answered.
pub(super) struct Call<'a> {
    pub(super) engine: &'a Engine,
    pub(super) now: Now,
    pub(super) session: &'a mut Session,
    /// The command's name.
    pub(super) name: &'a str,
    /// What stands behind the name and the character that ended it.
    pub(super) parameters: &'a str,
    pub(super) out: &'a mut BytesMut,
}

/// What a command answers instead of a value: `ERROR:code:text`.
#[derive(Debug)]
pub(super) struct InfoError(ResultCode, Cow<'static, str>);

/// How a command ends; its value is in the output.
pub(super) type Answered = Result<(), InfoError>;

impl InfoError {
    pub(super) fn new(code: ResultCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self(code, text.into())
    }

    /// A parameter is wrong.
    pub(super) fn parameter(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ResultCode::PARAMETER, text)
    }

    /// The command or what it asks for belongs to the Enterprise Edition.
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

impl Call<'_> {
    /// Finds the command, asks it, and appends what it answers.
    pub(super) fn run(&mut self) {
        let at = self.out.len();
        if let Err(error) = self.answer() {
            self.out.truncate(at);
            self.say(error);
        }
    }

    fn answer(&mut self) -> Answered {
        let command = table::find(self.name).ok_or(InfoError::parameter("unrecognized command"))?;
        if command.enterprise_only() && self.engine.config().edition == Edition::Community {
            return Err(InfoError::enterprise_only());
        }
        if command.deprecated() {
            add(&self.engine.stats().deprecated_requests, 1);
        }
        (command.answer)(self)
    }

    /// Appends to the answer.
    pub(super) fn say(&mut self, text: impl fmt::Display) {
        // A `BytesMut` takes all that is written to it.
        let _ = fmt::Write::write_fmt(self.out, format_args!("{text}"));
    }

    /// Answers with the items, one semicolon between two of them.
    pub(super) fn list<T: fmt::Display>(&mut self, items: impl IntoIterator<Item = T>) -> Answered {
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.out.put_u8(b';');
            }
            self.say(item);
        }
        Ok(())
    }

    /// Takes back the separator behind the last item.
    pub(super) fn drop_last(&mut self) {
        self.out.truncate(self.out.len().saturating_sub(1));
    }

    /// The value of a parameter that may be missing, but not empty or of `limit` bytes and more.
    pub(super) fn optional(&self, name: &str, limit: usize) -> Result<Option<&str>, InfoError> {
        let found = info::parameters(self.parameters).find(|(key, _)| *key == name);
        checked(found.map(|(_, value)| value), name, limit)
    }

    /// The value of a parameter that must be there.
    pub(super) fn required(&self, name: &'static str, limit: usize) -> Result<&str, InfoError> {
        self.optional(name, limit)?.ok_or_else(|| missing(name))
    }

    /// The namespace that a parameter of one of these names names; errors speak of `namespace` whatever it was.
    pub(super) fn namespace_name(&self, names: &[&str]) -> Result<Option<&str>, InfoError> {
        let found = names
            .iter()
            .find_map(|name| info::parameters(self.parameters).find(|(key, _)| key == name));
        checked(found.map(|(_, value)| value), "namespace", 32)
    }

    /// The namespace of this name on the node.
    pub(super) fn namespace(&self, name: &str) -> Result<&NamespaceConfig, InfoError> {
        let mut namespaces = self.engine.config().namespaces.iter();
        let found = namespaces.find(|namespace| namespace.name == name);
        found.ok_or(InfoError::new(
            ResultCode::INVALID_NAMESPACE,
            "namespace not found on node",
        ))
    }

    /// The namespace that must be named by one of these parameters, and be on the node.
    pub(super) fn required_namespace(&self, names: &[&str]) -> Result<&NamespaceConfig, InfoError> {
        let name = self.namespace_name(names)?.ok_or_else(|| missing("namespace"))?;
        self.namespace(name)
    }
}

fn checked<'v>(value: Option<&'v str>, name: &str, limit: usize) -> Result<Option<&'v str>, InfoError> {
    match value {
        Some("") => Err(InfoError::new(code_of(name), format!("missing '{name}' value"))),
        Some(value) if value.len() >= limit => Err(InfoError::new(code_of(name), format!("'{name}' value too long"))),
        value => Ok(value),
    }
}

fn missing(name: &str) -> InfoError {
    InfoError::new(code_of(name), format!("missing '{name}'"))
}

fn code_of(parameter: &str) -> ResultCode {
    match parameter {
        "namespace" => ResultCode::INVALID_NAMESPACE,
        _ => ResultCode::PARAMETER,
    }
}
