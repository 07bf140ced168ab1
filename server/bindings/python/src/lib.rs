//! The native part of the package `spikelet` for Python, on which its Python part stands: `python/spikelet`.
//!
//! Arguments come as names and values, and results are values, lists and dictionaries; the Python part makes objects of them.
//! Whatever touches a server runs without the GIL, and no thread of a server ever takes it.

mod error;
mod fault;
mod server;
mod value;

use std::ffi::OsString;

use pyo3::prelude::*;

/// Runs the program `spikelet` with these arguments, of which the first is its name, and returns its exit status.
#[pyfunction]
fn run_program(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| spikelet::cli::run(arguments))
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<server::Server>()?;
    module.add_class::<server::Filter>()?;
    module.add_class::<server::Snapshot>()?;
    module.add_class::<server::Cancel>()?;
    module.add_class::<fault::Fault>()?;
    module.add_function(wrap_pyfunction!(run_program, module)?)
}
