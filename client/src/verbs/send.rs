//! Sends the request of a command on one record.

use bytes::BytesMut;
use tokio::time::Instant;

use super::options::Options;
use super::request::{self, Content};
use crate::cluster::{Cluster, Reply};
use crate::error::Error;
use crate::key::Key;
use crate::transaction::Fields;

/// Sends a request to the node that owns the record's partition. `observe` is called with every reply.
pub(super) async fn send(
    cluster: &Cluster,
    key: &Key,
    content: &Content,
    options: &Options,
    (deadline, transaction): (Option<Instant>, Option<&Fields>),
    observe: impl FnMut(&Reply),
) -> Result<Reply, Error> {
    let mut frame = BytesMut::with_capacity(256);
    request::encode(
        &mut frame,
        key,
        content,
        &options.write,
        transaction,
        options.server_options(),
    )?;
    let frame = request::compress(frame, &options.policy).freeze();
    let mut attempts = options.attempts(content.writes());
    let socket_timeout = options.policy.socket_timeout;
    cluster
        .send_to_partition(key, &frame, deadline, socket_timeout, &mut attempts, observe)
        .await
}
