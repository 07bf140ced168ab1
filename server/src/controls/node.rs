//! `spikelet/node`: nodes and the network between them.

use std::fmt::Write as _;

use spikelet_wire::ResultCode;

use super::call::{Call, Reply, done};
use crate::cluster::{ClusterError, NodeId};
use crate::handle::TopologyError;
use crate::state::ControlError;

/// `id=B1,address=127.0.0.1:3000,state=up,rack=0,subcluster=0;...`
pub(super) fn list(call: &Call<'_>) -> Reply {
    let mut text = String::new();
    let cluster = call.shared.state.cluster();
    for (at, node) in cluster.nodes().iter().enumerate() {
        let separator = if text.is_empty() { "" } else { ";" };
        let (id, address, state, rack) = (node.id, node.address, node.state, node.rack);
        let _ = write!(text, "{separator}id={id},address={address},state={state},rack={rack}");
        if let Some(subcluster) = cluster.subcluster_of(at) {
            let _ = write!(text, ",subcluster={subcluster}");
        }
    }
    Ok(text)
}

pub(super) fn kill(call: &Call<'_>) -> Reply {
    call.shared.kill(&ids(call, "id")?)?;
    done()
}

pub(super) fn restart(call: &Call<'_>) -> Reply {
    call.shared.restart(id(call)?)?;
    done()
}

/// The id of the new node.
pub(super) fn add(call: &Call<'_>) -> Reply {
    Ok(call.shared.add_node()?.to_string())
}

/// `a=B1;b=B2,B3`
pub(super) fn partition(call: &Call<'_>) -> Reply {
    call.shared.partition(&ids(call, "a")?, &ids(call, "b")?)?;
    done()
}

pub(super) fn heal(call: &Call<'_>) -> Reply {
    call.shared.heal();
    done()
}

pub(super) fn quiesce(call: &Call<'_>) -> Reply {
    call.shared.quiesce(id(call)?, true)?;
    done()
}

pub(super) fn quiesce_undo(call: &Call<'_>) -> Reply {
    call.shared.quiesce(id(call)?, false)?;
    done()
}

/// The number of partitions whose migrations finished.
pub(super) fn migrate(call: &Call<'_>) -> Reply {
    let partitions = match call.optional("partitions") {
        Some(_) => call.parsed("partitions")?,
        None => usize::MAX,
    };
    Ok(call.shared.migrate(partitions).to_string())
}

pub(super) fn advertise(call: &Call<'_>) -> Reply {
    // `None` if it is not given. An empty value restores the default.
    let read = |name| match call.optional(name) {
        None => Ok(None),
        Some("") => Ok(Some(None)),
        Some(_) => call.parsed(name).map(|address| Some(Some(address))),
    };
    let (standard, alternate) = (read("address")?, read("alternate")?);
    let (tls, tls_alternate) = (read("tls-address")?, read("tls-alternate")?);
    call.shared.advertise(id(call)?, |node| {
        for (address, given) in [
            (&mut node.advertised, standard),
            (&mut node.alternate, alternate),
            (&mut node.tls_advertised, tls),
            (&mut node.tls_alternate, tls_alternate),
        ] {
            if let Some(given) = given {
                *address = given;
            }
        }
    })?;
    done()
}

fn id(call: &Call<'_>) -> Result<NodeId, ControlError> {
    call.parsed("id")
}

/// Node ids with commas between them.
fn ids(call: &Call<'_>, name: &str) -> Result<Vec<NodeId>, ControlError> {
    let text = call.required(name)?;
    let parsed: Result<_, _> = text.split(',').map(str::parse).collect();
    parsed.map_err(|_| ControlError::parameter(format!("bad {name} '{text}'")))
}

impl From<TopologyError> for ControlError {
    fn from(error: TopologyError) -> Self {
        let (code, text) = match &error {
            TopologyError::Cluster(ClusterError::Unknown(_) | ClusterError::Both(_)) => {
                (ResultCode::PARAMETER, error.to_string())
            }
            TopologyError::NotConsistent(_) => (ResultCode::PARAMETER, error.to_string()),
            TopologyError::Cluster(_) => (ResultCode::FORBIDDEN, error.to_string()),
            TopologyError::Bind { source, .. } => (ResultCode::SERVER_ERROR, format!("{error}: {source}")),
        };
        Self { code, text }
    }
}
