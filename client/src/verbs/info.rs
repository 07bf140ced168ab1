//! Info commands, to one node or to all.

use spikelet_wire::ResultCode;

use super::command::{Command, Execute};
use super::options::Options;
use crate::cluster::{Cluster, Node, info_frame, info_value};
use crate::error::{Cause, Error};

/// An info command to one node. It returns the value in the reply.
#[derive(Debug, Clone)]
pub struct Info {
    command: String,
    node: Option<String>,
}

/// An info command to every node. It returns the name and the value of each node.
#[derive(Debug, Clone)]
pub struct InfoAll {
    command: String,
}

impl Info {
    pub(crate) fn new(command: impl Into<String>) -> Self {
        Self {
            command: command.into(),
            node: None,
        }
    }
}

impl InfoAll {
    pub(crate) fn new(command: impl Into<String>) -> Self {
        Self {
            command: command.into(),
        }
    }
}

impl<C> Command<C, Info> {
    /// Sends the command to the node with this name. By default it is sent to any node.
    pub fn node(mut self, name: impl Into<String>) -> Self {
        self.verb.node = Some(name.into());
        self
    }
}

impl Execute for Info {
    type Output = String;

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<String, Error> {
        let node = match &self.node {
            Some(name) => cluster.node(name)?,
            None => cluster.any_node(&cluster.view())?,
        };
        send(cluster, &node, &self.command, &options).await
    }
}

impl Execute for InfoAll {
    type Output = Vec<(String, String)>;

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<Self::Output, Error> {
        let mut values = Vec::new();
        for node in &cluster.view().nodes {
            let value = send(cluster, node, &self.command, &options).await?;
            values.push((node.name.to_string(), value));
        }
        Ok(values)
    }
}

/// Sends an info command to a node, and returns the value in the reply.
pub(super) async fn send(cluster: &Cluster, node: &Node, command: &str, options: &Options) -> Result<String, Error> {
    if command.contains('\n') {
        return Err(Error::argument("an info command is one line"));
    }
    // A command with parameters may change something, so it counts as a write.
    let mut attempts = options.attempts(command.contains(':'));
    let reply = cluster
        .send_info(
            node,
            &info_frame(&[command]),
            options.deadline(),
            options.policy.socket_timeout,
            &mut attempts,
        )
        .await?;
    value(&reply, command).map_err(|error| error.at(&node.name))
}

/// The value in a reply, or the error in it: `ERROR`, the result code and a text, separated by colons.
fn value(reply: &str, command: &str) -> Result<String, Error> {
    // Some values span several lines.
    let value = match reply.strip_prefix(command).and_then(|rest| rest.strip_prefix('\t')) {
        Some(value) => value.strip_suffix('\n').unwrap_or(value),
        None => info_value(reply, command).unwrap_or_default(),
    };
    let error = ["ERROR", "FAIL"].iter().find_map(|word| value.strip_prefix(word));
    let Some(error) = error.filter(|rest| rest.is_empty() || rest.starts_with(':')) else {
        return Ok(value.to_owned());
    };
    let (code, text) = error.trim_start_matches(':').split_once(':').unwrap_or((error, ""));
    let code = code.parse().map_or(ResultCode::SERVER_ERROR, ResultCode);
    Err(Error::new(Cause::Info(code, text.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_errors_are_told_apart() {
        assert_eq!(value("build\t8.1.2.0\n", "build").unwrap(), "8.1.2.0");
        assert_eq!(value("services\n", "services").unwrap(), "");
        assert_eq!(value("a\tERRORS=0\n", "a").unwrap(), "ERRORS=0");
        let error = value("nope\tERROR:4:unrecognized command\n", "nope").unwrap_err();
        assert_eq!(error.result_code(), Some(ResultCode::PARAMETER));
        assert_eq!(error.to_string(), "the server refused (4): unrecognized command");
        let error = value("nope\tERROR\n", "nope").unwrap_err();
        assert_eq!(error.result_code(), Some(ResultCode::SERVER_ERROR));
    }
}
