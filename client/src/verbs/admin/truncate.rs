//! Truncation: removes all records of a set or a namespace.

use std::time::SystemTime;

use super::super::command::{Command, Execute};
use super::super::info;
use super::super::options::Options;
use super::info_command::InfoCommand;
use crate::cluster::Cluster;
use crate::error::Error;

/// A command that removes all records of a set or a namespace.
#[derive(Debug, Clone)]
pub struct Truncate {
    namespace: String,
    set: String,
    before: Option<SystemTime>,
}

impl Truncate {
    pub(crate) fn new(namespace: &str, set: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            set: set.to_owned(),
            before: None,
        }
    }
}

impl<C> Command<C, Truncate> {
    /// Keeps the records whose last write was at this time or later, by the servers' clocks.
    ///
    /// It fails with [`PARAMETER`](crate::ResultCode::PARAMETER) (4) for a time in the future or before 2010.
    pub fn before(mut self, time: SystemTime) -> Self {
        self.verb.before = Some(time);
        self
    }
}

impl Execute for Truncate {
    type Output = ();

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<(), Error> {
        let line = match self.set.as_str() {
            "" => InfoCommand::new("truncate-namespace").parameter("namespace", &self.namespace),
            set => InfoCommand::new("truncate")
                .parameter("namespace", &self.namespace)
                .parameter("set", set),
        };
        let line = match self.before {
            None => line,
            Some(time) => {
                // In nanoseconds since 1970.
                let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                line.parameter("lut", &since.as_nanos().to_string())
            }
        };
        let command = line.finish()?;
        let node = cluster.any_node(&cluster.view())?;
        info::send(cluster, &node, &command, &options).await.map(drop)
    }
}
