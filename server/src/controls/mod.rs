//! What a test owns, from any language: info commands under `spikelet/`, one file for each family of them.
//!
//! Every client of Aerospike can send an info command. A control is `spikelet/name:parameter=value;parameter=value`; what
//! it cannot do it answers as the real server answers a wrong command: `ERROR:code:text`. None of them exists unless the
//! server was started with controls, nor for a peer on another machine.

mod call;
mod clock;
mod fault;
mod fixture;
mod journal;
mod node;
mod selector;
mod snapshot;

use std::sync::{Arc, Weak};

use self::call::{Answered, Call};
use self::snapshot::Snapshots;
use crate::handle::{Builder, InstallControls};
use crate::net::Shared;
use crate::state::{ControlError, Controls};

/// One control.
struct Control {
    name: &'static str,
    /// The parameters that it takes, in groups.
    parameters: &'static [&'static [&'static str]],
    /// One sentence, without a semicolon.
    help: &'static str,
    answer: fn(&Call<'_>) -> Answered,
}

macro_rules! controls {
    ($($name:literal ($($($group:path;)? $($parameter:literal),+)?) => $answer:path, $help:literal;)*) => {
        &[$(Control { name: $name, parameters: &[$($($group,)? &[$($parameter),*])?], help: $help, answer: $answer }),*]
    };
}

/// Every control there is, in the order of `spikelet/help`.
const CONTROLS: &[Control] = controls! {
    "help" () => help, "Lists the controls.";
    "clock" () => clock::show, "Tells the server's time in milliseconds since 1970, and whether it stands still.";
    "clock/advance" ("ms") => clock::advance, "Moves the clock forward, and has happen what the time brings.";
    "clock/freeze" () => clock::freeze, "Stops the clock.";
    "clock/reset" () => clock::reset, "Has the clock tell the machine's time again.";
    "clock/resume" () => clock::resume, "Lets the clock go on from where it is.";
    "clock/set" ("ms") => clock::set, "Moves the clock to a time in milliseconds since 1970.";
    "fault/add" (selector::PARAMETERS; "nth", "probability", "seed", "times", "result", "delay-ms", "reaction", "bytes") => fault::add,
        "Arms a fault, and tells its id.";
    "fault/clear" () => fault::clear, "Removes all faults.";
    "fault/list" () => fault::list, "Lists the faults, and how often each fired.";
    "fault/remove" ("id") => fault::remove, "Removes a fault.";
    "fixture/backup" ("namespace", "path") => fixture::backup, "Saves a namespace to a file, for asrestore.";
    "fixture/load" ("path", "content") => fixture::load,
        "Loads a file of JSON, a file or a directory of asbackup, or what it would hold in base64, and tells how much that was.";
    "fixture/save" ("path", "last-updates") => fixture::save,
        "Saves everything to a file, as JSON, and with last-updates=true when each record was last updated.";
    "journal" (selector::PARAMETERS; "result", "since", "last") => journal::show,
        "Tells the last entries of the journal that are meant, 100 unless more are asked for, one an item, escaped as in URLs.";
    "journal/clear" () => journal::clear, "Forgets what was noted in the journal.";
    "journal/count" (selector::PARAMETERS; "result", "since") => journal::count,
        "Counts the entries of the journal that are meant.";
    "journal/start" ("capacity") => journal::start, "Keeps a journal of the last so many requests.";
    "journal/stop" () => journal::stop, "Notes no further requests in the journal.";
    "node" () => node::list, "Lists the nodes that there ever were.";
    "node/add" () => node::add, "Adds a node on a free port, and tells its id.";
    "node/advertise" ("id", "address", "alternate") => node::advertise, "Has a node tell clients that it is reached elsewhere.";
    "node/heal" () => node::heal, "Mends the network between nodes wherever it is cut.";
    "node/kill" ("id") => node::kill, "Closes a node's socket, cuts its connections and takes it out of the cluster.";
    "node/migrate" ("partitions") => node::migrate, "Finishes the migrations of so many partitions, or of all, and tells of how many.";
    "node/partition" ("a", "b") => node::partition, "Cuts the network between the nodes of two lists, with commas between ids.";
    "node/quiesce" ("id") => node::quiesce, "Has a node hand over what it keeps, and serve on.";
    "node/quiesce-undo" ("id") => node::quiesce_undo, "Has a quiesced node keep its share again.";
    "node/restart" ("id") => node::restart, "Has a node come back that was killed, empty and at the same address.";
    "nsup" () => clock::nsup, "Removes what has expired, and tells how many records that were.";
    "reset" () => snapshot::reset, "Has the server hold nothing, as when it was started.";
    "snapshot/drop" ("name") => snapshot::drop, "Forgets a snapshot.";
    "snapshot/list" () => snapshot::list, "Lists the snapshots, and how many records are in each.";
    "snapshot/restore" ("name") => snapshot::restore, "Has the server hold what is in a snapshot, and nothing else.";
    "snapshot/save" ("name") => snapshot::save, "Keeps aside what the server holds, under a name.";
};

/// Executes the controls of one server.
#[derive(Debug)]
struct ServerControls {
    /// Weak, since the server owns its controls.
    shared: Weak<Shared>,
    snapshots: Snapshots,
}

impl Builder {
    /// Whether clients on this machine may control the server by info commands under `spikelet/`; `spikelet/help` lists them.
    /// Off by default. Clients on other machines never can.
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
        (control.answer)(&call)
    }
}

/// Every control with the names of its parameters, `name:parameter=;parameter=`, and what it does.
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

/// One item a control; the semicolons between its parameters are commas here.
fn help(_: &Call<'_>) -> Answered {
    let items: Vec<_> = listed()
        .map(|(control, help)| format!("spikelet/{} {help}", control.replace(';', ",")))
        .collect();
    Ok(items.join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_have_names_of_their_own_and_help_that_stays_one_item() {
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
