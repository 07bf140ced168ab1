//! Every info command there is.

use super::call::{Answered, Call};
use super::{identity, partitions, peers, statistics};

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
    "build" => identity::build, Summary;
    "version" => identity::version, Summary;
    "statistics" => statistics::statistics, Summary;
    "services-alumni" => peers::nothing, Summary, Deprecated;
    "services" => peers::services, Summary, Deprecated;
    "partition-generation" => partitions::partition_generation, Summary;

    "cluster-name" => identity::cluster_name;
    "cluster-stable" => partitions::cluster_stable;
    "connection" => identity::connection, ClientOnly;
    "help" => statistics::help;
    "histogram" => statistics::histogram;
    "name" => identity::node, ClientOnly, Deprecated;
    "namespaces" => identity::namespaces;
    "partitions" => partitions::partitions, ClientOnly, Deprecated;
    "peers-clear-alt" => peers::peers_clear_alt;
    "peers-clear-std" => peers::peers_clear_std;
    "peers-generation" => peers::peers_generation;
    "peers-tls-alt" => peers::peers_clear_alt, EnterpriseOnly;
    "peers-tls-std" => peers::peers_clear_alt, EnterpriseOnly;
    "rebalance-generation" => partitions::rebalance_generation, ClientOnly;
    "replicas" => partitions::replicas, ClientOnly;
    "replicas-all" => partitions::replicas_all, ClientOnly, Deprecated;
    "replicas-master" => partitions::replicas_master, ClientOnly, Deprecated;
    "service" => peers::service, Deprecated;
    "service-clear-alt" => peers::nothing, ClientOnly;
    "service-clear-std" => peers::service, ClientOnly;
    "service-tls-alt" => peers::nothing, ClientOnly, EnterpriseOnly;
    "service-tls-std" => peers::nothing, ClientOnly, EnterpriseOnly;
    "services-alternate" => peers::nothing, ClientOnly, Deprecated;
    "status" => identity::status;
};
