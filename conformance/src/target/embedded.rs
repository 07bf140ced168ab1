//! Embedded servers that are configured as the recorded servers were.

use spikelet::{Edition, NamespaceConfig, SecurityConfig, Server};

use super::Unavailable;
use crate::recorded;

/// An embedded server with the namespaces of the recorded server.
pub fn recorded_namespaces() -> spikelet::Builder {
    let namespace = |name| NamespaceConfig {
        nsup_period: 1,
        ..NamespaceConfig::new(name)
    };
    Server::builder()
        .namespace(namespace("test"))
        .namespace(namespace("bar"))
}

/// An embedded server of the Enterprise Edition, with the namespaces of the recorded server and one with strong consistency.
pub(super) fn enterprise() -> Result<spikelet::Builder, Unavailable> {
    let mut strong = NamespaceConfig::new("strong");
    let set = strong.set("strong-consistency", "true");
    set.map_err(|error| Unavailable(error.to_string()))?;
    Ok(recorded_namespaces().edition(Edition::Enterprise).namespace(strong))
}

/// The name of the user that the suite logs in as on an embedded server with security, and its password.
pub(super) const USER: &str = "superuser";

/// An embedded server of the Enterprise Edition, with security.
pub(super) fn secured() -> spikelet::Builder {
    let security = SecurityConfig {
        enable_quotas: true,
        ..SecurityConfig::default()
    };
    recorded_namespaces()
        .edition(Edition::Enterprise)
        .security(security)
        .user(USER, USER, ["read-write-udf", "sys-admin", "data-admin", "user-admin"])
}

/// An embedded server with the work directory of the server with which the area `udf` was recorded.
pub fn recorded_udf_directory() -> spikelet::Builder {
    let directory = recorded::area("udf")
        .ok()
        .and_then(|cases| recorded::work_directory(&cases));
    match directory {
        Some(directory) => recorded_namespaces().work_directory(directory),
        None => recorded_namespaces(),
    }
}

/// An embedded server with the namespaces of the server with which the area `ttl` was recorded.
pub fn recorded_ttl_namespaces() -> spikelet::Builder {
    let namespace = |name| NamespaceConfig {
        allow_ttl_without_nsup: false,
        ..NamespaceConfig::new(name)
    };
    Server::builder()
        .namespace(NamespaceConfig {
            default_ttl: 30 * 24 * 3600,
            nsup_period: 120,
            ..namespace("test")
        })
        .namespace(NamespaceConfig {
            nsup_period: 0,
            ..namespace("bar")
        })
}
