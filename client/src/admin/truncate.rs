//! Truncation: the records of a set or a namespace removed at once.

use std::time::SystemTime;

use super::Line;
use crate::cluster::Cluster;
use crate::command::info::ask;
use crate::command::run::Run;
use crate::command::{Command, Options};
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
    /// Leaves the records that were written last at this time or later, by the servers' clocks.
    ///
    /// It fails with [`PARAMETER`](crate::ResultCode::PARAMETER) for a time that has not come yet, or was before 2010.
    pub fn before(mut self, time: SystemTime) -> Self {
        self.verb.before = Some(time);
        self
    }
}

impl Run for Truncate {
    type Output = ();

    async fn run(self, cluster: &Cluster, options: Options) -> Result<(), Error> {
        let line = match self.set.as_str() {
            "" => Line::new("truncate-namespace").parameter("namespace", &self.namespace),
            set => Line::new("truncate")
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
        let command = line.finish().map_err(|error| error.duplicate())?;
        let node = cluster.any_node(&cluster.view())?;
        ask(cluster, &node, &command, &options).await.map(drop)
    }
}
