//! One info command: its parameters, its answer, its errors.

use std::borrow::Cow;
use std::fmt;

use bytes::{BufMut, BytesMut};
use spikelet_wire::{ResultCode, info};

use super::table;
use crate::clock::Now;
use crate::cluster::Node;
use crate::state::{Session, State, add};
use crate::store::Namespace;
use crate::store::sindex::Build;
use crate::version::Edition;

/// One info command while it is answered.
pub(super) struct Call<'a> {
    pub(super) state: &'a State,
    pub(super) now: Now,
    pub(super) session: &'a mut Session,
    /// The command's name.
    pub(super) name: &'a str,
    /// What stands behind the name and the character that ended it.
    pub(super) parameters: &'a str,
    pub(super) out: &'a mut BytesMut,
    /// Indexes that are to be built, and the names of their namespaces.
    pub(super) builds: &'a mut Vec<(String, Build)>,
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

    /// There is no such command.
    pub(super) fn unrecognized() -> Self {
        Self::parameter("unrecognized command")
    }

    /// A parameter that must be there is not.
    pub(super) fn missing(name: &str) -> Self {
        Self::new(code_of(name), format!("missing '{name}'"))
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
        let command = table::find(self.name).ok_or_else(InfoError::unrecognized)?;
        if command.enterprise_only() && self.state.config().edition == Edition::Community {
            return Err(InfoError::enterprise_only());
        }
        if command.deprecated() {
            add(&self.session.stats.deprecated_requests, 1);
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

    /// The node that the connection is to.
    pub(super) fn node(&self) -> Option<Node> {
        self.state.cluster().node(self.session.node).cloned()
    }

    /// The value of a parameter, if it is given.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        info::parameters(self.parameters)
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// Whether a parameter is given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }
}

impl<'a> Call<'a> {
    /// The value of a parameter that may be missing, but not empty or of `limit` bytes and more.
    pub(super) fn optional(&self, name: &str, limit: usize) -> Result<Option<&'a str>, InfoError> {
        let found = info::parameters(self.parameters).find(|(key, _)| *key == name);
        found.map(|(_, value)| checked(value, name, limit)).transpose()
    }

    /// The value of a parameter that must be there.
    pub(super) fn required(&self, name: &str, limit: usize) -> Result<&'a str, InfoError> {
        self.optional(name, limit)?.ok_or_else(|| InfoError::missing(name))
    }

    /// The namespace's name that a parameter of one of these names gives; errors speak of `namespace` whatever it was.
    pub(super) fn namespace_name(&self, names: &[&str]) -> Result<Option<&'a str>, InfoError> {
        let parameters = |name| info::parameters(self.parameters).find(move |(key, _)| *key == name);
        let found = names.iter().copied().find_map(parameters);
        found.map(|(_, value)| checked(value, "namespace", 32)).transpose()
    }

    /// The namespace's name, which must be given but need not be one of the node's.
    pub(super) fn required_namespace_name(&self) -> Result<&'a str, InfoError> {
        self.namespace_name(&["namespace"])?
            .ok_or_else(|| InfoError::missing("namespace"))
    }

    /// The namespace of this name on the node.
    pub(super) fn namespace(&self, name: &str) -> Result<&'a Namespace, InfoError> {
        let mut namespaces = self.state.namespaces().iter();
        let found = namespaces.find(|namespace| namespace.name == name);
        found.ok_or(InfoError::new(
            ResultCode::INVALID_NAMESPACE,
            "namespace not found on node",
        ))
    }

    /// The namespace that must be given by one of these parameters, and be on the node.
    pub(super) fn required_namespace(&self, names: &[&str]) -> Result<&'a Namespace, InfoError> {
        let name = self
            .namespace_name(names)?
            .ok_or_else(|| InfoError::missing("namespace"))?;
        self.namespace(name)
    }
}

/// A parameter's value, if it can be one: not empty, and under `limit` bytes.
pub(super) fn checked<'v>(value: &'v str, name: &str, limit: usize) -> Result<&'v str, InfoError> {
    match value {
        "" => Err(InfoError::new(code_of(name), format!("missing '{name}' value"))),
        value if value.len() >= limit => Err(InfoError::new(code_of(name), format!("'{name}' value too long"))),
        value => Ok(value),
    }
}

fn code_of(parameter: &str) -> ResultCode {
    match parameter {
        "namespace" => ResultCode::INVALID_NAMESPACE,
        _ => ResultCode::PARAMETER,
    }
}
