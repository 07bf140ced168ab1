//! Commands in a transaction: before the first write of a record the client adds it to the [monitor], and after each command
//! it takes down what the transaction has read and written.

pub(super) mod monitor;

use std::ptr;
use std::sync::Arc;

use tokio::time::Instant;

use super::options::Options;
use super::request::Content;
use super::send;
use crate::cluster::{Cluster, Reply};
use crate::error::Error;
use crate::key::Key;
use crate::transaction::{Running, State, version};

/// Sends the request of a command on one record that is part of a transaction.
pub(super) async fn send(
    cluster: &Cluster,
    key: &Key,
    content: &Content,
    options: &Options,
    state: &Arc<State>,
) -> Result<Reply, Error> {
    let deadline = options.deadline();
    content.check()?;
    let writes = content.writes();
    let mut running = begin(cluster, [(key, writes)], options, (state, deadline)).await?;
    let mut options = options.clone();
    options.write.durable_delete.get_or_insert(true);
    let fields = state.fields(key, writes);
    if writes {
        running.send(key);
    }
    let mut seen = None;
    let observe = |reply: &Reply| seen = reply.message().ok().and_then(|message| version(&message));
    let result = send::send(cluster, key, content, &options, (deadline, Some(&fields)), observe).await;
    running.settle(key, writes, result.as_ref().map(drop), seen);
    result
}

/// Begins a command on records, each with whether the command writes it. Those are added to the monitor.
pub(super) async fn begin<'k>(
    cluster: &Cluster,
    records: impl IntoIterator<Item = (&'k Key, bool)> + Clone,
    options: &Options,
    (state, deadline): (&Arc<State>, Option<Instant>),
) -> Result<Running, Error> {
    let keys = records.clone().into_iter().map(|(key, _)| key);
    let running = state.enter(address(cluster), keys)?;
    let written = records.into_iter().filter(|(_, writes)| *writes);
    let written = written.map(|(key, _)| key.digest()).collect();
    monitor::add(cluster, state, written, &options.for_protocol(), deadline).await?;
    Ok(running)
}

/// What tells the clusters of a process apart.
pub(super) fn address(cluster: &Cluster) -> usize {
    ptr::from_ref(cluster).addr()
}
