//! Embedded servers with the configurations of the recorded servers.

use spikelet::{NamespaceConfig, Server};

use crate::recorded;

/// A server of ours with the namespaces of the real one that was recorded.
pub fn recorded_namespaces() -> spikelet::Builder {
    let namespace = |name| NamespaceConfig {
        nsup_period: 1,
        ..NamespaceConfig::new(name)
    };
    Server::builder()
        .namespace(namespace("test"))
        .namespace(namespace("bar"))
}

/// A server of ours that names the same folder of modules as the real one with which the area `udf` was recorded.
pub fn recorded_udf_directory() -> spikelet::Builder {
    let directory = recorded::area("udf")
        .ok()
        .and_then(|cases| recorded::work_directory(&cases));
    match directory {
        Some(directory) => recorded_namespaces().work_directory(directory),
        None => recorded_namespaces(),
    }
}

/// A server of ours with the namespaces in which the area `ttl` was recorded.
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
