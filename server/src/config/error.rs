//! Errors of a configuration.

use std::fmt;

use spikelet_wire::admin::UnknownPrivilege;

use super::{MAX_NAMESPACES, MAX_NODES, MAX_TTL};

/// Why a configuration is invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// There are none, or too many.
    NamespaceCount(usize),
    /// Two have one name.
    NamespaceTwice(String),
    /// The name is empty, too long, or has a character that separates names.
    NamespaceName(String),
    /// It is over ten years.
    DefaultTtl(String),
    /// Records would expire and never be removed.
    TtlWithoutNsup(String),
    /// It is 0 or over the size of a cluster.
    ReplicationFactor(String),
    /// It is 0.
    NodeId,
    /// There are none, or too many.
    NodeCount(usize),
    /// The ports of the nodes would exceed 65535.
    Ports {
        /// The port of the first node.
        first: u16,
        /// The number of nodes.
        nodes: usize,
    },
    /// The name is empty, too long, or has a character that separates names.
    ClusterName(String),
    /// TLS is configured, and the edition is the Community Edition.
    TlsOnCommunity,
    /// The TLS name is empty, too long, or has a character that separates names.
    TlsName(String),
    /// Security is configured for the Community Edition.
    SecurityEdition,
    /// Security is configured, and the crate was built without the feature `security`.
    SecurityFeature,
    /// A parameter of security is out of range.
    SecurityParameter {
        /// The name of the parameter.
        parameter: &'static str,
        /// The value.
        value: u32,
        /// The least value.
        least: u32,
        /// The greatest value.
        most: u32,
    },
    /// The name of the user is empty, longer than 63 bytes, or has control characters.
    UserName(String),
    /// Two users have one name.
    UserTwice(String),
    /// The user has a role that does not exist.
    UserRole {
        /// The user.
        user: String,
        /// The role.
        role: String,
    },
    /// The name of the role is empty, longer than 63 bytes, or has control characters.
    RoleName(String),
    /// Two roles have one name, or the role has that of a predefined one.
    RoleTwice(String),
    /// A privilege of the role is unknown.
    Privilege {
        /// The role.
        role: String,
        /// The privilege.
        unknown: UnknownPrivilege,
    },
    /// The role has more than 255 privileges.
    RolePrivileges(String),
    /// The whitelist of the role is invalid.
    Whitelist {
        /// The role.
        role: String,
        /// The whitelist.
        whitelist: String,
    },
    /// The role has a quota, and quotas are not enabled.
    Quotas(String),
    /// Only the Enterprise Edition has the parameter of this name.
    EnterpriseOnly(&'static str),
    /// The name of a set is empty, too long, or has a character that separates names.
    SetName(String),
    /// The parameters of a set with this name are there twice.
    SetTwice(String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NamespaceCount(n) => write!(f, "a server has 1 to {MAX_NAMESPACES} namespaces, not {n}"),
            Self::NamespaceTwice(name) => write!(f, "the namespace {name} is there twice"),
            Self::NamespaceName(name) => write!(
                f,
                "{name:?} is no name for a namespace: 1 to 31 bytes without spaces and without any of : ; , = / {{ }}"
            ),
            Self::DefaultTtl(name) => write!(
                f,
                "the default-ttl of namespace {name} is over {MAX_TTL} seconds, which is ten years"
            ),
            Self::TtlWithoutNsup(name) => write!(
                f,
                "namespace {name} has a default-ttl; it needs an nsup-period over 0 or allow-ttl-without-nsup"
            ),
            Self::ReplicationFactor(name) => write!(
                f,
                "the replication-factor of namespace {name} is not within 1 to {MAX_NODES}"
            ),
            Self::NodeId => f.write_str("a node's id is not 0"),
            Self::NodeCount(n) => {
                let max = crate::cluster::Cluster::MAX_NODES;
                write!(f, "a server has 1 to {max} nodes, not {n}")
            }
            Self::Ports { first, nodes } => {
                let last = u64::from(*first) + *nodes as u64 - 1;
                write!(
                    f,
                    "{nodes} nodes need the ports {first} to {last}, and the highest port is 65535"
                )
            }
            Self::TlsOnCommunity => f.write_str(
                "TLS is a feature of the Enterprise Edition: add `.edition(Edition::Enterprise)` or `--edition enterprise`",
            ),
            Self::TlsName(name) => write!(
                f,
                "{name:?} is no TLS name: 1 to 253 bytes without spaces and without any of : ; , = / [ ]"
            ),
            Self::ClusterName(name) => write!(
                f,
                "{name:?} is no name for a cluster: 1 to 63 bytes without spaces or semicolons"
            ),
            Self::SecurityEdition => {
                f.write_str("security needs the Enterprise Edition: Builder::edition or --edition enterprise")
            }
            Self::SecurityFeature => f.write_str(
                "security is configured, and this server was built without it: enable the feature `security` of spikelet",
            ),
            Self::SecurityParameter {
                parameter,
                value,
                least,
                most,
            } => write!(f, "{parameter} of security is {least} to {most}, not {value}"),
            Self::UserName(name) => write!(
                f,
                "{name:?} is no name for a user: 1 to 63 bytes without control characters"
            ),
            Self::UserTwice(name) => write!(f, "the user {name} is there twice"),
            Self::UserRole { user, role } => write!(f, "the user {user} has the role {role:?}, which does not exist"),
            Self::RoleName(name) => write!(
                f,
                "{name:?} is no name for a role: 1 to 63 bytes without control characters"
            ),
            Self::RoleTwice(name) => write!(f, "the role {name} is there twice, or is predefined"),
            Self::Privilege { role, unknown } => write!(f, "the role {role}: {unknown}"),
            Self::RolePrivileges(role) => write!(f, "the role {role} has more than 255 privileges"),
            Self::Whitelist { role, whitelist } => write!(
                f,
                "the whitelist {whitelist:?} of the role {role} is invalid: expected addresses and networks such as \
                 127.0.0.1 and 10.1.0.0/16"
            ),
            Self::Quotas(role) => write!(f, "the role {role} has a quota, and enable-quotas is off"),
            Self::EnterpriseOnly(name) => write!(f, "'{name}' is enterprise-only"),
            Self::SetName(name) => write!(
                f,
                "{name:?} is no name for a set: 1 to 63 bytes without spaces and without any of : ; , = / {{ }}"
            ),
            Self::SetTwice(name) => write!(f, "the set {name} is there twice"),
        }
    }
}

impl std::error::Error for ConfigError {}
