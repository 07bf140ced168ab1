//! Values from and to Python.

use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMemoryView, PyString, PyTuple, PyType,
};
use spikelet_bindings::{Arguments, Map, Plain, Value};

use crate::error::{wrong_type, wrong_value};

/// The depth to which lists and maps of Python are converted: that to which the server decodes them.
const MAX_DEPTH: usize = 256;

/// A class of `spikelet._values`.
struct Class(&'static str, PyOnceLock<Py<PyType>>);

static GEO_JSON: Class = Class("GeoJSON", PyOnceLock::new());
static HYPER_LOG_LOG: Class = Class("HyperLogLog", PyOnceLock::new());
static RAW_BYTES: Class = Class("RawBytes", PyOnceLock::new());
static CDT_INFINITE: Class = Class("CDTInfinite", PyOnceLock::new());
static CDT_WILDCARD: Class = Class("CDTWildcard", PyOnceLock::new());

impl Class {
    fn get<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyType>> {
        self.1.import(py, "spikelet._values", self.0)
    }
}

/// Converts a value of Python. `what` names it in errors.
pub(crate) fn from_python(value: &Bound<'_, PyAny>, what: &str) -> PyResult<Value> {
    convert(value, what, 0)
}

fn convert(value: &Bound<'_, PyAny>, what: &str, depth: usize) -> PyResult<Value> {
    let py = value.py();
    if depth > MAX_DEPTH {
        let message = format!("{what}: lists and maps are nested more than {MAX_DEPTH} deep");
        return Err(wrong_value(py, message));
    }
    Ok(if value.is_none() {
        Value::Nil
    } else if let Ok(flag) = value.cast::<PyBool>() {
        Value::Bool(flag.is_true())
    } else if value.is_instance_of::<PyInt>() {
        integer(value, what)?
    } else if let Ok(x) = value.cast::<PyFloat>() {
        Value::Float(x.value())
    } else if let Ok(text) = value.cast::<PyString>() {
        let text = text.to_cow().map_err(|_| {
            let message = format!("{what}: the string has a lone surrogate, which UTF-8 cannot encode");
            wrong_value(py, message)
        })?;
        match value.is_instance(GEO_JSON.get(py)?)? {
            true => Value::GeoJson(text.into_owned()),
            false => Value::String(text.into_owned()),
        }
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        match value.is_instance(HYPER_LOG_LOG.get(py)?)? {
            true => Value::Hll(bytes.as_bytes().to_vec()),
            false => Value::Blob(bytes.as_bytes().to_vec()),
        }
    } else if value.is_instance_of::<PyByteArray>() || value.is_instance_of::<PyMemoryView>() {
        Value::Blob(bytes(value)?)
    } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let items = value.try_iter()?.map(|item| convert(&item?, what, depth + 1));
        Value::List(items.collect::<PyResult<_>>()?)
    } else if let Ok(map) = value.cast::<PyDict>() {
        let pairs = map.iter().map(|(key, value)| {
            let key = convert(&key, what, depth + 1)?;
            Ok((key, convert(&value, what, depth + 1)?))
        });
        Value::Map(pairs.collect::<PyResult<Map>>()?)
    } else if let Some(text) = foreign_geo_json(value) {
        Value::GeoJson(text)
    } else if value.hasattr("__index__")? {
        integer(value, what)?
    } else {
        let class = value.get_type().name()?;
        let message = format!(
            "{what}: an object of type {class} is no value of Aerospike, which are None, bool, int, float, str, bytes, list, dict, GeoJSON and \
             HyperLogLog"
        );
        return Err(wrong_type(py, message));
    })
}

fn integer(value: &Bound<'_, PyAny>, what: &str) -> PyResult<Value> {
    value.extract().map(Value::Int).map_err(|_| {
        let message =
            format!("{what}: an integer of Aerospike has 64 bits, from -2**63 to 2**63 - 1, which {value} exceeds");
        wrong_value(value.py(), message)
    })
}

/// The text of a GeoJSON of the official client, which is a class of its own.
fn foreign_geo_json(value: &Bound<'_, PyAny>) -> Option<String> {
    let name = value.get_type().name().ok()?;
    if name != "GeoJSON" {
        return None;
    }
    value.call_method0("dumps").ok()?.extract().ok()
}

/// The bytes of an object with a buffer.
fn bytes(value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let bytes = value.py().get_type::<PyBytes>().call1((value,))?;
    Ok(bytes.cast_into::<PyBytes>()?.as_bytes().to_vec())
}

/// Converts arguments by name.
pub(crate) fn arguments(named: &Bound<'_, PyDict>) -> PyResult<Arguments> {
    let pairs = named.iter().map(|(name, value)| {
        let name: String = name.extract()?;
        let value = from_python(&value, &name)?;
        Ok((name, value))
    });
    pairs.collect()
}

/// Converts a value to Python.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Nil => Ok(py.None().into_bound(py)),
        Value::Bool(flag) => flag.into_bound_py_any(py),
        Value::Int(n) => n.into_bound_py_any(py),
        Value::Float(x) => x.into_bound_py_any(py),
        Value::String(text) => text.into_bound_py_any(py),
        Value::Blob(bytes) => Ok(PyBytes::new(py, bytes).into_any()),
        Value::GeoJson(text) => GEO_JSON.get(py)?.call1((text,)),
        Value::Hll(bytes) => HYPER_LOG_LOG.get(py)?.call1((PyBytes::new(py, bytes),)),
        Value::List(items) => {
            let list = PyList::empty(py);
            items.iter().try_for_each(|item| list.append(to_python(py, item)?))?;
            Ok(list.into_any())
        }
        Value::Map(map) => {
            let dict = PyDict::new(py);
            for (key, value) in map {
                dict.set_item(hashable(py, key)?, to_python(py, value)?)?;
            }
            Ok(dict.into_any())
        }
        Value::Infinity => CDT_INFINITE.get(py)?.call0(),
        Value::Wildcard => CDT_WILDCARD.get(py)?.call0(),
        Value::Other(particle_type, bytes) => RAW_BYTES.get(py)?.call1((PyBytes::new(py, bytes), particle_type.0)),
        // A kind of value that this package does not know yet.
        other => other.to_string().into_bound_py_any(py),
    }
}

/// The key of a map. A list is a tuple, and a map is a tuple of pairs, since a dictionary has no other keys.
fn hashable<'py>(py: Python<'py>, key: &Value) -> PyResult<Bound<'py, PyAny>> {
    match key {
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(|item| hashable(py, item)).collect::<PyResult<_>>()?;
            Ok(PyTuple::new(py, items)?.into_any())
        }
        Value::Map(map) => {
            let pairs = map
                .iter()
                .map(|(key, value)| Ok((hashable(py, key)?, hashable(py, value)?)));
            Ok(PyTuple::new(py, pairs.collect::<PyResult<Vec<_>>>()?)?.into_any())
        }
        key => to_python(py, key),
    }
}

/// Converts a plain value to Python: times are milliseconds since 1970, and objects are dictionaries.
pub(crate) fn plain<'py>(py: Python<'py>, value: &Plain) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Plain::Value(value) => to_python(py, value),
        Plain::Time(ms) => ms.into_bound_py_any(py),
        Plain::List(items) => {
            let list = PyList::empty(py);
            items.iter().try_for_each(|item| list.append(plain(py, item)?))?;
            Ok(list.into_any())
        }
        Plain::Named(fields) => {
            let dict = PyDict::new(py);
            for (name, value) in fields {
                dict.set_item(name, plain(py, value)?)?;
            }
            Ok(dict.into_any())
        }
    }
}
