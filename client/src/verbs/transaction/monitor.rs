//! The monitor of a transaction: a record that names the records that the transaction writes. By it the server ends the
//! transaction if the client does not.
//!
//! Every request here can be repeated: a digest is added once, and a monitor that is committed or deleted stays so.

use spikelet_wire::mrt::{DIGESTS, FORWARD, ID, MONITOR_SET};
use spikelet_wire::{Digest, ResultCode, Value};
use tokio::time::Instant;

use super::super::options::Options;
use super::super::request::Content;
use super::super::send;
use crate::clock;
use crate::cluster::{Cluster, Reply};
use crate::error::{Cause, Error};
use crate::key::Key;
use crate::operation::Operation;
use crate::ops::list;
use crate::policy::Ttl;
use crate::transaction::{State, deadline};

/// Adds records to the monitor, which is created if there is none.
pub(super) async fn add(
    cluster: &Cluster,
    state: &State,
    digests: Vec<Digest>,
    options: &Options,
    until: Option<Instant>,
) -> Result<(), Error> {
    if state.unmonitored(digests.iter().copied()).is_empty() {
        return Ok(());
    }
    let turn = clock::until(until, state.turn.lock()).await;
    let _turn = turn.ok_or_else(|| Error::new(Cause::Timeout))?;
    // Another command may have added some of them meanwhile.
    let added = state.unmonitored(digests.into_iter());
    if added.is_empty() {
        return Ok(());
    }
    let mut options = options.clone();
    options.write.respond_all_ops = Some(true);
    options.write.ttl = state.ttl().map(Ttl::Seconds);
    let key = key(state)?;
    let mut creates = !state.has_monitor();
    let was_sent = creates && state.send_monitor();
    let reply = loop {
        let id = creates.then(|| Operation::write(ID, state.id.cast_signed()));
        let added = added.iter().map(|digest| Value::Blob(digest.0.to_vec()));
        let append = list(DIGESTS)
            .ordered()
            .add_unique()
            .no_fail()
            .partial()
            .append_items(added.collect::<Vec<_>>());
        let content = Content::operate(id.into_iter().chain([append]).collect());
        match send::send(cluster, &key, &content, &options, (until, None), |_| {}).await {
            // An earlier attempt has created it, and its reply was lost.
            Err(error)
                if creates
                    && error.result_code() == Some(ResultCode::MRT_MONITOR_EXISTS)
                    && (was_sent || error.in_doubt()) =>
            {
                creates = false;
            }
            reply => break reply?,
        }
    };
    let deadline = deadline(&reply.message()?)
        .ok_or_else(|| Error::cluster("the server has not reported the deadline of the transaction"))?;
    state.set_monitored(added, deadline);
    Ok(())
}

/// Marks the transaction as committed.
pub(in super::super) async fn mark_committed(
    cluster: &Cluster,
    state: &State,
    options: &Options,
    until: Option<Instant>,
) -> Result<(), Error> {
    let content = Content::write(vec![Operation::write(FORWARD, true)]);
    match change(cluster, state, &content, options, until).await {
        Err(error) if error.result_code() == Some(ResultCode::MRT_COMMITTED) => Ok(()),
        result => result.map(drop),
    }
}

/// Deletes the monitor.
pub(in super::super) async fn close(
    cluster: &Cluster,
    state: &State,
    options: &Options,
    until: Option<Instant>,
) -> Result<(), Error> {
    let mut options = options.clone();
    options.write.durable_delete = Some(true);
    match change(cluster, state, &Content::remove(), &options, until).await {
        Err(error) if error.is_not_found() => Ok(()),
        result => result.map(drop),
    }
}

async fn change(
    cluster: &Cluster,
    state: &State,
    content: &Content,
    options: &Options,
    until: Option<Instant>,
) -> Result<Reply, Error> {
    send::send(cluster, &key(state)?, content, options, (until, None), |_| {}).await
}

fn key(state: &State) -> Result<Key, Error> {
    let namespace = state
        .namespace()
        .ok_or_else(|| Error::transaction("the transaction has no commands".to_owned()))?;
    Ok(Key::new(&namespace, MONITOR_SET, state.id.cast_signed()))
}
