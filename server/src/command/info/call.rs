//! One info command that is being executed, and its reply.

use std::fmt;

use bytes::{BufMut, BytesMut};

use super::error::InfoError;
use crate::clock::Now;
use crate::cluster::Node;
use crate::command::query::Maintenance;
use crate::state::{Session, State};
use crate::store::Namespace;

/// An info command that is being executed.
pub(super) struct Call<'a> {
    pub(super) state: &'a State,
    pub(super) now: Now,
    pub(super) session: &'a mut Session,
    /// The command's name.
    pub(super) name: &'a str,
    /// The text after the name and the character that ended it.
    pub(super) parameters: &'a str,
    pub(super) out: &'a mut BytesMut,
    /// What is left to be done after the reply, with the names of the namespaces.
    pub(super) left: &'a mut Vec<(String, Maintenance)>,
}

/// The result of a command. Its value is appended to `Call::out`.
pub(super) type Answered = Result<(), InfoError>;

impl Call<'_> {
    /// Appends to the reply.
    pub(super) fn say(&mut self, text: impl fmt::Display) {
        // Writing to a `BytesMut` does not fail.
        let _ = fmt::Write::write_fmt(self.out, format_args!("{text}"));
    }

    /// Appends the items, separated by semicolons.
    pub(super) fn list<T: fmt::Display>(&mut self, items: impl IntoIterator<Item = T>) -> Answered {
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.out.put_u8(b';');
            }
            self.say(item);
        }
        Ok(())
    }

    /// Appends what a command says of the namespace that it names; of all namespaces, as `ns=NAME:...;...`, if it names none.
    pub(super) fn each_namespace(&mut self, say: impl Fn(&mut Self, &Namespace)) -> Answered {
        if let Some(name) = self.namespace_name(&["namespace"])? {
            let namespace = self.namespace(name)?;
            say(self, namespace);
            return Ok(());
        }
        let state = self.state;
        for namespace in state.namespaces() {
            self.say(format_args!("ns={}:", namespace.name));
            say(self, namespace);
            self.out.put_u8(b';');
        }
        self.drop_last();
        Ok(())
    }

    /// Removes the separator after the last item.
    pub(super) fn drop_last(&mut self) {
        self.out.truncate(self.out.len().saturating_sub(1));
    }

    /// The node of the connection.
    pub(super) fn node(&self) -> Option<Node> {
        self.state.cluster().node(self.session.node).cloned()
    }

    /// Appends `name=value;`.
    pub(super) fn pair(&mut self, name: impl fmt::Display, value: impl fmt::Display) {
        self.say(format_args!("{name}={value};"));
    }

    /// Appends `name=value;` for each.
    pub(super) fn pairs<V: fmt::Display>(&mut self, pairs: &[(&str, V)]) {
        pairs.iter().for_each(|(name, value)| self.pair(name, value));
    }

    /// Appends `name=0;` for each.
    pub(super) fn zeros(&mut self, names: &[&str]) {
        names.iter().for_each(|name| self.pair(name, 0));
    }
}
