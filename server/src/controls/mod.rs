//! Controls: the handle's operations as info commands under `spikelet/`, for tests in any language.
//!
//! Every Aerospike client can send info commands. A control is `spikelet/name:parameter=value;parameter=value`. An error is
//! reported as the real server does: `ERROR:code:text`. Controls exist only if the server was started with them, and only for
//! clients on the same machine.

mod call;
mod clock;
mod fault;
mod fixture;
mod journal;
mod node;
mod security;
mod snapshot;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "tls_disabled.rs"]
mod tls;
mod transaction;

use std::sync::{Arc, Weak};

use self::call::{Call, Reply};
use self::snapshot::Snapshots;
use crate::fault_rules::Plan;
use crate::handle::{Builder, InstallControls};
use crate::net::Shared;
use crate::selector::Selector;
use crate::state::{ControlError, Controls};

/// One control.
struct Control {
    name: &'static str,
    /// The names of its parameters, in groups.
    parameters: &'static [&'static [&'static str]],
    /// One sentence, without a semicolon.
    help: &'static str,
    execute: fn(&Call<'_>) -> Reply,
}

macro_rules! controls {
    ($($name:literal ($($($group:path;)* $($parameter:literal),+)?) => $execute:path, $help:literal;)*) => {
        &[$(Control { name: $name, parameters: &[$($($group,)* &[$($parameter),*])?], help: $help, execute: $execute }),*]
    };
}

/// All controls, in the order of `spikelet/help`.
const CONTROLS: &[Control] = controls! {
    "help" () => help, "Lists the controls.";
    "clock" () => clock::show, "Shows the server's time in milliseconds since 1970, and whether the clock is frozen.";
    "clock/advance" ("ms") => clock::advance, "Moves the clock forward. Records that expire by then are gone when it returns.";
    "clock/freeze" () => clock::freeze, "Stops the clock.";
    "clock/reset" () => clock::reset, "Makes the clock follow the machine's clock again.";
    "clock/resume" () => clock::resume, "Lets a frozen clock run again.";
    "clock/set" ("ms") => clock::set, "Moves the clock to a time in milliseconds since 1970.";
    "fault/add" (Selector::PARAMETERS; Plan::PARAMETERS; "result", "delay-ms", "reaction", "bytes") => fault::add,
        "Arms a fault, and returns its id.";
    "fault/clear" () => fault::clear, "Removes all faults.";
    "fault/list" () => fault::list, "Lists the faults, with how often each matched and fired.";
    "fault/remove" ("id") => fault::remove, "Removes a fault.";
    "fixture/backup" ("namespace", "path") => fixture::backup, "Saves a namespace as a backup file for asrestore.";
    "fixture/load" ("path", "content") => fixture::load,
        "Loads a JSON file, an asbackup file or directory, or such content in base64. Returns how much was loaded.";
    "fixture/save" ("path", "last-updates") => fixture::save,
        "Saves all namespaces as a JSON file, with last-updates=true including when each record was last updated.";
    "journal" (Selector::PARAMETERS; "result", "since", "last") => journal::show,
        "Shows the last matching entries of the journal, 100 by default, one per item, escaped as in URLs.";
    "journal/clear" () => journal::clear, "Removes all entries from the journal.";
    "journal/count" (Selector::PARAMETERS; "result", "since") => journal::count,
        "Counts the matching entries of the journal.";
    "journal/start" ("capacity") => journal::start, "Starts a journal that keeps this many requests.";
    "journal/stop" () => journal::stop, "Stops recording requests in the journal.";
    "node" () => node::list, "Lists all nodes, including those that are down.";
    "node/add" () => node::add, "Adds a node on a free port, and returns its id.";
    "node/advertise" ("id", "address", "alternate", "tls-address", "tls-alternate") => node::advertise, "Sets the addresses that a node announces to clients.";
    "node/heal" () => node::heal, "Removes all cuts of the network between nodes.";
    "node/kill" ("id") => node::kill, "Kills a node, or several at once (`id=B1,B2`): closes its socket and its connections, and removes it from the cluster.";
    "node/migrate" ("partitions") => node::migrate, "Finishes the migrations of this many partitions, or of all. Returns of how many.";
    "node/partition" ("a", "b") => node::partition, "Cuts the network between two lists of nodes, with commas between ids.";
    "node/quiesce" ("id") => node::quiesce, "Quiesces a node: it hands over its partitions but still serves.";
    "node/quiesce-undo" ("id") => node::quiesce_undo, "Reverts node/quiesce.";
    "node/restart" ("id") => node::restart, "Restarts a killed node, empty and with the same address.";
    "nsup" () => clock::nsup, "Removes expired records, and returns how many there were.";
    "reset" () => snapshot::reset, "Empties the server, as it was when it started.";
    "security/end-sessions" () => security::end_sessions,
        "Makes all session tokens expire. Open connections must log in again.";
    "security/expire-sessions" () => security::expire_sessions,
        "Makes all session tokens expire. Connections that are open stay logged in.";
    "security/users" () => security::users, "Lists the users, with their roles and the number of their connections.";
    "snapshot/drop" ("name") => snapshot::drop, "Removes a snapshot.";
    "snapshot/list" () => snapshot::list, "Lists the snapshots, with the number of records in each.";
    "snapshot/restore" ("name") => snapshot::restore, "Replaces the contents of the server with those of a snapshot.";
    "snapshot/save" ("name") => snapshot::save, "Takes a snapshot of the server under a name.";
    "tls/authority" () => tls::authority,
        "Returns the certificate that clients have to trust, as PEM in base64.";
    "tls/certificate" ("kind") => tls::present,
        "Sets the certificate that the server presents: valid, expired, not-yet-valid, wrong-name, untrusted or garbage.";
    "tls/client" ("name") => tls::client,
        "Makes a certificate for a client, and returns it and its private key, each as PEM in base64.";
    "transaction" () => transaction::list, "Lists the open transactions.";
    "transaction/expire" () => transaction::expire, "Ends the open transactions now, and returns how many there were.";
    "tomb-raider" () => clock::tomb_raider, "Removes old tombstones, and returns how many there were.";
};

/// Executes the controls of one server.
#[derive(Debug)]
struct ServerControls {
    /// Weak, since the server owns its controls.
    shared: Weak<Shared>,
    snapshots: Snapshots,
}

impl Builder {
    /// Sets whether clients on this machine can control the server with info commands under `spikelet/`. Off by default.
    /// Clients on other machines never can. `spikelet/help` lists the commands.
    pub const fn controls(self, controls: bool) -> Self {
        let install: Option<InstallControls> = if controls { Some(install) } else { None };
        self.install_controls(install)
    }
}

fn install(shared: Weak<Shared>) -> Arc<dyn Controls> {
    Arc::new(ServerControls {
        shared,
        snapshots: Snapshots::default(),
    })
}

impl Controls for ServerControls {
    fn call(&self, node: usize, name: &str, parameters: &str) -> Result<String, ControlError> {
        let control = CONTROLS
            .iter()
            .find(|control| control.name == name)
            .ok_or_else(|| ControlError::parameter(format!("unknown control '{name}', see spikelet/help")))?;
        let shared = self
            .shared
            .upgrade()
            .ok_or_else(|| ControlError::parameter("the server has stopped"))?;
        let call = Call::new(&shared, &self.snapshots, node, parameters);
        call.check(&control.parameters.concat())?;
        (control.execute)(&call)
    }
}

/// All controls, as `name:parameter=;parameter=`, with their help.
pub(crate) fn listed() -> impl Iterator<Item = (String, &'static str)> {
    CONTROLS.iter().map(|control| {
        let parameters: Vec<_> = control
            .parameters
            .concat()
            .iter()
            .map(|name| format!("{name}="))
            .collect();
        let separator = if parameters.is_empty() { "" } else { ":" };
        (
            format!("{}{separator}{}", control.name, parameters.join(";")),
            control.help,
        )
    })
}

/// One item per control. Parameters are separated by commas here, since semicolons separate the items.
fn help(_: &Call<'_>) -> Reply {
    let items: Vec<_> = listed()
        .map(|(control, help)| format!("spikelet/{} {help}", control.replace(';', ",")))
        .collect();
    Ok(items.join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_help_is_one_item() {
        for (at, control) in CONTROLS.iter().enumerate() {
            assert!(
                CONTROLS.iter().skip(at + 1).all(|other| other.name != control.name),
                "{}",
                control.name
            );
            assert!(
                control.help.ends_with('.') && !control.help.contains([';', '\n']),
                "{}",
                control.help
            );
        }
    }
}
