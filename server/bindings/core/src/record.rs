//! Records.

use spikelet::{Record, Value};

use crate::argument::Argument;
use crate::error::{Error, Kind};
use crate::plain::{self, Plain};
use crate::server::Server;

/// # Records
///
/// Errors are [`Kind::Closed`] and [`Kind::Forked`], and those given.
impl Server {
    /// Returns the record with a key, unless there is none or it has expired. The empty set name stands for no set.
    ///
    /// # Errors
    /// [`Kind::Refused`] with result code 20 if there is no such namespace, and [`Kind::Type`] for a key.
    pub fn record(&self, namespace: &str, set: &str, key: &Value) -> Result<Option<Plain>, Error> {
        let key = Argument::new("key", key).key()?;
        self.with(|server| {
            check_namespace(server, namespace)?;
            let record = server.record(namespace, set, key);
            Ok(record.map(|record| plain::record(&record, server.now())))
        })
    }

    /// Returns the record with a key as a node has it, which differs between nodes while the network is cut.
    ///
    /// # Errors
    /// Those of [`record`](Self::record), and [`Kind::Node`] if there is no such node.
    pub fn record_at(&self, node: &Value, namespace: &str, set: &str, key: &Value) -> Result<Option<Plain>, Error> {
        let node = Argument::new("node", node).node()?;
        let key = Argument::new("key", key).key()?;
        self.with(|server| {
            check_namespace(server, namespace)?;
            let record = server.record_at(node, namespace, set, key)?;
            Ok(record.map(|record| plain::record(&record, server.now())))
        })
    }

    /// Returns all records that have not expired, or those of a namespace or a set.
    ///
    /// # Errors
    /// [`Kind::Refused`] with result code 20 if there is no such namespace.
    pub fn records(&self, namespace: Option<&str>, set: Option<&str>) -> Result<Vec<Plain>, Error> {
        self.with(|server| {
            let found = selected(server, namespace, set)?;
            Ok(found.map(|record| plain::record(&record, server.now())).collect())
        })
    }

    /// Returns the number of records that have not expired, or of those of a namespace or a set.
    ///
    /// # Errors
    /// [`Kind::Refused`] with result code 20 if there is no such namespace.
    pub fn count(&self, namespace: Option<&str>, set: Option<&str>) -> Result<usize, Error> {
        self.with(|server| match (namespace, set) {
            (None, None) => Ok(server.count()),
            _ => Ok(selected(server, namespace, set)?.count()),
        })
    }

    /// Writes bins to a record, as a put of a client that also sends the user key.
    ///
    /// # Errors
    /// [`Kind::Refused`] with the result code that a client would get, [`Kind::Value`] for a record without bins, and
    /// [`Kind::Type`] for a key.
    pub fn insert(&self, namespace: &str, set: &str, key: &Value, bins: Vec<(String, Value)>) -> Result<(), Error> {
        let key = Argument::new("key", key).key()?;
        if bins.is_empty() {
            return Err(Error::new(Kind::Value, "bins: a record has at least one bin"));
        }
        for (name, value) in &bins {
            check_map_keys(name, value)?;
        }
        self.with(|server| {
            check_namespace(server, namespace)?;
            Ok(server.insert(namespace, set, key, bins)?)
        })
    }

    /// Removes all records from all namespaces.
    ///
    /// # Errors
    /// See above.
    pub fn truncate(&self) -> Result<(), Error> {
        self.with(|server| {
            server.truncate();
            Ok(())
        })
    }
}

fn selected<'a>(
    server: &spikelet::Server,
    namespace: Option<&'a str>,
    set: Option<&'a str>,
) -> Result<impl Iterator<Item = Record> + use<'a>, Error> {
    namespace.map_or(Ok(()), |namespace| check_namespace(server, namespace))?;
    let is_selected = move |record: &Record| {
        namespace.is_none_or(|namespace| record.namespace == namespace)
            && set.is_none_or(|set| record.set.as_deref().unwrap_or_default() == set)
    };
    Ok(server.records().into_iter().filter(is_selected))
}

/// The server refuses other keys with a result code that does not say so.
fn check_map_keys(bin: &str, value: &Value) -> Result<(), Error> {
    match value {
        Value::List(items) => items.iter().try_for_each(|item| check_map_keys(bin, item)),
        Value::Map(map) => map.iter().try_for_each(|(key, value)| {
            let name = format!("bin '{bin}'");
            match key {
                Value::Int(_) | Value::String(_) | Value::Blob(_) => check_map_keys(bin, value),
                key => Err(Argument::new(&name, key).wrong_type("a string, an integer or bytes as the key of a map")),
            }
        }),
        _ => Ok(()),
    }
}

fn check_namespace(server: &spikelet::Server, namespace: &str) -> Result<(), Error> {
    if server.namespaces().any(|name| name == namespace) {
        return Ok(());
    }
    let names: Vec<_> = server.namespaces().collect();
    let code = spikelet::ResultCode::INVALID_NAMESPACE;
    Err(Error::new(
        Kind::Refused(code.0),
        format!(
            "there is no namespace '{namespace}': the server has {}",
            names.join(", ")
        ),
    ))
}
