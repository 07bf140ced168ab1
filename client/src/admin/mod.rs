//! What is administered: indexes, modules, truncation, and the wait for what the servers do about it.

mod index;
mod module;
mod task;
mod truncate;

use spikelet_wire::info::parameters;

use crate::cluster::Cluster;
use crate::command::Options;
use crate::command::info::ask;
use crate::command::run::Run;
use crate::error::{Cause, Error};

pub use index::{Index, IndexInfo, IndexState, IndexType};
pub use module::Module;
pub use task::{Task, Wait};
pub use truncate::Truncate;

/// A command to one node, which tells the others; it gives a [`Task`] to [wait](crate::Client::wait) for.
#[derive(Debug, Clone)]
pub struct Administer {
    /// An error where a name cannot be told: it is told when the command is carried out.
    command: Result<String, std::sync::Arc<Error>>,
    task: Task,
}

/// A command that lists what there is.
#[derive(Debug, Clone)]
pub struct List<T> {
    command: Result<String, std::sync::Arc<Error>>,
    read: fn(&str) -> Option<T>,
}

impl Administer {
    pub(crate) fn create_index(namespace: &str, set: &str, name: &str, index: Index) -> Self {
        let command = Line::new("sindex-create")
            .parameter("namespace", namespace)
            .optional("set", set)
            .parameter("indexname", name);
        let task = Task::index_built(namespace, name);
        Self::new(index.finish(command), task)
    }

    pub(crate) fn drop_index(namespace: &str, name: &str) -> Self {
        let command = Line::new("sindex-delete")
            .parameter("namespace", namespace)
            .parameter("indexname", name);
        Self::new(command, Task::index_gone(namespace, name))
    }

    pub(crate) fn register_udf(file: &str, script: &[u8]) -> Self {
        Self::new(module::put(file, script), Task::module_there(file))
    }

    pub(crate) fn remove_udf(file: &str) -> Self {
        let command = Line::new("udf-remove").parameter("filename", file);
        Self::new(command, Task::module_gone(file))
    }

    fn new(command: Line, task: Task) -> Self {
        Self {
            command: command.finish(),
            task,
        }
    }
}

impl List<IndexInfo> {
    pub(crate) fn indexes(namespace: &str) -> Self {
        Self {
            command: Line::new("sindex-list").parameter("namespace", namespace).finish(),
            read: IndexInfo::read,
        }
    }
}

impl List<Module> {
    pub(crate) fn modules() -> Self {
        Self {
            command: Ok("udf-list".into()),
            read: Module::read,
        }
    }
}

impl Run for Administer {
    type Output = Task;

    async fn run(self, cluster: &Cluster, options: Options) -> Result<Task, Error> {
        let command = self.command.map_err(|error| error.duplicate())?;
        let node = cluster.any_node(&cluster.view())?;
        let answer = ask(cluster, &node, &command, &options).await?;
        // What is about modules has errors of a form of their own.
        if let Some(error) = answer.strip_prefix("error=") {
            return Err(module::refusal(error).at(&node.name));
        }
        Ok(self.task)
    }
}

impl<T: Send> Run for List<T> {
    type Output = Vec<T>;

    async fn run(self, cluster: &Cluster, options: Options) -> Result<Vec<T>, Error> {
        let command = self.command.map_err(|error| error.duplicate())?;
        let node = cluster.any_node(&cluster.view())?;
        let answer = ask(cluster, &node, &command, &options).await?;
        let items = answer.split(';').filter(|item| !item.is_empty());
        Ok(items.filter_map(self.read).collect())
    }
}

/// An info command with parameters.
#[derive(Debug, Clone)]
struct Line {
    text: String,
    is_bad: bool,
}

impl Line {
    fn new(command: &str) -> Self {
        Self {
            text: format!("{command}:"),
            is_bad: false,
        }
    }

    fn parameter(mut self, name: &str, value: &str) -> Self {
        self.is_bad |= value.contains([';', '\n']);
        if !self.text.ends_with(':') {
            self.text.push(';');
        }
        self.text.push_str(name);
        self.text.push('=');
        self.text.push_str(value);
        self
    }

    /// A parameter that is left out where it says nothing.
    fn optional(self, name: &str, value: &str) -> Self {
        match value {
            "" => self,
            value => self.parameter(name, value),
        }
    }

    fn finish(self) -> Result<String, std::sync::Arc<Error>> {
        match self.is_bad {
            false => Ok(self.text),
            true => Err(std::sync::Arc::new(Error::argument(
                "a name with a semicolon or a line's end cannot be told",
            ))),
        }
    }
}

/// The value of a parameter in a text in which they are separated by something else than semicolons.
fn find<'t>(text: &'t str, separator: char, name: &str) -> Option<&'t str> {
    let mut pairs = text.split(separator).flat_map(parameters);
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn refused(code: spikelet_wire::ResultCode, text: impl Into<String>) -> Error {
    Error::new(Cause::Info(code, text.into()))
}
