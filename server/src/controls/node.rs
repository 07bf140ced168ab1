//! `spikelet/node`: nodes that come and go.

use std::fmt::Write as _;

use spikelet_wire::ResultCode;

use super::ask::{Answered, Ask, done};
use crate::cluster::{ClusterError, NodeId};
use crate::command::ControlError;
use crate::topology::TopologyError;

/// `id=B1,address=127.0.0.1:3000,state=up,rack=0,side=0;...`
pub(super) fn list(ask: &Ask<'_>) -> Answered {
    let mut text = String::new();
    let cluster = ask.shared.engine.cluster();
    for (at, node) in cluster.nodes().iter().enumerate() {
        let separator = if text.is_empty() { "" } else { ";" };
        let (id, address, state, rack) = (node.id, node.address, node.state, node.rack);
        let _ = write!(text, "{separator}id={id},address={address},state={state},rack={rack}");
        if let Some(side) = cluster.side_of(at) {
            let _ = write!(text, ",side={side}");
        }
    }
    Ok(text)
}

pub(super) fn kill(ask: &Ask<'_>) -> Answered {
    ask.shared.kill(id(ask)?)?;
    done()
}

pub(super) fn restart(ask: &Ask<'_>) -> Answered {
    ask.shared.restart(id(ask)?)?;
    done()
}

/// The id of the new node.
pub(super) fn add(ask: &Ask<'_>) -> Answered {
    Ok(ask.shared.add_node()?.to_string())
}

/// `a=B1;b=B2,B3`
pub(super) fn partition(ask: &Ask<'_>) -> Answered {
    ask.shared.partition(&ids(ask, "a")?, &ids(ask, "b")?)?;
    done()
}

pub(super) fn heal(ask: &Ask<'_>) -> Answered {
    ask.shared.heal();
    done()
}

pub(super) fn quiesce(ask: &Ask<'_>) -> Answered {
    ask.shared.quiesce(id(ask)?, true)?;
    done()
}

pub(super) fn quiesce_undo(ask: &Ask<'_>) -> Answered {
    ask.shared.quiesce(id(ask)?, false)?;
    done()
}

/// The number of partitions whose migrations were finished.
pub(super) fn migrate(ask: &Ask<'_>) -> Answered {
    let partitions = match ask.optional("partitions") {
        Some(_) => ask.parsed("partitions")?,
        None => usize::MAX,
    };
    Ok(ask.shared.migrate(partitions).to_string())
}

pub(super) fn advertise(ask: &Ask<'_>) -> Answered {
    let (standard, alternate) = (ask.optional("address"), ask.optional("alternate"));
    let read = |name, given: Option<&str>| match given {
        // Without a value it is as it was at first.
        None | Some("") => Ok(None),
        Some(_) => ask.parsed(name).map(Some),
    };
    let addresses = (read("address", standard)?, read("alternate", alternate)?);
    ask.shared.advertise(id(ask)?, |node| {
        if standard.is_some() {
            node.advertised = addresses.0;
        }
        if alternate.is_some() {
            node.alternate = addresses.1;
        }
    })?;
    done()
}

fn id(ask: &Ask<'_>) -> Result<NodeId, ControlError> {
    ask.parsed("id")
}

/// Node ids with commas between them.
fn ids(ask: &Ask<'_>, name: &str) -> Result<Vec<NodeId>, ControlError> {
    let text = ask.required(name)?;
    let parsed: Result<_, _> = text.split(',').map(str::parse).collect();
    parsed.map_err(|_| ControlError::parameter(format!("bad {name} '{text}'")))
}

impl From<TopologyError> for ControlError {
    fn from(error: TopologyError) -> Self {
        let (code, text) = match &error {
            TopologyError::Cluster(ClusterError::Unknown(_) | ClusterError::Both(_)) => {
                (ResultCode::PARAMETER, error.to_string())
            }
            TopologyError::Cluster(_) => (ResultCode::FORBIDDEN, error.to_string()),
            TopologyError::Bind { source, .. } => (ResultCode::SERVER_ERROR, format!("{error}: {source}")),
        };
        Self { code, text }
    }
}
