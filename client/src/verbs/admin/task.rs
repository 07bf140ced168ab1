//! Tasks: work that the servers continue after they have accepted it.

use std::time::Duration;

use spikelet_wire::ResultCode;

use super::super::command::Execute;
use super::super::info;
use super::super::options::Options;
use super::info_command::{InfoCommand, parameter_value, refused};
use super::module::Module;
use crate::clock;
use crate::cluster::Cluster;
use crate::error::{Cause, Error};
use crate::policy::Policy;

/// Work that the servers continue after they have accepted it, such as building an index.
///
/// ```no_run
/// # use spikelet_client::{Client, Error, Index, IndexType};
/// # async fn example(client: Client) -> Result<(), Error> {
/// let task = client.create_index("test", "demo", "by_age", Index::on("age", IndexType::Numeric)).await?;
/// client.wait(&task).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Query(u64),
    Index {
        namespace: String,
        name: String,
        is_built: bool,
    },
    Module {
        file: String,
        is_registered: bool,
    },
}

/// The status of a task at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Done,
    Running,
    /// The node does not know the task.
    Unknown,
}

/// A command that waits until a task is done.
#[derive(Debug, Clone)]
pub struct Wait {
    task: Task,
    /// The policy of each status request.
    policy: Policy,
}

/// The first pause between two status requests. It doubles after each.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
/// How long a node may not know an index yet that was created at another node.
const PROPAGATION: Duration = Duration::from_secs(2);

impl Task {
    /// The task of the background query with this id, such as one that another process started.
    #[must_use]
    pub const fn query(id: u64) -> Self {
        Self(Kind::Query(id))
    }

    /// The id of a background query; `None` for other tasks.
    #[must_use]
    pub const fn query_id(&self) -> Option<u64> {
        match self.0 {
            Kind::Query(id) => Some(id),
            Kind::Index { .. } | Kind::Module { .. } => None,
        }
    }

    pub(super) fn index_built(namespace: &str, name: &str) -> Self {
        Self::index(namespace, name, true)
    }

    pub(super) fn index_dropped(namespace: &str, name: &str) -> Self {
        Self::index(namespace, name, false)
    }

    fn index(namespace: &str, name: &str, is_built: bool) -> Self {
        Self(Kind::Index {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            is_built,
        })
    }

    pub(super) fn module_registered(file: &str) -> Self {
        Self::module(file, true)
    }

    pub(super) fn module_removed(file: &str) -> Self {
        Self::module(file, false)
    }

    fn module(file: &str, is_registered: bool) -> Self {
        Self(Kind::Module {
            file: file.to_owned(),
            is_registered,
        })
    }

    /// The info command that requests its status.
    fn status_command(&self) -> Result<String, Error> {
        let line = match &self.0 {
            Kind::Query(id) => InfoCommand::new("query-show").parameter("id", &id.to_string()),
            Kind::Index {
                namespace,
                name,
                is_built,
            } => InfoCommand::new(if *is_built { "sindex-stat" } else { "sindex-exists" })
                .parameter("namespace", namespace)
                .parameter("indexname", name),
            Kind::Module { .. } => return Ok("udf-list".into()),
        };
        line.finish()
    }

    /// Parses the reply to the status command.
    fn status(&self, reply: Result<String, Error>) -> Result<Status, Error> {
        let is_done = match (&self.0, reply) {
            (Kind::Query(_), Ok(text)) => {
                let status = parameter_value(&text, ':', "status").unwrap_or_default();
                match status.strip_prefix("done") {
                    None => false,
                    Some("" | "(ok)") => true,
                    Some(end) => return Err(refused(ResultCode::QUERY_ABORTED, format!("the query ended as {end}"))),
                }
            }
            // The servers remember only a limited number of finished queries.
            (Kind::Query(_), Err(error)) if error.is_not_found() => true,
            (Kind::Index { is_built: true, .. }, Ok(text)) => parameter_value(&text, ';', "load_pct") == Some("100"),
            (Kind::Index { is_built: true, .. }, Err(error))
                if error.result_code() == Some(ResultCode::INDEX_NOT_FOUND) =>
            {
                return Ok(Status::Unknown);
            }
            (Kind::Index { is_built: false, .. }, Ok(text)) => text.eq_ignore_ascii_case("false"),
            (Kind::Module { file, is_registered }, Ok(text)) => {
                let mut modules = text.split(';').filter_map(Module::read);
                modules.any(|module| module.file == *file) == *is_registered
            }
            (_, Err(error)) => return Err(error),
        };
        Ok(if is_done { Status::Done } else { Status::Running })
    }
}

impl Wait {
    pub(crate) fn new(task: &Task, policy: Policy) -> Self {
        Self {
            task: task.clone(),
            policy,
        }
    }
}

impl Execute for Wait {
    type Output = ();

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<(), Error> {
        let command = self.task.status_command()?;
        let deadline = options.deadline();
        // Each status request has the timeouts of an ordinary command.
        let request_options = Options::new(self.policy, false);
        let started = clock::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let status = overall_status(cluster, &self.task, &command, &request_options).await?;
            match status {
                Status::Done => return Ok(()),
                Status::Unknown if clock::now() - started > PROPAGATION => {
                    return Err(Error::new(Cause::Server(ResultCode::INDEX_NOT_FOUND)));
                }
                Status::Unknown | Status::Running => {}
            }
            if deadline.is_some_and(|deadline| clock::now() + pause > deadline) {
                return Err(Error::new(Cause::Timeout));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// The status of a task at the first node that is not done with it.
async fn overall_status(cluster: &Cluster, task: &Task, command: &str, options: &Options) -> Result<Status, Error> {
    for node in &cluster.view().nodes {
        let status = task.status(info::send(cluster, node, command, options).await)?;
        if status != Status::Done {
            return Ok(status);
        }
    }
    Ok(Status::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(task: &Task, reply: &str) -> Status {
        task.status(Ok(reply.into())).unwrap()
    }

    #[test]
    fn status_replies_are_parsed() {
        let query = Task::query(7);
        assert_eq!(query.status_command().unwrap(), "query-show:id=7");
        assert_eq!(status(&query, "trid=7:status=active(ok):rps=0"), Status::Running);
        assert_eq!(status(&query, "trid=7:status=done(ok):rps=0"), Status::Done);
        let aborted = query.status(Ok("trid=7:status=done(user-aborted)".into()));
        assert_eq!(aborted.unwrap_err().result_code(), Some(ResultCode::QUERY_ABORTED));
        assert_eq!(
            query
                .status(Err(refused(ResultCode::NOT_FOUND, "job not found")))
                .unwrap(),
            Status::Done
        );

        let index = Task::index_built("test", "i");
        assert_eq!(
            index.status_command().unwrap(),
            "sindex-stat:namespace=test;indexname=i"
        );
        assert_eq!(status(&index, "entries=0;load_pct=99;x=1"), Status::Running);
        assert_eq!(status(&index, "entries=0;load_pct=100;x=1"), Status::Done);
        assert_eq!(
            index
                .status(Err(refused(ResultCode::INDEX_NOT_FOUND, "no index")))
                .unwrap(),
            Status::Unknown
        );
        assert_eq!(status(&Task::index_dropped("test", "i"), "true"), Status::Running);
        assert_eq!(
            status(&Task::module_registered("a.lua"), "filename=b.lua;"),
            Status::Running
        );
        assert_eq!(status(&Task::module_removed("a.lua"), "filename=b.lua;"), Status::Done);
    }
}
