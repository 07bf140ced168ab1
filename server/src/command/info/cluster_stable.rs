//! `cluster-stable`: whether the cluster has a size, no pending migrations, and all partitions.

use spikelet_wire::ResultCode;

use super::call::{Answered, Call};
use super::error::InfoError;
use crate::store::Namespace;

pub(super) fn cluster_stable(call: &mut Call<'_>) -> Answered {
    if let Some(size) = call.optional("size", 4)? {
        let size: usize = size.parse().map_err(|_| InfoError::parameter("bad size"))?;
        if size != call.state.cluster().subcluster(call.session.node).size() {
            return Err(InfoError::new(
                ResultCode::CLUSTER_KEY_MISMATCH,
                "cluster not specified size",
            ));
        }
    }
    let ignore_migrations = match call.optional("ignore-migrations", 6)? {
        Some("true") => true,
        Some("false") | None => false,
        Some(_) => return Err(InfoError::parameter("bad ignore migrations")),
    };
    if !ignore_migrations {
        let remaining = match call.namespace_name(&["namespace"])? {
            Some(name) => {
                let namespace = call.namespace(name)?;
                remaining_of(call, namespace) + outages(call, std::iter::once(namespace))
            }
            None => remaining_migrations(call) + outages(call, call.state.namespaces().iter()),
        };
        if remaining != 0 {
            return Err(InfoError::new(ResultCode::CLUSTER_KEY_MISMATCH, "unstable cluster"));
        }
    }
    call.say(format_args!(
        "{:X}",
        call.state.cluster().subcluster(call.session.node).key()
    ));
    Ok(())
}

/// The partitions that cannot be used, in these namespaces.
fn outages<'n>(call: &Call<'_>, namespaces: impl Iterator<Item = &'n Namespace>) -> u32 {
    let cluster = call.state.cluster();
    let subcluster = cluster.subcluster(call.session.node);
    let outages = namespaces.map(|namespace| subcluster.outage(namespace.table()));
    outages.map(|outage| outage.unavailable + outage.dead).sum()
}

/// The pending migrations of the node, in all namespaces.
pub(super) fn remaining_migrations(call: &Call<'_>) -> u32 {
    let namespaces = call.state.namespaces().iter();
    namespaces.map(|namespace| remaining_of(call, namespace)).sum()
}

fn remaining_of(call: &Call<'_>, namespace: &Namespace) -> u32 {
    let table = namespace.table();
    let node = call.session.node;
    let (remaining, _) = call.state.cluster().subcluster(node).migrations(node, table);
    remaining.emigrations + remaining.immigrations
}
