//! An armed fault.

use pyo3::prelude::*;

use crate::error::exception;

#[pyclass(frozen, module = "spikelet._native")]
pub(crate) struct Fault(pub(crate) spikelet_bindings::Fault);

#[pymethods]
impl Fault {
    #[getter]
    fn id(&self) -> u64 {
        self.0.id()
    }

    #[getter]
    fn fired(&self) -> u64 {
        self.0.fired()
    }

    #[getter]
    fn matched(&self) -> u64 {
        self.0.matched()
    }

    #[getter]
    fn text(&self) -> &str {
        self.0.text()
    }

    fn remove(&self, py: Python<'_>) {
        py.detach(|| self.0.remove());
    }

    fn check_fired(&self, py: Python<'_>) -> PyResult<()> {
        self.0.check_fired().map_err(|error| exception(py, error))
    }
}
