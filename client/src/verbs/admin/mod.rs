//! Administration: secondary indexes, UDF modules, truncation, users and roles, and tasks that finish later.

mod index;
mod info_command;
mod module;
#[cfg(feature = "security")]
mod security;
mod task;
mod truncate;

use std::sync::Arc;

use super::command::Execute;
use super::info;
use super::options::Options;
use crate::cluster::Cluster;
use crate::error::Error;

pub use index::{CollectionIndexType, Index, IndexInfo, IndexState, IndexType};
use info_command::InfoCommand;
pub use module::Module;
#[cfg(feature = "security")]
pub use security::{CreateRole, QueryOne, QuerySecurity, Role, Security, User, UserRates};
pub use task::{Task, Wait};
pub use truncate::Truncate;

/// A command that changes indexes or modules. It returns a [`Task`] to [wait](crate::Client::wait) for.
///
/// It is sent to one node, which passes it on to the others.
#[derive(Debug, Clone)]
pub struct Administer {
    /// An error if a name cannot be sent. It is returned when the command is executed.
    command: Result<String, Arc<Error>>,
    task: Task,
}

/// A command that lists indexes or modules.
#[derive(Debug, Clone)]
pub struct List<T> {
    command: Result<String, Arc<Error>>,
    read: fn(&str) -> Option<T>,
}

impl Administer {
    pub(crate) fn create_index(namespace: &str, set: &str, name: &str, index: &Index) -> Self {
        let task = Task::index_built(namespace, name);
        Self::new(index.to_info(namespace, set, name), task)
    }

    pub(crate) fn drop_index(namespace: &str, name: &str) -> Self {
        let command = InfoCommand::new("sindex-delete")
            .parameter("namespace", namespace)
            .parameter("indexname", name);
        Self::new(command.finish(), Task::index_dropped(namespace, name))
    }

    pub(crate) fn register_udf(file: &str, script: &[u8]) -> Self {
        Self::new(module::put(file, script).finish(), Task::module_registered(file))
    }

    pub(crate) fn remove_udf(file: &str) -> Self {
        let command = InfoCommand::new("udf-remove").parameter("filename", file);
        Self::new(command.finish(), Task::module_removed(file))
    }

    fn new(command: Result<String, Error>, task: Task) -> Self {
        Self {
            command: command.map_err(Arc::new),
            task,
        }
    }
}

impl List<IndexInfo> {
    pub(crate) fn indexes(namespace: &str) -> Self {
        Self {
            command: InfoCommand::new("sindex-list")
                .parameter("namespace", namespace)
                .finish()
                .map_err(Arc::new),
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

impl Execute for Administer {
    type Output = Task;

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<Task, Error> {
        let command = self.command.map_err(|error| error.duplicate())?;
        let node = cluster.any_node(&cluster.view())?;
        let value = info::send(cluster, &node, &command, &options).await?;
        // Errors of commands on modules have a format of their own.
        if let Some(error) = value.strip_prefix("error=") {
            return Err(module::error(error).at(&node.name));
        }
        Ok(self.task)
    }
}

impl<T: Send> Execute for List<T> {
    type Output = Vec<T>;

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<Vec<T>, Error> {
        let command = self.command.map_err(|error| error.duplicate())?;
        let node = cluster.any_node(&cluster.view())?;
        let value = info::send(cluster, &node, &command, &options).await?;
        let items = value.split(';').filter(|item| !item.is_empty());
        Ok(items.filter_map(self.read).collect())
    }
}
