//! A server, and what belongs to it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use spikelet_bindings as bindings;
use spikelet_bindings::{Error, Kind, Naming, Plain, Value};

use crate::error::{exception, wrong_value};
use crate::fault::Fault;
use crate::value::{arguments, from_python, plain};

#[pyclass(frozen, module = "spikelet._native")]
pub(crate) struct Server(bindings::Server);

/// A filter of the journal.
#[pyclass(frozen, module = "spikelet._native")]
pub(crate) struct Filter(bindings::Filter);

#[pyclass(frozen, module = "spikelet._native")]
pub(crate) struct Snapshot(bindings::Snapshot);

/// Cancels a wait from another thread.
#[pyclass(frozen, module = "spikelet._native")]
pub(crate) struct Cancel(AtomicBool);

#[pymethods]
impl Filter {
    #[new]
    fn new(py: Python<'_>, parameters: &Bound<'_, PyDict>) -> PyResult<Self> {
        let filter = bindings::Filter::new(&arguments(parameters)?, Naming::Snake);
        filter.map(Self).map_err(|error| exception(py, error))
    }
}

#[pymethods]
impl Snapshot {
    #[getter]
    fn records(&self) -> u64 {
        self.0.objects()
    }

    #[getter]
    fn namespaces(&self) -> Vec<String> {
        self.0.namespaces().map(str::to_owned).collect()
    }
}

#[pymethods]
impl Cancel {
    #[new]
    fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Server {
    /// Calls the server without the GIL.
    fn call<T: Send>(
        &self,
        py: Python<'_>,
        call: impl FnOnce(&bindings::Server) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        py.detach(|| call(&self.0)).map_err(|error| exception(py, error))
    }

    fn plain<'py>(
        &self,
        py: Python<'py>,
        call: impl FnOnce(&bindings::Server) -> Result<Plain, Error> + Send,
    ) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.call(py, call)?)
    }
}

#[pymethods]
impl Server {
    #[new]
    fn new(py: Python<'_>, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let options = arguments(options)?;
        let started = py.detach(|| bindings::Server::start(&options, Naming::Snake));
        started.map(Self).map_err(|error| exception(py, error))
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| self.0.close());
    }

    #[getter]
    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    #[getter]
    fn is_forked(&self) -> bool {
        self.0.is_forked()
    }

    fn address(&self, py: Python<'_>) -> PyResult<(String, u16)> {
        self.call(py, bindings::Server::address)
    }

    fn hosts(&self, py: Python<'_>) -> PyResult<Vec<(String, u16)>> {
        self.call(py, bindings::Server::hosts)
    }

    // TLS

    fn tls_hosts(&self, py: Python<'_>) -> PyResult<Vec<(String, u16, String)>> {
        self.call(py, bindings::Server::tls_hosts)
    }

    fn ca_certificate(&self, py: Python<'_>) -> PyResult<String> {
        self.call(py, bindings::Server::ca_certificate)
    }

    fn client_certificate<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.plain(py, |server| server.client_certificate(name))
    }

    fn present_certificate(&self, py: Python<'_>, kind: &Bound<'_, PyAny>) -> PyResult<()> {
        let kind = from_python(kind, "kind")?;
        self.call(py, |server| server.present_certificate(&kind))
    }

    // Contents

    fn record<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        set: &str,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let key = from_python(key, "key")?;
        self.plain(py, |server| {
            let record = server.record(namespace, set, &key)?;
            Ok(record.unwrap_or(Plain::Value(Value::Nil)))
        })
    }

    fn records<'py>(&self, py: Python<'py>, namespace: Option<&str>, set: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        self.plain(py, |server| server.records(namespace, set).map(Plain::List))
    }

    fn count(&self, py: Python<'_>, namespace: Option<&str>, set: Option<&str>) -> PyResult<usize> {
        self.call(py, |server| server.count(namespace, set))
    }

    fn insert(
        &self,
        py: Python<'_>,
        namespace: &str,
        set: &str,
        key: &Bound<'_, PyAny>,
        bins: &Bound<'_, PyDict>,
    ) -> PyResult<()> {
        let key = from_python(key, "key")?;
        let mut values = Vec::with_capacity(bins.len());
        for (name, value) in bins {
            let name: String = name.extract().map_err(|_| {
                let message = format!("bins: the name of a bin is a string, not {name}");
                crate::error::wrong_type(py, message)
            })?;
            let value = from_python(&value, &format!("bin '{name}'"))?;
            values.push((name, value));
        }
        self.call(py, move |server| server.insert(namespace, set, &key, values))
    }

    fn truncate(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, bindings::Server::truncate)
    }

    fn load<'py>(&self, py: Python<'py>, fixture: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let fixture = from_python(fixture, "fixture")?;
        self.plain(py, |server| server.load(&fixture))
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.call(py, bindings::Server::to_json)
    }

    fn save_json(&self, py: Python<'_>, path: &str) -> PyResult<()> {
        self.call(py, |server| server.save_json(path))
    }

    fn save_backup(&self, py: Python<'_>, namespace: &str, path: &str) -> PyResult<()> {
        self.call(py, |server| server.save_backup(namespace, path))
    }

    fn snapshot(&self, py: Python<'_>) -> PyResult<Snapshot> {
        self.call(py, bindings::Server::snapshot).map(Snapshot)
    }

    fn restore(&self, py: Python<'_>, snapshot: &Snapshot) -> PyResult<()> {
        self.call(py, |server| server.restore(&snapshot.0))
    }

    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, bindings::Server::reset)
    }

    fn reset_all(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, bindings::Server::reset_all)
    }

    fn is_reusable(&self, py: Python<'_>) -> PyResult<bool> {
        self.call(py, bindings::Server::is_reusable)
    }

    // The clock

    fn now(&self, py: Python<'_>) -> PyResult<i64> {
        self.call(py, bindings::Server::now)
    }

    fn is_frozen(&self, py: Python<'_>) -> PyResult<bool> {
        self.call(py, bindings::Server::is_frozen)
    }

    fn freeze(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, bindings::Server::freeze)
    }

    fn resume(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, bindings::Server::resume)
    }

    fn advance(&self, py: Python<'_>, ms: i64) -> PyResult<()> {
        self.call(py, |server| server.advance(ms))
    }

    fn set_clock(&self, py: Python<'_>, ms: i64) -> PyResult<()> {
        self.call(py, |server| server.set_clock(ms))
    }

    fn reset_clock(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, bindings::Server::reset_clock)
    }

    fn run_nsup(&self, py: Python<'_>) -> PyResult<u64> {
        self.call(py, bindings::Server::run_nsup)
    }

    // Faults

    fn arm(
        &self,
        py: Python<'_>,
        parameters: &Bound<'_, PyDict>,
        reaction: &str,
        argument: &Bound<'_, PyAny>,
    ) -> PyResult<Fault> {
        let (parameters, argument) = (arguments(parameters)?, from_python(argument, reaction)?);
        self.call(py, |server| server.arm(&parameters, reaction, &argument))
            .map(Fault)
    }

    fn faults(&self, py: Python<'_>) -> PyResult<Vec<Fault>> {
        let faults = self.call(py, bindings::Server::faults)?;
        Ok(faults.into_iter().map(Fault).collect())
    }

    fn clear_faults(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, bindings::Server::clear_faults)
    }

    // Nodes

    fn nodes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.plain(py, |server| server.nodes().map(Plain::List))
    }

    fn kill(&self, py: Python<'_>, node: &Bound<'_, PyAny>) -> PyResult<()> {
        let node = from_python(node, "node")?;
        self.call(py, |server| server.kill(&node))
    }

    fn kill_together(&self, py: Python<'_>, nodes: &Bound<'_, PyList>) -> PyResult<()> {
        let nodes = ids(nodes)?;
        self.call(py, |server| server.kill_together(&nodes))
    }

    fn roster(&self, py: Python<'_>, namespace: &str) -> PyResult<Vec<String>> {
        self.call(py, |server| server.roster(namespace))
    }

    fn set_roster(&self, py: Python<'_>, namespace: &str, nodes: &Bound<'_, PyList>) -> PyResult<()> {
        let nodes = ids(nodes)?;
        self.call(py, |server| server.set_roster(namespace, &nodes))
    }

    fn revive(&self, py: Python<'_>, namespace: &str) -> PyResult<()> {
        self.call(py, |server| server.revive(namespace))
    }

    fn outage(&self, py: Python<'_>, node: &Bound<'_, PyAny>, namespace: &str) -> PyResult<(u32, u32)> {
        let node = from_python(node, "node")?;
        self.call(py, |server| server.outage(&node, namespace))
    }

    fn restart(&self, py: Python<'_>, node: &Bound<'_, PyAny>) -> PyResult<()> {
        let node = from_python(node, "node")?;
        self.call(py, |server| server.restart(&node))
    }

    fn add_node(&self, py: Python<'_>) -> PyResult<String> {
        self.call(py, bindings::Server::add_node)
    }

    fn quiesce(&self, py: Python<'_>, node: &Bound<'_, PyAny>, quiesce: bool) -> PyResult<()> {
        let node = from_python(node, "node")?;
        self.call(py, |server| server.quiesce(&node, quiesce))
    }

    fn migrate(&self, py: Python<'_>, partitions: Option<usize>) -> PyResult<usize> {
        self.call(py, |server| server.migrate(partitions))
    }

    fn partition(&self, py: Python<'_>, a: &Bound<'_, PyList>, b: &Bound<'_, PyList>) -> PyResult<()> {
        let (a, b) = (ids(a)?, ids(b)?);
        self.call(py, |server| server.partition(&a, &b))
    }

    fn heal(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, bindings::Server::heal)
    }

    fn subclusters(&self, py: Python<'_>) -> PyResult<Vec<Vec<String>>> {
        self.call(py, bindings::Server::subclusters)
    }

    fn advertise(
        &self,
        py: Python<'_>,
        node: &Bound<'_, PyAny>,
        address: &Bound<'_, PyAny>,
        is_alternate: bool,
    ) -> PyResult<()> {
        let (node, address) = (from_python(node, "node")?, from_python(address, "address")?);
        self.call(py, |server| server.advertise(&node, &address, is_alternate))
    }

    // The journal

    fn entries<'py>(&self, py: Python<'py>, filter: &Filter, last: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        self.plain(py, |server| server.entries(&filter.0, last).map(Plain::List))
    }

    fn count_entries(&self, py: Python<'_>, filter: &Filter) -> PyResult<usize> {
        self.call(py, |server| server.count_entries(&filter.0))
    }

    fn dropped_entries(&self, py: Python<'_>) -> PyResult<u64> {
        self.call(py, bindings::Server::dropped_entries)
    }

    fn next_number(&self, py: Python<'_>) -> PyResult<u64> {
        self.call(py, bindings::Server::next_number)
    }

    fn clear_journal(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, bindings::Server::clear_journal)
    }

    fn check_count(&self, py: Python<'_>, filter: &Filter, n: usize) -> PyResult<()> {
        self.call(py, |server| server.check_count(&filter.0, n))
    }

    fn check_sequence(&self, py: Python<'_>, filter: &Filter, expected: &Bound<'_, PyList>) -> PyResult<()> {
        let expected = expected.iter().map(|value| from_python(&value, "expected"));
        let expected = expected.collect::<PyResult<Vec<_>>>()?;
        self.call(py, |server| server.check_sequence(&filter.0, &expected))
    }

    /// Signals are looked for every 50 milliseconds, so that Ctrl-C ends the wait.
    fn wait_for<'py>(
        &self,
        py: Python<'py>,
        filter: &Filter,
        n: usize,
        timeout: f64,
        cancel: Option<&Cancel>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let limit = Duration::try_from_secs_f64(timeout).map_err(|_| {
            wrong_value(
                py,
                format!("timeout: expected a number of seconds that is not negative, got {timeout}"),
            )
        })?;
        let mut interrupt = None;
        let found = py.detach(|| {
            self.0.wait_for(&filter.0, n, limit, || {
                let checked = Python::attach(|py| py.check_signals());
                interrupt = checked.err();
                interrupt.is_some() || cancel.is_some_and(|cancel| cancel.0.load(Ordering::Relaxed))
            })
        });
        match (found, interrupt) {
            (_, Some(interrupt)) => Err(interrupt),
            (Ok(entries), None) => plain(py, &Plain::List(entries)),
            (Err(error), None) if error.kind == Kind::Cancelled => Ok(py.None().into_bound(py)),
            (Err(error), None) => Err(exception(py, error)),
        }
    }
}

impl Drop for Server {
    /// Stops the server without the GIL. In a forked process nothing is stopped.
    fn drop(&mut self) {
        Python::attach(|py| py.detach(|| self.0.close()));
    }
}

fn ids(nodes: &Bound<'_, PyList>) -> PyResult<Vec<Value>> {
    nodes.iter().map(|node| from_python(&node, "node")).collect()
}
