//! Info commands: what nodes say about themselves, and what clusters are told.

use spikelet_wire::ResultCode;

use super::run::Run;
use super::single::retry_or_fail;
use super::{Command, Options};
use crate::cluster::{Cluster, Node};
use crate::connection::{info_frame, info_value};
use crate::error::{Cause, Error};
use crate::response::InfoText;

/// An info command to one node; it gives the value of the answer.
#[derive(Debug, Clone)]
pub struct Info {
    command: String,
    node: Option<String>,
}

/// An info command to every node; it gives the names of the nodes and their values.
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
    /// Asks the node of this name; without it any node is asked.
    pub fn node(mut self, name: impl Into<String>) -> Self {
        self.verb.node = Some(name.into());
        self
    }
}

impl Run for Info {
    type Output = String;

    async fn run(self, cluster: &Cluster, options: Options) -> Result<String, Error> {
        let node = match &self.node {
            Some(name) => cluster.node(name)?,
            None => cluster.any_node(&cluster.view())?,
        };
        ask(cluster, &node, &self.command, &options).await
    }
}

impl Run for InfoAll {
    type Output = Vec<(String, String)>;

    async fn run(self, cluster: &Cluster, options: Options) -> Result<Self::Output, Error> {
        let mut answers = Vec::new();
        for node in &cluster.view().nodes {
            let answer = ask(cluster, node, &self.command, &options).await?;
            answers.push((node.name.to_string(), answer));
        }
        Ok(answers)
    }
}

pub(crate) async fn ask(cluster: &Cluster, node: &Node, command: &str, options: &Options) -> Result<String, Error> {
    if command.contains('\n') {
        return Err(Error::argument("an info command is one line"));
    }
    let (deadline, frame) = (options.deadline(), info_frame(&[command]));
    // A command that changes something is a write.
    let mut attempts = options.attempts(command.contains(':'));
    loop {
        let receive = InfoText {
            socket_timeout: options.policy.socket_timeout,
        };
        match node.exchange(&frame, deadline, receive).await {
            Ok(answer) => return value(&answer, command).map_err(|error| error.at(&node.name)),
            Err(failure) => retry_or_fail(cluster, node, deadline, &mut attempts, failure).await?,
        }
    }
}

/// The value of an answer, or the error in it: `ERROR`, the result code and a text, separated by colons.
fn value(answer: &str, command: &str) -> Result<String, Error> {
    // Some values go over several lines.
    let value = match answer.strip_prefix(command).and_then(|rest| rest.strip_prefix('\t')) {
        Some(value) => value.strip_suffix('\n').unwrap_or(value),
        None => info_value(answer, command).unwrap_or_default(),
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
