//! A server.

use std::sync::Arc;

use napi::bindgen_prelude::AsyncTask;
use napi_derive::napi;
use spikelet_bindings::{Naming, Server, Snapshot};

use crate::error::{Result, thrown};
use crate::fault::JsFault;
use crate::task::{Background, Done};
use crate::value::{Js, JsPlain};

/// A running server. It ends with the environment that it belongs to: with its worker, or with the process.
#[napi]
pub struct JsServer(pub(crate) Arc<Server>);

/// A snapshot of a server.
#[napi]
pub struct JsSnapshot(Snapshot);

impl Drop for JsServer {
    fn drop(&mut self) {
        // Work on other threads may hold the server, too.
        self.0.close();
    }
}

/// Starts a server on another thread, since its fixtures may be large.
#[napi]
pub fn start(options: Js) -> Result<AsyncTask<Background>> {
    let options = options.named()?;
    Ok(Background::run(move || {
        let server = Server::start(&options, Naming::Camel)?;
        Ok(Done::Server(JsServer(Arc::new(server))))
    }))
}

/// Starts a server.
#[napi]
pub fn start_sync(options: Js) -> Result<JsServer> {
    let server = Server::start(&options.named()?, Naming::Camel).map_err(thrown)?;
    Ok(JsServer(Arc::new(server)))
}

#[napi]
impl JsServer {
    /// Stops the server.
    #[napi]
    pub fn close_sync(&self) {
        self.0.close();
    }

    /// Stops the server on another thread, since it waits for what other threads do with it.
    #[napi]
    pub fn close(&self) -> AsyncTask<Background> {
        self.background(|server| {
            server.close();
            Ok(Done::Nothing)
        })
    }

    /// The host and the port of the first node.
    #[napi]
    pub fn address(&self) -> Result<(String, u16)> {
        self.0.address().map_err(thrown)
    }

    /// The hosts and the ports of the nodes that are up.
    #[napi]
    pub fn hosts(&self) -> Result<Vec<(String, u16)>> {
        self.0.hosts().map_err(thrown)
    }

    /// The hosts, the TLS ports and the TLS names of the nodes that are up.
    #[napi]
    pub fn tls_hosts(&self) -> Result<Vec<(String, u16, String)>> {
        self.0.tls_hosts().map_err(thrown)
    }

    /// The certificate of the authority.
    #[napi]
    pub fn ca_certificate(&self) -> Result<String> {
        self.0.ca_certificate().map_err(thrown)
    }

    /// Makes a certificate for a client.
    #[napi]
    pub fn client_certificate(&self, name: String) -> Result<JsPlain> {
        self.0.client_certificate(&name).map(JsPlain).map_err(thrown)
    }

    /// Sets the certificate that the server presents.
    #[napi]
    pub fn present_certificate(&self, kind: Js) -> Result<()> {
        self.0.present_certificate(&kind.0).map_err(thrown)
    }

    /// The time in milliseconds since 1970.
    #[napi]
    pub fn now(&self) -> Result<i64> {
        self.0.now().map_err(thrown)
    }

    /// Whether the clock is frozen.
    #[napi]
    pub fn is_frozen(&self) -> Result<bool> {
        self.0.is_frozen().map_err(thrown)
    }

    /// Stops the clock.
    #[napi]
    pub fn freeze(&self) -> Result<()> {
        self.0.freeze().map_err(thrown)
    }

    /// Lets the clock run again.
    #[napi]
    pub fn resume(&self) -> Result<()> {
        self.0.resume().map_err(thrown)
    }

    /// Moves the clock forward by milliseconds.
    #[napi]
    pub fn advance(&self, by: i64) -> Result<()> {
        self.0.advance(by).map_err(thrown)
    }

    /// Sets the clock to milliseconds since 1970.
    #[napi]
    pub fn set_clock(&self, to: i64) -> Result<()> {
        self.0.set_clock(to).map_err(thrown)
    }

    /// Makes the clock follow the machine's.
    #[napi]
    pub fn reset_clock(&self) -> Result<()> {
        self.0.reset_clock().map_err(thrown)
    }

    /// Removes expired records.
    #[napi]
    pub fn run_nsup(&self) -> Result<f64> {
        self.0.run_nsup().map(|n| n as f64).map_err(thrown)
    }

    /// Arms a fault.
    #[napi]
    pub fn arm(&self, parameters: Js, reaction: String, argument: Js) -> Result<JsFault> {
        let fault = self.0.arm(&parameters.named()?, &reaction, &argument.0);
        fault.map(JsFault).map_err(thrown)
    }

    /// The faults that have not been removed.
    #[napi]
    pub fn faults(&self) -> Result<Vec<JsFault>> {
        let faults = self.0.faults().map_err(thrown)?;
        Ok(faults.into_iter().map(JsFault).collect())
    }

    /// Removes all faults.
    #[napi]
    pub fn clear_faults(&self) -> Result<()> {
        self.0.clear_faults().map_err(thrown)
    }

    /// All nodes.
    #[napi]
    pub fn nodes(&self) -> Result<Vec<JsPlain>> {
        let nodes = self.0.nodes().map_err(thrown)?;
        Ok(nodes.into_iter().map(JsPlain).collect())
    }

    /// The nodes that are up, grouped by who can reach whom.
    #[napi]
    pub fn subclusters(&self) -> Result<Vec<Vec<String>>> {
        self.0.subclusters().map_err(thrown)
    }

    /// Kills a node.
    #[napi]
    pub fn kill(&self, node: Js) -> Result<()> {
        self.0.kill(&node.0).map_err(thrown)
    }

    /// Kills several nodes at once.
    #[napi]
    pub fn kill_together(&self, nodes: Js) -> Result<()> {
        self.0.kill_together(&nodes.items()?).map_err(thrown)
    }

    /// The roster of a namespace.
    #[napi]
    pub fn roster(&self, namespace: String) -> Result<Vec<String>> {
        self.0.roster(&namespace).map_err(thrown)
    }

    /// Sets the roster of a namespace.
    #[napi]
    pub fn set_roster(&self, namespace: String, nodes: Js) -> Result<()> {
        self.0.set_roster(&namespace, &nodes.items()?).map_err(thrown)
    }

    /// Revives the dead partitions of a namespace.
    #[napi]
    pub fn revive(&self, namespace: String) -> Result<()> {
        self.0.revive(&namespace).map_err(thrown)
    }

    /// The numbers of unavailable and of dead partitions.
    #[napi]
    pub fn outage(&self, node: Js, namespace: String) -> Result<Vec<u32>> {
        let (unavailable, dead) = self.0.outage(&node.0, &namespace).map_err(thrown)?;
        Ok(vec![unavailable, dead])
    }

    /// Restarts a node.
    #[napi]
    pub fn restart(&self, node: Js) -> Result<()> {
        self.0.restart(&node.0).map_err(thrown)
    }

    /// Adds a node.
    #[napi]
    pub fn add_node(&self) -> Result<String> {
        self.0.add_node().map_err(thrown)
    }

    /// Quiesces a node, or reverts that.
    #[napi]
    pub fn quiesce(&self, node: Js, quiesce: bool) -> Result<()> {
        self.0.quiesce(&node.0, quiesce).map_err(thrown)
    }

    /// Finishes migrations.
    #[napi]
    pub fn migrate(&self, partitions: Option<u32>) -> Result<u32> {
        let migrated = self.0.migrate(partitions.map(|n| n as usize)).map_err(thrown)?;
        Ok(u32::try_from(migrated).unwrap_or(u32::MAX))
    }

    /// Sets the address that a node announces.
    #[napi]
    pub fn advertise(&self, node: Js, address: Js, is_alternate: bool) -> Result<()> {
        self.0.advertise(&node.0, &address.0, is_alternate).map_err(thrown)
    }

    /// Cuts the network.
    #[napi]
    pub fn partition(&self, a: Js, b: Js) -> Result<()> {
        self.0.partition(&a.items()?, &b.items()?).map_err(thrown)
    }

    /// Removes all cuts of the network.
    #[napi]
    pub fn heal(&self) -> Result<()> {
        self.0.heal().map_err(thrown)
    }

    /// Writes a record.
    #[napi]
    pub fn insert(&self, namespace: String, set: String, key: Js, bins: Js) -> Result<()> {
        self.0.insert(&namespace, &set, &key.0, bins.named()?).map_err(thrown)
    }

    /// The record with a key.
    #[napi]
    pub fn record(&self, namespace: String, set: String, key: Js) -> Result<Option<JsPlain>> {
        let record = self.0.record(&namespace, &set, &key.0).map_err(thrown)?;
        Ok(record.map(JsPlain))
    }

    /// The record with a key, as a node has it.
    #[napi]
    pub fn record_at(&self, node: Js, namespace: String, set: String, key: Js) -> Result<Option<JsPlain>> {
        let record = self.0.record_at(&node.0, &namespace, &set, &key.0).map_err(thrown)?;
        Ok(record.map(JsPlain))
    }

    /// The records, or those of a namespace or a set.
    #[napi]
    pub fn records(&self, namespace: Option<String>, set: Option<String>) -> Result<Vec<JsPlain>> {
        let records = self.0.records(namespace.as_deref(), set.as_deref()).map_err(thrown)?;
        Ok(records.into_iter().map(JsPlain).collect())
    }

    /// The number of records, or of those of a namespace or a set.
    #[napi]
    pub fn count(&self, namespace: Option<String>, set: Option<String>) -> Result<f64> {
        let count = self.0.count(namespace.as_deref(), set.as_deref());
        count.map(|n| n as f64).map_err(thrown)
    }

    /// Removes all records.
    #[napi]
    pub fn truncate(&self) -> Result<()> {
        self.0.truncate().map_err(thrown)
    }

    /// Takes a snapshot.
    #[napi]
    pub fn snapshot(&self) -> Result<JsSnapshot> {
        self.0.snapshot().map(JsSnapshot).map_err(thrown)
    }

    /// Restores a snapshot.
    #[napi]
    pub fn restore(&self, snapshot: &JsSnapshot) -> Result<()> {
        self.0.restore(&snapshot.0).map_err(thrown)
    }

    /// Removes all contents.
    #[napi]
    pub fn reset(&self) -> Result<()> {
        self.0.reset().map_err(thrown)
    }

    /// Makes the server as it was when it started.
    #[napi]
    pub fn reset_all(&self) -> Result<()> {
        self.0.reset_all().map_err(thrown)
    }

    /// Loads a fixture.
    #[napi]
    pub fn load(&self, fixture: Js) -> AsyncTask<Background> {
        self.background(move |server| server.load(&fixture.0).map(Done::Plain))
    }

    /// The contents as JSON.
    #[napi]
    pub fn to_json(&self) -> Result<String> {
        self.0.to_json().map_err(thrown)
    }

    /// Saves the contents as a JSON file.
    #[napi]
    pub fn save_json(&self, path: String) -> AsyncTask<Background> {
        self.background(move |server| server.save_json(&path).map(|()| Done::Nothing))
    }

    /// Saves a namespace as a backup.
    #[napi]
    pub fn save_backup(&self, namespace: String, path: String) -> AsyncTask<Background> {
        self.background(move |server| server.save_backup(&namespace, &path).map(|()| Done::Nothing))
    }

    fn background(
        &self,
        work: impl FnOnce(&Server) -> std::result::Result<Done, spikelet_bindings::Error> + Send + 'static,
    ) -> AsyncTask<Background> {
        let server = Arc::clone(&self.0);
        Background::run(move || work(&server))
    }
}

#[napi]
impl JsSnapshot {
    /// The names of the namespaces.
    #[napi(getter)]
    pub fn namespaces(&self) -> Vec<String> {
        self.0.namespaces().map(str::to_owned).collect()
    }

    /// The number of records.
    #[napi(getter)]
    pub fn records(&self) -> f64 {
        self.0.objects() as f64
    }
}
