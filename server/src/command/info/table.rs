//! Every info command there is.

use super::call::{Answered, Call};
use super::{
    config, controls, diagnostics, identity, modules, namespaces, partitions, peers, queries, sindex, statistics,
    truncate, user_agents,
};

/// An info command.
pub(super) struct Command {
    pub(super) name: &'static str,
    pub(super) answer: fn(&mut Call<'_>) -> Answered,
    traits: &'static [Trait],
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Trait {
    /// It is part of the answer to an empty request.
    Summary,
    /// It is not part of `help`, being of use to clients only.
    ClientOnly,
    /// It belongs to the Enterprise Edition.
    EnterpriseOnly,
    /// The real server says that it will go, and counts how often it is asked.
    Deprecated,
}

impl Command {
    pub(super) fn in_summary(&self) -> bool {
        self.traits.contains(&Trait::Summary)
    }

    pub(super) fn client_only(&self) -> bool {
        self.traits.contains(&Trait::ClientOnly)
    }

    pub(super) fn enterprise_only(&self) -> bool {
        self.traits.contains(&Trait::EnterpriseOnly)
    }

    pub(super) fn deprecated(&self) -> bool {
        self.traits.contains(&Trait::Deprecated)
    }
}

/// The command of a name; names are case-sensitive.
pub(super) fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

macro_rules! commands {
    ($($name:literal => $answer:path $(, $trait:ident)*;)*) => {
        &[$(Command { name: $name, answer: $answer, traits: &[$(Trait::$trait),*] }),*]
    };
}

/// The commands in the order in which `help` and an empty request list them.
pub(super) const COMMANDS: &[Command] = commands! {
    "features" => identity::features, Summary, Deprecated;
    "node" => identity::node, Summary;
    "compatibility-id" => statistics::compatibility_id, Summary;
    "edition" => identity::edition, Summary, Deprecated;
    "build_ee_sha" => identity::build_ee_sha, Summary, Deprecated;
    "build_sha" => identity::real_build, Summary, Deprecated;
    "build_arch" => identity::arch, Summary, Deprecated;
    "build_time" => identity::real_build, Summary, Deprecated;
    "build_os" => identity::os, Summary, Deprecated;
    "build" => identity::build, Summary;
    "version" => identity::version, Summary;
    "statistics" => statistics::statistics, Summary;
    "services-alumni" => peers::services_alumni, Summary, Deprecated;
    "services" => peers::services, Summary, Deprecated;
    "partition-generation" => partitions::partition_generation, Summary;

    "admin-clear-std" => peers::nothing, ClientOnly;
    "admin-tls-std" => peers::nothing, ClientOnly;
    "alumni-clear-alt" => peers::alumni_clear_alt, ClientOnly;
    "alumni-clear-std" => peers::alumni_clear_std, ClientOnly;
    "alumni-tls-alt" => peers::peers_tls, ClientOnly, EnterpriseOnly;
    "alumni-tls-std" => peers::peers_tls, ClientOnly, EnterpriseOnly;
    "best-practices" => diagnostics::best_practices;
    "cluster-name" => identity::cluster_name;
    "cluster-stable" => partitions::cluster_stable;
    "config-get" => config::get_config, ClientOnly, Deprecated;
    "config-set" => config::set_config, ClientOnly, Deprecated;
    "connection" => identity::connection, ClientOnly;
    "debug-record" => diagnostics::unsupported;
    "debug-record-meta" => diagnostics::unsupported;
    "digests" => identity::digests, ClientOnly, Deprecated;
    "dump-cluster" => diagnostics::unsupported;
    "dump-fabric" => diagnostics::unsupported;
    "dump-hb" => diagnostics::unsupported;
    "dump-hlc" => diagnostics::unsupported;
    "dump-migrates" => diagnostics::unsupported;
    "dump-rw" => diagnostics::unsupported;
    "dump-skew" => diagnostics::unsupported;
    "dump-wb-summary" => diagnostics::unsupported;
    "endpoints" => diagnostics::unsupported, ClientOnly;
    "eviction-reset" => diagnostics::unsupported;
    "feature-key" => diagnostics::unsupported, EnterpriseOnly;
    "get-config" => config::get_config;
    "get-sl" => diagnostics::unsupported;
    "get-stats" => diagnostics::get_stats;
    "health-outliers" => diagnostics::nothing;
    "health-stats" => diagnostics::nothing;
    "help" => statistics::help;
    "histogram" => diagnostics::histogram;
    "index-pressure" => diagnostics::nothing;
    "jem-stats" => diagnostics::unsupported;
    "latencies" => diagnostics::latencies;
    "log" => diagnostics::log;
    "log-message" => diagnostics::log_message;
    "log-set" => diagnostics::unsupported;
    "logs" => diagnostics::logs;
    "masking" => diagnostics::unsupported, EnterpriseOnly;
    "masking-show" => diagnostics::unsupported, EnterpriseOnly;
    "mcast" => diagnostics::unsupported, ClientOnly, Deprecated;
    "mesh" => diagnostics::unsupported, ClientOnly, Deprecated;
    "name" => identity::node, ClientOnly, Deprecated;
    "namespace" => namespaces::namespace;
    "namespaces" => namespaces::namespaces;
    "objects" => namespaces::objects, ClientOnly, Deprecated;
    "partition-info" => partitions::partition_info, ClientOnly;
    "partitions" => partitions::partitions, ClientOnly, Deprecated;
    "peers-clear-alt" => peers::peers_clear_alt;
    "peers-clear-std" => peers::peers_clear_std;
    "peers-generation" => peers::peers_generation;
    "peers-tls-alt" => peers::peers_tls, EnterpriseOnly;
    "peers-tls-std" => peers::peers_tls, EnterpriseOnly;
    "physical-devices" => diagnostics::unsupported;
    "query-abort" => queries::query_abort;
    "query-abort-all" => queries::query_abort_all;
    "query-show" => queries::query_show;
    "quiesce" => diagnostics::unsupported, EnterpriseOnly;
    "quiesce-undo" => diagnostics::unsupported, EnterpriseOnly;
    "rack-ids" => diagnostics::unsupported, EnterpriseOnly;
    "racks" => diagnostics::unsupported, EnterpriseOnly;
    "rebalance-generation" => partitions::rebalance_generation, ClientOnly;
    "recluster" => diagnostics::done;
    "release" => identity::release, ClientOnly;
    "replicas" => partitions::replicas, ClientOnly;
    "replicas-all" => partitions::replicas_all, ClientOnly, Deprecated;
    "replicas-master" => partitions::replicas_master, ClientOnly, Deprecated;
    "revive" => diagnostics::unsupported, EnterpriseOnly;
    "roster" => diagnostics::unsupported, EnterpriseOnly;
    "roster-set" => diagnostics::unsupported, EnterpriseOnly;
    "service" => peers::service, Deprecated;
    "service-clear-alt" => peers::service_alt, ClientOnly;
    "service-clear-std" => peers::service, ClientOnly;
    "service-tls-alt" => peers::nothing, ClientOnly, EnterpriseOnly;
    "service-tls-std" => peers::nothing, ClientOnly, EnterpriseOnly;
    "services-alternate" => peers::services_alternate, ClientOnly, Deprecated;
    "services-alumni-reset" => diagnostics::done;
    "set-config" => config::set_config;
    "set-log" => diagnostics::unsupported;
    "sets" => namespaces::sets;
    "sindex" => sindex::sindex, ClientOnly, Deprecated;
    "sindex-create" => sindex::create;
    "sindex-delete" => sindex::delete;
    "sindex-exists" => sindex::exists;
    "sindex-list" => sindex::list;
    "sindex-stat" => sindex::stat;
    "smd-info" => diagnostics::unsupported, ClientOnly;
    "smd-show" => diagnostics::unsupported, ClientOnly;
    "spikelet" => controls::controls, ClientOnly;
    "status" => identity::status;
    "thread-traces" => diagnostics::unsupported;
    "tip" => diagnostics::unsupported;
    "tip-clear" => diagnostics::unsupported;
    "truncate" => truncate::truncate;
    "truncate-namespace" => truncate::truncate_namespace;
    "truncate-namespace-undo" => truncate::truncate_namespace_undo;
    "truncate-undo" => truncate::truncate_undo;
    "udf-clear-cache" => modules::clear_cache, ClientOnly;
    "udf-get" => modules::get;
    "udf-list" => modules::list;
    "udf-put" => modules::put;
    "udf-remove" => modules::remove;
    "user-agent-set" => user_agents::user_agent_set, ClientOnly;
    "user-agents" => user_agents::user_agents, ClientOnly;
    "xdr-dc-state" => diagnostics::unsupported, EnterpriseOnly;
    "xdr-get-filter" => diagnostics::unsupported, EnterpriseOnly;
    "xdr-set-filter" => diagnostics::unsupported, EnterpriseOnly;
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_the_summary_commands_are_sorted_and_unique() {
        let names: Vec<_> = COMMANDS
            .iter()
            .filter(|command| !command.in_summary())
            .map(|command| command.name)
            .collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        assert!(names.iter().all(|name| name.len() < 32));
    }
}
