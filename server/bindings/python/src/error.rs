//! Errors as the exceptions of `spikelet._errors`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyModule;
use spikelet_bindings::{Error, Kind};

static ERRORS: PyOnceLock<Py<PyModule>> = PyOnceLock::new();

/// Returns the exception for an error.
pub(crate) fn exception(py: Python<'_>, error: Error) -> PyErr {
    let (class, code) = match error.kind {
        Kind::Type => ("ArgumentTypeError", None),
        Kind::Value => ("ArgumentValueError", None),
        Kind::Start => ("StartError", None),
        Kind::Closed => ("ServerClosedError", None),
        Kind::Forked => ("ForkedError", None),
        Kind::Node => ("NodeError", None),
        Kind::Fixture => ("FixtureError", None),
        Kind::Snapshot => ("SnapshotError", None),
        Kind::Refused(code) => ("RefusedError", Some(code)),
        Kind::Assertion => ("ExpectationError", None),
        Kind::Timeout => ("WaitTimeoutError", None),
        _ => ("SpikeletError", None),
    };
    let made = ERRORS
        .get_or_try_init(py, || py.import("spikelet._errors").map(Bound::unbind))
        .and_then(|errors| {
            let class = errors.bind(py).getattr(class)?;
            match code {
                Some(code) => class.call1((error.message, code)),
                None => class.call1((error.message,)),
            }
        });
    made.map_or_else(|failed| failed, PyErr::from_value)
}

/// An exception for an argument that cannot be a value of Aerospike.
pub(crate) fn wrong_type(py: Python<'_>, message: String) -> PyErr {
    let kind = Kind::Type;
    exception(py, Error { kind, message })
}

/// An exception for an argument of the right type that cannot be a value of Aerospike.
pub(crate) fn wrong_value(py: Python<'_>, message: String) -> PyErr {
    let kind = Kind::Value;
    exception(py, Error { kind, message })
}
