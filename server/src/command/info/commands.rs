//! The list of info commands. A new command is a line here, and a function in the file of its family.

use super::call::{Answered, Call};
use super::{
    cluster_stable, config, controls, debug_record, diagnostics, dumps, endpoints, eviction, histogram, identity,
    latencies, logs, masking, partition_info, peers, queries, racks, recluster, replicas, rosters, sindex, smd,
    statistics, truncate, udf, user_agents, xdr,
};
use crate::permission::Permission;
use crate::version::Edition;

/// An info command.
pub(super) struct Command {
    pub(super) name: &'static str,
    pub(super) answer: fn(&mut Call<'_>) -> Answered,
    traits: &'static [Trait],
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Trait {
    /// It is part of the reply to an empty request.
    Summary,
    /// `help` does not list it.
    ClientOnly,
    /// It exists in the Enterprise Edition only.
    EnterpriseOnly,
    /// It is deprecated. The real server counts such requests.
    Deprecated,
    /// With security, the user needs this permission. Without one, a login is enough.
    Needs(Permission),
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

    /// The permission that the user needs.
    pub(super) fn permission(&self) -> Option<Permission> {
        self.traits.iter().find_map(|of| match of {
            Trait::Needs(permission) => Some(*permission),
            _ => None,
        })
    }
}

/// Finds a command by name. Names are case-sensitive.
pub(super) fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

macro_rules! commands {
    ($($name:literal => $answer:path $(, $trait:ident $(($permission:ident))?)*;)*) => {
        &[$(Command { name: $name, answer: $answer, traits: &[$(Trait::$trait $((Permission::$permission))?),*] }),*]
    };
}

/// The commands, in the order in which `help` and an empty request list them.
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
    "partition-generation" => replicas::partition_generation, Summary;

    "admin-clear-std" => peers::nothing, ClientOnly;
    "admin-tls-std" => peers::nothing, ClientOnly;
    "alumni-clear-alt" => peers::alumni_clear_alt, ClientOnly;
    "alumni-clear-std" => peers::alumni_clear_std, ClientOnly;
    "alumni-tls-alt" => peers::alumni_tls_alt, ClientOnly, EnterpriseOnly;
    "alumni-tls-std" => peers::alumni_tls_std, ClientOnly, EnterpriseOnly;
    "best-practices" => diagnostics::best_practices;
    "cluster-name" => identity::cluster_name;
    "cluster-stable" => cluster_stable::cluster_stable;
    "config-get" => config::get_config, ClientOnly, Deprecated;
    "config-set" => config::set_config, ClientOnly, Deprecated, Needs(SetConfig);
    "connection" => identity::connection, ClientOnly;
    "debug-record" => debug_record::debug_record, Needs(RecordInfo);
    "debug-record-meta" => debug_record::debug_record_meta, Needs(RecordInfo);
    "digests" => identity::digests, ClientOnly, Deprecated;
    "dump-cluster" => dumps::dump_verbose, Needs(LoggingCtrl);
    "dump-fabric" => dumps::dump_verbose, Needs(LoggingCtrl);
    "dump-hb" => dumps::dump_verbose, Needs(LoggingCtrl);
    "dump-hlc" => dumps::dump_verbose, Needs(LoggingCtrl);
    "dump-migrates" => dumps::dump_verbose, Needs(LoggingCtrl);
    "dump-rw" => dumps::dump, Needs(LoggingCtrl);
    "dump-skew" => dumps::dump, Needs(LoggingCtrl);
    "dump-wb-summary" => dumps::dump_wb_summary, Needs(LoggingCtrl);
    "endpoints" => endpoints::endpoints, ClientOnly;
    "eviction-reset" => eviction::eviction_reset, Needs(EvictAdmin);
    "feature-key" => identity::feature_key, EnterpriseOnly;
    "get-config" => config::get_config;
    "get-sl" => recluster::succession_list;
    "get-stats" => diagnostics::get_stats;
    "health-outliers" => diagnostics::nothing;
    "health-stats" => diagnostics::nothing;
    "help" => help;
    "histogram" => histogram::histogram;
    "index-pressure" => diagnostics::index_pressure;
    "jem-stats" => dumps::jem_stats, Needs(LoggingCtrl);
    "latencies" => latencies::latencies;
    "log" => logs::log;
    "log-message" => logs::log_message, Needs(LoggingCtrl);
    "log-set" => logs::log_set, Needs(LoggingCtrl);
    "logs" => logs::logs;
    "masking" => masking::masking, EnterpriseOnly, Needs(MaskingAdmin);
    "masking-show" => masking::masking_show, EnterpriseOnly;
    "mcast" => endpoints::mcast, ClientOnly, Deprecated;
    "mesh" => endpoints::mesh, ClientOnly, Deprecated;
    "name" => identity::node, ClientOnly, Deprecated;
    "namespace" => statistics::namespace;
    "namespaces" => statistics::namespaces;
    "objects" => statistics::objects, ClientOnly, Deprecated;
    "partition-info" => partition_info::partition_info, ClientOnly;
    "partitions" => replicas::partitions, ClientOnly, Deprecated;
    "peers-clear-alt" => peers::peers_clear_alt;
    "peers-clear-std" => peers::peers_clear_std;
    "peers-generation" => peers::peers_generation;
    "peers-tls-alt" => peers::peers_tls_alt, EnterpriseOnly;
    "peers-tls-std" => peers::peers_tls_std, EnterpriseOnly;
    "physical-devices" => diagnostics::physical_devices;
    "query-abort" => queries::query_abort, Needs(QueryAdmin);
    "query-abort-all" => queries::query_abort_all, Needs(QueryAdmin);
    "query-show" => queries::query_show;
    "quiesce" => racks::quiesce, EnterpriseOnly, Needs(ServiceCtrl);
    "quiesce-undo" => racks::quiesce_undo, EnterpriseOnly, Needs(ServiceCtrl);
    "rack-ids" => racks::rack_ids, EnterpriseOnly;
    "racks" => racks::racks, EnterpriseOnly;
    "rebalance-generation" => replicas::rebalance_generation, ClientOnly;
    "recluster" => recluster::recluster, Needs(ServiceCtrl);
    "release" => identity::release, ClientOnly;
    "replicas" => replicas::replicas, ClientOnly;
    "replicas-all" => replicas::replicas_all, ClientOnly, Deprecated;
    "replicas-master" => replicas::replicas_master, ClientOnly, Deprecated;
    "revive" => rosters::revive, EnterpriseOnly, Needs(ServiceCtrl);
    "roster" => rosters::roster, EnterpriseOnly;
    "roster-set" => rosters::roster_set, EnterpriseOnly, Needs(ServiceCtrl);
    "service" => peers::service, Deprecated;
    "service-clear-alt" => peers::service_alt, ClientOnly;
    "service-clear-std" => peers::service, ClientOnly;
    "service-tls-alt" => peers::service_tls_alt, ClientOnly, EnterpriseOnly;
    "service-tls-std" => peers::service_tls, ClientOnly, EnterpriseOnly;
    "services-alternate" => peers::services_alternate, ClientOnly, Deprecated;
    "services-alumni-reset" => diagnostics::done, Needs(ServiceCtrl);
    "set-config" => config::set_config, Needs(SetConfig);
    "set-log" => logs::log_set, Needs(LoggingCtrl);
    "sets" => statistics::sets;
    "sindex" => sindex::sindex, ClientOnly, Deprecated;
    "sindex-create" => sindex::create, Needs(SindexAdmin);
    "sindex-delete" => sindex::delete, Needs(SindexAdmin);
    "sindex-exists" => sindex::exists, Needs(SindexAdmin);
    "sindex-list" => sindex::list;
    "sindex-stat" => sindex::stat;
    "smd-info" => smd::smd_info, ClientOnly;
    "smd-show" => smd::smd_show, ClientOnly;
    "spikelet" => controls::controls, ClientOnly;
    "status" => identity::status;
    "thread-traces" => diagnostics::nothing;
    "tip" => endpoints::tip, Needs(ServiceCtrl);
    "tip-clear" => endpoints::tip_clear, Needs(ServiceCtrl);
    "truncate" => truncate::truncate, Needs(Truncate);
    "truncate-namespace" => truncate::truncate_namespace, Needs(Truncate);
    "truncate-namespace-undo" => truncate::truncate_namespace_undo, Needs(Truncate);
    "truncate-undo" => truncate::truncate_undo, Needs(Truncate);
    "udf-clear-cache" => udf::clear_cache, ClientOnly, Needs(UdfAdmin);
    "udf-get" => udf::get;
    "udf-list" => udf::list;
    "udf-put" => udf::put, Needs(UdfAdmin);
    "udf-remove" => udf::remove, Needs(UdfAdmin);
    "user-agent-set" => user_agents::user_agent_set, ClientOnly;
    "user-agents" => user_agents::user_agents, ClientOnly;
    "xdr-dc-state" => diagnostics::unsupported, EnterpriseOnly;
    "xdr-get-filter" => xdr::get_filter, EnterpriseOnly;
    "xdr-set-filter" => xdr::set_filter, EnterpriseOnly, Needs(XdrSetFilter);
};

fn help(call: &mut Call<'_>) -> Answered {
    let enterprise = call.state.config().edition == Edition::Enterprise;
    let listed = COMMANDS
        .iter()
        .filter(|c| !c.client_only() && (enterprise || !c.enterprise_only()));
    call.list(listed.map(|command| command.name))
}

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
